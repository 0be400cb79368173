"""Reads DO: blocks of SQL with IF EXISTS and handlers; other PL/pgSQL is not followed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres import tokens
from forensics.dialects.postgres.cursor import Cursor
from forensics.dialects.postgres.errors import Unsure
from forensics.dialects.postgres.tokens import Kind, cut, words

Read = Callable[[sql.Tokens], sql.Statement]

_CONDITIONS = {
    "duplicate_object": "42710",
    "duplicate_table": "42P07",
    "duplicate_column": "42701",
    "duplicate_schema": "42P06",
    "undefined_object": "42704",
    "undefined_table": "42P01",
    "undefined_column": "42703",
    sql.ANY_ERROR: sql.ANY_ERROR,
}
"""Names of errors (PL/pgSQL, appendix A) with their SQLSTATE."""
_STATEMENTS = words("create alter drop comment insert update delete grant revoke")
"""What begins a statement of SQL in a block; all else is PL/pgSQL's own."""


def read_do(cursor: Cursor, read: Read) -> sql.Do:
    """Read what follows DO; `read` reads one statement of SQL."""
    _language(cursor)
    text = cursor.string()
    _language(cursor)
    cursor.end()
    try:
        parts = tuple(tokens.statements(text))
    except Unsure:
        return sql.Do(None, ())
    told = tuple(token for part in parts for token in part)
    try:
        return sql.Do(_block(iter(parts), read), told)
    except Unsure:
        return sql.Do(None, told)


def _language(cursor: Cursor) -> None:
    if cursor.took("language") and cursor.name() != "plpgsql":
        raise Unsure("a DO block of another language than PL/pgSQL")


def _block(parts: Iterator[sql.Tokens], read: Read) -> sql.Block:
    steps: list[sql.Statement | sql.If] = []
    first = Cursor(next(parts, ()))
    first.take("begin")
    part = first.remaining()
    while part != () and not (cursor := Cursor(part)).sees("end"):
        if cursor.took("exception"):
            return sql.Block(tuple(steps), _handler(cursor, parts))
        steps.append(_step(cursor, parts, read))
        part = next(parts, ())
    _end(Cursor(part), parts)
    return sql.Block(tuple(steps))


def _end(cursor: Cursor, parts: Iterator[sql.Tokens]) -> None:
    cursor.take("end")
    cursor.end()
    if next(parts, None) is not None:
        raise cursor.unknown()


def _handler(cursor: Cursor, parts: Iterator[sql.Tokens]) -> frozenset[str]:
    """WHEN condition OR condition THEN NULL; END."""
    cursor.take("when")
    found = {_condition(cursor)}
    while cursor.took("or"):
        found.add(_condition(cursor))
    cursor.take("then")
    cursor.took("null")
    cursor.end()
    _end(Cursor(next(parts, ())), parts)
    return frozenset(found)


def _condition(cursor: Cursor) -> str:
    if cursor.here.word not in _CONDITIONS:
        raise cursor.unknown()
    return _CONDITIONS[cursor.next().word]


def _step(cursor: Cursor, parts: Iterator[sql.Tokens], read: Read) -> sql.Statement | sql.If:
    if not cursor.took("if"):
        return _statement(cursor, read)
    negated = cursor.took("not")
    cursor.take("exists")
    exists = _exists(Cursor(cursor.group()))
    cursor.take("then")
    then = [_statement(cursor, read)]
    while not (part := Cursor(next(parts, ()))).took("end", "if"):
        then.append(_statement(part, read))
    part.end()
    return sql.If(exists, negated, tuple(then))


def _statement(cursor: Cursor, read: Read) -> sql.Statement:
    if cursor.here.word not in _STATEMENTS:
        raise cursor.unknown()
    found = read(cursor.remaining())
    if isinstance(found.command, sql.Unread):
        raise Unsure(found.command.why)
    return found


# --- EXISTS -------------------------------------------------------------------------------------


def _exists(cursor: Cursor) -> sql.Exists:
    """SELECT 1 FROM source [alias] WHERE column = 'value' AND ..."""
    cursor.take("select")
    if cursor.here.kind is Kind.NUMBER or cursor.here.value == "*":
        cursor.next()
    cursor.take("from")
    source = cursor.qualified()
    if not cursor.sees("where"):
        cursor.took("as")
        cursor.name()
    cursor.take("where")
    wanted = [_equality(cursor)]
    while cursor.took("and"):
        wanted.append(_equality(cursor))
    cursor.end()
    return sql.Exists(str(source).removeprefix("pg_catalog."), tuple(wanted))


def _equality(cursor: Cursor) -> tuple[str, str]:
    column = cursor.qualified().name
    cursor.take("=")
    value = cursor.string()
    if cursor.took("::"):
        column += "::" + cursor.name()
    return column, cut(value)
