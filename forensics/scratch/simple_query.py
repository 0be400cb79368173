"""Runs one text as the tool's driver would, and keeps of its results no more than their ends."""

from __future__ import annotations

import select
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg import Connection as AnyConnection
from psycopg.pq import DiagnosticField, ExecStatus

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn, PGresult

Connection = AnyConnection[tuple[object, ...]]

MOST_ROWS = 100_000
"""Rows that are read and forgotten, before a text counts as one that does not end."""
_ENDS = frozenset({ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK})
_DISK_FULL = "53100"
_COPIES = frozenset({ExecStatus.COPY_IN, ExecStatus.COPY_OUT, ExecStatus.COPY_BOTH})


class Stopped(Exception):
    """We stopped it; the connection has to be thrown away. The text says why."""


class DiskFull(Exception):
    """The scratch server's disk is full; the text is the server's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerError:
    """An error in the server's own words."""

    sqlstate: str
    message: str
    context: str
    """Where in a function or a DO block; empty for an error of the statement itself."""
    detail: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What came of one text."""

    tags: tuple[str, ...]
    """The command tags of the statements that were completed, such as `CREATE TABLE`."""
    error: ServerError | None = None


def check_disk(error: ServerError | None) -> ServerError | None:
    """The error, but raises `DiskFull` for that one."""
    if error is not None and error.sqlstate == _DISK_FULL:
        raise DiskFull(error.message)
    return error


def run_text(
    connection: Connection,
    text: bytes,
    deadline: float,
    *,
    one_statement: bool = False,
) -> Ran:
    """Send a text of perhaps several statements, as libpq's simple protocol does.

    With `one_statement` the server itself refuses a second one (the extended protocol does). Rows
    are read one by one and forgotten. `deadline` is an instant of `time.monotonic()`: neither
    `SET statement_timeout` nor a lost server makes us wait beyond it. Raises `Stopped`, and
    `psycopg.Error` where the connection breaks.
    """
    if b"\0" in text:
        raise Stopped("a text with a NUL, which libpq would cut there")
    pgconn = connection.pgconn
    if one_statement:
        pgconn.send_query_params(text, None)
    else:
        pgconn.send_query(text)
    pgconn.set_single_row_mode()
    tags: list[str] = []
    error: ServerError | None = None
    rows = 0
    while (result := _next(pgconn, deadline)) is not None:
        if result.status in _COPIES:
            raise Stopped("COPY from or to the client")
        if result.status == ExecStatus.FATAL_ERROR:
            error = _error(result)
        elif result.status in _ENDS:
            tags.append((result.command_status or b"").decode("ascii", "replace"))
        else:
            rows += 1
        if rows > MOST_ROWS:
            raise Stopped(f"it returns more than {MOST_ROWS} rows")
    return Ran(tags=tuple(tags), error=error)


def run_together(connection: Connection, texts: Sequence[bytes], deadline: float) -> bool:
    """Run statements that return no rows in one transaction and one round trip, or none of them.

    Returns whether all went well: where they did not, run each alone to see which. The server
    itself refuses a text of two statements. `deadline` and errors as in `run_text`.
    """
    if any(b"\0" in text for text in texts):
        return False
    pgconn = connection.pgconn
    pgconn.enter_pipeline_mode()
    for text in texts:
        pgconn.send_query_params(text, None)
    pgconn.pipeline_sync()
    good = True
    while (status := _status(pgconn, deadline)) != ExecStatus.PIPELINE_SYNC:
        good = good and status in (None, ExecStatus.COMMAND_OK)
    pgconn.exit_pipeline_mode()
    return good


def _status(pgconn: PGconn, deadline: float) -> int | None:
    result = _next(pgconn, deadline)
    return None if result is None else result.status


def _next(pgconn: PGconn, deadline: float) -> PGresult | None:
    """The next result; what waits to be sent is sent meanwhile, however long it is."""
    unsent = pgconn.flush()
    while unsent or pgconn.is_busy():
        left = deadline - time.monotonic()
        sockets = [pgconn.socket]
        if left <= 0 or not any(select.select(sockets, sockets if unsent else [], [], left)):
            raise Stopped("it takes longer than the experiments may")
        pgconn.consume_input()
        unsent = pgconn.flush()
    return pgconn.get_result()


def _error(result: PGresult) -> ServerError:
    def field(which: DiagnosticField) -> str:
        return (result.error_field(which) or b"").decode("utf-8", "replace")

    return ServerError(
        sqlstate=field(DiagnosticField.SQLSTATE),
        message=field(DiagnosticField.MESSAGE_PRIMARY),
        context=field(DiagnosticField.CONTEXT),
        detail=field(DiagnosticField.MESSAGE_DETAIL),
        hint=field(DiagnosticField.MESSAGE_HINT),
    )
