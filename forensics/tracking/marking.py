"""What a tracking table holds once a tool was told that a migration was applied, or was not."""

from __future__ import annotations

from msgspec.structs import replace

from forensics.facts import RowState, TrackingRow, TrackingTable
from forensics.model import MarkedRow


def marked(table: TrackingTable, mark: MarkedRow) -> TrackingTable:
    """The failed rows of the migration no longer count; one that was applied gets a row."""
    if mark.forgets:
        left = tuple(row for row in table.rows if row.key != mark.key)
        return replace(table, rows=left)
    unfinished = [row for row in table.unfinished if row.key == mark.key]
    rows = tuple(
        replace(row, state=RowState.ROLLED_BACK) if row in unfinished else row for row in table.rows
    )
    if mark.applied:
        told = TrackingRow(id=None, checksum=mark.checksum, at=None, key=mark.key, ran=False)
        rows = (*rows, told)
    return replace(table, rows=rows)
