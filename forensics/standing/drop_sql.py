"""DROP, read for what it leaves in a catalogue."""

from __future__ import annotations

from forensics.effects.cursor import Cursor
from forensics.facts import ObjectKind
from forensics.model import TableName
from forensics.standing.names import loosen_dependent, read_name
from forensics.standing.things import Bare, ConstraintShape, State, Thing

_DROPPED = {
    "table": ObjectKind.TABLE,
    "view": ObjectKind.VIEW,
    "index": ObjectKind.INDEX,
    "sequence": ObjectKind.SEQUENCE,
    "type": ObjectKind.TYPE,
    "domain": ObjectKind.TYPE,
    "function": ObjectKind.FUNCTION,
    "procedure": ObjectKind.FUNCTION,
}


def drop(cursor: Cursor, state: State) -> None:
    """DROP of something; what goes along by CASCADE, and is not told, is in doubt."""
    cursor.took("materialized")
    what = cursor.next().word
    cursor.took("concurrently")
    cursor.took("if", "exists")
    if what == "schema":
        _drop_schema(cursor, state)
    elif what == "extension":
        state.remove(Thing(ObjectKind.EXTENSION, TableName(schema="", table=cursor.name())))
    elif what in ("policy", "trigger"):
        kind = ObjectKind.POLICY if what == "policy" else ObjectKind.TRIGGER
        name = cursor.name()
        cursor.take("on")
        table = read_name(cursor, state, ObjectKind.TABLE, ObjectKind.VIEW)
        remove_on_table(state, kind, table, name)
    elif what in _DROPPED:
        _drop_named(cursor, state, _DROPPED[what])
    else:
        raise cursor.unknown()


def remove_on_table(state: State, kind: ObjectKind, table: TableName, name: str) -> None:
    """Gone from this table; one of the same name on another table stays."""
    thing = Thing(kind, TableName(schema=table.schema, table=name))
    if state.get(thing) in (None, Bare(table)):
        state.remove(thing)


def _drop_named(cursor: Cursor, state: State, kind: ObjectKind) -> None:
    dropped = []
    while True:
        dropped.append(read_name(cursor, state, kind))
        if cursor.sees("("):
            cursor.group()
        if not cursor.took(","):
            break
    for name in dropped:
        for part, _ in state.parts(name) if kind is ObjectKind.TABLE else ():
            state.remove(part)
        state.remove(Thing(kind, name))
        if kind is ObjectKind.TABLE:
            _drop_pointing_at(state, name)
    if cursor.took("cascade"):
        _drop_dependent(state, kind)


def _drop_dependent(state: State, kind: ObjectKind) -> None:
    if kind is ObjectKind.TABLE:
        loosen_dependent(state)
    elif kind is not ObjectKind.INDEX:
        state.anything = True  # columns, defaults and views may have gone with it


def _drop_pointing_at(state: State, table: TableName) -> None:
    for thing, shape in list(state.things.items()):
        if isinstance(shape, ConstraintShape) and shape.target == table:
            state.remove(thing)


def _drop_schema(cursor: Cursor, state: State) -> None:
    schemas = {cursor.name()}
    while cursor.took(","):
        schemas.add(cursor.name())
    for thing in list(state.things):
        if thing.name.schema in schemas:
            state.anything |= cursor.sees("cascade") and thing.kind is not ObjectKind.SCHEMA
            state.remove(thing)
