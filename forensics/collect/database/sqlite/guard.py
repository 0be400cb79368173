"""What a connection to the case may do: read the catalogue, and the tables that are named."""

from __future__ import annotations

import sqlite3

_CATALOGUE = frozenset({"sqlite_master", "sqlite_schema", "sqlite_sequence"})
_PRAGMAS = frozenset({"table_xinfo", "index_list", "index_xinfo", "foreign_key_list"})
_FUNCTIONS = frozenset({"coalesce", "count", "like", "max", "substr"})
_OUTSIDE = frozenset(
    {
        sqlite3.SQLITE_ATTACH,
        sqlite3.SQLITE_DETACH,
        sqlite3.SQLITE_CREATE_VTABLE,
        sqlite3.SQLITE_DROP_VTABLE,
    }
)
_HARMLESS = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_TRANSACTION, sqlite3.SQLITE_SAVEPOINT})


class Guard:
    """SQLite asks it about every step of every statement, before it runs."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.tables: set[str] = set()
        """The names of the tables whose rows may be read."""
        for pragma in _PRAGMAS:  # the first use declares a table, which then would be refused
            connection.execute(f"SELECT 1 FROM pragma_{pragma}('sqlite_schema') LIMIT 0")
        connection.set_authorizer(self._allow)

    def _allow(self, action: int, one: str | None, two: str | None, *_: object) -> int:
        return sqlite3.SQLITE_OK if self._may(action, one or "", two or "") else sqlite3.SQLITE_DENY

    def _may(self, action: int, one: str, two: str) -> bool:
        if action in _HARMLESS:
            return True
        if action == sqlite3.SQLITE_READ:
            pragma = one.startswith("pragma_") and one.removeprefix("pragma_") in _PRAGMAS
            return pragma or one in _CATALOGUE or one in self.tables
        if action == sqlite3.SQLITE_FUNCTION:
            return two.lower() in _FUNCTIONS
        return action == sqlite3.SQLITE_PRAGMA and one in _PRAGMAS


class CopyGuard:
    """What the migrations may do on a copy: change its rows and tables, and reach nothing else."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.set_authorizer(self._allow)

    def _allow(self, action: int, one: str | None, two: str | None, *_: object) -> int:
        refused = action in _OUTSIDE
        refused |= action == sqlite3.SQLITE_PRAGMA and (one or "").lower() != "foreign_keys"
        refused |= action == sqlite3.SQLITE_FUNCTION and (two or "").lower() in _LOADS
        return sqlite3.SQLITE_DENY if refused else sqlite3.SQLITE_OK


_LOADS = frozenset({"load_extension", "fts3_tokenizer"})
