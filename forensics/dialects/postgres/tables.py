"""Reads CREATE TABLE, ALTER TABLE and CREATE INDEX."""

from __future__ import annotations

from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres.columns import (
    read_column,
    read_constraint,
    read_generated,
    read_type,
    starts_constraint,
)
from forensics.dialects.postgres.cursor import Cursor, Name
from forensics.dialects.postgres.errors import Unsure
from forensics.dialects.postgres.tokens import Kind, Token


def create_table(cursor: Cursor, *, temporary: bool, unlogged: bool) -> sql.CreateTable:
    """Read what follows CREATE TABLE."""
    lenient = cursor.took("if", "not", "exists")
    name = cursor.qualified()
    items = None
    if cursor.sees("("):
        items = tuple(_item(item) for item in Cursor(cursor.group()).items())
    return sql.CreateTable(
        name,
        items,
        lenient=lenient,
        temporary=temporary,
        unlogged=unlogged,
        rest=cursor.remaining(),
    )


def _item(item: Cursor) -> sql.Column | sql.TableConstraint | sql.Unread:
    try:
        if item.sees("like"):
            raise item.unknown()
        return read_constraint(item) if starts_constraint(item) else read_column(item)
    except Unsure as doubt:
        return sql.Unread(str(doubt), item.tokens)


# --- ALTER TABLE --------------------------------------------------------------------------------


def alter_table(cursor: Cursor) -> sql.Command:
    """Read what follows ALTER TABLE."""
    lenient = cursor.took("if", "exists")
    cursor.took("only")
    name = cursor.qualified()
    cursor.took("*")
    moved = read_move(cursor, "table", name, lenient) or _renamed_part(cursor, name, lenient)
    if moved is not None:
        return moved
    return sql.AlterTable(name, tuple(_action(item) for item in cursor.items()), lenient)


def read_move(
    cursor: Cursor, what: str, name: Name, lenient: bool
) -> sql.Rename | sql.SetSchema | None:
    """Read RENAME TO and SET SCHEMA up to the end; `None` where something else comes."""
    found: sql.Rename | sql.SetSchema
    if cursor.took("rename", "to"):
        found = sql.Rename(what, name, cursor.name(), lenient=lenient)
    elif cursor.took("set", "schema"):
        found = sql.SetSchema(what, name, cursor.name(), lenient)
    else:
        return None
    cursor.end()
    return found


def _renamed_part(cursor: Cursor, name: Name, lenient: bool) -> sql.Rename | None:
    if not cursor.took("rename"):
        return None
    what = "constraint" if cursor.took("constraint") else "column"
    cursor.took("column")
    part = cursor.name()
    cursor.take("to")
    found = sql.Rename(what, name, cursor.name(), part, lenient)
    cursor.end()
    return found


def _action(cursor: Cursor) -> sql.Action:
    try:
        found = _read_action(cursor)
        cursor.end()
    except Unsure as doubt:
        return sql.Unread(str(doubt), cursor.tokens)
    return found


def _read_action(cursor: Cursor) -> sql.Action:
    if cursor.took("add"):
        if starts_constraint(cursor):
            return sql.AddConstraint(read_constraint(cursor))
        cursor.took("column")
        lenient = cursor.took("if", "not", "exists")
        return sql.AddColumn(read_column(cursor), lenient)
    if cursor.took("drop"):
        what = "constraint" if cursor.took("constraint") else "column"
        cursor.took("column")
        lenient = cursor.took("if", "exists")
        return sql.DropPart(what, cursor.name(), lenient, read_cascade(cursor))
    if cursor.took("alter"):
        cursor.took("column")
        return _alter_column(cursor)
    if cursor.took("validate", "constraint"):
        return sql.Validate(cursor.name())
    return _switch(cursor) or _option(cursor)


def _switch(cursor: Cursor) -> sql.Switch | None:
    for words, on in _SWITCHES:
        if cursor.took(*words.split(), "trigger"):
            every = cursor.took("all") or cursor.took("user")
            return sql.Switch(None if every else cursor.name(), on)
    return None


_SWITCHES = (("enable always", True), ("enable", True), ("disable", False))
"""A trigger of a replica (ENABLE REPLICA) fires in no ordinary session, and is left unread."""


def read_cascade(cursor: Cursor) -> bool:
    """Read CASCADE, RESTRICT or nothing."""
    cascade = cursor.took("cascade")
    if not cascade:
        cursor.took("restrict")
    return cascade


def _alter_column(cursor: Cursor) -> sql.AlterColumn:
    name = cursor.name()
    if cursor.took("set", "data", "type") or cursor.took("type"):
        type_ = read_type(cursor)
        if not (cursor.ended or cursor.sees("using") or cursor.sees("collate")):
            raise cursor.unknown()
        return sql.AlterColumn(name, sql.Change.TYPE, type=type_, rest=cursor.remaining())
    change = next((it for it in sql.Change if cursor.took(*it.split())), None)
    if change is None:
        raise cursor.unknown()
    if change is sql.Change.SET_DEFAULT:
        return sql.AlterColumn(name, change, (cursor.next(), *cursor.remaining()))
    if change is sql.Change.ADD_IDENTITY:
        read_generated(cursor)
    elif change is sql.Change.OPTION:
        cursor.remaining()
    else:
        cursor.took("if", "exists")
    return sql.AlterColumn(name, change)


_OPTIONS = (
    *("owner to", "replica identity", "cluster on", "set ("),
    *("enable row level security", "disable row level security"),
    *("force row level security", "no force row level security"),
)


def _option(cursor: Cursor) -> sql.Option:
    for what in _OPTIONS:
        if cursor.took(*what.split()):
            if not what.endswith("security"):
                cursor.remaining()
            return sql.Option(what)
    raise cursor.unknown()


# --- Indexes ------------------------------------------------------------------------------------


def create_index(cursor: Cursor, *, unique: bool) -> sql.CreateIndex:
    """Read what follows CREATE [UNIQUE] INDEX."""
    concurrently = cursor.took("concurrently")
    lenient = cursor.took("if", "not", "exists")
    name = None if cursor.sees("on") else cursor.name()
    cursor.take("on")
    cursor.took("only")
    table = cursor.qualified()
    method = cursor.name() if cursor.took("using") else "btree"
    keys = tuple(_index_key(item) for item in Cursor(cursor.group()).items())
    rest = cursor.until("where")
    where = cursor.remaining() if cursor.took("where") else None
    return sql.CreateIndex(
        name,
        table,
        keys,
        unique=unique,
        method=method,
        lenient=lenient,
        concurrently=concurrently,
        where=where,
        rest=rest,
    )


def _index_key(cursor: Cursor) -> sql.IndexKey:
    here, after = cursor.here, Cursor(cursor.tokens, cursor.at + 1)
    if here.kind in (Kind.WORD, Kind.QUOTED) and not (after.sees("(") or after.sees(".")):
        return sql.IndexKey(cursor.name(), options=cursor.remaining())
    expression = cursor.group() if cursor.sees("(") else _call(cursor)
    return sql.IndexKey(None, expression, cursor.remaining())


def _call(cursor: Cursor) -> tuple[Token, ...]:
    start = cursor.at
    cursor.qualified()
    cursor.group()
    return cursor.tokens[start : cursor.at]
