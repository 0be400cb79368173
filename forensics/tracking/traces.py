"""What a database gives away of past runs: transactions, gaps in ids, owners; never a count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from forensics.facts import TABLE_KINDS, Database, TrackingRow, TrackingTable
from forensics.model import Outcome, Record

SKIPPED_BY_CRASH = 32
"""Ids that a sequence may skip after a crash: what PostgreSQL logs ahead (SEQ_LOG_VALS)."""


class Trace(Record, frozen=True, kw_only=True):
    """An observation that no clock dates."""

    clock: str
    text: str
    evidence: str


def traces(database: Database, tool: str) -> Iterator[Trace]:
    """What the tracking tables of a tool tell; nothing on a replica, whose ids are not its own."""
    if database.tracking is None or database.identity.replica:
        return
    for table in database.tracking.of_tool(tool):
        if table.outcome is Outcome.COLLECTED:
            yield from _runs(table)
            yield from _gaps(table)
            yield from _owner(table, database)


def written_again(table: TrackingTable, row: TrackingRow) -> bool:
    """Whether a row is younger than all that were inserted after it, as an UPDATE leaves it.

    Of the last row nothing can be told: a later run and a later UPDATE look the same. Nor after a
    restored dump, which writes all rows in one transaction.
    """
    later = [it for it in table.rows if (it.id or 0) > (row.id or 0)]
    return row.id is not None and bool(later) and all(_is_younger(row, it) for it in later)


def _is_younger(row: TrackingRow, other: TrackingRow) -> bool:
    """By transaction id, which begins again after four billion."""
    if row.transaction is None or other.transaction is None:
        return False
    if not (row.transaction.isdecimal() and other.transaction.isdecimal()):
        return False
    return 0 < (int(row.transaction) - int(other.transaction)) % 2**32 < 2**31


def _runs(table: TrackingTable) -> Iterator[Trace]:
    """Rows of one transaction were written by one run: 0.x runs all that is pending in one."""
    rows = sorted((row for row in table.rows if row.id is not None), key=lambda row: row.id or 0)
    for transaction, group in groupby(rows, key=lambda row: row.transaction):
        together = list(group)
        if transaction and len(together) > 1:
            yield Trace(
                clock="transaction ids",
                text=f"{_ids(together)} of {table.name} were written by one transaction: one run, "
                "unless an UPDATE or a restored dump wrote them again",
                evidence=table.evidence,
            )


def _gaps(table: TrackingTable) -> Iterator[Trace]:
    """A rolled-back run keeps the ids that it took; so does a row that was deleted."""
    sequence = table.sequence
    if sequence is None or sequence.last_value is None or not sequence.is_called:
        return
    ids = {row.id for row in table.rows if row.id is not None}
    unused = sequence.last_value - len(ids)
    if unused > 0:
        yield Trace(
            clock="id sequence",
            text=f"{unused} of {sequence.last_value} ids of {table.name} have no row: rolled-back "
            f"runs, deleted rows, or ids skipped by crashes (up to {SKIPPED_BY_CRASH} each)",
            evidence=table.evidence,
        )


def _owner(table: TrackingTable, database: Database) -> Iterator[Trace]:
    """Another owner than the application's tables have means that another role ran it."""
    tables = database.schema.tables if database.schema else ()
    names = {t.name for t in (database.tracking.tables if database.tracking else ())}
    owners = Counter(
        t.owner for t in tables if t.kind in TABLE_KINDS and t.owner and t.name not in names
    )
    usual = owners.most_common(1)
    if table.owner and usual and table.owner not in owners:
        yield Trace(
            clock="owners",
            text=f"{table.name} belongs to {table.owner}, the application's tables to "
            f"{usual[0][0]}: different roles made them",
            evidence=table.evidence,
        )


def _ids(rows: list[TrackingRow]) -> str:
    return f"ids {rows[0].id} to {rows[-1].id}"
