"""Statements that a person runs, as text; names are quoted whatever they hold."""

from __future__ import annotations

from collections.abc import Iterable

from psycopg.sql import SQL, Composable

from forensics.dialects.postgres.fix_script.quoting import name as quoted
from forensics.dialects.postgres.fix_script.quoting import table_name, value
from forensics.facts import RoleSetting
from forensics.model import TableName

_MOVE = SQL("ALTER {what} {name} SET SCHEMA {to};")
_ROLE = SQL("ALTER ROLE {role} SET search_path = {path};")
# The name of the database is not known where the statement is written.
_DATABASE = SQL(
    "DO $$ BEGIN EXECUTE pg_catalog.format('ALTER DATABASE %I SET search_path = %s', "
    "pg_catalog.current_database(), {path}); END $$;"
)

# Whoever runs it may meet the setting, too.
_DATABASE_RESET = SQL(
    "BEGIN READ WRITE; ALTER DATABASE {database} RESET default_transaction_read_only; COMMIT;"
)
_ROLE_RESET = SQL(
    "BEGIN READ WRITE; ALTER ROLE {role}{inside} RESET default_transaction_read_only; COMMIT;"
)


def moves(tables: Iterable[TableName], types: Iterable[TableName], to: str) -> str:
    """One transaction that moves types and tables into a schema, or nothing at all.

    Raises `UnsafeName`.
    """
    both = [("TYPE", it) for it in types] + [("TABLE", it) for it in tables]
    lines = [
        _MOVE.format(what=SQL(what), name=table_name(it), to=quoted(to)).as_string()
        for what, it in both
    ]
    return "\n".join(("BEGIN;", "SET LOCAL lock_timeout = '5s';", *lines, "COMMIT;"))


def role_search_path(role: str, *schemas: str) -> str:
    """The search path of a role from its next connection on; raises `UnsafeName`."""
    return _ROLE.format(role=quoted(role), path=_path(schemas)).as_string()


def database_search_path(*schemas: str) -> str:
    """The same for every role of the database that it is run in; raises `UnsafeName`."""
    return _DATABASE.format(path=value(_path(schemas).as_string())).as_string()


def writable(fixed: RoleSetting, database: str) -> str:
    """What lets transactions write again, by default; raises `UnsafeName`."""
    if not fixed.role:
        return _DATABASE_RESET.format(database=quoted(database)).as_string()
    inside = SQL(" IN DATABASE {}").format(quoted(database)) if fixed.of_database else SQL("")
    return _ROLE_RESET.format(role=quoted(fixed.role), inside=inside).as_string()


def _path(schemas: Iterable[str]) -> Composable:
    return SQL(", ").join(map(quoted, schemas))
