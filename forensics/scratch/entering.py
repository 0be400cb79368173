"""Connections to a scratch database, as the role that owns it, and how our own reader sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import psycopg
from msgspec.structs import replace
from psycopg import sql

from forensics.collect.database.attachments import read_attachments
from forensics.collect.database.catalogue import read_catalogue
from forensics.collect.database.session import Session
from forensics.facts import Attachments, LiveSchema, LiveTable
from forensics.scratch.server import ScratchServer
from forensics.scratch.simple_query import Connection, DiskFull, Stopped
from forensics.scratch.stand_in_files import printed

_OPTIONS = (
    "-c statement_timeout=5s -c lock_timeout=1s -c idle_in_transaction_session_timeout=30s "
    "-c client_min_messages=error -c client_encoding=UTF8"
)
PLAIN_NAMES = "SET LOCAL search_path = ''"


@contextmanager
def connected(
    server: ScratchServer, name: str, role: str, search_path: tuple[str, ...]
) -> Iterator[Connection]:
    """A connection with short limits and the given search path; raises `psycopg.Error`."""
    address = server.url(name, role)
    with psycopg.connect(address, autocommit=True, options=_OPTIONS) as connection:
        path = ", ".join(sql.Identifier(schema).as_string() for schema in search_path)
        connection.execute("SELECT pg_catalog.set_config('search_path', %s, false)", (path,))
        try:
            yield connection
        except (Stopped, DiskFull):
            connection.close()  # something may still run; whoever drops the database ends it
            raise


def catalogue(connection: Connection, search_path: tuple[str, ...]) -> LiveSchema:
    """What our own reader sees, also inside a transaction."""
    with connection.transaction():
        connection.execute(PLAIN_NAMES)
        return _as_printed(read_catalogue(Session(connection, search_path)))


def _as_printed(schema: LiveSchema) -> LiveSchema:
    """With the types of stand-ins as the real ones print themselves."""
    return replace(schema, tables=tuple(map(_table_as_printed, schema.tables)))


def _table_as_printed(table: LiveTable) -> LiveTable:
    columns = tuple(
        column if (type_ := printed(column.type)) == column.type else replace(column, type=type_)
        for column in table.columns
    )
    return table if columns == table.columns else replace(table, columns=columns)


def attachments(connection: Connection, oids: Iterable[int]) -> Attachments:
    """What our own reader sees attached to the relations of these oids."""
    with connection.transaction():
        connection.execute(PLAIN_NAMES)
        return read_attachments(Session(connection, ()), oids)
