"""One read-only transaction that leaves nothing behind: no setting, no lock, no transaction id."""

from __future__ import annotations

import math
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import LiteralString

import psycopg
from psycopg import Connection, sql
from psycopg.conninfo import make_conninfo

from forensics.collect.database.address import Address
from forensics.collect.database.answering import Row
from forensics.collect.database.explain import DatabaseUnavailable, unavailable
from forensics.collect.database.line import cut_at
from forensics.model import Outcome

_CONNECT_LIMIT = 10.0
_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
# The schemas that an unqualified name means here: `$user` resolved, missing ones gone. Read before
# we set our own.
_SEARCH_PATH = "SELECT pg_catalog.current_schemas(false)::pg_catalog.text[]"
# Only LOCAL ones: behind a transaction pooler the next client gets this very server connection.
# row_security: a policy shall make a read fail rather than hide rows from us.
_SETTINGS = """\
SET LOCAL search_path = '';
SET LOCAL lock_timeout = '50ms';
SET LOCAL statement_timeout = '5s';
SET LOCAL idle_in_transaction_session_timeout = '30s';
SET LOCAL row_security = off;
SET LOCAL client_encoding = 'UTF8';
SET LOCAL datestyle = 'ISO, YMD';
SET LOCAL timezone = 'UTC';
SET LOCAL application_name = 'forensics'"""
# CVE-2024-7348; minor releases before August 2024 do not know it.
_RESTRICT = """\
SELECT pg_catalog.set_config(name, 'view, foreign-table', true) FROM pg_catalog.pg_settings
WHERE name = 'restrict_nonsystem_relation_kind'"""

_OF_OURS = frozenset({"service", "servicefile", "client_encoding", "fallback_application_name"})
"""Parameters that are resolved already, or ours alone."""


class Session:
    """The open transaction, in which everything else is a SELECT."""

    def __init__(self, connection: Connection[Row], search_path: tuple[str, ...]) -> None:
        self._connection = connection
        self.search_path = search_path
        """The schemas in which the role looks up an unqualified name, before we changed it."""
        self.host, self.port = connection.info.host, str(connection.info.port)
        self.process = connection.info.backend_pid
        """The process that the server, or a pooler, named when we connected."""

    def address(self) -> Address:
        """Where and as whom we are, wherever that was taken from: the way to this very server."""
        info = self._connection.info
        found = {
            name: value for name, value in info.get_parameters().items() if name not in _OF_OURS
        }
        if found.get("sslcertmode") == "allow":  # the default, and older clients do not know it
            del found["sslcertmode"]
        found |= {"host": info.host, "port": str(info.port), "user": info.user}
        found |= {"dbname": info.dbname, "hostaddr": info.hostaddr, "password": info.password}
        return Address(parameters={name: value for name, value in found.items() if value})

    def rows(self, query: LiteralString, parameters: dict[str, object] | None = None) -> list[Row]:
        """Run one SELECT; raises `psycopg.Error`."""
        return self._connection.execute(query, parameters).fetchall()

    def texts(self, query: sql.Composed) -> list[tuple[str | None, ...]]:
        """The same with values as PostgreSQL prints them, in UTF-8."""
        result = self._connection.execute(query).pgresult
        assert result is not None
        return [
            tuple(_text(result.get_value(row, column)) for column in range(result.nfields))
            for row in range(result.ntuples)
        ]

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A block that may fail with `psycopg.Error` and leaves the transaction usable."""
        self._connection.execute("SAVEPOINT attempt")
        try:
            yield
        except psycopg.Error:
            with suppress(psycopg.Error):  # the connection may be what failed
                self._connection.execute("ROLLBACK TO SAVEPOINT attempt")
            raise
        self._connection.execute("RELEASE SAVEPOINT attempt")

    @property
    def lost(self) -> bool:
        """Whether the connection is gone, so that asking further is useless."""
        return self._connection.closed


@contextmanager
def read_only_session(address: Address, deadline: float) -> Iterator[Session]:
    """Enter a database; `deadline` is an instant of `time.monotonic()`, then the line is cut.

    Raises `DatabaseUnavailable`.
    """
    connection = _connect(address, deadline)
    with (
        socket.socket(fileno=os.dup(connection.fileno())) as line,
        cut_at(deadline, line),
    ):
        try:
            yield _begin(connection, address)
        finally:
            _leave(connection)


def _connect(address: Address, deadline: float) -> Connection[Row]:
    left = deadline - time.monotonic()
    if left <= 0:
        raise DatabaseUnavailable("No time was left to examine the database.", Outcome.TIMED_OUT)
    # An empty value keeps libpq from taking it from the environment. PGOPTIONS would set what
    # outlives us on a pooled connection; PGHOSTADDR would lead to another server than the address.
    fixed = {"options": "", "application_name": ""}
    fixed["connect_timeout"] = str(math.ceil(min(left, _CONNECT_LIMIT)))
    if address.parameters.get("host"):
        fixed["hostaddr"] = ""
    try:
        conninfo = make_conninfo(**{**fixed, **address.parameters})
        return psycopg.connect(conninfo, autocommit=True, prepare_threshold=None)
    except (psycopg.Error, OSError, UnicodeError) as error:
        refused = unavailable(error, address)
    raise refused  # outside the handler: a driver's error in its context could quote the address


def _begin(connection: Connection[Row], address: Address) -> Session:
    try:
        connection.execute(_BEGIN)
        found = connection.execute(_SEARCH_PATH).fetchone()
        connection.execute(_SETTINGS)
        connection.execute(_RESTRICT)
    except psycopg.Error as error:
        refused = unavailable(error, address)
    else:
        path = found[0] if found else None
        return Session(connection, tuple(path) if isinstance(path, list) else ())
    raise refused


def _leave(connection: Connection[Row]) -> None:
    with suppress(psycopg.Error):  # the server itself ends what a lost connection began
        if not connection.closed:
            connection.execute("ROLLBACK")
    connection.close()


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", errors="replace")
