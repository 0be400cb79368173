"""How rules match the rows of tracking tables with listed migrations."""

from __future__ import annotations

from forensics.facts import (
    Files,
    History,
    Migration,
    ToolUse,
    TrackingRow,
    TrackingTable,
    TrackingTables,
)
from forensics.model import Outcome


def matching_rows(
    table: TrackingTable, history: History, files: Files | None
) -> dict[str, TrackingRow]:
    """Tag -> row; by stamp first and hash second, never by id or position, as drizzle's own
    upgrade to 1.0 does (`up-migrations`)."""
    by_stamp = {row.created_at: row for row in table.rows if row.created_at is not None}
    by_hash = {row.hash: row for row in table.rows if row.hash}
    found: dict[str, TrackingRow] = {}
    for migration in history.migrations:
        file = files.get(migration.path) if files else None
        row = by_stamp.get(migration.when or 0) or by_hash.get((file and file.sha256) or "")
        if row is not None:
            found[migration.tag] = row
    return found


def richest(tool: ToolUse, tracking: TrackingTables) -> TrackingTable | None:
    """The readable table of the tool that holds most rows; the one it reads wins a tie."""
    tables = [table for table in tracking.of_tool(tool.name) if table.outcome is Outcome.COLLECTED]
    return max(
        tables, key=lambda table: (len(table.rows), table.name == tool.tracking), default=None
    )


def recorded_hash(
    migration: Migration, tool: ToolUse, tracking: TrackingTables | None
) -> str | None:
    """The hash that the database recorded for a migration, by its stamp."""
    row = recorded_row(migration, tool, tracking)
    return row[1].hash if row else None


def recorded_row(
    migration: Migration, tool: ToolUse, tracking: TrackingTables | None
) -> tuple[TrackingTable, TrackingRow] | None:
    """The row of a migration, by its stamp, with its table."""
    if tracking is None or migration.when is None or (table := richest(tool, tracking)) is None:
        return None
    row = next((row for row in table.rows if row.created_at == migration.when), None)
    return None if row is None else (table, row)
