"""A SQLite in memory: the real engine, on a schema without rows, for SQL that may be hostile.

Nothing of it reaches a file, another database, an extension or the network; it has little memory
and little time, counted in steps of its machine, so that every run gives the same answer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from forensics.dialects.sqlite.text import statements
from forensics.errors import ForensicsError

VERSION = sqlite3.sqlite_version
STEPS = 4_000_000
"""Of the machine, for one statement."""
_EVERY = 10_000
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 4_000_000,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 2_000_000,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 200,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 20,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_ASKED = frozenset({"data_version", "page_size"})
"""What the modules of virtual tables ask for."""
_PAGES = 16_384
"""Of 4096 bytes, for the whole database."""
_FORBIDDEN = frozenset({sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH})
_PRAGMAS = frozenset(
    [
        "foreign_keys",
        "defer_foreign_keys",
        "foreign_key_check",
        "foreign_key_list",
        "ignore_check_constraints",
        "index_info",
        "index_list",
        "index_xinfo",
        "legacy_alter_table",
        "recursive_triggers",
        "table_info",
        "table_list",
        "table_xinfo",
    ]
)
"""Those that read, or say how this connection works."""
_MODULES = frozenset({"fts5", "fts4", "fts3", "rtree"})
_FUNCTIONS = frozenset({"load_extension", "fts3_tokenizer", "readfile", "writefile", "edit"})


SqliteError = sqlite3.Error
"""What SQLite raises; the message is its own."""
ConstraintFailed = sqlite3.IntegrityError
OURS = frozenset(
    {sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_FULL, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT}
)
"""Codes of errors that only our limits bring about."""


def code_of(error: sqlite3.Error) -> int | None:
    """The number that SQLite has for an error."""
    return getattr(error, "sqlite_errorcode", None)


def refused(message: str) -> sqlite3.Error:
    """An error as SQLite raises it."""
    return sqlite3.OperationalError(message)


class NotRun(ForensicsError):
    """A statement that would leave the memory, or takes too long; the message says which."""


class Memory:
    """One connection; use `memory()`."""

    def __init__(self) -> None:
        self._left = 0
        self._refused = ""
        self._connection = sqlite3.connect(":memory:", isolation_level=None, cached_statements=0)
        for limit, value in _LIMITS.items():
            self._connection.setlimit(limit, value)
        self._connection.execute(f"PRAGMA max_page_count = {_PAGES}")
        self._connection.execute("PRAGMA temp_store = MEMORY")
        self._connection.set_authorizer(self._allow)
        self._connection.set_progress_handler(self._step, _EVERY)

    def close(self) -> None:
        """Give its memory back."""
        self._connection.close()

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """Run one statement. Raises `sqlite3.Error` with SQLite's own words, and `NotRun`."""
        self._left, self._refused = STEPS // _EVERY, ""
        try:
            return self._connection.execute(sql).fetchmany(10_000)
        except (sqlite3.Warning, ValueError) as error:
            raise NotRun(str(error)) from error
        except sqlite3.Error as error:
            if self._refused:
                raise NotRun(self._refused) from error
            raise

    def build(self, made: Iterable[str]) -> tuple[str, ...]:
        """Make a schema from the statements of its catalogue; returns those that did not pass."""
        failed = []
        self.rows("PRAGMA foreign_keys = OFF")
        for statement in made:
            if len(statements(statement)) != 1:
                failed.append(statement)
                continue
            try:
                self.rows(statement)
            except (sqlite3.Error, NotRun):
                failed.append(statement)
        return tuple(failed)

    def _allow(self, action: int, one: str | None, two: str | None, *_: object) -> int:
        if action in _FORBIDDEN:
            self._refused = "it opens another database"
        elif action == sqlite3.SQLITE_PRAGMA and not _is_harmless(one or "", two):
            self._refused = f"PRAGMA {one} changes what no catalogue shows"
        elif action == sqlite3.SQLITE_FUNCTION and (two or "").lower() in _FUNCTIONS:
            self._refused = f"it calls {two}"
        elif action == sqlite3.SQLITE_CREATE_VTABLE and (two or "").lower() not in _MODULES:
            self._refused = f"it makes a virtual table of the module {two}"
        return sqlite3.SQLITE_DENY if self._refused else sqlite3.SQLITE_OK

    def _step(self) -> int:
        self._left -= 1
        if self._left < 0:
            self._refused = "it takes too long"
        return int(self._left < 0)


@contextmanager
def memory() -> Iterator[Memory]:
    """A new, empty database; gone afterwards."""
    opened = Memory()
    try:
        yield opened
    finally:
        with suppress(sqlite3.Error):
            opened.close()


def _is_harmless(pragma: str, value: str | None) -> bool:
    name = pragma.lower()
    return name in _PRAGMAS or (value is None and name in _ASKED)
