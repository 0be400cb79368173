"""The rows of one tracking table, bounded, the oldest first."""

from __future__ import annotations

from collections.abc import Mapping

from forensics.collect.database.known_tables import KnownTable
from forensics.dialects.sqlite.catalogue import Query
from forensics.dialects.sqlite.text import quoted
from forensics.facts import LiveTable, TrackingTable
from forensics.model import Outcome, Scalar
from forensics.tracking.ledgers import integer

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
    rows = [dict(zip(columns, map(_text, row), strict=True)) for row in reversed(found)]
    ledger = known.ledger
    if ledger is not None and not {*ledger.shape.identity} <= {*columns}:
        ledger = None
    at = ledger.shape.at if ledger else None
    odd = at is not None and any(_is_no_number(row[at]) for row in rows if at in row)
    return TrackingTable(
        name=table.name,
        tool=known.tool,
        evidence="",
        outcome=Outcome.FAILED if odd else Outcome.COLLECTED,
        problem=f"a row has a {at} that is not a number: correct it, and try again" if odd else "",
        columns=columns,
        rows=tuple(ledger.read(row) for row in rows) if ledger else (),
        raw_rows=() if ledger else tuple(_scalars(row) for row in rows),
        is_lock=known.lock,
    )


def _without_rowid(table: LiveTable) -> bool:
    return "without rowid" in " ".join((table.definition or "").lower().split())


def _scalars(row: Mapping[str, str | None]) -> tuple[Scalar, ...]:
    return tuple(row.values())


def _is_no_number(text: str | None) -> bool:
    """SQLite keeps what it is given; to a tool it is then neither early nor late."""
    return text is not None and integer(text) is None


def _text(value: object) -> str | None:
    return None if value is None else str(value)
