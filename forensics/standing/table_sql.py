"""CREATE TABLE and ALTER TABLE, read for what they leave in a catalogue."""

from __future__ import annotations

from dataclasses import replace

from forensics.effects.catalogue import object_name
from forensics.effects.cursor import Cursor
from forensics.effects.outcome import Unsure
from forensics.effects.tokens import Token
from forensics.facts import ObjectKind
from forensics.model import TableName
from forensics.standing.names import loosen, loosen_dependent, read_name, rename
from forensics.standing.spelling import is_serial, one_default, one_type
from forensics.standing.things import (
    Bare,
    ColumnShape,
    ConstraintShape,
    IndexShape,
    Shape,
    State,
    Thing,
)

_NEXT = (
    *("default", "not", "null", "primary", "unique", "constraint", "check", "references"),
    *("generated", "collate", ","),
)
_CONSTRAINTS = ("constraint", "primary", "unique", "foreign", "check", "exclude")


def create_table(cursor: Cursor, state: State) -> None:
    """CREATE TABLE name (...); of forms that take columns from elsewhere only the name."""
    lenient = cursor.took("if", "not", "exists")
    name = read_name(cursor, state)
    thing = Thing(ObjectKind.TABLE, name)
    if lenient and thing in state.things:
        state.touch(thing)
        return
    state.put(thing, Bare())
    if not cursor.sees("("):
        state.loose.add(name)
        return
    body = Cursor(cursor.group())
    if not cursor.ended:  # PARTITION BY, INHERITS, WITH
        state.loose.add(name)
    while not body.ended:
        item = Cursor(body.until(","))
        body.took(",")
        _read_item(item, state, name)


def _read_item(item: Cursor, state: State, table: TableName) -> None:
    try:
        if item.sees("like"):
            raise item.unknown()
        if any(item.sees(word) for word in _CONSTRAINTS):
            _add_constraint(item, state, table)
        else:
            _add_column(item, state, table)
    except Unsure:
        state.loose.add(table)


# --- Columns ------------------------------------------------------------------------------------


def _add_column(cursor: Cursor, state: State, table: TableName) -> None:
    name = cursor.name()
    written = _written(cursor.until(*_NEXT))
    thing = Thing(ObjectKind.COLUMN, table, name)
    serial = is_serial(written)
    shape = ColumnShape(
        type=one_type(written),
        not_null=serial,
        has_default=serial,
        identity=False,
        generated=False,
    )
    state.put(thing, shape)
    while not cursor.ended and not cursor.sees(","):
        shape = _with_clause(cursor, state, thing, shape)
        state.put(thing, shape)


def _written(tokens: tuple[Token, ...]) -> str:
    return " ".join(token.raw for token in tokens)


def _with_clause(cursor: Cursor, state: State, thing: Thing, shape: ColumnShape) -> ColumnShape:
    named = cursor.name() if cursor.took("constraint") else None
    if cursor.took("not", "null"):
        return replace(shape, not_null=True)
    if cursor.took("default"):
        # NULL may be the whole expression, and stands in _NEXT too.
        first = () if cursor.sees("(") else (cursor.next(),)
        return _with_default(shape, (*first, *cursor.until(*_NEXT)))
    if cursor.took("generated"):
        return _with_generated(cursor, shape)
    if cursor.took("collate"):
        cursor.qualified()
        return shape
    if cursor.took("primary", "key"):
        _put_key(state, thing.name, named, "p", (thing.part,))
        return replace(shape, not_null=True)
    if not cursor.took("null"):
        _inline_constraint(cursor, state, thing, named)
    return shape


def _inline_constraint(cursor: Cursor, state: State, column: Thing, named: str | None) -> None:
    table, columns = column.name, (column.part,)
    if cursor.took("unique"):
        _nulls(cursor)
        _put_key(state, table, named, "u", columns)
    elif cursor.took("check"):
        _check(cursor, state, table, named)
    else:
        cursor.take("references")
        target = read_name(cursor, state, ObjectKind.TABLE)
        if cursor.sees("("):
            cursor.group()
        _skip_reference_options(cursor)
        name = named or object_name(table.table, column.part, "fkey")
        found = ConstraintShape(kind="f", columns=columns, target=target)
        state.put(Thing(ObjectKind.CONSTRAINT, table, name), found)


def _skip_reference_options(cursor: Cursor) -> None:
    """MATCH, ON DELETE, ON UPDATE, DEFERRABLE: not compared."""
    while True:
        if cursor.took("match") or cursor.took("initially"):
            cursor.next()
        elif cursor.took("on"):
            cursor.next()
            if cursor.took("set") or not cursor.took("no", "action"):
                cursor.next()
        elif not (cursor.took("deferrable") or cursor.took("not", "deferrable")):
            return


def _check(cursor: Cursor, state: State, table: TableName, named: str | None) -> None:
    cursor.group()
    if named is not None:
        state.put(Thing(ObjectKind.CONSTRAINT, table, named), ConstraintShape(kind="c"))


def _with_default(shape: ColumnShape, tokens: tuple[Token, ...]) -> ColumnShape:
    if len(tokens) == 1 and tokens[0].word == "null":
        return replace(shape, has_default=None, default=None)
    return replace(shape, has_default=True, default=one_default(_written(tokens), shape.type))


def _with_generated(cursor: Cursor, shape: ColumnShape) -> ColumnShape:
    if not cursor.took("by", "default"):
        cursor.take("always")
    cursor.take("as")
    if cursor.took("identity"):
        if cursor.sees("("):
            cursor.group()
        return replace(shape, identity=True, not_null=True, has_default=None)
    cursor.group()
    if not cursor.took("stored"):
        cursor.took("virtual")
    return replace(shape, generated=True, has_default=None, default=None)


# --- Constraints --------------------------------------------------------------------------------


def _nulls(cursor: Cursor) -> None:
    if cursor.took("nulls") and not cursor.took("not", "distinct"):
        cursor.take("distinct")


def _put_key(
    state: State, table: TableName, named: str | None, kind: str, columns: tuple[str, ...]
) -> None:
    second, label = ("", "pkey") if kind == "p" else ("_".join(columns), "key")
    name = named or object_name(table.table, second, label)
    thing = Thing(ObjectKind.CONSTRAINT, table, name)
    state.put(thing, ConstraintShape(kind=kind, columns=columns))


def _add_constraint(cursor: Cursor, state: State, table: TableName) -> None:
    named = cursor.name() if cursor.took("constraint") else None
    if cursor.took("primary", "key"):
        columns = cursor.names()
        _put_key(state, table, named, "p", columns)
        for column in columns:
            _change(state, table, column, not_null=True)
    elif cursor.took("unique"):
        _nulls(cursor)
        _put_key(state, table, named, "u", cursor.names())
    elif cursor.took("check"):
        _check(cursor, state, table, named)
    elif cursor.took("foreign", "key"):
        columns = cursor.names()
        cursor.take("references")
        target = read_name(cursor, state, ObjectKind.TABLE)
        name = named or object_name(table.table, "_".join(columns), "fkey")
        shape = ConstraintShape(kind="f", columns=columns, target=target)
        state.put(Thing(ObjectKind.CONSTRAINT, table, name), shape)
    elif not cursor.took("exclude"):
        raise cursor.unknown()
    cursor.until(",")  # ON DELETE, DEFERRABLE, NOT VALID, INCLUDE: not compared


# --- ALTER TABLE --------------------------------------------------------------------------------


def alter_table(cursor: Cursor, state: State) -> None:
    """ALTER TABLE name action, ...; an action that we do not read leaves the table in doubt."""
    cursor.took("if", "exists")
    cursor.took("only")
    table = read_name(cursor, state, ObjectKind.TABLE, ObjectKind.VIEW)
    cursor.took("*")
    if not state.has_table(table):
        state.loose.add(table)
    if _moved(cursor, state, table):
        return
    while not cursor.ended:
        action = Cursor(cursor.until(","))
        cursor.took(",")
        try:
            _act(action, state, table)
        except Unsure:
            state.loose.add(table)
            loosen(state, action.tokens)


def _moved(cursor: Cursor, state: State, table: TableName) -> bool:
    thing = Thing(ObjectKind.TABLE, table)
    if cursor.took("rename", "to"):
        rename(state, thing, TableName(schema=table.schema, table=cursor.name()))
    elif cursor.took("set", "schema"):
        rename(state, thing, TableName(schema=cursor.name(), table=table.table))
    elif cursor.took("rename", "constraint"):
        old = Thing(ObjectKind.CONSTRAINT, table, cursor.name())
        cursor.take("to")
        _renamed_part(state, old, cursor.name())
    elif cursor.took("rename"):
        cursor.took("column")
        column = Thing(ObjectKind.COLUMN, table, cursor.name())
        cursor.take("to")
        _rename_column(state, column, cursor.name())
    else:
        return False
    return True


def _renamed_part(state: State, old: Thing, new: str) -> None:
    held = state.get(old)
    state.remove(old)
    if held is None:
        state.loose.add(old.name)
    else:
        state.put(old._replace(part=new), held)


def _rename_column(state: State, old: Thing, new: str) -> None:
    """The column keeps its place, and keys and indexes follow it."""
    order = list(state.things)
    _renamed_part(state, old, new)
    renamed = old._replace(part=new)
    if renamed in state.things and old in order:
        again = (renamed if thing == old else thing for thing in order)
        state.things = {thing: state.things[thing] for thing in again}
    for part, shape in state.parts(old.name):
        if isinstance(shape, ConstraintShape | IndexShape) and old.part in (shape.columns or ()):
            columns = tuple(new if it == old.part else it for it in shape.columns or ())
            state.put(part, replace(shape, columns=columns))


def _act(cursor: Cursor, state: State, table: TableName) -> None:
    if cursor.took("add"):
        if any(cursor.sees(word) for word in _CONSTRAINTS):
            _add_constraint(cursor, state, table)
            return
        cursor.took("column")
        lenient = cursor.took("if", "not", "exists")
        thing = Thing(ObjectKind.COLUMN, table, cursor.here.value)
        if lenient and thing in state.things:
            state.touch(thing)
            return
        _add_column(cursor, state, table)
    elif cursor.took("drop", "constraint"):
        cursor.took("if", "exists")
        state.remove(Thing(ObjectKind.CONSTRAINT, table, cursor.name()))
        _cascade(cursor, state, table)
    elif cursor.took("drop"):
        cursor.took("column")
        cursor.took("if", "exists")
        drop_column(state, table, cursor.name())
        _cascade(cursor, state, table)
    elif cursor.took("alter"):
        cursor.took("column")
        _alter_column(cursor, state, table)
    elif not _is_unseen(cursor):
        raise cursor.unknown()


def _cascade(cursor: Cursor, state: State, table: TableName) -> None:
    """Foreign keys that point to what is gone go with it; which ones, is not told here."""
    if cursor.took("cascade"):
        state.loose |= {
            thing.name
            for thing, shape in state.things.items()
            if isinstance(shape, ConstraintShape) and shape.target == table
        }
        state.loose.add(table)  # a generated column, for one
        loosen_dependent(state)


def _is_unseen(cursor: Cursor) -> bool:
    """Actions that leave nothing which is compared."""
    return (
        cursor.took("owner", "to")
        or cursor.took("validate", "constraint")
        or cursor.took("replica", "identity")
        or cursor.took("cluster", "on")
        or (cursor.sees("set") and Cursor(cursor.tokens, cursor.at + 1).sees("("))
        or any(
            Cursor(cursor.tokens, cursor.at + skip).sees("row", "level", "security")
            for skip in (1, 2)
        )
    )


def drop_column(state: State, table: TableName, column: str) -> None:
    """A column goes with its keys and indexes; of an index on an expression one cannot tell."""
    state.remove(Thing(ObjectKind.COLUMN, table, column))
    for part, shape in state.parts(table):
        if not isinstance(shape, ConstraintShape | IndexShape):
            continue
        if shape.columns is None:
            state.loose.add(part.name if not part.part else table)
        elif column in shape.columns:
            state.remove(part)


def _alter_column(cursor: Cursor, state: State, table: TableName) -> None:
    name = cursor.name()
    for opening, changes in _PLAIN_CHANGES:
        if cursor.took(*opening):
            _change(state, table, name, **changes)
            return
    thing = Thing(ObjectKind.COLUMN, table, name)
    held = state.get(thing)
    if not isinstance(held, ColumnShape):
        raise cursor.unknown()
    if cursor.took("set", "default"):
        state.put(thing, _with_default(held, cursor.until(",")))
    elif cursor.took("set", "data", "type") or cursor.took("type"):
        type_ = one_type(_written(cursor.until("using", "collate", ",")))
        # The default is cast with it, and may be printed in other words.
        state.put(thing, replace(held, type=type_, default=None))
    elif cursor.took("add", "generated"):
        state.put(thing, _with_generated(cursor, held))
    elif not cursor.took("set"):  # STATISTICS, STORAGE, options of an identity: not compared
        raise cursor.unknown()


_PLAIN_CHANGES: tuple[tuple[tuple[str, ...], dict[str, object]], ...] = (
    (("drop", "default"), {"has_default": False, "default": None}),
    (("set", "not", "null"), {"not_null": True}),
    (("drop", "not", "null"), {"not_null": False}),
    (("drop", "identity"), {"identity": False, "has_default": False}),
    (("drop", "expression"), {"generated": False, "has_default": False}),
)


def _change(state: State, table: TableName, column: str, **changes: object) -> None:
    thing = Thing(ObjectKind.COLUMN, table, column)
    held: Shape | None = state.get(thing)
    if isinstance(held, ColumnShape):
        state.put(thing, replace(held, **changes))  # type: ignore[arg-type]
    else:
        state.loose.add(table)
