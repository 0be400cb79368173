"""Counts the rows that violate what pending statements demand: numbers only, nothing of a row."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from psycopg import Error, errors, sql

from forensics.collect.database.address import one_line, parse_address
from forensics.collect.database.explain import DatabaseUnavailable
from forensics.collect.database.search import Relation, relations_named
from forensics.collect.database.session import Session, read_only_session
from forensics.facts import RowCount, RowCounts, RowQuestion
from forensics.model import TableName

SECONDS = 30.0
"""For all counts; a single one has five, like every statement of a session."""


def count_rows(
    url: str | None, questions: Iterable[RowQuestion], seconds: float = SECONDS
) -> RowCounts | None:
    """The answers, in one read-only transaction; `None` where there is nothing to ask.

    A table whose reading could run somebody's code is never read.
    """
    asked = {it.query: it for it in questions if it.query}
    address = parse_address(url)
    if not asked or address is None:
        return None
    try:
        with read_only_session(address, time.monotonic() + seconds) as session:
            tables = {name for it in asked.values() for name in _tables(it)}
            known = {it.name: it for it in relations_named(session, tuple(tables))}
            counts = tuple(_count(session, it, known) for it in asked.values())
    except (DatabaseUnavailable, Error) as error:
        why = str(error) if isinstance(error, DatabaseUnavailable) else _said(error)
        counts = tuple(RowCount(query=it, violations=None, why=why) for it in asked)
    return RowCounts(counts=counts)


def _tables(question: RowQuestion) -> tuple[TableName, ...]:
    return (question.table,) if question.other is None else (question.table, question.other)


def _count(
    session: Session, question: RowQuestion, known: Mapping[TableName, Relation]
) -> RowCount:
    if why := _untouchable(question, known):
        return RowCount(query=question.query, violations=None, why=why)
    try:
        with session.attempt():
            [(number,)] = session.texts(sql.SQL("{}").format(_Query(question.query)))
    except Error as error:
        return RowCount(query=question.query, violations=None, why=_said(error))
    return RowCount(query=question.query, violations=int(number or 0))


def _untouchable(question: RowQuestion, known: Mapping[TableName, Relation]) -> str:
    """Why it is not asked; empty where it may be."""
    if not question.runs_no_code:
        return "the query calls what may be somebody's code, so run it yourself"
    for name in _tables(question):
        relation = known.get(name)
        if relation is None:
            if name == question.other and str(name) not in question.query:
                continue  # made by the same migrations: the query does not name it
            return f"{name} was not found"
        if relation.untouchable:
            return f"{name} {relation.untouchable}"
        if not (relation.usage and relation.select):
            return f"the role may not read {name}: GRANT SELECT on it, or run the query yourself"
    return ""


class _Query(sql.Composable):
    """A query of ours, in which every name and text is quoted already."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._text = text

    def as_bytes(self, context: object = None) -> bytes:
        return self._text.encode("utf-8")


def _said(error: Error) -> str:
    """Why a count failed; never the server's own words, which may quote a value."""
    if isinstance(error, errors.QueryCanceled):
        return "it took longer than five seconds"
    if isinstance(error, errors.LockNotAvailable):
        return "the table is locked"
    if isinstance(error, errors.InsufficientPrivilege):
        return "the role may not see all rows"
    return one_line(f"the server answered with SQLSTATE {error.sqlstate}")
