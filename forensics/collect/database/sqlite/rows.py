"""The rows of one tracking table, bounded, the oldest first."""

from __future__ import annotations

from forensics import limits
from forensics.collect.database.known_tables import KnownTable
from forensics.collect.database.look import told_rows
from forensics.dialects.sqlite.catalogue import Query
from forensics.dialects.sqlite.text import quoted
from forensics.facts import LiveTable, TrackingTable


def read_table(query: Query, table: LiveTable, known: KnownTable) -> TrackingTable:
    """All rows of a table in the order in which they were written; raises the driver's errors."""
    columns = tuple(it.name for it in table.columns)
    cells = ", ".join(f"substr(CAST({quoted(it)} AS TEXT), 1, {limits.CELL})" for it in columns)
    order = "" if _without_rowid(table) else " ORDER BY rowid DESC"
    name = quoted(table.name.table)
    found = list(query(f"SELECT {cells} FROM {name}{order} LIMIT {limits.ROWS}"))
    return told_rows(table, known, [tuple(map(_text, row)) for row in found])


def _without_rowid(table: LiveTable) -> bool:
    return "without rowid" in " ".join((table.definition or "").lower().split())


def _text(value: object) -> str | None:
    return None if value is None else str(value)
