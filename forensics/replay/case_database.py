"""One scratch database with a collected schema and its tracking rows, owned by an ordinary role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psycopg
from msgspec.structs import replace
from psycopg import sql

from forensics.collect.database.catalogue import read_catalogue
from forensics.collect.database.session import Session
from forensics.facts import LiveSchema, LiveTable, OtherObject, TrackingTable
from forensics.model import TableName
from forensics.replay.postgres import Server
from forensics.replay.rebuild import Part, not_tried, parts, tracking_rows, views
from forensics.replay.simple_query import Connection, ServerError, Stopped, run_text

Rows = dict[LiveTable, TrackingTable]
"""Which rows are in which table, whatever the table is called after a rename: see `nameless`."""

_OPTIONS = (
    "-c statement_timeout=5s -c lock_timeout=1s -c idle_in_transaction_session_timeout=30s "
    "-c client_min_messages=error -c client_encoding=UTF8"
)
PLAIN_NAMES = "SET LOCAL search_path = ''"
_RELATIONS = "SELECT oid::bigint FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p', 'm')"
_DISK_FULL = "53100"


class DiskFull(Exception):
    """The scratch server's disk is full; the text is the server's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDatabase:
    """A database with a collected schema; its role owns it, and has no other privilege."""

    server: Server
    name: str
    role: str
    before: LiveSchema
    """What our own reader makes of it."""
    relations: list[object]
    """The oids of its tables."""
    missing: tuple[OtherObject, ...]
    """What of the collected schema could not be made again."""

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """A connection as the real database's role sees it; raises `psycopg.Error`."""
        with _connected(self.server, self.name, self.role, self.before.search_path) as connection:
            yield connection

    def drop(self) -> None:
        """Remove it, and end what may still run in it."""
        with suppress(psycopg.Error):  # the whole server goes away later
            self.server.drop_database(self.name)
            self.server.execute(f"DROP ROLE {self.role}")


def build(
    server: Server, number: int, schema: LiveSchema, rows: Rows, deadline: float
) -> CaseDatabase:
    """Make everything of the schema that can be made.

    Raises `psycopg.Error`, `Stopped` and `DiskFull`.
    """
    name, role = f"case_{number}", f"owner_{number}"
    server.execute(f"CREATE ROLE {role} LOGIN")
    server.create_database(name, template="template0", owner=role)
    kept = "public" in schema.schemas
    public = f"ALTER SCHEMA public OWNER TO {role}" if kept else "DROP SCHEMA public"
    server.execute(public, database=name)
    with _connected(server, name, role, ()) as connection:
        missing = _fill(connection, schema, rows, deadline)
        before = catalogue(connection, schema.search_path)
        relations: list[object] = [oid for (oid,) in connection.execute(_RELATIONS).fetchall()]
    return CaseDatabase(
        server=server, name=name, role=role, before=before, relations=relations, missing=missing
    )


def catalogue(connection: Connection, search_path: tuple[str, ...]) -> LiveSchema:
    """What our own reader sees, also inside a transaction."""
    with connection.transaction():
        connection.execute(PLAIN_NAMES)
        return read_catalogue(Session(connection, search_path))


def nameless(table: LiveTable) -> LiveTable:
    """A table by what it is, not by what it is called."""
    return replace(table, name=TableName(schema="", table=""))


def check_disk(error: ServerError | None) -> ServerError | None:
    """The error, but raises `DiskFull` for that one."""
    if error is not None and error.sqlstate == _DISK_FULL:
        raise DiskFull(error.message)
    return error


def _fill(
    connection: Connection, schema: LiveSchema, rows: Rows, deadline: float
) -> tuple[OtherObject, ...]:
    missing = list(not_tried(schema))
    recorded = ((table.name, rows.get(nameless(table))) for table in schema.tables)
    filled = (tracking_rows(found, name) for name, found in recorded if found is not None)
    for part in (*parts(schema), *(row for each in filled for row in each)):
        missing += _make(connection, part, deadline)
    waiting = views(schema)
    while waiting:  # they may name each other, in any order
        failed = tuple(part for part in waiting if _make(connection, part, deadline))
        if len(failed) == len(waiting):
            missing += [part.makes for part in failed]
            break
        waiting = failed
    return tuple(dict.fromkeys(missing))


def _make(connection: Connection, part: Part, deadline: float) -> tuple[OtherObject, ...]:
    """Run one statement; returns what is lacking where it fails."""
    if _error(connection, part.statement, deadline) is None:
        return ()
    if part.otherwise is not None and _error(connection, part.otherwise, deadline) is None:
        return (replace(part.makes, kind="default of a table"),)
    return (part.makes,)


def _error(connection: Connection, statement: sql.Composed, deadline: float) -> ServerError | None:
    written = statement.as_bytes(connection)
    return check_disk(run_text(connection, written, deadline, one_statement=True).error)


@contextmanager
def _connected(
    server: Server, name: str, role: str, search_path: tuple[str, ...]
) -> Iterator[Connection]:
    address = server.url(name, role)
    with psycopg.connect(address, autocommit=True, options=_OPTIONS) as connection:
        path = ", ".join(sql.Identifier(schema).as_string() for schema in search_path)
        connection.execute("SELECT pg_catalog.set_config('search_path', %s, false)", (path,))
        try:
            yield connection
        except (Stopped, DiskFull):
            connection.close()  # something may still run; whoever drops the database ends it
            raise
