"""An object of the database differs from what the applied migrations made."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from forensics.facts import (
    Aspect,
    Difference,
    Facts,
    MigrationStanding,
    Object,
    ObjectKind,
    Presence,
    StatementStanding,
    Syncing,
    ToolUse,
)
from forensics.facts.variants import cosmetic_variants
from forensics.model import Artefact, Finding, Fix, RunSql, Severity, Unanswered
from forensics.rules._account import Account, passes_again
from forensics.rules._base import rule
from forensics.rules._baseline import in_words
from forensics.rules._drift import Maker, maker_of, never_applied, unexplained
from forensics.rules._left_out import LeftOut, left_out
from forensics.rules._order import hidden_in
from forensics.rules._sync_losses import loss_details


@rule(artefact=Artefact.DATABASE_SCHEMA, since="0.1.0")
def schema_drift(
    found: Account | None, tool: ToolUse, syncing: Syncing | None, facts: Facts
) -> Iterator[Finding | Unanswered]:
    """
    An object of the database differs from what the applied migrations made.

    ## What breaks

    The application fails when it needs an object that is gone, and so does the next migration that
    names it. An object made by hand collides with the migration that makes it later. Applying
    migrations never checks again what was applied before. The sync command drops policies and row
    level security that the schema code does not have, without asking.

    ## Evidence

    The catalogue, compared with the state after the last applied migration. Only what both the
    snapshot and the SQL of the migrations say is compared, and of types and defaults only what is
    beyond doubt.

    ## Not this

    Tables, indexes and constraints that no migration creates belong to somebody else. What exists
    but is not valid, or lost its protection, is `invalid-database-object`. A migration that is
    pending, partial (`partially-applied-migration`) or out of order (`migration-out-of-order`)
    explains its own objects. If rows record migrations that are not listed here, the question stays
    open.

    ## Fix

    Decide which side is right. If the database is, change the schema code and generate a migration.
    If the code is, write a migration that fixes the database. Declare policies and row level
    security in the schema code, or change the database by migrations alone.

    ## Fix safety

    No script is offered: what was changed by hand may be in use. Where statements of one migration
    make all that is missing, and nothing else, they are shown as an example.

    ## Prevention

    Change the schema only through migrations, and let CI compare the production catalogue with the
    state that they lead to.
    """
    if syncing is not None:
        for loss in syncing.losses:
            yield schema_drift.finding(**loss_details(tool, syncing, loss))
    if found is None or found.unread and (found.missing or found.partial is not None):
        return  # whether these are recorded is asked already
    yield from _drifted(found, tuple(left_out(facts.applying, found.standing)))


def _drifted(found: Account, dropped: Sequence[LeftOut]) -> Iterator[Finding | Unanswered]:
    standing = found.standing
    if not standing.compared(found.reached):
        if found.reached >= 0:
            why = standing.migrations[found.reached].why_unknown
            yield schema_drift.unanswered(
                f"whether the database is as the migrations leave it: {why}",
                "restore what cannot be read, or compare by hand",
            )
        return
    left = unexplained(found, hidden_in(found))
    phantom = {it.object for missing in never_applied(found, left).values() for it in missing}
    left = [it for it in left if it.object not in phantom]
    if left and found.strangers:
        whose, how = _of_strangers(found)
        yield schema_drift.unanswered(f"whose doing {len(left)} difference(s) are: {whose}", how)
        return
    if left and not found.recorded and (beyond := _unknown_beyond(found)) is not None:
        yield schema_drift.unanswered(
            f"whether the database is at a later state: {len(left)} difference(s) from the state "
            f"that it is known to have, and what {beyond.tag} leaves is not known: "
            f"{beyond.why_unknown}",
            "compare the database with the newest migration by hand",
        )
        return
    causes = _by_cause(found, left)
    for objects in causes[:MOST]:
        never = next((it for it in dropped if objects[0].object in it.objects), None)
        yield _finding(found, objects, never, beside=len(causes) - MOST)


MOST = 12
"""Causes that are told one by one; where there are more, each tells how many."""


def _of_strangers(found: Account) -> tuple[str, str]:
    """What else was applied, and what to do to tell; by name where all of it was traced."""
    tags = [it.tag for it in found.recovered.strangers if it.tag] if found.recovered else []
    if len(tags) < found.strangers:
        return (
            f"{found.strangers} row(s) of the tracking table match no migration that is listed "
            "here",
            "find the migrations that they record",
        )
    more = f" and {len(tags) - SHOWN} more" if len(tags) > SHOWN else ""
    return (
        f"{', '.join(tags[:SHOWN])}{more} {'is' if len(tags) == 1 else 'are'} recorded as well, "
        "and not listed here",
        f"merge what lists {'it' if len(tags) == 1 else 'them'}, and investigate again",
    )


SHOWN = 6
"""Tags in a sentence."""


def _unknown_beyond(found: Account) -> MigrationStanding | None:
    """The first later state that the database may be in, and that nobody knows."""
    later = found.standing.migrations[found.reached + 1 :]
    return next((migration for migration in later if not migration.known), None)


def _by_cause(found: Account, differences: Sequence[Difference]) -> list[list[Difference]]:
    """What is otherwise of one object; what is missing, or too early, of one migration together."""
    groups: dict[Object | tuple[Aspect, int], list[Difference]] = {}
    for difference in differences:
        maker = maker_of(found, difference)
        whole = difference.aspect in (Aspect.MISSING, Aspect.EXTRA)
        key = (difference.aspect, maker[0].position) if maker and whole else difference.object
        groups.setdefault(key, []).append(difference)
    return list(groups.values())


def _finding(
    found: Account, differences: Sequence[Difference], never: LeftOut | None, *, beside: int
) -> Finding:
    first = max(differences, key=lambda it: _harm(it).rank)
    maker = maker_of(found, first)
    subjects = dict.fromkeys(it.subject for it in (first, *differences))
    positions = (maker[0].position,) if maker else (max(found.reached, 0),)
    return schema_drift.finding(
        severity=Severity.HIGH if _stops(found, differences) else _harm(first),
        subject=first.subject,
        others=tuple(subjects)[1:],
        title=f"{_named(first)} {_title(first, maker, len(subjects) - 1)}",
        root_cause=(
            *_root_cause(found, differences, maker, never),
            f"{beside} more difference(s) from that state are not listed." if beside > 0 else "",
        ),
        evidence=found.evidence(positions),
        fix=never.fix(found.tool, found.files) if never else None,
        alternatives=() if never else tuple(_again(found, differences)),
        paths=(found.migration(maker[0].position).path,) if maker else (),
    )


def _again(found: Account, missing: Sequence[Difference]) -> Iterator[Fix]:
    """The statements of one migration that make all that is missing, with what needs it there."""
    maker = maker_of(found, missing[0])
    if maker is not None and missing[0].aspect is Aspect.LABELS:
        yield from _labels(missing[0], maker[1])
    if maker is None or missing[0].aspect is not Aspect.MISSING:
        return
    migration = maker[0]
    again = [it for it in migration.statements if _only_makes(it)]
    made = {touch.object for it in again for touch in it.touches}
    if not all(it.object in made for it in missing):
        return
    yield Fix(
        title=f"Run what makes {'them' if len(missing) > 1 else 'it'} in {migration.tag} again",
        steps=tuple(
            RunSql(text=f"{it.text.removesuffix(';')};", why="only if the database should have it")
            for it in again
        ),
        safety_note="Find out first who took it away, and why: the application may have come to "
        "rely on that. Rows and values do not come back. Then investigate again: later migrations "
        "may have made something of it.",
        needed=False,
    )


def _labels(difference: Difference, statement: StatementStanding) -> Iterator[Fix]:
    """The values that an enum type lacks, where it has no others."""
    wanted, there = difference.expected.split(", "), difference.found.split(", ")
    if not set(there) < set(wanted) or not all(f"'{it}'" in statement.text for it in wanted):
        return  # also where a value has a comma, or a quote
    name = f'"{difference.name.schema}"."{difference.name.table}"'
    steps = tuple(
        RunSql(
            text=f"ALTER TYPE {name} ADD VALUE IF NOT EXISTS '{value}' "
            + (f"AFTER '{before}';" if before else f"BEFORE '{there[0]}';"),
            why="in a new migration, so that every database gets it",
        )
        for before, value in zip(("", *wanted), wanted, strict=False)
        if value not in there
    )
    yield Fix(
        title=f"Add what {difference.subject} lacks",
        steps=steps,
        safety_note="No value can be taken out again. In the same transaction, nothing may use "
        "the new value yet.",
        needed=False,
    )


def _only_makes(statement: StatementStanding) -> bool:
    """Whether a statement only makes what the database lacks, and nothing changed that later."""
    if statement.presence is not Presence.ABSENT or statement.rows or statement.open:
        return False
    if not statement.text.isprintable() or statement.text.endswith("..."):
        return False
    return all(it.aspect is Aspect.MISSING for it in statement.touches)


def _stops(found: Account, differences: Sequence[Difference]) -> bool:
    """Whether a pending statement fails, since its object exists already."""
    early = [maker_of(found, it) for it in differences if it.aspect is Aspect.EXTRA]
    return any(maker is not None and not passes_again(maker[1]) for maker in early)


def _named(difference: Difference) -> str:
    return f"{difference.kind.value.capitalize()} {difference.subject}"


def _title(difference: Difference, maker: Maker | None, more: int) -> str:
    beside, them = (f"and {more} more ", "them") if more else ("", "it")
    if difference.aspect is Aspect.MISSING:
        told = f"{beside}{'are' if more else 'is'} missing"
        return told + (f", though {maker[0].tag} makes {them}" if maker else "")
    if difference.aspect is Aspect.EXTRA:
        if maker is not None:
            return f"{beside}{'exist' if more else 'exists'} before {maker[0].tag} makes {them}"
        return "exists, but no migration leaves it"
    return f"differs from what the migrations make ({difference.aspect.value})"


_HARMS = {
    Aspect.MISSING: Severity.HIGH,
    Aspect.TYPE: Severity.MEDIUM,
    Aspect.NULLS: Severity.MEDIUM,
    Aspect.LABELS: Severity.MEDIUM,
}
_LESS = frozenset({ObjectKind.INDEX, ObjectKind.POLICY, ObjectKind.CONSTRAINT, ObjectKind.SEQUENCE})


def _harm(difference: Difference) -> Severity:
    """Gone is worse than changed, and what holds data is worse than what guards or speeds it."""
    if difference.aspect is Aspect.EXTRA and difference.required:
        return Severity.MEDIUM  # inserts that do not know it fail
    harm = _HARMS.get(difference.aspect, Severity.LOW)
    return Severity.MEDIUM if harm is Severity.HIGH and difference.kind in _LESS else harm


def _root_cause(
    found: Account,
    differences: Sequence[Difference],
    maker: Maker | None,
    never: LeftOut | None,
) -> Iterator[str]:
    first = differences[0]
    state = (
        f"the state after {found.migration(found.reached).key}"
        if found.reached >= 0
        else "the state before the first migration"
    )
    yield f"The catalogue was compared with {state}, the last that the database is known to have."
    for difference in differences[:MOST]:
        yield _told(difference)
    if len(differences) > MOST:
        yield f"The same holds of {len(differences) - MOST} more object(s) of this migration."
    if maker is not None:
        migration, statement = maker
        yield in_words(migration, statement)
    yield from _recorded(found, maker, first)
    if never is not None:
        yield never.cause
        return
    if maker is not None and first.aspect is Aspect.MISSING and _edited_since(found, maker[0]):
        yield (
            "Its row has another hash than the file: if an edit since then added "
            f"{'these' if len(differences) > 1 else 'this'}, nobody took anything away."
        )
        return
    sync = found.tool.words.sync
    by = f"by hand, by `{sync}`, or" if sync else "by hand or"
    if first.aspect is Aspect.EXTRA:
        yield f"It was made {by} by migrations of another branch or project."
    else:
        yield f"It was changed {by} by a restore of something older."
        if maker is not None and _keeps(maker[1], first):
            yield (
                "Or it was there before the migration, as it is now: the statement keeps what it "
                "finds, and reports no error."
            )


_LENIENT = re.compile(r"\bIF\s+NOT\s+EXISTS\b|^\s*DO\b", re.IGNORECASE)


def _keeps(statement: StatementStanding, difference: Difference) -> bool:
    """Whether the statement passes where its object is there already, however that looks."""
    inside = difference.aspect is not Aspect.MISSING or bool(difference.part)
    return inside and _LENIENT.search(statement.text) is not None


def _recorded(found: Account, maker: Maker | None, first: Difference) -> Iterator[str]:
    if maker is None or first.aspect is Aspect.EXTRA:
        return
    migration, apply = maker[0], found.tool.words.apply
    if migration.position in found.recorded:
        yield f"{migration.tag} is recorded as applied, so `{apply}` never makes it again."
    elif migration.position < found.last:
        yield (
            f"{migration.tag} is not recorded, but a later one is: `{apply}` will always skip it."
        )
    if migration.presence is Presence.ABSENT:
        yield "Nothing that this migration makes exists."


def _edited_since(found: Account, migration: MigrationStanding) -> bool:
    """Whether the row of a migration has the hash of another text than its file."""
    if found.read is None:
        return False
    row = found.renamed.get(migration.position) or found.rows.get(migration.position)
    file = found.files.get(found.migration(migration.position).path)
    if row is None or not row.checksum or file is None or not file.sha256:
        return False
    return row.checksum not in {file.sha256, *cosmetic_variants(file.text)}


def _told(difference: Difference) -> str:
    if difference.aspect is Aspect.MISSING:
        what = f" ({difference.expected})" if difference.expected else ""
        return f"{_named(difference)}{what} should exist, but does not."
    if difference.aspect is Aspect.EXTRA:
        what = f" ({difference.found})" if difference.found else ""
        return f"{_named(difference)}{what} exists, but that state does not have it."
    return f"{_named(difference)} should have: {difference.expected}; it has: {difference.found}."
