"""Reads CREATE, ALTER, DROP and COMMENT of everything but tables and indexes."""

from __future__ import annotations

from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres.cursor import Cursor, Name
from forensics.dialects.postgres.tables import (
    alter_table,
    create_index,
    create_table,
    read_cascade,
    read_move,
)
from forensics.dialects.postgres.tokens import words

_CLUSTER_WIDE = words("role user group database")
_ON_TABLE = words("policy trigger")
_SIMPLE = words("sequence view domain function procedure aggregate schema extension")
_CALLABLE = words("function procedure")


def create(cursor: Cursor) -> sql.Command:
    """Read what follows CREATE."""
    if cursor.here.word in _CLUSTER_WIDE:
        return sql.Unseen("create")
    replaces = cursor.took("or", "replace")
    temporary, unlogged = _persistence(cursor)
    if cursor.took("table"):
        return create_table(cursor, temporary=temporary, unlogged=unlogged)
    unique = cursor.took("unique")
    if cursor.took("index"):
        return create_index(cursor, unique=unique)
    if cursor.took("type"):
        return _create_type(cursor)
    cursor.took("constraint")
    if cursor.here.word in _ON_TABLE:
        return _create_on_table(cursor, replaces)
    cursor.took("recursive")
    what = _read_what(cursor)
    if what not in _SIMPLE and what != "materialized view":
        raise cursor.unknown(back=1)
    lenient = cursor.took("if", "not", "exists")
    name = _name(cursor, what)
    rest = cursor.remaining()
    return sql.Create(what, name, lenient, replaces, temporary=temporary, rest=rest)


def _persistence(cursor: Cursor) -> tuple[bool, bool]:
    """Whether it is for the session only, and whether it is unlogged."""
    cursor.took("global") or cursor.took("local")
    temporary = cursor.took("temp") or cursor.took("temporary")
    return temporary, cursor.took("unlogged")


def _name(cursor: Cursor, what: str) -> Name:
    if what in ("schema", "extension"):
        return Name(None, cursor.name())
    return cursor.qualified()


def _read_what(cursor: Cursor) -> str:
    return "materialized view" if cursor.took("materialized", "view") else cursor.next().word


def _create_type(cursor: Cursor) -> sql.Command:
    name = cursor.qualified()
    if not cursor.took("as", "enum"):
        return sql.Create("type", name, rest=cursor.remaining())
    labels = tuple(_label(item) for item in Cursor(cursor.group()).items())
    cursor.end()
    return sql.CreateEnum(name, labels)


def _label(cursor: Cursor) -> str:
    label = cursor.string()
    cursor.end()
    return label


def _create_on_table(cursor: Cursor, replaces: bool) -> sql.Create:
    what, name = cursor.next().word, Name(None, cursor.name())
    cursor.until("on")
    cursor.take("on")
    table = cursor.qualified()
    return sql.Create(what, name, replaces=replaces, table=table, rest=cursor.remaining())


# --- ALTER --------------------------------------------------------------------------------------


def alter(cursor: Cursor) -> sql.Command:
    """Read what follows ALTER."""
    if cursor.took("table"):
        return alter_table(cursor)
    what = _read_what(cursor)
    if what in _CLUSTER_WIDE or what in ("extension", "default"):
        return sql.Unseen("alter")
    if what == "type":
        return _alter_type(cursor)
    if what in _ON_TABLE:
        return _alter_on_table(cursor, what)
    if what not in _SIMPLE and what not in ("materialized view", "index"):
        raise cursor.unknown(back=1)
    lenient = cursor.took("if", "exists")
    name = _name(cursor, what)
    if what in _CALLABLE and cursor.sees("("):
        cursor.group()
    found = read_move(cursor, what, name, lenient)
    if found is None and what == "index":
        raise cursor.unknown()
    return found or sql.Alter(what, name, cursor.remaining())


def _alter_type(cursor: Cursor) -> sql.Command:
    name = cursor.qualified()
    if cursor.took("add", "value"):
        return _add_label(cursor, name)
    if cursor.took("rename", "value"):
        old = cursor.string()
        cursor.take("to")
        new = cursor.string()
        cursor.end()
        return sql.RenameLabel(name, old, new)
    found = read_move(cursor, "type", name, False)
    return found or sql.Alter("type", name, cursor.remaining())


def _add_label(cursor: Cursor, name: Name) -> sql.AddLabel:
    lenient = cursor.took("if", "not", "exists")
    label = cursor.string()
    before = cursor.took("before")
    beside = cursor.string() if before or cursor.took("after") else None
    cursor.end()
    return sql.AddLabel(name, label, lenient, beside, before)


def _alter_on_table(cursor: Cursor, what: str) -> sql.Command:
    part = cursor.name()
    cursor.take("on")
    table = cursor.qualified()
    if cursor.took("rename", "to"):
        return sql.Rename(what, table, cursor.name(), part)
    return sql.Alter(what, Name(None, part), cursor.remaining())


# --- DROP and COMMENT ---------------------------------------------------------------------------

_DROPPED = _SIMPLE - {"aggregate"} | _ON_TABLE | words("table index type")


def drop(cursor: Cursor) -> sql.Command:
    """Read what follows DROP."""
    what = _read_what(cursor)
    if what in _CLUSTER_WIDE:
        return sql.Unseen("drop")
    if what not in _DROPPED and what != "materialized view":
        raise cursor.unknown(back=1)
    concurrently = cursor.took("concurrently")
    lenient = cursor.took("if", "exists")
    names, table = [_dropped(cursor, what)], None
    if what in _ON_TABLE:
        cursor.take("on")
        table = cursor.qualified()
    else:
        while cursor.took(","):
            names.append(_dropped(cursor, what))
    cascade = read_cascade(cursor)
    cursor.end()
    return sql.Drop(what, tuple(names), lenient, cascade, concurrently, table)


def _dropped(cursor: Cursor, what: str) -> Name:
    name = _name(cursor, what)
    if cursor.sees("("):
        cursor.group()  # the arguments of a function
    return name


def comment(cursor: Cursor) -> sql.Command:
    """Read what follows COMMENT ON."""
    if cursor.took("table"):
        found = sql.Comment(cursor.qualified())
    elif cursor.took("column"):
        parts = [cursor.name()]
        while cursor.took("."):
            parts.append(cursor.name())
        *path, column = parts
        if len(path) not in (1, 2):
            raise cursor.unknown()
        found = sql.Comment(Name(path[0] if len(path) > 1 else None, path[-1]), column)
    else:
        return sql.Unseen("comment")
    cursor.take("is")
    if not cursor.took("null"):
        cursor.string()
    cursor.end()
    return found
