"""The conversion of a 0.x table: 1.0 gives every row a name, or refuses and changes nothing."""

from __future__ import annotations

from collections import defaultdict

from msgspec.structs import replace

from forensics.adapters.drizzle.dialects import is_sqlite
from forensics.adapters.drizzle.ledger import ON_SQLITE, SHAPE, named
from forensics.facts import (
    Files,
    History,
    LedgerShape,
    Match,
    Migration,
    ToolUse,
    TrackingRow,
    TrackingTable,
    TrackingTables,
)
from forensics.model import Outcome, TableName

UNNAMED = replace(SHAPE, identified_by=(Match.BY_KEY, Match.BY_CHECKSUM), key=None)
UNNAMED_ON_SQLITE = replace(ON_SQLITE, identified_by=UNNAMED.identified_by, key=None)
"""The shape of a table of 0.x that 1.0 reads: it has no names yet."""


_ROW = "[id: {}, created_at: {}]"


def is_old(table: TrackingTable | None) -> bool:
    """Whether a table will be converted: only the column `name` counts (GET_VERSION_FOR)."""
    return table is not None and bool(table.columns) and "name" not in table.columns


def shape_of(tool: ToolUse, table: TrackingTable | None) -> LedgerShape:
    """What the rows of the table say before the next run."""
    if not is_old(table):
        return named(tool)
    return UNNAMED_ON_SQLITE if is_sqlite(tool) else UNNAMED


def with_names(
    tracking: TrackingTables | None, read: TableName | None, history: History, files: Files
) -> TrackingTables | None:
    """The tables as they are after the conversion of the one that is read, if it comes to that."""
    if tracking is None or read is None:
        return tracking
    converted = (
        replace(it, rows=_named(it.rows, history, files))
        if it.name == read and is_old(it) and it.outcome is Outcome.COLLECTED
        else it
        for it in tracking.tables
    )
    return replace(tracking, tables=tuple(converted))


def unmatched(table: TrackingTable | None) -> tuple[TrackingRow, ...]:
    """The rows that stop the conversion, of a table with the names that it would get."""
    if table is None or not is_old(table):
        return ()
    return tuple(row for row in table.rows if row.key is None)


def refusal(tool: ToolUse, rows: tuple[TrackingRow, ...]) -> str:
    """What the migrator says of them (upToV1, up-migrations/pg.js and sqlite.js)."""
    ids = ", ".join(str(it) for it in sorted(row.id or 0 for row in rows))
    listed = f"{len(rows)} migrations (ids: {ids})"
    if is_sqlite(tool):
        each = (_ROW.format(_js(row.id), _js(row.at)) for row in rows)
        listed = f"{len(rows)} ({', '.join(each)}) migrations"
    return (
        f"While upgrading your database migrations table we found {listed} in the database that do "
        "not match any local migration. This means that some migrations were applied to the "
        "database but are missing from the local environment"
    )


def _js(value: int | None) -> str:
    return "null" if value is None else str(value)


def _named(
    rows: tuple[TrackingRow, ...], history: History, files: Files
) -> tuple[TrackingRow, ...]:
    """By the second of `created_at`; by the hash where two share a second, or none has it."""
    at_second: dict[int | None, list[Migration]] = defaultdict(list)
    with_hash: dict[str, Migration] = {}
    for migration in history.migrations:
        file = files.get(migration.path)
        if file is not None and file.sha256 is not None:
            at_second[migration.stamp].append(migration)
            with_hash[file.sha256] = migration

    def of(row: TrackingRow) -> Migration | None:
        same = at_second.get(_second(row.at), []) if row.at is not None else []
        if len(same) == 1:
            return same[0]
        found = with_hash.get(row.checksum)
        return found if not same or found in same else None

    return tuple(replace(row, key=found.key) if (found := of(row)) else row for row in rows)


def _second(at: int) -> int | None:
    """`Number(text.substring(0, text.length - 3) + "000")`, as the migrator cuts."""
    digits = str(at)[:-3]
    return int(f"{digits}000") if digits.lstrip("-") or not digits else None
