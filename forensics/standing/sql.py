"""One statement read for what it leaves in a catalogue; it is never judged, and never fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum

from forensics.effects.cursor import Cursor
from forensics.effects.outcome import Unsure
from forensics.effects.tokens import Kind, Token, statements, words
from forensics.facts import ObjectKind
from forensics.model import TableName
from forensics.standing.doubt import (
    calls_a_doer,
    create_temporary,
    note_doer,
    note_owned,
    sets_search_path,
)
from forensics.standing.drop_sql import drop, remove_on_table
from forensics.standing.names import loosen, read_name, rename
from forensics.standing.table_sql import alter_table, create_table
from forensics.standing.things import (
    Bare,
    ColumnShape,
    IndexShape,
    Labels,
    Shape,
    State,
    Thing,
)


class Work(StrEnum):
    """What a statement works on."""

    OBJECTS = "objects"
    ROWS = "rows"
    NOTHING_SEEN = "nothing-seen"
    """Comments, privileges, settings, roles."""
    UNREAD = "unread"
    """What it does we cannot read."""


_ROWS = words("insert update delete merge truncate copy select with values call table")
_UNSEEN = words(
    "grant revoke analyze vacuum refresh reindex begin commit start end savepoint release "
    "security lock notify listen cluster checkpoint reset load"
)
_UNDOING = words("rollback abort")
_WHERE_A_NAME_IS = 7
"""Tokens up to it in `CREATE UNLOGGED TABLE IF NOT EXISTS pg_temp.a`, the longest way."""
_UNSEEN_OBJECTS = words("role user group database")
_SIMPLE = {
    "sequence": ObjectKind.SEQUENCE,
    "view": ObjectKind.VIEW,
    "domain": ObjectKind.TYPE,
    "function": ObjectKind.FUNCTION,
    "procedure": ObjectKind.FUNCTION,
    "aggregate": ObjectKind.FUNCTION,
}


def apply(statement: tuple[Token, ...], state: State) -> Work:
    """Do to a state what the statement does; what cannot be read leaves what it names in doubt."""
    cursor = Cursor(statement)
    first = cursor.here.word
    if first in _ROWS:
        if first in ("select", "with", "call"):
            loosen(state, statement)  # a function that is called may do anything to what it is told
        state.anything |= calls_a_doer(statement, state) or sets_search_path(statement)
        return Work.ROWS
    if first in _UNDOING:
        state.anything = True
        return Work.UNREAD
    if first in _UNSEEN or cursor.sees("comment", "on"):
        return Work.NOTHING_SEEN
    if first == "set":
        state.anything |= cursor.tokens[1:2] != () and cursor.tokens[1].word == "search_path"
        return Work.NOTHING_SEEN
    try:
        return _apply_object(cursor, state)
    except Unsure:
        loosen(state, statement)
        return Work.UNREAD


def _apply_object(cursor: Cursor, state: State) -> Work:
    for opening, run in _STATEMENTS:
        if cursor.took(*opening):
            if cursor.here.word in _UNSEEN_OBJECTS:
                return Work.NOTHING_SEEN
            return run(cursor, state) or Work.OBJECTS
    raise cursor.unknown()


# --- CREATE -------------------------------------------------------------------------------------


def _create(cursor: Cursor, state: State) -> Work | None:
    cursor.took("or", "replace")
    for word in ("global", "local", "unlogged"):
        cursor.took(word)
    if cursor.took("temp") or cursor.took("temporary"):
        create_temporary(cursor, state)
        return Work.NOTHING_SEEN
    note_doer(cursor, state)
    if any(token.value == "pg_temp" for token in cursor.tokens[:_WHERE_A_NAME_IS]):
        return Work.NOTHING_SEEN
    for opening, run in _CREATED:
        if cursor.took(*opening):
            run(cursor, state)
            return None
    _create_simple(cursor, state)
    return None


def _create_schema(cursor: Cursor, state: State) -> None:
    lenient = cursor.took("if", "not", "exists")
    _put(state, ObjectKind.SCHEMA, TableName(schema=cursor.name(), table=""), lenient)
    if not cursor.ended and not cursor.sees("authorization"):
        raise cursor.unknown()


def _create_extension(cursor: Cursor, state: State) -> None:
    lenient = cursor.took("if", "not", "exists")
    name = cursor.name()
    if name != "plpgsql":  # comes with every database, and the catalogue leaves it out
        _put(state, ObjectKind.EXTENSION, TableName(schema="", table=name), lenient)


def _create_simple(cursor: Cursor, state: State) -> None:
    cursor.took("materialized") or cursor.took("recursive")
    kind = _SIMPLE.get(cursor.next().word)
    if kind is None:
        raise cursor.unknown(back=1)
    lenient = cursor.took("if", "not", "exists")
    name = read_name(cursor, state, kind)
    thing = Thing(kind, name)
    if kind is ObjectKind.SEQUENCE:
        note_owned(cursor, state, name)
    if lenient and thing in state.things:
        state.touch(thing)
    else:
        state.put(thing, Labels() if kind is ObjectKind.TYPE else Bare())


def _put(state: State, kind: ObjectKind, name: TableName, lenient: bool) -> None:
    thing = Thing(kind, name)
    if lenient and thing in state.things:
        state.touch(thing)
    else:
        state.put(thing, Bare())


def _create_index(cursor: Cursor, state: State, *, unique: bool) -> None:
    cursor.took("concurrently")
    cursor.took("if", "not", "exists")
    index = cursor.name()
    cursor.take("on")
    cursor.took("only")
    table = read_name(cursor, state, ObjectKind.TABLE, ObjectKind.VIEW)
    method = cursor.name() if cursor.took("using") else "btree"
    inside = cursor.group()
    names = inside[::2]
    plain = (
        cursor.ended
        and method == "btree"
        and all(token.kind in (Kind.WORD, Kind.QUOTED) for token in names)
        and all(token.value == "," for token in inside[1::2])
    )
    columns = tuple(token.value for token in names) if plain else None
    name = TableName(schema=table.schema, table=index)
    shape = IndexShape(table=table, unique=unique, columns=columns)
    if not state.has_table(table):
        state.loose.add(name)  # of a view no indexes are read from the catalogue
    state.put(Thing(ObjectKind.INDEX, name), shape)


def _create_type(cursor: Cursor, state: State) -> None:
    name = read_name(cursor, state)
    thing = Thing(ObjectKind.TYPE, name)
    if not cursor.took("as", "enum"):
        state.put(thing, Labels())
        return
    inside = Cursor(cursor.group())
    labels: list[str] = []
    while not inside.ended:
        labels.append(inside.string())
        inside.took(",")
    state.put(thing, Labels(tuple(labels)))


def _create_on_table(cursor: Cursor, state: State, kind: ObjectKind) -> None:
    """Of several of one name, on different tables, the last is held: the catalogue has one name."""
    name = cursor.name()
    cursor.until("on")
    cursor.take("on")
    table = read_name(cursor, state, ObjectKind.TABLE, ObjectKind.VIEW)
    thing = Thing(kind, TableName(schema=table.schema, table=name))
    state.put(thing, Bare(table))


_CREATED: tuple[tuple[tuple[str, ...], Callable[[Cursor, State], None]], ...] = (
    (("table",), create_table),
    (("unique", "index"), lambda c, to: _create_index(c, to, unique=True)),
    (("index",), lambda c, to: _create_index(c, to, unique=False)),
    (("type",), _create_type),
    (("schema",), _create_schema),
    (("extension",), _create_extension),
    (("policy",), lambda c, to: _create_on_table(c, to, ObjectKind.POLICY)),
    (("trigger",), lambda c, to: _create_on_table(c, to, ObjectKind.TRIGGER)),
    (("constraint", "trigger"), lambda c, to: _create_on_table(c, to, ObjectKind.TRIGGER)),
)

# --- ALTER --------------------------------------------------------------------------------------


def _alter_type(cursor: Cursor, state: State) -> None:
    name = read_name(cursor, state, ObjectKind.TYPE)
    thing = Thing(ObjectKind.TYPE, name)
    held = state.get(thing)
    labels = list(held.labels) if isinstance(held, Labels) and held.labels else []
    if cursor.took("add", "value"):
        cursor.took("if", "not", "exists")
        label = cursor.string()
        before, after = cursor.took("before"), cursor.took("after")
        beside = cursor.string() if before or after else None
        if label in labels:
            state.touch(thing)
            return
        if not labels or (beside is not None and beside not in labels):
            raise cursor.unknown()
        at = len(labels) if beside is None else labels.index(beside) + (not before)
        labels.insert(at, label)
        state.put(thing, Labels(tuple(labels)))
    elif cursor.took("rename", "value"):
        old = cursor.string()
        cursor.take("to")
        new = cursor.string()
        state.put(thing, Labels(tuple(new if it == old else it for it in labels)))
    elif cursor.took("rename", "to"):
        _retype(state, name, TableName(schema=name.schema, table=cursor.name()))
    elif cursor.took("set", "schema"):
        _retype(state, name, TableName(schema=cursor.name(), table=name.table))
    else:
        raise cursor.unknown()


def _retype(state: State, old: TableName, new: TableName) -> None:
    """Columns show the type's new name."""
    rename(state, Thing(ObjectKind.TYPE, old), new)
    names = {old.table.lower() + end: new.table.lower() + end for end in ("", "[]")}
    for thing, shape in list(state.things.items()):
        if isinstance(shape, ColumnShape) and shape.type in names:
            state.put(thing, replace(shape, type=names[shape.type]))


def _alter_index(cursor: Cursor, state: State) -> None:
    cursor.took("if", "exists")
    name = read_name(cursor, state, ObjectKind.INDEX)
    cursor.take("rename", "to")
    rename(state, Thing(ObjectKind.INDEX, name), TableName(schema=name.schema, table=cursor.name()))


def _alter_named(kind: ObjectKind) -> Callable[[Cursor, State], None]:
    def run(cursor: Cursor, state: State) -> None:
        cursor.took("if", "exists")
        name = read_name(cursor, state, kind)
        if cursor.took("rename", "to"):
            rename(state, Thing(kind, name), TableName(schema=name.schema, table=cursor.name()))
        elif cursor.took("set", "schema"):
            rename(state, Thing(kind, name), TableName(schema=cursor.name(), table=name.table))
        else:
            note_owned(cursor, state, name)
            state.touch(Thing(kind, name))  # its options are not compared

    return run


def _alter_on_table(kind: ObjectKind) -> Callable[[Cursor, State], None]:
    def run(cursor: Cursor, state: State) -> None:
        name = cursor.name()
        cursor.take("on")
        table = read_name(cursor, state, ObjectKind.TABLE, ObjectKind.VIEW)
        if cursor.took("rename", "to"):
            remove_on_table(state, kind, table, name)
            state.put(Thing(kind, TableName(schema=table.schema, table=cursor.name())), Bare(table))

    return run


def _alter_schema(cursor: Cursor, state: State) -> Work | None:
    old = cursor.name()
    if not cursor.took("rename", "to"):
        return Work.NOTHING_SEEN
    new = cursor.name()
    for thing, shape in list(state.things.items()):
        if thing.name.schema == old:
            state.remove(thing)
            moved = thing._replace(name=TableName(schema=new, table=thing.name.table))
            state.put(moved, _in_schema(shape, old, new))
    return None


def _in_schema(shape: Shape, old: str, new: str) -> Shape:
    if isinstance(shape, IndexShape) and shape.table.schema == old:
        return replace(shape, table=TableName(schema=new, table=shape.table.table))
    if isinstance(shape, Bare) and shape.table and shape.table.schema == old:
        return Bare(TableName(schema=new, table=shape.table.table))
    return shape


def _alter_function(cursor: Cursor, state: State) -> Work:
    """Which of several of one name is renamed is not told."""
    if any(token.word in ("rename", "schema") for token in cursor.tokens):
        raise cursor.unknown()
    return Work.NOTHING_SEEN


def _alter_domain(cursor: Cursor, state: State) -> Work:
    """Columns show its new name."""
    state.anything |= any(token.word in ("rename", "schema") for token in cursor.tokens)
    return Work.NOTHING_SEEN


def _unseen(cursor: Cursor, state: State) -> Work:
    """Extensions, settings of the database: only their names are compared."""
    return Work.NOTHING_SEEN


# --- DO -----------------------------------------------------------------------------------------


def _do_block(cursor: Cursor, state: State) -> Work | None:
    """DO $$ BEGIN ...; EXCEPTION WHEN duplicate_object THEN null; END $$, and nothing else."""
    text = cursor.string()
    try:
        body = tuple(statements(text))
    except Unsure:
        body = ()
    shapes = [tuple(token.word for token in it) for it in body]
    if shapes[1:] == _HANDLER and shapes[0][:1] == ("begin",) and len(body[0]) > 1:
        work = apply(body[0][1:], state)
        return work
    told = tuple(token for it in body for token in it)
    loosen(state, told)
    state.anything |= not body or any(token.word == "execute" for token in told)
    state.anything |= calls_a_doer(told, state)
    return Work.UNREAD


_HANDLER = [("exception", "when", "duplicate_object", "then", "null"), ("end",)]

_STATEMENTS: tuple[tuple[tuple[str, ...], Callable[[Cursor, State], Work | None]], ...] = (
    (("create",), _create),
    (("alter", "table"), alter_table),
    (("alter", "type"), _alter_type),
    (("alter", "schema"), _alter_schema),
    (("alter", "index"), _alter_index),
    (("alter", "sequence"), _alter_named(ObjectKind.SEQUENCE)),
    (("alter", "view"), _alter_named(ObjectKind.VIEW)),
    (("alter", "materialized", "view"), _alter_named(ObjectKind.VIEW)),
    (("alter", "policy"), _alter_on_table(ObjectKind.POLICY)),
    (("alter", "trigger"), _alter_on_table(ObjectKind.TRIGGER)),
    (("alter", "function"), _alter_function),
    (("alter", "domain"), _alter_domain),
    (("alter", "extension"), _unseen),
    (("alter", "default"), _unseen),
    (("alter", "role"), _unseen),
    (("alter", "database"), _unseen),
    (("drop",), drop),
    (("do",), _do_block),
)
