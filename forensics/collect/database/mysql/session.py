"""One read-only transaction on MySQL or MariaDB that changes no setting and leaves no trace.

Limits of time stand in each statement, since a setting would outlive us on a pooled connection.
"""

from __future__ import annotations

import math
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from forensics.collect.database.address import Address
from forensics.collect.database.explain import DatabaseUnavailable
from forensics.collect.database.line import cut_at
from forensics.collect.database.mysql.explain import INSTALL, unavailable, without_name
from forensics.dialects.mysql.catalogue import Row
from forensics.dialects.mysql.product import MARIADB, name_of
from forensics.model import Outcome

if TYPE_CHECKING:
    import pymysql

SECONDS = 5
"""For one statement."""
_CONNECT_LIMIT = 10.0
_ANSWER_LIMIT = 30
_BEGIN = "START TRANSACTION READ ONLY"


class Session:
    """The open transaction, in which everything else is a SELECT."""

    def __init__(self, connection: pymysql.Connection[Any], address: Address) -> None:
        self._connection = connection
        self.version = str(getattr(connection, "server_version", ""))
        self.server = address.server
        if self.server.startswith("/"):  # a folder of this machine says nothing of a database
            self.server = "a local socket"

    def rows(self, query: str) -> list[Row]:
        """Run one SELECT, which has five seconds; raises the driver's errors."""
        return self.asked(_limited(query, self.version))

    def asked(self, statement: str) -> list[Row]:
        """Run a statement as it is; raises the driver's errors."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            return [tuple(row) for row in cursor.fetchall()]

    @property
    def lost(self) -> bool:
        """Whether the connection is gone, so that further queries cannot succeed."""
        return not self._connection.open


def _limited(query: str, version: str) -> str:
    """The same with a limit of time; not of an ancient server, which knows none."""
    if name_of(version) == MARIADB:
        return f"SET STATEMENT max_statement_time={SECONDS}, lock_wait_timeout=1 FOR {query}"
    hint = f"/*+ MAX_EXECUTION_TIME({SECONDS * 1000}) */"
    return query.replace("SELECT ", f"SELECT {hint} ", 1)


@contextmanager
def read_only_session(address: Address, deadline: float) -> Iterator[Session]:
    """Enter a database; `deadline` is an instant of `time.monotonic()`, then the line is cut.

    Raises `DatabaseUnavailable`.
    """
    connection = _connect(address, deadline)
    with cut_at(deadline, getattr(connection, "_sock", None)):
        try:
            yield _begin(connection, address)
        finally:
            _leave(connection)


def errors() -> tuple[type[Exception], ...]:
    """What the driver raises."""
    import pymysql

    return (pymysql.MySQLError, UnicodeDecodeError, OSError)


def _connect(address: Address, deadline: float) -> pymysql.Connection[Any]:
    try:
        import pymysql
    except ImportError:
        pymysql = None  # type: ignore[assignment]
    if pymysql is None:  # outside the handler: one line is enough
        raise DatabaseUnavailable(INSTALL, Outcome.FAILED)
    left = deadline - time.monotonic()
    if left <= 0:
        raise DatabaseUnavailable("No time was left to examine the database.", Outcome.TIMED_OUT)
    if not address.parameters.get("dbname"):
        raise without_name(address)
    try:
        connection = pymysql.connect(**_arguments(address, min(left, _CONNECT_LIMIT)))
    except (pymysql.MySQLError, OSError, RuntimeError, ValueError) as error:
        refused = unavailable(error, address)
    else:
        return connection
    raise refused  # outside the handler: a driver's error in its context could quote the address


def _arguments(address: Address, seconds: float) -> dict[str, Any]:
    """For PyMySQL. It reads no option file, sets no mode, and sends no file of ours."""
    given = address.parameters
    host = given.get("host") or "localhost"
    where: dict[str, Any] = {"unix_socket": host} if host.startswith("/") else {"host": host}
    if not host.startswith("/"):
        where["port"] = int(given.get("port") or "3306")
        where |= _tls(given.get("ssl-mode", "preferred"), given.get("ssl-ca"))
    return {
        **where,
        "user": given.get("user") or "",
        "password": given.get("password") or "",
        "database": given["dbname"],
        "charset": "utf8mb4",
        "autocommit": None,
        "local_infile": False,
        "connect_timeout": math.ceil(seconds),
        "read_timeout": _ANSWER_LIMIT,
        "write_timeout": _ANSWER_LIMIT,
        "program_name": "forensics",
    }


def _tls(mode: str, authority: str | None) -> dict[str, Any]:
    """Without a word, TLS is used where the server offers it; with one, it has to."""
    if mode == "disabled":
        return {"ssl_disabled": True}
    if mode == "preferred":
        return {}
    context = ssl.create_default_context(cafile=authority)
    context.check_hostname = mode == "verify-full"
    if not mode.startswith("verify"):
        context.verify_mode = ssl.CERT_NONE
    return {"ssl": context}


def _begin(connection: pymysql.Connection[Any], address: Address) -> Session:
    import pymysql

    try:
        connection.cursor().execute(_BEGIN)
    except pymysql.MySQLError as error:
        refused = unavailable(error, address)
    else:
        return Session(connection, address)
    raise refused


def _leave(connection: pymysql.Connection[Any]) -> None:
    import pymysql

    with suppress(pymysql.MySQLError, OSError):  # the server itself ends what a lost line began
        connection.rollback()
    with suppress(pymysql.MySQLError, OSError):
        connection.close()
