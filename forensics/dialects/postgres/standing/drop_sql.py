"""DROP, and what it leaves in a catalogue."""

from __future__ import annotations

from forensics.dialects.postgres.commands import Drop
from forensics.dialects.postgres.standing.kinds import KINDS, ON_RELATION
from forensics.dialects.postgres.standing.names import loosen_dependent, meant
from forensics.dialects.things import ConstraintShape, State, Thing
from forensics.facts import ObjectKind
from forensics.model import TableName


def drop(command: Drop, state: State) -> None:
    """DROP of something; what goes along by CASCADE, and is not told, is in doubt."""
    kind = KINDS[command.what]
    if kind is ObjectKind.SCHEMA:
        _drop_schemas(command, state)
    elif command.table is not None:
        table = meant(command.table, state, *ON_RELATION)
        state.remove(Thing(kind, table, command.names[0].name))
    elif kind is ObjectKind.EXTENSION:
        for name in command.names:
            state.remove(Thing(kind, TableName(schema="", table=name.name)))
    else:
        _drop_named(command, state, kind)


def _drop_named(command: Drop, state: State, kind: ObjectKind) -> None:
    for name in [meant(it, state, kind) for it in command.names]:
        for part, _ in state.parts(name) if kind is ObjectKind.TABLE else ():
            state.remove(part)
        state.remove(Thing(kind, name))
        if kind is ObjectKind.TABLE:
            _drop_pointing_at(state, name)
    if command.cascade:
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


def _drop_schemas(command: Drop, state: State) -> None:
    schemas = {name.name for name in command.names}
    for thing in list(state.things):
        if thing.name.schema in schemas:
            state.anything |= command.cascade and thing.kind is not ObjectKind.SCHEMA
            state.remove(thing)
