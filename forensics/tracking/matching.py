"""How the rows of tracking tables are matched with listed migrations."""

from __future__ import annotations

import re
from collections.abc import Callable

from forensics.facts import Files, History, ToolUse, TrackingRow, TrackingTable, TrackingTables
from forensics.facts.variants import cosmetic_variants
from forensics.model import Outcome

SHA256 = re.compile(r"[0-9a-f]{64}")
"""What a tool writes as a hash."""
EARLIEST, LATEST = 10**11, 10**14
"""Between them lie all stamps in milliseconds: from 1973 to the year 5138."""

Key = tuple[int | None, str | None]

_KEYS: tuple[Callable[[int | None, str | None], Key | None], ...] = (
    lambda when, digest: (when, digest) if when is not None and digest else None,
    lambda when, digest: (when, None) if when is not None else None,
    lambda when, digest: (None, digest) if digest else None,
)
"""Stamp and hash, stamp alone, hash alone: as drizzle's own upgrade to 1.0 (`up-migrations`)
matches, never by id or position."""


def matching_rows(
    table: TrackingTable, history: History, files: Files | None
) -> dict[int, TrackingRow]:
    """Position of a migration -> its row; no row is that of two, also where stamps are equal."""
    found: dict[int, TrackingRow] = {}
    left = dict(enumerate(table.rows))
    digests = _digests(history, files)
    for key_of in _KEYS:
        waiting: dict[Key, list[int]] = {}
        for number, row in left.items():
            if (key := key_of(row.at, row.checksum)) is not None:
                waiting.setdefault(key, []).append(number)
        for migration in history.migrations:
            key = key_of(migration.stamp, digests.get(migration.position))
            if migration.position not in found and key is not None and waiting.get(key):
                found[migration.position] = left.pop(waiting[key].pop(0))
    return found


def unknown_rows(
    table: TrackingTable, history: History, files: Files | None
) -> tuple[TrackingRow, ...]:
    """The rows that a tool wrote of migrations which are neither listed nor lie in the folder.

    A stamp or a hash of another form is a fault of its own, and a second row is of the same one.
    """
    known = list(matching_rows(table, history, files).values())
    stamps = {migration.stamp for migration in history.migrations}
    strange = [row for row in table.rows if row not in known and row.at not in stamps]
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
        for position, row in matching_rows(table, history, files).items():
            found.setdefault(position, (table, row))
    return found


def readable(tool: ToolUse, tracking: TrackingTables | None) -> list[TrackingTable]:
    """The tables of the tool whose rows were seen; the one it reads comes first."""
    tables = tracking.of_tool(tool.name) if tracking else ()
    seen = [table for table in tables if table.outcome is Outcome.COLLECTED]
    return sorted(seen, key=lambda table: table.name != tool.tracking)


def _digests(history: History, files: Files | None) -> dict[int, str]:
    held = {file.path: file.sha256 for file in files.files} if files else {}
    return {
        migration.position: digest
        for migration in history.migrations
        if (digest := held.get(migration.path))
    }
