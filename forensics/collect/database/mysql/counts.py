"""Counts the rows that violate what pending statements demand: numbers only, nothing of a row."""

from __future__ import annotations

import time
from collections.abc import Iterable

from forensics.collect.database.address import Address
from forensics.collect.database.explain import DatabaseUnavailable
from forensics.collect.database.mysql.explain import DENIED, TOO_LONG, number_of
from forensics.collect.database.mysql.session import Session, errors, read_only_session
from forensics.dialects.mysql.catalogue import read_catalogue
from forensics.facts import LiveTable, RelationKind, RowCount, RowCounts, RowQuestion

SECONDS = 30.0
"""For all counts; a single one has five, like every statement of a session."""


def count_rows(address: Address, questions: Iterable[RowQuestion]) -> RowCounts:
    """The answers, in one read-only transaction; a view is never read."""
    asked = {it.query: it for it in questions if it.query}
    try:
        with read_only_session(address, time.monotonic() + SECONDS) as session:
            tables = {it.name: it for it in read_catalogue(session.rows).tables}
            counts = tuple(_count(session, it, tables.get(it.table)) for it in asked.values())
    except DatabaseUnavailable as error:
        counts = _none(asked, str(error).rstrip("."))
    except errors() as error:
        counts = _none(asked, _said(error))
    return RowCounts(counts=counts)


def _none(queries: Iterable[str], why: str) -> tuple[RowCount, ...]:
    return tuple(RowCount(query=it, violations=None, why=why) for it in queries)


def _count(session: Session, question: RowQuestion, table: LiveTable | None) -> RowCount:
    if not question.runs_no_code:
        why = "the query calls what may be somebody's code, so run it yourself"
        return RowCount(query=question.query, violations=None, why=why)
    if table is None or table.kind is not RelationKind.TABLE:
        why = f"{question.table} cannot be read as a table"
        return RowCount(query=question.query, violations=None, why=why)
    try:
        [(number,)] = session.rows(question.query)
    except errors() as error:
        return RowCount(query=question.query, violations=None, why=_said(error))
    return RowCount(query=question.query, violations=int(str(number)))


def _said(error: Exception) -> str:
    """Why a count failed; never the server's own words, which may quote a value."""
    number = number_of(error)
    if number in TOO_LONG:
        return "it took longer than five seconds, or a lock was in the way"
    if number in DENIED:
        return "the role may not read the table: GRANT SELECT on it, or run the query yourself"
    return f"the server answered with error {number}" if number else "the connection was lost"
