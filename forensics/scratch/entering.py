"""Connections to a scratch database, as the role that owns it, and how our own reader sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from forensics.collect.database.attachments import read_attachments
from forensics.collect.database.catalogue import read_catalogue
from forensics.collect.database.session import Session
from forensics.facts import Attachments, LiveSchema
from forensics.scratch.server import ScratchServer
from forensics.scratch.simple_query import Connection, DiskFull, Stopped

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
        return read_catalogue(Session(connection, search_path))


def attachments(connection: Connection, oids: Iterable[int]) -> Attachments:
    """What our own reader sees attached to the relations of these oids."""
    with connection.transaction():
        connection.execute(PLAIN_NAMES)
        return read_attachments(Session(connection, ()), oids)
