"""Differences from the state that the database is known to have, and what should have made them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from forensics.facts import (
    Aspect,
    Difference,
    MigrationStanding,
    Object,
    Presence,
    StatementStanding,
)
from forensics.rules._account import Account
from forensics.rules._valid_again import PROTECTION, cases

Maker = tuple[MigrationStanding, StatementStanding]


def maker_of(found: Account, difference: Difference) -> Maker | None:
    """The statement that makes an object: the last before the state, else the first after it."""
    makers = [
        (migration, statement)
        for migration in found.standing.migrations
        for statement in migration.statements
        for touched in statement.touches
        if touched.object == difference.object
    ]
    before = [it for it in makers if it[0].position <= found.reached]
    if difference.aspect is Aspect.EXTRA:
        after = [it for it in makers if it[0].position > found.reached]
        return after[0] if after else None
    return before[-1] if before else None


def unexplained(found: Account, hidden: Collection[int]) -> list[Difference]:
    """Without what a migration in part, or one that was passed over, has done or not done."""
    standing = found.standing
    explained: set[Object] = {case.touch.object for case in cases(found)}
    for migration in standing.migrations:
        position = migration.position
        late = position in hidden or found.pending_late(position) or runs_again(found, position)
        if position == found.partial or late:
            explained |= {it.object for s in migration.statements for it in s.touches}
    return [
        it
        for it in standing.differences(found.reached)
        if it.object not in explained and not _is_out_of_force(it)
    ]


def runs_again(found: Account, position: int) -> bool:
    """Whether it took the place of applied ones, and is pending: `squashed-history` tells."""
    newest = found.read.newest if found.read else None
    later = (found.migration(position).stamp or 0) > (newest or 0)
    return position in found.replaced and later


def _is_out_of_force(difference: Difference) -> bool:
    """What `invalid-database-object` tells."""
    gone = difference.aspect is Aspect.MISSING and difference.kind in PROTECTION
    return difference.aspect is Aspect.INVALID or gone


def never_applied(
    found: Account, differences: Sequence[Difference]
) -> dict[int, tuple[Difference, ...]]:
    """What is missing of the last recorded migrations, where the database is as before them.

    Provably nothing of them is there, and nothing else is missing: else somebody took it away.
    """
    never = never_ran(found)
    last = _absent_at_the_end(found)
    told: dict[int, list[Difference]] = {}
    for difference in differences:
        made = maker_of(found, difference)
        if made is not None and made[0].position in never:
            continue
        if made is None or difference.aspect is not Aspect.MISSING:
            return never
        if made[0].position not in last:
            return never
        told.setdefault(made[0].position, []).append(difference)
    return never | {position: tuple(missing) for position, missing in told.items()}


def never_ran(found: Account) -> dict[int, tuple[Difference, ...]]:
    """What is missing of migrations whose row says that they never ran, and of which nothing is.

    Wherever they stand: what came after them does not prove that they were there once.
    """
    standings = (found.standing.migrations[position] for position in sorted(found.told))
    return {
        it.position: tuple(touch for s in it.statements for touch in s.touches)
        for it in standings
        if it.presence is Presence.ABSENT
    }


def _absent_at_the_end(found: Account) -> set[int]:
    """The recorded migrations behind the last one of which something is there, or may be."""
    absent: set[int] = set()
    for position in sorted(found.recorded, reverse=True):
        if found.standing.migrations[position].presence is not Presence.ABSENT:
            break
        absent.add(position)
    return absent


def nothing_is_left(found: Account) -> bool:
    """Whether several migrations are recorded, and nothing that any of them makes exists."""
    return 1 < len(found.recorded) == len(_absent_at_the_end(found))
