"""What ALTER leaves in a catalogue: labels, names, schemas."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres.cursor import Name
from forensics.dialects.postgres.errors import Unsure
from forensics.dialects.postgres.standing.doubt import has_word
from forensics.dialects.postgres.standing.kinds import KINDS, Work
from forensics.dialects.postgres.standing.names import (
    changed_table,
    in_doubt,
    meant,
    rename,
    rename_on_table,
)
from forensics.dialects.postgres.standing.table_sql import rename_part
from forensics.dialects.things import Bare, ColumnShape, IndexShape, Labels, Shape, State, Thing
from forensics.facts import ObjectKind
from forensics.model import TableName


def _labels(command: sql.AddLabel | sql.RenameLabel, state: State) -> tuple[Thing, list[str]]:
    thing = Thing(ObjectKind.TYPE, meant(command.name, state, ObjectKind.TYPE))
    held = state.get(thing)
    return thing, list(held.labels) if isinstance(held, Labels) and held.labels else []


def _label_of_unmade(name: Name, thing: Thing, label: str, state: State) -> bool:
    """Of a type that the list does not make, only this is known then."""
    held = state.get(thing)
    if held is not None and thing not in state.unmade:
        return False
    if in_doubt(name, thing.name, state, ObjectKind.TYPE):
        return False
    among = held.among if isinstance(held, Labels) else ()
    state.unmade.add(thing)
    state.put(thing, Labels(among=(*among, label)))
    return True


def add_label(command: sql.AddLabel, statement: sql.Statement, state: State) -> None:
    """ADD VALUE; where the label goes must be known."""
    thing, labels = _labels(command, state)
    if not labels and _label_of_unmade(command.name, thing, command.label, state):
        return
    if command.label in labels:
        state.touch(thing)
        return
    if not labels or (command.beside is not None and command.beside not in labels):
        raise Unsure("where a label goes")
    at = len(labels)
    if command.beside is not None:
        at = labels.index(command.beside) + (not command.before)
    labels.insert(at, command.label)
    state.put(thing, Labels(tuple(labels)))


def rename_label(command: sql.RenameLabel, statement: sql.Statement, state: State) -> None:
    """RENAME VALUE."""
    thing, labels = _labels(command, state)
    if not labels:
        if not _label_of_unmade(command.name, thing, command.new, state):
            raise Unsure("which labels a type has")
        return
    renamed = (command.new if it == command.old else it for it in labels)
    state.put(thing, Labels(tuple(renamed)))


def rename_object(command: sql.Rename, statement: sql.Statement, state: State) -> Work | None:
    """RENAME of an object, or of a part of one."""
    if command.what in _UNMOVED:
        return _unmoved(command.what, state)
    if command.what == "schema":
        _rename_schema(state, command.name.name, command.new)
    elif command.what in ("policy", "trigger"):
        kind, table = KINDS[command.what], changed_table(command.name, state)
        rename_on_table(state, Thing(kind, table, command.part), command.new)
    elif command.part:
        rename_part(command, state)
    else:
        _move(command, state, lambda old: TableName(schema=old.schema, table=command.new))
    return None


def set_schema(command: sql.SetSchema, statement: sql.Statement, state: State) -> Work | None:
    """SET SCHEMA."""
    if command.what in _UNMOVED:
        return _unmoved(command.what, state)
    _move(command, state, lambda old: TableName(schema=command.schema, table=old.table))
    return None


_UNMOVED = ("domain", "function", "procedure", "aggregate")


def _unmoved(what: str, state: State) -> Work:
    """Which of several functions of one name it is, is not told; columns show a domain's name."""
    if what != "domain":
        raise Unsure("which of several of one name is meant")
    state.anything = True
    return Work.NOTHING_SEEN


def _move(
    command: sql.Rename | sql.SetSchema, state: State, new: Callable[[TableName], TableName]
) -> None:
    kind = KINDS[command.what]
    if kind is ObjectKind.TABLE:
        old = changed_table(command.name, state)
    else:
        old = meant(command.name, state, kind)
    rename(state, _relation(kind, old, state), new(old), lenient=command.lenient)
    if kind is ObjectKind.TYPE:
        _retype(state, old, new(old))


def _relation(kind: ObjectKind, name: TableName, state: State) -> Thing:
    """ALTER TABLE renames and moves views, too."""
    view = Thing(ObjectKind.VIEW, name)
    return view if kind is ObjectKind.TABLE and view in state.things else Thing(kind, name)


def _retype(state: State, old: TableName, new: TableName) -> None:
    """Columns show the type's new name."""
    names = {old.table.lower() + end: new.table.lower() + end for end in ("", "[]")}
    for thing, shape in list(state.things.items()):
        if isinstance(shape, ColumnShape) and shape.type in names:
            state.put(thing, replace(shape, type=names[shape.type]))


def _rename_schema(state: State, old: str, new: str) -> None:
    there = Thing(ObjectKind.SCHEMA, TableName(schema=old, table=""))
    state.things.setdefault(there, Bare())
    for thing, shape in list(state.things.items()):
        if thing.name.schema == old:
            state.remove(thing)
            moved = thing._replace(name=TableName(schema=new, table=thing.name.table))
            state.put(moved, _in_schema(shape, old, new))


def _in_schema(shape: Shape, old: str, new: str) -> Shape:
    if isinstance(shape, IndexShape) and shape.table.schema == old:
        return replace(shape, table=TableName(schema=new, table=shape.table.table))
    if isinstance(shape, Bare) and shape.table and shape.table.schema == old:
        return Bare(TableName(schema=new, table=shape.table.table))
    return shape


def alter(command: sql.Alter, statement: sql.Statement, state: State) -> Work | None:
    """Their options are not compared."""
    if command.what == "type":
        raise Unsure("what is done to a type that is not an enum")
    state.hides = True
    if command.what in ("policy", "trigger"):
        return None
    if command.what in ("sequence", "view", "materialized view"):
        name = meant(command.name, state, KINDS[command.what])
        if has_word(command.rest, "owned"):
            state.loose.add(name)
        state.touch(Thing(KINDS[command.what], name))
        return None
    return Work.NOTHING_SEEN
