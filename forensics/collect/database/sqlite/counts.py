"""Counts rows of a SQLite file, in it or on a copy after the pending migrations ran there."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

from forensics.collect.database.explain import DatabaseUnavailable
from forensics.collect.database.sqlite.file import ERRORS, copied, opened
from forensics.collect.database.sqlite.guard import CopyGuard, Guard
from forensics.dialects.sqlite.catalogue import read_catalogue
from forensics.dialects.sqlite.text import names_only, quoted, statements
from forensics.facts import RelationKind, RowCount, RowCounts, RowDeed
from forensics.facts.rebuilds import Danger
from forensics.system.temporary import temporary_folder

SECONDS = 30.0
"""For all counts; the same again for what runs on a copy."""


def count(path: str, queries: Iterable[str]) -> RowCounts:
    """Run queries that give one number each; nothing else of a row leaves the database."""
    asked = tuple(dict.fromkeys(filter(None, queries)))
    try:
        with opened(path, time.monotonic() + SECONDS) as connection:
            guard = Guard(connection)
            schema = read_catalogue(lambda sql: connection.execute(sql).fetchall())
            guard.tables = {
                it.name.table
                for it in schema.tables
                if it.kind is RelationKind.TABLE and it.columns
            }
            counts = tuple(_number(connection, query) for query in asked)
    except (DatabaseUnavailable, *ERRORS) as error:
        counts = tuple(RowCount(query=it, violations=None, why=_said(error)) for it in asked)
    return RowCounts(counts=counts)


def count_on_copy(
    path: str, texts: Iterable[str], dangers: Iterable[Danger], *, enforced: bool
) -> Mapping[str, int]:
    """How many rows of each table are gone after the texts ran on a copy: query -> rows.

    Empty where they do not all run there. Nothing of them can leave the copy.
    """
    wanted = {it.table.table: it.query for it in dangers if it.deed is RowDeed.DELETED}
    if not wanted:
        return {}
    try:
        with temporary_folder("sqlite") as folder:
            copy = copied(Path(path), folder)
            with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
                deadline = time.monotonic() + SECONDS
                connection.set_progress_handler(lambda: int(time.monotonic() > deadline), 10_000)
                connection.execute(f"PRAGMA foreign_keys = {'ON' if enforced else 'OFF'}")
                return _lost(connection, texts, wanted)
    except (DatabaseUnavailable, *ERRORS):
        return {}


def _lost(
    connection: sqlite3.Connection, texts: Iterable[str], wanted: Mapping[str, str]
) -> Mapping[str, int]:
    CopyGuard(connection)
    before = {table: _rows(connection, table) for table in wanted}
    connection.execute("BEGIN")
    for text in texts:
        for statement in statements(names_only(text)):
            connection.execute(statement.written).fetchmany(1)
    after = {table: _rows(connection, table) for table in wanted}
    return {query: before[table] - after[table] for table, query in wanted.items()}


def _rows(connection: sqlite3.Connection, table: str) -> int:
    [number] = connection.execute(f"SELECT count(*) FROM {quoted(table)}").fetchone()
    return int(number)


def _number(connection: sqlite3.Connection, query: str) -> RowCount:
    try:
        [number] = connection.execute(query).fetchone()
    except (sqlite3.Error, TypeError, ValueError) as error:
        return RowCount(query=query, violations=None, why=_said(error))
    return RowCount(query=query, violations=int(number) if isinstance(number, int) else None)


def _said(error: Exception) -> str:
    """Why a count failed; never SQLite's own words, which may quote a value."""
    if isinstance(error, DatabaseUnavailable):
        return str(error).rstrip(".")
    name = getattr(error, "sqlite_errorname", "") or type(error).__name__
    return "it took too long" if name == "SQLITE_INTERRUPT" else f"SQLite answered with {name}"
