"""The rows of one tracking table, bounded, the oldest first."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from forensics.collect.database.known_tables import KnownTable
from forensics.dialects.mysql.catalogue import Row
from forensics.dialects.mysql.text import quoted
from forensics.facts import LiveTable, TrackingTable
from forensics.model import Outcome
from forensics.tracking.ledgers import integer

ROW_LIMIT = 10_000
"""Rows kept, the newest ones."""
CELL_LIMIT = 262_144
"""Characters kept of one value."""


def read_table(
    query: Callable[[str], list[Row]], table: LiveTable, known: KnownTable
) -> TrackingTable:
    """All rows of a table in the order in which they were written; raises the driver's errors."""
    columns = tuple(it.name for it in table.columns)
    cells = ", ".join(f"LEFT(CAST({quoted(it)} AS CHAR), {CELL_LIMIT})" for it in columns)
    order = f" ORDER BY {quoted(known.order)} DESC" if known.order in columns else ""
    found = query(f"SELECT {cells} FROM {quoted(table.name.table)}{order} LIMIT {ROW_LIMIT}")
    rows = [dict(zip(columns, map(_text, row), strict=True)) for row in reversed(found)]
    ledger = known.ledger
    if ledger is not None and not {*ledger.shape.identity} <= {*columns}:
        ledger = None
    at = ledger.shape.at if ledger else None
    odd = at is not None and any(_is_no_number(row.get(at)) for row in rows)
    return TrackingTable(
        name=table.name,
        tool=known.tool,
        evidence="",
        outcome=Outcome.FAILED if odd else Outcome.COLLECTED,
        problem=f"a row has a {at} that is not a number: correct it, and look again" if odd else "",
        columns=columns,
        rows=tuple(ledger.read(row) for row in rows) if ledger else (),
        raw_rows=() if ledger else tuple(tuple(row.values()) for row in rows),
        is_lock=known.lock,
    )


def types_of(table: LiveTable) -> Mapping[str, str]:
    """Column -> type in plain words, by which a tool knows its own table."""
    return {it.name: it.type.partition("(")[0].partition(" ")[0] for it in table.columns}


def _is_no_number(text: str | None) -> bool:
    return text is not None and integer(text) is None


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    return None if value is None else str(value)
