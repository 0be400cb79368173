"""The fix that records what is in the database: exactly that, and what no catalogue confirms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from forensics.facts import Match, MigrationStanding, StatementStanding
from forensics.model import Fix, InsertRows
from forensics.model.wording import code, listed, shortened
from forensics.rules._account import Account, Statements
from forensics.rules._fixes import fix_of
from forensics.rules._marks import mark
from forensics.tracking.ledgers import new_row

MOST = 5
"""How many statements a sentence lists."""
_MOST_PATHS = 6
_LONGEST = 120
"""Characters of a statement that it shows."""


def baseline(found: Account, positions: Sequence[int]) -> Fix | None:
    """Record these migrations; `None` where a hash is unknown, or a later one would be skipped."""
    if found.tool.words.mark:
        return _told(found, positions)
    migrations = [found.migration(it) for it in positions]
    made = (new_row(found.tool.ledger, it, found.files.get(it.path)) for it in migrations)
    rows = tuple(row for row in made if row is not None)
    if len(rows) != len(positions) or not rows or _skips_a_later_one(found, positions):
        return None
    if found.read is None and any(table.name == found.name for table in found.schema.tables):
        return None
    step = InsertRows(
        table=found.name,
        rows=rows,
        identity=found.tool.ledger.identity,
        held=None if found.read is None else len(found.read.rows),
        owner=_owner(found) if found.read is None else None,
        columns=found.tool.ledger.columns if found.read is None else (),
        unproven=tuple(
            f"{it.tag}: {shortened(statement.text, _LONGEST)}"
            for it, statement in found.open(positions)
        ),
    )
    return Fix(
        title=f"Record {listed_tags(found, positions)} in {found.name}",
        steps=(step,),
        safety_note=" ".join(_note(found, tuple(positions))),
    )


def _told(found: Account, positions: Sequence[int]) -> Fix | None:
    """The same by the tool's own command, of one that has it."""
    why = f"Mark it as applied, so that `{found.tool.words.apply}` does not run it again"
    steps = (
        mark(found.tool, it, found.files.get(it.path), why)
        for it in map(found.migration, positions)
    )
    title = f"Mark {listed_tags(found, positions)} as applied"
    return fix_of(title, steps, " ".join(_note(found, tuple(positions))))


def about_missing(found: Account, *, safe: bool) -> dict[str, Any]:
    """The details of an issue about the rows that are missing.

    Where it is not `safe` to write them, the fixes are what is left once a person has made the
    missing effects.
    """
    missing, trailing = found.missing, found.trailing()
    repair = baseline(found, missing)
    further = baseline(found, (*missing, *trailing)) if trailing else None
    offered = [it for it in (None if safe else repair, further) if it is not None]
    return {
        "subject": str(found.name),
        "evidence": (*found.evidence(missing), found.tracking),
        "fix": repair if safe else None,
        "alternatives": tuple(it if safe else _once_made(it) for it in offered),
        "counterfactual": repair.steps if repair and not safe else (),
        "paths": [found.migration(position).path for position in missing[:_MOST_PATHS]],
    }


def _once_made(fix: Fix) -> Fix:
    return replace(
        fix, title=f"Make what is missing by hand, then {fix.title[:1].lower()}{fix.title[1:]}"
    )


def listed_tags(found: Account, positions: Sequence[int]) -> str:
    """`0000_a`, `0000_a and 0001_b`, or `0000_a to 0004_e (5 migrations)`."""
    tags = [found.migration(position).key for position in positions]
    if len(tags) > 2 and list(positions) == list(range(positions[0], positions[-1] + 1)):
        return f"{tags[0]} to {tags[-1]} ({len(tags)} migrations)"
    return listed(tags)


def quoted(statements: Statements) -> str:
    """Statements with their migrations, on one line."""
    more = len(statements) - MOST
    told = (f"{it.tag}: {_shown(statement)}" for it, statement in statements[:MOST])
    return "; ".join(told) + (f"; and {more} more" if more > 0 else "")


def in_words(migration: MigrationStanding, statement: StatementStanding) -> str:
    """A sentence on one statement."""
    return f"The statement in {migration.tag} is {_shown(statement)}."


def _shown(statement: StatementStanding) -> str:
    return code(shortened(statement.text, _LONGEST))


def left_out(found: Account) -> Iterator[str]:
    """What is not there of the migrations that have no row, as sentences."""
    if lacking := found.lacking(found.missing):
        yield f"The effects of these are missing, or there only in part: {quoted(lacking)}."
    if doubtful := found.may_lack(found.missing):
        yield (
            "The effects of these are not there, and whether a later statement undid them could "
            f"not be read: {quoted(doubtful)}."
        )


def _skips_a_later_one(found: Account, positions: Sequence[int]) -> bool:
    """Whether the new mark is later than a migration that still has to run."""
    if not found.may_skip:
        return False
    newest = found.read.newest if found.read else None
    mark = max(newest or 0, *(found.migration(it).stamp or 0 for it in positions))
    later = found.history.migrations[max(positions) + 1 :]
    return any((it.stamp or 0) <= mark for it in later if it.position not in found.recorded)


def _owner(found: Account) -> str | None:
    """To whom all tables of these migrations belong, where that is one role."""
    made = {
        touched.name
        for migration in found.standing.migrations
        for statement in migration.statements
        for touched in statement.touches
    }
    owners = {table.owner for table in found.schema.tables if table.name in made}
    return owners.pop() if len(owners) == 1 else None


def _identity(found: Account) -> Iterator[str]:
    """What in a row identifies its migration."""
    ledger = found.tool.ledger
    words = {Match.BY_KEY: "name", Match.BY_CHECKSUM: "SHA-256 of the file"}
    for by in sorted(ledger.identified_by):
        yield words.get(by, "timestamp of the list")


def _rows_written(found: Account) -> str:
    if found.tool.words.mark:
        return ""
    return (
        f" The rows are those that `{found.tool.words.apply}` writes "
        f"({listed(_identity(found))}); rollback.sql removes them."
    )


def _note(found: Account, positions: tuple[int, ...]) -> Iterator[str]:
    apply = found.tool.words.apply
    yield (
        "Each statement was compared with the catalogue of this database; check every other "
        f"environment separately.{_rows_written(found)}"
    )
    if on_rows := tuple(it for it in found.open(positions) if it[1].rows):
        yield (
            f"No catalogue shows whether statements on rows ran; once recorded, `{apply}` never "
            f"runs them: {quoted(on_rows)}."
        )
    if others := tuple(it for it in found.open(positions) if not it[1].rows):
        yield (
            "The catalogue does not show everything that these do, so check them by hand: "
            f"{quoted(others)}."
        )
    if lacking := (*found.lacking(positions), *found.may_lack(positions)):
        yield (
            f"The effect of these is missing, and `{apply}` will not run them once recorded; "
            f"decide about each by hand first: {quoted(lacking)}."
        )
    if left := [it for it in found.trailing() if it not in positions]:
        yield (
            f"{listed_tags(found, left)} leaves nothing in a catalogue: it is not recorded, so "
            f"`{apply}` runs it. If it ran before, record it too."
        )
