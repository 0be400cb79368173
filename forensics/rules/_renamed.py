"""Rows of migrations that have another name now, in tools that go by names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forensics.dialects import dialect_of
from forensics.facts import (
    Files,
    History,
    Match,
    Migration,
    MigrationFile,
    ToolUse,
    TrackingRow,
    TrackingTables,
)
from forensics.tracking.matching import recorded_rows


def renamed_rows(
    history: History, files: Files, tool: ToolUse, tracking: TrackingTables | None
) -> Mapping[int, TrackingRow]:
    """Position of a migration without a row -> the only row that has its bytes under another name.

    Of a row without a name also the time tells, if it is in the second that names the migration.
    Of the table that the tool reads; none where that table has no column for names.
    """
    table = tracking.get(tool.tracking) if tracking else None
    if table is None or tool.ledger.key is None or tool.ledger.identified_by[0] is not Match.BY_KEY:
        return {}
    listed = {migration.key for migration in history.migrations}
    left = [row for row in table.applied if row.key not in listed and (row.checksum or row.text)]
    recorded = recorded_rows(history, files, tool, tracking)
    found: dict[int, TrackingRow] = {}
    for migration in history.migrations:
        file = files.get(migration.path)
        same = [row for row in left if file is not None and _is_of(row, file, tool)]
        same = same or _of_second(migration, left, history)
        if migration.position not in recorded and len(same) == 1:
            found[migration.position] = same[0]
    return found


def _of_second(
    migration: Migration, rows: Sequence[TrackingRow], history: History
) -> list[TrackingRow]:
    """Those without a name, as an earlier release of the tool wrote them, by their time."""
    if sum(it.stamp == migration.stamp for it in history.migrations) != 1:
        return []
    return [it for it in rows if it.key is None and is_in_second(it, migration)]


def is_in_second(row: TrackingRow, migration: Migration) -> bool:
    """Whether a row has the time of a migration, but for the milliseconds."""
    return row.at is not None and row.at // 1000 * 1000 == migration.stamp


def _is_of(row: TrackingRow, file: MigrationFile, tool: ToolUse) -> bool:
    """Whether the row records these bytes, or these statements."""
    if row.checksum:
        return row.checksum == file.sha256
    dialect = dialect_of(tool)
    written = "".join(f"{statement};\n" for statement in dialect.elements(row.text))
    return bool(written) and dialect.same(written, file.text or "")
