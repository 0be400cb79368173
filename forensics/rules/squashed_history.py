"""Migrations were squashed into a new one, which runs again where the old ones were applied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from forensics.facts import Family, Migration, Presence
from forensics.model import Artefact, Finding, Fix, Severity, WriteFile
from forensics.model.wording import capital, counted, listed
from forensics.rules._account import Account, Statements, passes_again
from forensics.rules._base import rule
from forensics.rules._baseline import baseline, quoted
from forensics.rules._git import describe
from forensics.rules._git import origin as as_origin
from forensics.rules._journal import rewritten
from forensics.rules._squash import Squash, squash
from forensics.tracking.matching import recorded_rows

_SHOWN = 6


@rule(
    artefact=Artefact.MIGRATION_ORDER,
    since="0.2.0",
    families=frozenset({Family.HIGH_WATER_MARK}),
)
def squashed_history(found: Account) -> Iterator[Finding]:
    """
    Migrations were squashed into a new one, which runs again where the old ones were applied.

    ## What breaks

    The new migration, often called a baseline, creates what the old ones created. Its timestamp is
    that of the day of the squash, so it is later than every recorded row: it counts as pending in
    every existing database, and stops at the first object that already exists. A new database
    works.

    ## Evidence

    The database records migrations that a commit took from the list, and the same commit listed the
    new one. The catalogue has the effect of every statement of the new one.

    ## Not this

    Without recorded rows of old migrations, the sync command or a restored dump made the objects:
    `pushed-before-migrating` or `tracking-rows-missing`. If the new migration has a timestamp no
    later than the newest old row, existing databases skip it: the squash is done right. If every
    statement has `IF NOT EXISTS`, it runs again, and nothing stops.

    ## Fix

    Give the new entry of the list the timestamp of the last migration that it replaces. Every
    database that has that one skips the new migration, and a new database runs it. This heals all
    environments with one commit. Recording the new migration heals only one database.

    ## Fix safety

    Review it first. A database that lacks the last of the old migrations still runs the new one and
    stops: bring it up to date with the old list first. If the new migration does more than the old
    ones, move that into a migration of its own before, since existing databases would skip it.

    ## Prevention

    Squash only what every environment has applied, and keep the timestamp of the last squashed
    migration.
    """
    made = squash(found.history, found.tool, found.recovered, found.commits)
    if made is None:
        return
    rows = recorded_rows(found.history, found.files, found.tool, found.tracking)
    newest = (found.read.newest if found.read else None) or 0
    left = (it for it in made.entries if it.position not in rows)
    pending = [it for it in left if (it.stamp or 0) > newest]
    there = [found.standing.migrations[it.position].presence for it in pending]
    if not pending or not {Presence.PRESENT, Presence.PARTLY} & set(there):
        return
    yield _finding(made, pending, found)


def _finding(made: Squash, pending: Sequence[Migration], found: Account) -> Finding:
    positions = [it.position for it in pending]
    lacking = (*found.lacking(positions), *found.may_lack(positions))
    standings = (found.standing.migrations[it] for it in positions)
    passes = all(passes_again(statement) for it in standings for statement in it.statements)
    edit = rewritten(found.history, [(it.listed_at, made.stamp) for it in pending])
    safe = bool(edit) and not lacking and not made.unrecorded
    recorded = baseline(found, positions)
    first = pending[0]
    removed_by = made.rows[-1].removed_by
    return squashed_history.finding(
        severity=Severity.LOW if passes else Severity.MEDIUM,
        subject=first.key,
        title=f"{first.key} replaces {counted(len(made.rows), 'applied migration')}, and would run "
        "again",
        root_cause=(*_root_cause(made, pending, found), *_left_over(made, lacking)),
        evidence=(
            *found.evidence(tuple(positions)),
            found.commits,
        ),
        fix=_everywhere(made, pending, edit) if safe else None,
        alternatives=(_here_only(recorded),) if recorded is not None and not lacking else (),
        counterfactual=() if safe else edit,
        paths=tuple(it.path for it in pending),
        origin=as_origin(removed_by),
    )


def _root_cause(made: Squash, pending: Sequence[Migration], found: Account) -> Iterator[str]:
    tags = [it.tag or f"{it.row.checksum[:12]}..." for it in made.rows]
    removed_by = made.rows[-1].removed_by
    by = describe(removed_by) if removed_by else "The working tree"
    new = listed(it.key for it in pending)
    yield f"{found.name} records {listed(tags, _SHOWN)}."
    them = "it" if len(tags) == 1 else "them"
    yield f"{capital(by)} took {them} from the list, and put {new} there."
    yield (
        f"{pending[0].key} has the timestamp {pending[0].stamp}, the newest row has "
        f"{found.read.newest if found.read else None}: `{found.tool.words.apply}` takes it for a "
        "new migration, here and in every other database that has the old ones."
    )


def _left_over(made: Squash, lacking: Statements) -> Iterator[str]:
    if lacking:
        yield f"The effects of these are missing here, or there only in part: {quoted(lacking)}."
        yield "Existing databases get them only from a migration of their own."
    else:
        yield "The database already has everything that it makes."
    if made.unrecorded:
        yield (
            f"This database does not record {listed(made.unrecorded[:_SHOWN])}, which the squash "
            "replaced as well."
        )


def _everywhere(made: Squash, pending: Sequence[Migration], edit: tuple[WriteFile, ...]) -> Fix:
    last = max(made.rows, key=lambda it: it.row.at or 0)
    return Fix(
        title=f"Give {listed(it.key for it in pending)} the timestamp of {last.tag}",
        steps=edit,
        safety_note=f"Heals every database that has {last.tag}: each skips the new migration, and "
        f"a new database still runs it. A database that lacks {last.tag} stops as before, and has "
        "to be brought up to date with the old list first.",
    )


def _here_only(fix: Fix) -> Fix:
    return replace(
        fix,
        safety_note=f"Heals only this database: every other one that has the old migrations still "
        f"stops. {fix.safety_note}",
    )
