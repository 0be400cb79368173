"""Rows of migrations that have another name now, in tools that go by names."""

from __future__ import annotations

from collections.abc import Mapping

from forensics.facts import Files, History, Match, ToolUse, TrackingRow, TrackingTables
from forensics.tracking.matching import recorded_rows


def renamed_rows(
    history: History, files: Files, tool: ToolUse, tracking: TrackingTables | None
) -> Mapping[int, TrackingRow]:
    """Position of a migration without a row -> the only row that has its bytes under another name.

    Of the table that the tool reads; none where that table has no column for names.
    """
    table = tracking.get(tool.tracking) if tracking and tool.tracking else None
    if table is None or tool.ledger.key is None or tool.ledger.identified_by[0] is not Match.BY_KEY:
        return {}
    listed = {migration.key for migration in history.migrations}
    left = [row for row in table.applied if row.key not in listed and row.checksum]
    recorded = recorded_rows(history, files, tool, tracking)
    found: dict[int, TrackingRow] = {}
    for migration in history.migrations:
        file = files.get(migration.path)
        same = [row for row in left if file is not None and row.checksum == file.sha256]
        if migration.position not in recorded and len(same) == 1:
            found[migration.position] = same[0]
    return found
