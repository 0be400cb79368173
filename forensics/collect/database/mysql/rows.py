"""The rows of one tracking table, bounded, the oldest first."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from forensics import limits
from forensics.collect.database.known_tables import KnownTable
from forensics.collect.database.look import told_rows
from forensics.dialects.mysql.catalogue import Row
from forensics.dialects.mysql.text import quoted
from forensics.facts import LiveTable, TrackingTable


def read_table(
    query: Callable[[str], list[Row]], table: LiveTable, known: KnownTable
) -> TrackingTable:
    """All rows of a table in the order in which they were written; raises the driver's errors."""
    columns = tuple(it.name for it in table.columns)
    cells = ", ".join(f"LEFT(CAST({quoted(it)} AS CHAR), {limits.CELL})" for it in columns)
    order = f" ORDER BY {quoted(known.order)} DESC" if known.order in columns else ""
    found = query(f"SELECT {cells} FROM {quoted(table.name.table)}{order} LIMIT {limits.ROWS}")
    return told_rows(table, known, [tuple(map(_text, row)) for row in found])


def types_of(table: LiveTable) -> Mapping[str, str]:
    """Column -> type in plain words, by which a tool knows its own table."""
    return {it.name: it.type.partition("(")[0].partition(" ")[0] for it in table.columns}


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    return None if value is None else str(value)
