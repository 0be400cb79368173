"""What one statement leaves in a catalogue; it is never judged, and never fails."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from msgspec.structs import replace

from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres.cursor import Name
from forensics.dialects.postgres.effects.catalogue import object_name
from forensics.dialects.postgres.errors import Unsure
from forensics.dialects.postgres.standing.conditions import exists, makes
from forensics.dialects.postgres.standing.doubt import (
    calls_a_doer,
    create_temporary,
    has_word,
    note_doer,
    sets_search_path,
)
from forensics.dialects.postgres.standing.drop_sql import drop
from forensics.dialects.postgres.standing.kinds import KINDS
from forensics.dialects.postgres.standing.names import (
    changed_table,
    in_doubt,
    loosen,
    meant,
    rename,
    rename_on_table,
    resolved,
)
from forensics.dialects.postgres.standing.table_sql import alter_table, create_table, rename_part
from forensics.dialects.things import (
    Bare,
    ColumnShape,
    IndexShape,
    Labels,
    Shape,
    State,
    Thing,
    TriggerShape,
)
from forensics.facts import ObjectKind
from forensics.model import TableName


class Work(StrEnum):
    """What a statement works on."""

    OBJECTS = "objects"
    ROWS = "rows"
    COMMIT = "commit"
    """It ends the transaction."""
    NOTHING_SEEN = "nothing-seen"
    """Comments, privileges, settings, roles."""
    UNREAD = "unread"
    """What it does we cannot read."""


_UNDOING = ("rollback", "abort")


def apply(statement: sql.Statement, state: State) -> Work:
    """Do to a state what the statement does; what cannot be read leaves what it names in doubt."""
    run = _RUN.get(type(statement.command))
    try:
        if run is not None:
            return run(statement.command, statement, state) or Work.OBJECTS
    except Unsure:
        pass
    return _unread(state, statement.tokens)


def _unread(state: State, told: sql.Tokens) -> Work:
    loosen(state, told)
    state.hides = True
    return Work.UNREAD


def _rows(command: sql.Rows, statement: sql.Statement, state: State) -> Work:
    state.hides = True
    if command.verb in ("select", "with", "call"):
        # A function that is called may do anything to what it is told.
        loosen(state, statement.tokens)
    state.anything |= calls_a_doer(statement.tokens, state) or sets_search_path(statement.tokens)
    return Work.ROWS


def _transaction(command: sql.Transaction, statement: sql.Statement, state: State) -> Work:
    if command.verb in ("commit", "end"):
        return Work.COMMIT
    if command.verb not in _UNDOING:
        return Work.NOTHING_SEEN
    state.anything = True
    return Work.UNREAD


def _unseen(command: sql.Unseen, statement: sql.Statement, state: State) -> Work:
    state.anything |= command.setting == "search_path"
    state.hides |= command.verb not in _LEAVING_NOTHING
    return Work.NOTHING_SEEN


_LEAVING_NOTHING = frozenset(
    ("set", "reset", "analyze", "vacuum", "lock", "notify", "listen", "checkpoint", "load")
)


def _comment(command: object, statement: sql.Statement, state: State) -> Work:
    state.hides = True
    return Work.NOTHING_SEEN


# --- CREATE -------------------------------------------------------------------------------------


def _create_table(command: sql.CreateTable, statement: sql.Statement, state: State) -> Work | None:
    if command.temporary:
        create_temporary(command.name, state)
        return Work.NOTHING_SEEN
    if command.name.schema == _SESSION:
        return Work.NOTHING_SEEN
    create_table(command, state)
    return None


_SESSION = "pg_temp"


def _create(command: sql.Create, statement: sql.Statement, state: State) -> Work | None:
    if command.temporary:
        create_temporary(command.name, state)
        return Work.NOTHING_SEEN
    if command.what in ("function", "procedure"):
        note_doer(command.name, statement.tokens, state)
    if command.name.schema == _SESSION:
        return Work.NOTHING_SEEN
    _put(command, state)
    if command.what == "schema" and command.rest and command.rest[0].word != "authorization":
        raise Unsure("what else is made with a schema")
    return None


def _put(command: sql.Create, state: State) -> None:
    kind = KINDS[command.what]
    if command.table is not None:
        on = Thing(kind, changed_table(command.table, state), command.name.name)
        state.hides |= command.replaces
        state.put(on, TriggerShape() if kind is ObjectKind.TRIGGER else Bare())
        return
    thing = Thing(kind, _created(command, state))
    if kind is ObjectKind.SEQUENCE and has_word(command.rest, "owned"):
        state.loose.add(thing.name)  # it goes with the column that owns it
    state.hides |= command.replaces  # in place of what, nobody knows
    if command.lenient and thing in state.things:
        state.touch(thing)
    elif thing.name.table != "plpgsql":  # it is in every database; the catalogue leaves it out
        state.put(thing, Labels() if kind is ObjectKind.TYPE else Bare())


def _created(command: sql.Create, state: State) -> TableName:
    if command.what == "schema":
        return TableName(schema=command.name.name, table="")
    if command.what == "extension":
        return TableName(schema="", table=command.name.name)
    return resolved(command.name, state, KINDS[command.what])


def _create_index(command: sql.CreateIndex, statement: sql.Statement, state: State) -> Work | None:
    if command.table.schema == _SESSION:
        return Work.NOTHING_SEEN
    table = changed_table(command.table, state)
    columns = tuple(key.column for key in command.keys if key.column and not key.options)
    plain = command.where is None and not command.rest and command.method == "btree"
    name = TableName(schema=table.schema, table=command.name or _chosen(command, table, state))
    shape = IndexShape(
        table=table,
        unique=command.unique,
        columns=columns if plain and len(columns) == len(command.keys) else None,
    )
    thing = Thing(ObjectKind.INDEX, name)
    if command.lenient and thing in state.things:
        state.touch(thing)
    else:
        state.put(thing, shape)
    return None


def _chosen(command: sql.CreateIndex, table: TableName, state: State) -> str:
    """The name that PostgreSQL gives."""
    columns = [key.column for key in command.keys if key.column]
    if len(set(columns)) < len(command.keys):
        raise Unsure("the name of an index without one")
    chosen = object_name(table.table, "_".join(columns), "idx")
    if Thing(ObjectKind.INDEX, TableName(schema=table.schema, table=chosen)) in state.things:
        raise Unsure("which number is behind the name of an index")
    return chosen


def _create_enum(command: sql.CreateEnum, statement: sql.Statement, state: State) -> None:
    state.put(Thing(ObjectKind.TYPE, resolved(command.name, state)), Labels(command.labels))


# --- ALTER --------------------------------------------------------------------------------------


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


def _add_label(command: sql.AddLabel, statement: sql.Statement, state: State) -> None:
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


def _rename_label(command: sql.RenameLabel, statement: sql.Statement, state: State) -> None:
    thing, labels = _labels(command, state)
    if not labels:
        if not _label_of_unmade(command.name, thing, command.new, state):
            raise Unsure("which labels a type has")
        return
    renamed = (command.new if it == command.old else it for it in labels)
    state.put(thing, Labels(tuple(renamed)))


def _rename(command: sql.Rename, statement: sql.Statement, state: State) -> Work | None:
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


def _set_schema(command: sql.SetSchema, statement: sql.Statement, state: State) -> Work | None:
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


def _alter(command: sql.Alter, statement: sql.Statement, state: State) -> Work | None:
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


# --- DO -----------------------------------------------------------------------------------------


def _do(command: sql.Do, statement: sql.Statement, state: State) -> Work:
    """A block that we follow; of others whatever they name is in doubt."""
    block = command.block
    if block is None or (block.swallowed and len(block.steps) > 1):
        return _unfollowed(command, state)
    works: list[Work] = []
    for step in block.steps:
        found = _step(step, block, state)
        if found is None:
            return _unfollowed(command, state)
        works += found
    return _whole(works)


def _step(step: sql.Statement | sql.If, block: sql.Block, state: State) -> list[Work] | None:
    """`None` where the state does not tell whether the statements run."""
    statements: tuple[sql.Statement, ...] = (
        (step,) if isinstance(step, sql.Statement) else step.then
    )
    held = True if isinstance(step, sql.Statement) else exists(step.exists, state)
    if held is None:
        return None
    if isinstance(step, sql.If) and held is step.negated:
        return [_passed_over(it, state) for it in statements]
    if block.swallowed:
        return [_guarded(it, state, block.swallowed) for it in statements]
    return [apply(it, state) for it in statements]


def _guarded(statement: sql.Statement, state: State, swallowed: frozenset[str]) -> Work:
    """Where what it makes is there, it fails, and that is swallowed."""
    made = makes(statement, state)
    if made is not None and made in state.things:
        state.touch(made)
        return Work.OBJECTS
    work = apply(statement, state)
    if swallowed <= _DUPLICATES or isinstance(statement.command, sql.Drop):
        return work
    return _unread(state, statement.tokens)  # it may have failed for another reason


_DUPLICATES = frozenset({"42710", "42P07", "42701", "42P06"})


def _passed_over(statement: sql.Statement, state: State) -> Work:
    """A statement that is not run, because what it makes is there."""
    made = makes(statement, state)
    if made is not None and made in state.things:
        state.touch(made)
    else:
        state.hides = True
    return Work.OBJECTS


def _whole(works: list[Work]) -> Work:
    for work in (Work.UNREAD, Work.ROWS, Work.OBJECTS):
        if work in works:
            return work
    return Work.NOTHING_SEEN


def _unfollowed(command: sql.Do, state: State) -> Work:
    told = command.tokens
    state.anything |= not told or has_word(told, "execute") or calls_a_doer(told, state)
    return _unread(state, told)


_RUN: dict[type, Callable[[Any, sql.Statement, State], Work | None]] = {
    sql.Rows: _rows,
    sql.Transaction: _transaction,
    sql.Unseen: _unseen,
    sql.Comment: _comment,
    sql.CreateTable: _create_table,
    sql.Create: _create,
    sql.CreateIndex: _create_index,
    sql.CreateEnum: _create_enum,
    sql.AlterTable: lambda command, _, state: alter_table(command, state),
    sql.Alter: _alter,
    sql.AddLabel: _add_label,
    sql.RenameLabel: _rename_label,
    sql.Rename: _rename,
    sql.SetSchema: _set_schema,
    sql.Drop: lambda command, _, state: drop(command, state),
    sql.Do: _do,
}
