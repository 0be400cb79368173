"""Reads PostgreSQL: text -> typed statements, each with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from forensics.dialects.base import Span, whole
from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres import grammar, objects, tokens
from forensics.dialects.postgres.blocks import read_do
from forensics.dialects.postgres.cursor import Cursor, Name
from forensics.dialects.postgres.errors import Unsure
from forensics.dialects.postgres.tokens import words

_ROWS = words("insert update delete merge truncate copy select with values call table")
_TRANSACTION = words("begin start commit end rollback abort savepoint release")
_UNSEEN = words(
    "grant revoke analyze vacuum refresh reindex security lock notify listen cluster checkpoint "
    "load"
)
_SETTINGS = words("set reset")
_SHORT = 2**16
"""Characters of a text that is worth keeping."""
_BEFORE_TABLE = words("into from only table")


def statements(text: str, *, check: bool = True) -> tuple[sql.Statement, ...]:
    """The statements of a text; what we cannot read of it is `Unread`.

    Raises `PostgresError` where PostgreSQL would parse none of the text because one of its
    statements begins as none does; with `check=False` that one is `Unread`. Raises `Unsure` where
    the text does not lex.
    """
    return (_read_once if len(text) <= _SHORT else _read_all)(text, check)


def spans(text: str) -> tuple[Span, ...]:
    """Where each statement stands, whether PostgreSQL would parse it or not."""
    try:
        found = statements(text, check=False)
    except Unsure:
        return whole(text)
    return tuple((it.place.start, it.place.end) for it in found)


def same(before: str, after: str) -> bool:
    """Whether two texts have the same tokens; false where either does not lex."""
    return tokens.same(before, after)


def _read_all(text: str, check: bool) -> tuple[sql.Statement, ...]:
    cut = tuple(tokens.statements(text))
    if check:
        for each in cut:
            grammar.check(Cursor(each))
    return tuple(_statements(text, cut))


_read_once = lru_cache(maxsize=8192)(_read_all)
"""One investigation reads the same migrations again and again, in the same order. If there were
room for fewer pieces than there are, each would be dropped just before it is needed."""


def _statements(text: str, cut: Iterable[sql.Tokens]) -> Iterator[sql.Statement]:
    line, counted = 1, 0
    for number, each in enumerate(cut, start=1):
        start, last = each[0].start, each[-1]
        line += text.count("\n", counted, start)
        counted = start
        place = sql.Place(number, line, start, last.start + len(last.raw))
        yield sql.Statement(_command(each, place), each, place)


def _command(each: sql.Tokens, place: sql.Place) -> sql.Command:
    try:
        return _read(Cursor(each), place)
    except Unsure as doubt:
        return sql.Unread(str(doubt), each)


def _read(cursor: Cursor, place: sql.Place) -> sql.Command:
    verb = cursor.here.word
    if verb in _ROWS:
        return sql.Rows(verb, _tables(cursor))
    if verb in _TRANSACTION:
        return sql.Transaction(verb)
    if verb in _UNSEEN:
        return sql.Unseen(verb)
    if verb in _SETTINGS:
        return sql.Unseen(verb, _setting(cursor))
    if cursor.took("do"):
        return read_do(cursor, lambda each: sql.Statement(_command(each, place), each, place))
    for opening, read in _OBJECTS:
        if cursor.took(*opening):
            return read(cursor)
    raise Unsure(f"statements of the kind {cursor.here.raw.upper()} are not modelled")


_OBJECTS: tuple[tuple[tuple[str, ...], Callable[[Cursor], sql.Command]], ...] = (
    (("create",), objects.create),
    (("alter",), objects.alter),
    (("drop",), objects.drop),
    (("comment", "on"), objects.comment),
)


def _setting(cursor: Cursor) -> str:
    """The parameter; SET SCHEMA is another word for that of the search path, RESET ALL is all."""
    cursor.next()
    cursor.took("session") or cursor.took("local")
    word = cursor.here.value
    return "search_path" if word in ("schema", "all") else word


def _tables(cursor: Cursor) -> tuple[Name, ...]:
    """What INSERT, UPDATE, DELETE, MERGE, TRUNCATE and COPY write to, as far as that is plain."""
    verb = cursor.next().word
    if verb in ("select", "with", "values", "call", "table"):
        return ()
    while cursor.here.word in _BEFORE_TABLE:
        cursor.next()
    try:
        found = [cursor.qualified()]
        while verb == "truncate" and cursor.took(","):
            found.append(cursor.qualified())
    except Unsure:
        return ()
    return tuple(found)
