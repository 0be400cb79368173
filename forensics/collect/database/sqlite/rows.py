"""The rows of one tracking table, bounded, the oldest first."""

from __future__ import annotations

from forensics.collect.database.known_tables import KnownTable
from forensics.collect.database.look import told_rows
from forensics.dialects.sqlite.catalogue import Query
from forensics.dialects.sqlite.text import quoted
from forensics.facts import LiveTable, TrackingTable

ROW_LIMIT = 10_000
"""Rows kept, the newest ones."""
CELL_LIMIT = 262_144
"""Characters kept of one value."""


def read_table(query: Query, table: LiveTable, known: KnownTable) -> TrackingTable:
    """All rows of a table in the order in which they were written; raises the driver's errors."""
    columns = tuple(it.name for it in table.columns)
    cells = ", ".join(f"substr(CAST({quoted(it)} AS TEXT), 1, {CELL_LIMIT})" for it in columns)
    order = "" if _without_rowid(table) else " ORDER BY rowid DESC"
    found = list(query(f"SELECT {cells} FROM {quoted(table.name.table)}{order} LIMIT {ROW_LIMIT}"))
    return told_rows(table, known, [tuple(map(_text, row)) for row in found])


def _without_rowid(table: LiveTable) -> bool:
    return "without rowid" in " ".join((table.definition or "").lower().split())


def _text(value: object) -> str | None:
    return None if value is None else str(value)
