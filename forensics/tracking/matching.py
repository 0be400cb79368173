"""How the rows of tracking tables are matched with listed migrations."""

from __future__ import annotations

import re

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
from forensics.facts.variants import cosmetic_variants
from forensics.model import Outcome, Scalar, TableName
from forensics.tracking.ledgers import Identity, identity_of_migration, identity_of_row

SHA256 = re.compile(r"[0-9a-f]{64}")
"""What a tool writes as a hash."""
EARLIEST, LATEST = 10**11, 10**14
"""Between them lie all timestamps in milliseconds: from 1973 to the year 5138."""

Key = tuple[Scalar, ...]


def matching_rows(
    ledger: LedgerShape, table: TrackingTable, history: History, files: Files | None
) -> dict[int, TrackingRow]:
    """Position of a migration -> its row; no row is that of two, also where timestamps are equal.

    Rows that agree with a migration in all that identifies it come first, then those that agree in
    one thing, the most telling first; of several, the one that also agrees in the rest. Never by id
    or position.
    """
    found: dict[int, TrackingRow] = {}
    left = dict(enumerate(table.applied))
    digests = _digests(history, files)
    for parts in dict.fromkeys((ledger.identified_by, *((by,) for by in ledger.identified_by))):
        waiting: dict[Key, list[int]] = {}
        for number, row in left.items():
            if (key := _key(parts, identity_of_row(row))) is not None:
                waiting.setdefault(key, []).append(number)
        for migration in history.migrations:
            digest = digests.get(migration.position)
            key = _key(parts, identity_of_migration(migration, digest))
            if migration.position not in found and key is not None and waiting.get(key):
                number = max(waiting[key], key=lambda it: _agrees(left[it], migration, digest))
                waiting[key].remove(number)
                found[migration.position] = left.pop(number)
    return found


def _agrees(row: TrackingRow, migration: Migration, digest: str | None) -> tuple[bool, bool]:
    """How much of a row is as the migration has it, beyond what identifies it: more is greater."""
    return row.checksum == digest, row.at == migration.stamp


def _key(parts: tuple[Match, ...], identity: Identity) -> Key | None:
    """These parts of an identity; `None` where one of them is not known."""
    key = tuple(identity[by] for by in parts)
    return None if None in key else key


def unknown_rows(
    ledger: LedgerShape, table: TrackingTable, history: History, files: Files | None
) -> tuple[TrackingRow, ...]:
    """The rows that a tool wrote of migrations which are neither listed nor lie in the folder.

    A timestamp or a hash of another form is an issue of its own; a second row is a duplicate.
    """
    known = list(matching_rows(ledger, table, history, files).values())
    stamps = {migration.stamp for migration in history.migrations}
    strange = [row for row in table.applied if row not in known and row.at not in stamps]
    held = files.files if files and strange else ()
    digests = {file.sha256 for file in held}.union(*(cosmetic_variants(it.text) for it in held))
    return tuple(
        row
        for row in strange
        if SHA256.fullmatch(row.checksum) and row.checksum not in digests
        if EARLIEST < (row.at or 0) < LATEST
    )


def recorded_rows(
    history: History, files: Files | None, tool: ToolUse, tracking: TrackingTables | None
) -> dict[int, tuple[TrackingTable, TrackingRow]]:
    """Position of a migration -> its row in any table of the tool; the one it reads comes first."""
    found: dict[int, tuple[TrackingTable, TrackingRow]] = {}
    for table in readable(tool, tracking):
        for position, row in matching_rows(tool.ledger, table, history, files).items():
            found.setdefault(position, (table, row))
    return found


def readable(tool: ToolUse, tracking: TrackingTables | None) -> list[TrackingTable]:
    """The tables of the tool whose rows were seen; the one it reads comes first."""
    tables = tracking.of_tool(tool.name) if tracking else ()
    seen = [table for table in tables if table.outcome is Outcome.COLLECTED]
    return sorted(seen, key=lambda table: table.name != tool.tracking)


def unreadable(tool: ToolUse, tracking: TrackingTables | None) -> tuple[TableName, ...]:
    """The tables of the tool whose rows could not be seen, so that they may record anything."""
    tables = tracking.of_tool(tool.name) if tracking else ()
    return tuple(table.name for table in tables if table.outcome is not Outcome.COLLECTED)


def _digests(history: History, files: Files | None) -> dict[int, str]:
    held = {file.path: file.sha256 for file in files.files} if files else {}
    return {
        migration.position: digest
        for migration in history.migrations
        if (digest := held.get(migration.path))
    }
