"""Runs a script on a scratch copy of the database, and says what of it is lost afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import cast

import msgspec
import psycopg
from psycopg import sql

from forensics.collect.database.collect import collect_database
from forensics.evidence.bundle import BundleWriter
from forensics.facts import Database, TrackingRow, TrackingTable
from forensics.model import Outcome, TableName
from forensics.model.wording import counted, shortened
from forensics.scratch.case_database import CaseDatabase
from forensics.scratch.differences import carried_over
from forensics.scratch.psql import requests
from forensics.scratch.rebuild import in_words
from forensics.scratch.simple_query import Connection, ServerError, Stopped, run_text
from forensics.system.temporary import temporary_folder
from forensics.trying.actions import Script
from forensics.trying.file_changes import CannotTry

SCRIPT_SECONDS = 20.0
READ_SECONDS = 30.0
_OF_THE_COPY = ("42501", "53", "54", "55006", "55P03", "57", "58", "3D", "XX")
"""Errors that tell of the scratch server: rights, limits, timeouts, databases."""

# Statement triggers fire for no row at all, so they also tell of data that the copy does not have.
_WATCH = """\
CREATE SCHEMA forensics_watch;
CREATE TABLE forensics_watch.seen (relation pg_catalog.oid, deed pg_catalog.text);
CREATE FUNCTION forensics_watch.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
'BEGIN INSERT INTO forensics_watch.seen VALUES (TG_RELID, TG_OP); RETURN NULL; END'"""
_TRIGGER = sql.SQL(
    "CREATE TRIGGER forensics_watch BEFORE UPDATE OR DELETE OR TRUNCATE ON {} "
    "FOR EACH STATEMENT EXECUTE FUNCTION forensics_watch.note()"
)
_SEEN = "SELECT DISTINCT relation::pg_catalog.int8, deed FROM forensics_watch.seen"
_NOT_WATCHED = "DROP SCHEMA IF EXISTS forensics_watch CASCADE"
_COLUMNS = """\
SELECT c.oid::pg_catalog.int8, a.attnum, n.nspname, c.relname, a.attname
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attribute a
  ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_'
  AND n.nspname NOT IN ('information_schema', 'forensics_watch')
ORDER BY n.nspname, c.relname, a.attnum"""

_SEQUENCES = """\
SELECT c.oid::pg_catalog.int8, n.nspname, c.relname, pg_catalog.pg_sequence_last_value(c.oid)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' ORDER BY n.nspname, c.relname"""
_SHOWN_HASH = 15
"""Characters of a hash that are shown."""

_Told = tuple[str | None, int | None, str]
"""What a row says of its migration: key, timestamp and hash."""


@dataclass(frozen=True, kw_only=True)
class ScriptRun:
    """What a script left behind."""

    database: Database
    lost: tuple[str, ...] = ()
    """What of the application; tracking rows stand in the database."""
    evidence: tuple[str, ...] = ()
    """What told how it came to this, and is gone: recorded hashes, counts of sequences."""
    rehashed: bool = False
    """Whether recorded hashes are among that."""
    error: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Tables:
    """The application's tables by oid, their columns by number: names change, these do not."""

    names: dict[object, TableName] = field(default_factory=dict)
    columns: dict[tuple[object, object], str] = field(default_factory=dict)


def run_script(case: CaseDatabase, database: Database, script: Script, tool: str) -> ScriptRun:
    """Run a script on the copy of a database; raises `CannotTry` where that tells nothing.

    Before and after are seen by the same eyes, so what could not be copied makes no difference.
    """
    with _named_like(case, database) as named:
        return _run_script(named, database, script, tool)


@contextmanager
def _named_like(case: CaseDatabase, database: Database) -> Iterator[CaseDatabase]:
    """The copy under the name of the database, by which a script may know where it is.

    Under its own where the name is taken, as `postgres` is.
    """
    name, server = database.identity.database, case.server
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    try:
        server.execute(rename.format(sql.Identifier(case.name), sql.Identifier(name)).as_string())
    except psycopg.Error:
        yield case
        return
    try:
        yield replace(case, name=name)
    finally:
        server.execute(rename.format(sql.Identifier(name), sql.Identifier(case.name)).as_string())


def _run_script(case: CaseDatabase, database: Database, script: Script, tool: str) -> ScriptRun:
    before = _seen(case, database)
    if _rows(before, tool) != _rows(database, tool):
        raise CannotTry("The tracking rows could not be copied, so what becomes of them is open.")
    try:
        with case.connected() as connection:
            tables, counters = _tables(connection, before), _counters(connection)
            _watch(connection, tables.names.values())
            error = _send(connection, script)
        with case.connected() as connection:
            deeds = _deeds(connection)
            left, counters_left = _tables(connection, before), _counters(connection)
    except Stopped as stopped:
        raise CannotTry(f"The script cannot be tried: {stopped}.") from stopped
    except psycopg.Error as broken:
        said = str(broken).splitlines() or [type(broken).__name__]
        raise CannotTry(f"The script broke the scratch copy: {said[0]}.") from broken
    case.server.execute(_NOT_WATCHED, database=case.name)
    after = _seen(case, database)
    overwritten = tuple(_overwritten(before, after, tool))
    return ScriptRun(
        database=_moved_on(database, before, after),
        lost=(*_lost(tables, left), *_emptied(tables, left, deeds)),
        evidence=(
            *overwritten,
            *_counts_lost(before, counters, counters_left),
        ),
        rehashed=bool(overwritten),
        error=error,
        remarks=tuple(_remarks(case, before, after, tool, tables, deeds, error)),
    )


def _send(connection: Connection, script: Script) -> str:
    """The first error, empty where there was none."""
    deadline = time.monotonic() + SCRIPT_SECONDS
    texts = (script.sql,) if script.as_one else requests(script.sql, deadline)
    first = ""
    for number, text in enumerate(texts, 1):
        try:
            ran = run_text(connection, text.encode(), deadline)
        except UnicodeEncodeError as error:
            raise CannotTry(f"The script is not Unicode: {error.reason}.") from error
        if ran.error is None:
            continue
        _check_own(ran.error)
        where = f"statement {number} of {len(texts)}: " if len(texts) > 1 else ""
        first = first or f"{where}{ran.error.message}"
        if script.stops:
            break
    return first


def _check_own(error: ServerError) -> None:
    if error.sqlstate.startswith(_OF_THE_COPY):
        raise CannotTry(
            f"The scratch copy does not let it: {error.message}. It has the collected schema and "
            "tracking rows, a role without other rights, and limits; what the real server would "
            "do is not known."
        )


# --- What there is ------------------------------------------------------------------------------


def _seen(case: CaseDatabase, database: Database) -> Database:
    """The copy as our own collector sees it."""
    address = case.server.url(case.name, case.role)
    with temporary_folder("seen") as folder:
        writer = BundleWriter(folder / "bundle")
        named = tuple(table.name for table in database.tracking.tables) if database.tracking else ()
        found = collect_database(
            address, writer, deadline=time.monotonic() + READ_SECONDS, extra_tables=named
        )
    if found is None or found.schema is None or found.tracking is None:
        raise CannotTry("The scratch copy could not be read after that.")
    unread = [table for table in found.tracking.tables if table.outcome is not Outcome.COLLECTED]
    if unread:
        raise CannotTry(f"{unread[0].name} cannot be read after that: {unread[0].problem}.")
    return found


def _moved_on(given: Database, before: Database, after: Database) -> Database:
    """The real database with every difference that the script made on the copy."""
    assert given.schema and before.schema and after.schema and after.tracking
    known = {table.name: table for table in given.tracking.tables} if given.tracking else {}
    same = set(before.tracking.tables) if before.tracking else set()
    tables = tuple(known.get(t.name, t) if t in same else t for t in after.tracking.tables)
    return msgspec.structs.replace(
        given,
        schema=carried_over(given.schema, before.schema, after.schema),
        tracking=msgspec.structs.replace(after.tracking, tables=tables),
    )


def _tables(connection: Connection, before: Database) -> _Tables:
    """The tables of the application: all but those that record migrations."""
    tracking = {table.name for table in before.tracking.tables} if before.tracking else set()
    found = _Tables()
    for oid, number, schema, table, column in connection.execute(_COLUMNS).fetchall():
        name = TableName(schema=str(schema), table=str(table))
        if name not in tracking:
            found.names[oid] = name
            if number is not None:
                found.columns[oid, number] = str(column)
    return found


def _watch(connection: Connection, tables: Iterable[TableName]) -> None:
    connection.execute(_WATCH)
    for name in tables:
        connection.execute(_TRIGGER.format(sql.Identifier(name.schema, name.table)))


def _deeds(connection: Connection) -> frozenset[tuple[object, object]]:
    """Table and deed, committed ones only: what was rolled back took its note with it."""
    return frozenset((relation, deed) for relation, deed in connection.execute(_SEEN).fetchall())


# --- What is lost -------------------------------------------------------------------------------


def _lost(before: _Tables, after: _Tables) -> Iterator[str]:
    """Tables and columns that are gone, whatever those that are left are called."""
    yield from (f"table {name}" for oid, name in before.names.items() if oid not in after.names)
    for (oid, number), column in before.columns.items():
        if oid in after.names and (oid, number) not in after.columns:
            yield f"column {before.names[oid]}.{column}"


def _emptied(
    before: _Tables, after: _Tables, deeds: frozenset[tuple[object, object]]
) -> Iterator[str]:
    """Rows of the application: which, and how many, a copy without them cannot tell."""
    for oid, name in before.names.items():
        if oid in after.names and {(oid, "DELETE"), (oid, "TRUNCATE")} & deeds:
            every = "all rows" if (oid, "TRUNCATE") in deeds else "rows"
            yield f"{every} of {name}"


def _remarks(
    case: CaseDatabase,
    before: Database,
    after: Database,
    tool: str,
    tables: _Tables,
    deeds: frozenset[tuple[object, object]],
    error: str,
) -> Iterator[str]:
    changed = before.schema != after.schema or before.tracking != after.tracking or bool(deeds)
    if error and changed:
        yield "the other statements stay done"
    if (added := _recorded(before, after, tool)) > 0:
        yield f"it records {counted(added, 'migration')}"
    if updated := [str(name) for oid, name in tables.names.items() if (oid, "UPDATE") in deeds]:
        yield f"which rows of {', '.join(updated)} it changes is not known: none were copied"
    if case.missing and (error or changed):
        yield f"the copy lacks {', '.join(in_words(dict.fromkeys(case.missing)))}"


def _overwritten(before: Database, after: Database, tool: str) -> Iterator[str]:
    """The recorded hashes that are gone although a row with the timestamp and key is there."""
    has = {_told(row) for table in _of(after, tool) for row in table.rows}
    kept = {(key, stamp) for key, stamp, _ in has}
    had = dict.fromkeys(_told(row) for table in _of(before, tool) for row in table.rows)
    for told in had:
        if told not in has and told[:2] in kept:
            yield f"the recorded hash {shortened(told[2], _SHOWN_HASH)} of {_stamped(told)}"


def _stamped(told: _Told) -> str:
    return told[0] or f"the row with timestamp {told[1]}"


def _counters(connection: Connection) -> dict[object, tuple[TableName, int | None]]:
    """Every sequence by its oid, with the last number that it gave out."""
    return {
        oid: (TableName(schema=str(schema), table=str(name)), cast("int | None", last))
        for oid, schema, name, last in connection.execute(_SEQUENCES).fetchall()
    }


def _counts_lost(
    database: Database,
    before: Mapping[object, tuple[TableName, int | None]],
    after: Mapping[object, tuple[TableName, int | None]],
) -> Iterator[str]:
    """The sequences of tracking tables that are gone, or count less: they tell of earlier runs."""
    tables = database.tracking.tables if database.tracking else ()
    counting = {table.sequence.name: table.name for table in tables if table.sequence}
    for oid, (name, last) in before.items():
        _, left = after.get(oid, (name, None))
        if name in counting and last is not None and (left is None or left < last):
            yield f"the id sequence of {counting[name]}, which stands at {last}"


def _recorded(before: Database, after: Database, tool: str) -> int:
    """How many rows there are more; rows that moved are not."""
    return sum(len(table.rows) for table in _of(after, tool)) - sum(
        len(table.rows) for table in _of(before, tool)
    )


def _rows(database: Database, tool: str) -> set[tuple[TableName, _Told]]:
    return {(table.name, _told(row)) for table in _of(database, tool) for row in table.rows}


def _told(row: TrackingRow) -> _Told:
    return row.key, row.at, row.checksum


def _of(database: Database, tool: str) -> list[TrackingTable]:
    return list(database.tracking.of_tool(tool)) if database.tracking else []
