"""Copies of a scratch database: under the name of the real one, and with planted rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import psycopg
from psycopg import sql

from forensics.facts import Database
from forensics.scratch.case_database import CaseDatabase
from forensics.scratch.entering import connected
from forensics.scratch.simple_query import Connection, Stopped
from forensics.trying.watching.planting import plant

_OPTIONS = "-c statement_timeout=20s -c lock_timeout=2s -c client_min_messages=error"
_RENAME = sql.SQL("ALTER DATABASE {} RENAME TO {}")


@contextmanager
def named_like(case: CaseDatabase, database: Database) -> Iterator[CaseDatabase]:
    """The copy under the name of the database, by which a script may know where it is.

    Under its own where the name is taken, as `postgres` is.
    """
    name, server = database.identity.database, case.server
    try:
        server.execute(_RENAME.format(*map(sql.Identifier, (case.name, name))).as_string())
    except psycopg.Error:
        yield case
        return
    try:
        yield replace(case, name=name)
    finally:
        server.execute(_RENAME.format(*map(sql.Identifier, (name, case.name))).as_string())


@contextmanager
def as_superuser(case: CaseDatabase) -> Iterator[Connection]:
    """A superuser's connection to a copy, in which no name means anything but the server's own."""
    address = case.server.url(case.name)
    with psycopg.connect(address, autocommit=True, options=_OPTIONS) as connection:
        connection.execute("SELECT pg_catalog.set_config('search_path', '', false)")
        yield connection


@contextmanager
def planted_copy(case: CaseDatabase, oids: list[int]) -> Iterator[CaseDatabase | None]:
    """A copy of a copy with rows in the given tables; `None` if it cannot be made."""
    name, server = f"{case.name}_planted", case.server
    try:
        try:
            server.create_database(name, template=case.name, owner=case.role)
            copy: CaseDatabase | None = replace(case, name=name)
            assert copy is not None
            with as_superuser(copy) as superuser:
                plant(superuser, connected(server, name, case.role, ()), oids)
        except (psycopg.Error, Stopped, UnicodeError):
            copy = None
        yield copy
    finally:
        with suppress(psycopg.Error):  # the whole server goes away later
            server.drop_database(name)
