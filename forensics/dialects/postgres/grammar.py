"""The beginnings of statements that PostgreSQL knows: what starts otherwise cannot parse."""

from __future__ import annotations

from forensics.dialects.postgres.cursor import Cursor
from forensics.dialects.postgres.tokens import Kind, words

# From gram.y of PostgreSQL 15 (stmt, CreateStmt ..., AlterTableStmt ..., DropStmt ...); newer
# keywords are left in, so that a newer server's statement is never called an error.
_STATEMENTS = words(
    "abort alter analyse analyze begin call checkpoint close cluster comment commit copy create "
    "deallocate declare delete discard do drop end execute explain fetch grant import insert "
    "listen load lock merge move notify prepare reassign refresh reindex release reset revoke "
    "rollback savepoint security select set show start table truncate unlisten update vacuum "
    "values with"
)
_OBJECTS = words(
    "access aggregate cast collation conversion database domain event extension foreign function "
    "group index language materialized operator policy procedural procedure property publication "
    "role rule schema sequence server statistics subscription table tablespace text transform "
    "trigger type user view"
)
_SECOND = {
    "create": _OBJECTS
    | words("constraint default global local or recursive temp temporary trusted unique unlogged"),
    "alter": _OBJECTS | {"default", "large", "routine", "system"},
    "drop": _OBJECTS | {"owned", "routine"},
}


def check(cursor: Cursor) -> None:
    """Raise PostgreSQL's syntax error where the first words already rule out every statement."""
    first = cursor.here
    if first.kind is Kind.SIGN and first.value == "(":
        return  # a SELECT in parentheses
    if first.word not in _STATEMENTS:
        raise cursor.syntax_error()
    cursor.next()
    known = _SECOND.get(first.word)
    if known is not None and cursor.here.word not in known:
        raise cursor.syntax_error()
    if first.word == "create" and cursor.took("unique") and not cursor.sees("index"):
        raise cursor.syntax_error()
