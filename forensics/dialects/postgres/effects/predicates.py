"""Predicates of partial indexes: whether PostgreSQL takes them."""

from __future__ import annotations

from forensics.dialects.postgres.commands import Tokens
from forensics.dialects.postgres.cursor import Cursor
from forensics.dialects.postgres.effects.catalogue import Catalogue, column_of
from forensics.dialects.postgres.effects.types import (
    NUMERIC,
    TEXTUAL,
    Type,
    check_label,
    printed_type,
)
from forensics.dialects.postgres.errors import PostgresError
from forensics.dialects.postgres.tokens import Kind
from forensics.facts import LiveTable

_EQUAL = ("=", "<>", "!=")
_ORDER = ("<", ">", "<=", ">=")


def check_predicate(tokens: Tokens, table: LiveTable, catalogue: Catalogue) -> None:
    """Comparisons of columns with literals, joined by AND, OR, NOT; others are `Unsure`.

    Raises `PostgresError` for a column that is not there, and for a label that an enum lacks.
    """
    cursor, depth = Cursor(tokens), 0
    while True:
        while cursor.sees("not") or cursor.sees("("):
            depth += cursor.next().value == "("
        _check_term(cursor, table, catalogue)
        while cursor.took(")"):
            depth -= 1
        if cursor.ended or depth < 0:
            break
        if not cursor.took("and"):
            cursor.take("or")
    if depth:
        raise cursor.unknown()


def _check_term(cursor: Cursor, table: LiveTable, catalogue: Catalogue) -> None:
    of = _column(cursor, table, catalogue)
    if cursor.took("is"):
        cursor.took("not")
        if cursor.took("null"):
            return
        if not cursor.took("true"):
            cursor.take("false")
        _require(cursor, _is(of, frozenset({"boolean"})))
    elif (sign := cursor.here.value) in (*_EQUAL, *_ORDER) and cursor.next().kind is Kind.SIGN:
        _check_literal(cursor, of, catalogue, equality=sign in _EQUAL)
    else:
        _require(cursor, _is(of, frozenset({"boolean"})))


def _column(cursor: Cursor, table: LiveTable, catalogue: Catalogue) -> Type:
    name, shown = cursor.name(), ""
    if cursor.took("."):
        _require(cursor, name == table.name.table)
        name, shown = cursor.name(), f"{name}."
    _require(cursor, not (cursor.sees("(") or cursor.sees(".")))
    column = column_of(table, name)
    if column is None:
        shown = f"{shown}{name}" if shown else f'"{name}"'
        raise PostgresError("42703", f"column {shown} does not exist")
    return printed_type(column.type, catalogue)


def _check_literal(cursor: Cursor, of: Type, catalogue: Catalogue, *, equality: bool) -> None:
    token = cursor.next()
    if token.kind is Kind.STRING and of.enum is not None and not of.array:
        check_label(token.value, of.enum, catalogue)
    elif token.kind is Kind.STRING:
        _require(cursor, _is(of, TEXTUAL))
    elif token.kind is Kind.NUMBER:
        _require(cursor, _is(of, NUMERIC))
    else:
        _require(cursor, token.word in ("true", "false") and equality and _is(of, {"boolean"}))


def _is(of: Type, bases: frozenset[str] | set[str]) -> bool:
    return of.base in bases and not of.array


def _require(cursor: Cursor, condition: bool) -> None:
    if not condition:
        raise cursor.unknown()
