"""CREATE TABLE and ALTER TABLE, and what they leave in a catalogue."""

from __future__ import annotations

from itertools import pairwise

from msgspec.structs import replace

from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres.effects.catalogue import object_name
from forensics.dialects.postgres.effects.types import SERIAL
from forensics.dialects.postgres.standing.names import (
    changed_table,
    is_nowhere,
    loosen,
    loosen_dependent,
    meant,
    rename_on_table,
    resolved,
)
from forensics.dialects.postgres.standing.spelling import spelled_default, spelled_type
from forensics.dialects.things import (
    ROW_SECURITY_FORCED,
    ROW_SECURITY_ON,
    Bare,
    ColumnShape,
    ConstraintShape,
    IndexShape,
    Shape,
    State,
    Thing,
    TriggerShape,
)
from forensics.facts import COLUMN_KINDS, ConstraintKind, ObjectKind
from forensics.model import TableName


def create_table(command: sql.CreateTable, state: State) -> None:
    """CREATE TABLE name (...); of forms that take columns from elsewhere only the name."""
    name = resolved(command.name, state)
    thing = Thing(ObjectKind.TABLE, name)
    if command.lenient and thing in state.things:
        state.touch(thing)
        return
    state.put(thing, Bare())
    state.unmade.discard(name)
    if command.items is None or command.rest:  # PARTITION BY, INHERITS, WITH
        state.loose.add(name)
    for item in command.items or ():
        match item:
            case sql.Column():
                _add_column(item, state, name)
            case sql.TableConstraint():
                _add_constraint(item, state, name)
            case sql.Unread():
                state.loose.add(name)


# --- Columns ------------------------------------------------------------------------------------


def _add_column(column: sql.Column, state: State, table: TableName) -> None:
    serial = column.type.name.schema is None and column.type.name.name in SERIAL
    shape = ColumnShape(
        type=spelled_type(column.type),
        not_null=serial or column.not_null,
        has_default=serial,
        identity=False,
        generated=False,
    )
    if column.default is not None:
        shape = _with_default(shape, column.default)
    if column.generated is not None:
        shape = _with_generated(shape, column.generated)
    thing = Thing(ObjectKind.COLUMN, table, column.name)
    state.put(thing, shape)
    for constraint in column.constraints:
        _add_constraint(constraint, state, table)
    if column.rest:
        state.loose.add(table)


def _with_default(shape: ColumnShape, tokens: sql.Tokens) -> ColumnShape:
    if len(tokens) == 1 and tokens[0].word == "null":
        return replace(shape, has_default=None, default=None)
    return replace(shape, has_default=True, default=spelled_default(tokens, shape.type))


def _with_generated(shape: ColumnShape, generated: sql.Generated) -> ColumnShape:
    if generated.identity:
        return replace(shape, identity=True, not_null=True, has_default=None)
    return replace(shape, generated=True, has_default=None, default=None)


# --- Constraints --------------------------------------------------------------------------------


def _add_constraint(constraint: sql.TableConstraint, state: State, table: TableName) -> None:
    """Those of which PostgreSQL chooses the name in a way that we do not model are left out."""
    kind, columns = constraint.kind, constraint.columns
    name = constraint.name
    if name is None and kind in COLUMN_KINDS:
        first = kind is ConstraintKind.PRIMARY_KEY
        second, label = ("", "pkey") if first else ("_".join(columns), _LABEL[kind])
        name = object_name(table.table, second, label)
    if name is not None:
        to = constraint.target
        target = None if to is None else meant(to, state, ObjectKind.TABLE)
        shape = ConstraintShape(
            kind=kind,
            columns=(columns or None) if kind in COLUMN_KINDS else None,
            target=target,
            validated=not _not_valid(constraint.options),
        )
        state.put(Thing(ObjectKind.CONSTRAINT, table, name), shape)
    else:
        state.hides = True
    for column in columns if kind is ConstraintKind.PRIMARY_KEY else ():
        _change(state, table, column, not_null=True)


def _not_valid(options: sql.Tokens) -> bool:
    """NOT VALID, and NOT ENFORCED of PostgreSQL 18, which checks nothing at all."""
    words = [token.word for token in options]
    return any(pair in _UNCHECKED for pair in pairwise(words))


_UNCHECKED = (("not", "valid"), ("not", "enforced"))
_LABEL = {ConstraintKind.UNIQUE: "key", ConstraintKind.FOREIGN_KEY: "fkey"}

# --- ALTER TABLE --------------------------------------------------------------------------------


def alter_table(command: sql.AlterTable, state: State) -> None:
    """ALTER TABLE name action, ...; an action that we do not read leaves the table in doubt."""
    table = changed_table(command.name, state)
    if command.lenient and is_nowhere(table, state):
        state.hides |= table in state.loose
        return
    for action in command.actions:
        _act(action, state, table)


def rename_part(command: sql.Rename, state: State) -> None:
    """RENAME of a column or constraint."""
    table = changed_table(command.name, state)
    if command.lenient and is_nowhere(table, state):
        state.hides |= table in state.loose
        return
    if command.what == "constraint":
        old = Thing(ObjectKind.CONSTRAINT, table, command.part)
        rename_on_table(state, old, command.new)
    else:
        _rename_column(state, Thing(ObjectKind.COLUMN, table, command.part), command.new)


def _rename_column(state: State, old: Thing, new: str) -> None:
    """The column keeps its place, and keys and indexes follow it."""
    order = list(state.things)
    rename_on_table(state, old, new)
    renamed = old._replace(part=new)
    if renamed in state.things and old in order:
        again = (renamed if thing == old else thing for thing in order)
        state.things = {thing: state.things[thing] for thing in again}
    for part, shape in state.parts(old.name):
        if isinstance(shape, ConstraintShape | IndexShape) and old.part in (shape.columns or ()):
            columns = tuple(new if it == old.part else it for it in shape.columns or ())
            state.put(part, replace(shape, columns=columns))


def _act(action: sql.Action, state: State, table: TableName) -> None:
    match action:
        case sql.AddColumn(column=column, lenient=lenient):
            thing = Thing(ObjectKind.COLUMN, table, column.name)
            if lenient and thing in state.things:
                state.touch(thing)
            elif lenient and table in state.unmade:
                state.put(thing, ColumnShape())
            else:
                _add_column(column, state, table)
        case sql.DropPart():
            _drop_part(action, state, table)
        case sql.AlterColumn():
            _alter_column(action, state, table)
        case sql.Option(what=what):
            _secure(what, state, table)
        case sql.Unread():
            _doubt(action.tokens, state, table)
        case _:
            _act_on_guard(action, state, table)


def _doubt(tokens: sql.Tokens, state: State, table: TableName) -> None:
    state.hides = True
    state.loose.add(table)
    loosen(state, tokens)


# --- Constraints, triggers, row level security --------------------------------------------------


def _act_on_guard(
    action: sql.AddConstraint | sql.Validate | sql.Switch, state: State, table: TableName
) -> None:
    match action:
        case sql.AddConstraint(constraint=constraint):
            _add_constraint(constraint, state, table)
        case sql.Validate(name=name):
            _validate(Thing(ObjectKind.CONSTRAINT, table, name), state)
        case sql.Switch():
            _switch(action, state, table)


def _validate(thing: Thing, state: State) -> None:
    held = state.get(thing)
    if isinstance(held, ConstraintShape):
        state.put(thing, replace(held, validated=True))
    else:
        _change_unmade(state, thing, Bare())


def _change_unmade(state: State, thing: Thing, shape: Shape) -> None:
    """A part that the list does not make, after a change: of the shape, that alone is known."""
    if thing not in state.things:
        state.unmade.add(thing)
    state.put(thing, shape)


def _switch(action: sql.Switch, state: State, table: TableName) -> None:
    """A trigger on or off: one, or all of the table."""
    known = [thing for thing, _ in state.parts(table) if thing.kind is ObjectKind.TRIGGER]
    switched = [thing for thing in known if action.name in (None, thing.part)]
    state.hides |= action.name is None
    if action.name is not None and not switched:
        thing = Thing(ObjectKind.TRIGGER, table, action.name)
        _change_unmade(state, thing, TriggerShape(action.on))
    for thing in switched:
        state.put(thing, TriggerShape(action.on))


_SECURES = {
    "enable row level security": (ROW_SECURITY_ON, True),
    "disable row level security": (ROW_SECURITY_ON, False),
    "force row level security": (ROW_SECURITY_FORCED, True),
    "no force row level security": (ROW_SECURITY_FORCED, False),
}


def _secure(what: str, state: State, table: TableName) -> None:
    if what not in _SECURES:
        state.hides = True
        return
    part, on = _SECURES[what]
    thing = Thing(ObjectKind.ROW_SECURITY, table, part)
    if on:
        state.put(thing, Bare())
    else:
        state.remove(thing)


def _drop_part(action: sql.DropPart, state: State, table: TableName) -> None:
    if action.what == "constraint":
        state.remove(Thing(ObjectKind.CONSTRAINT, table, action.name))
    else:
        _drop_column(state, table, action.name)
    if action.cascade:
        _cascade(state, table)


def _cascade(state: State, table: TableName) -> None:
    """Foreign keys that point to what is gone go with it; which ones, is not told here."""
    state.loose |= {
        thing.name
        for thing, shape in state.things.items()
        if isinstance(shape, ConstraintShape) and shape.target == table
    }
    state.loose.add(table)  # a generated column, for one
    loosen_dependent(state)


def _drop_column(state: State, table: TableName, column: str) -> None:
    """A column goes with its keys and indexes; of an index on an expression one cannot tell."""
    state.remove(Thing(ObjectKind.COLUMN, table, column))
    for part, shape in state.parts(table):
        if not isinstance(shape, ConstraintShape | IndexShape):
            continue
        if shape.columns is None:
            state.loose.add(part.name if not part.part else table)
        elif column in shape.columns:
            state.remove(part)


def _alter_column(action: sql.AlterColumn, state: State, table: TableName) -> None:
    if (changes := _PLAIN_CHANGES.get(action.change)) is not None:
        _change(state, table, action.name, **changes)
        return
    held = _column_of(state, table, action.name)
    thing = Thing(ObjectKind.COLUMN, table, action.name)
    if held is None:
        state.loose.add(table)
        state.hides = True
    elif action.change is sql.Change.SET_DEFAULT:
        _change_unmade(state, thing, _with_default(held, action.default))
    elif action.change is sql.Change.ADD_IDENTITY:
        _change_unmade(state, thing, _with_generated(held, sql.Generated(identity=True)))
    elif action.type is not None:
        # The default is cast with it, and may be printed in other words.
        changed = replace(held, type=spelled_type(action.type), default=None)
        _change_unmade(state, thing, changed)
    else:
        state.hides = True


def _column_of(state: State, table: TableName, column: str) -> ColumnShape | None:
    """What is known of a column; of a table that the list does not make, perhaps nothing."""
    held = state.get(Thing(ObjectKind.COLUMN, table, column))
    if isinstance(held, ColumnShape):
        return held
    return ColumnShape() if table in state.unmade else None


_PLAIN_CHANGES: dict[sql.Change, dict[str, object]] = {
    sql.Change.DROP_DEFAULT: {"has_default": False, "default": None},
    sql.Change.SET_NOT_NULL: {"not_null": True},
    sql.Change.DROP_NOT_NULL: {"not_null": False},
    sql.Change.DROP_IDENTITY: {"identity": False, "has_default": False},
    sql.Change.DROP_EXPRESSION: {"generated": False, "has_default": False},
}


def _change(state: State, table: TableName, column: str, **changes: object) -> None:
    thing = Thing(ObjectKind.COLUMN, table, column)
    held = _column_of(state, table, column)
    if held is not None:
        _change_unmade(state, thing, replace(held, **changes))
    else:
        state.loose.add(table)
        state.hides = True
