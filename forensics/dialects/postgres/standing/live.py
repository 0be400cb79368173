"""The catalogue as a flat list of things."""

from __future__ import annotations

from msgspec.structs import replace

from forensics.dialects.postgres.cursor import Cursor
from forensics.dialects.postgres.effects.constraints import key_columns, referenced
from forensics.dialects.postgres.errors import Unsure
from forensics.dialects.postgres.standing.spelling import one_default, one_type
from forensics.dialects.postgres.tokens import Kind, statements
from forensics.dialects.things import (
    NAMED_ON_TABLES,
    ROW_SECURITY_FORCED,
    ROW_SECURITY_ON,
    Bare,
    ColumnShape,
    ConstraintShape,
    IndexShape,
    Labels,
    State,
    Thing,
    TriggerShape,
)
from forensics.facts import (
    COLUMN_KINDS,
    VIEW_KINDS,
    Column,
    Constraint,
    Index,
    LiveSchema,
    LiveTable,
    ObjectKind,
)
from forensics.model import TableName

_OTHERS = {
    "function": ObjectKind.FUNCTION,
    "procedure": ObjectKind.FUNCTION,
    "aggregate": ObjectKind.FUNCTION,
    "domain": ObjectKind.TYPE,
    "composite type": ObjectKind.TYPE,
    "range type": ObjectKind.TYPE,
    "type": ObjectKind.TYPE,
}


def state_of(schema: LiveSchema) -> State:
    """Everything in a catalogue that a migration can have made."""
    state = State(search_path=tuple(s for s in schema.search_path if s in schema.schemas))
    for schema_name in schema.schemas:
        state.put(Thing(ObjectKind.SCHEMA, TableName(schema=schema_name, table="")), Bare())
    for extension in schema.extensions:
        name = TableName(schema="", table=extension.name)
        state.put(Thing(ObjectKind.EXTENSION, name), Bare())
    for enum in schema.enums:
        state.put(Thing(ObjectKind.TYPE, enum.name), Labels(enum.labels))
    for sequence in schema.sequences:
        state.put(Thing(ObjectKind.SEQUENCE, sequence), Bare())
    for other in schema.others:
        if other.kind in _OTHERS:
            kind = _OTHERS[other.kind]
            state.put(Thing(kind, other.name), Labels() if kind is ObjectKind.TYPE else Bare())
    _add_tables(state, schema)
    return state


def _add_tables(state: State, schema: LiveSchema) -> None:
    for table in schema.tables:
        _add(state, table)
    if any(table.row_security is None for table in schema.tables):  # a bundle of an earlier version
        kinds = {kind.value: kind for kind in NAMED_ON_TABLES}
        named = (it for it in schema.others if it.kind in kinds)
        state.by_name = frozenset(Thing(kinds[it.kind], it.name) for it in named)


def _add(state: State, table: LiveTable) -> None:
    for trigger in table.triggers:
        thing = Thing(ObjectKind.TRIGGER, table.name, trigger.name)
        state.put(thing, TriggerShape(trigger.enabled))
    for index in table.index_definitions:
        name = TableName(schema=table.name.schema, table=index.name)
        state.put(Thing(ObjectKind.INDEX, name), _index(table.name, index))
    if table.kind in VIEW_KINDS:
        state.put(Thing(ObjectKind.VIEW, table.name), Bare())
        return
    state.put(Thing(ObjectKind.TABLE, table.name), Bare())
    for column in table.columns:
        state.put(Thing(ObjectKind.COLUMN, table.name, column.name), _column(column))
    for constraint in table.constraints:
        thing = Thing(ObjectKind.CONSTRAINT, table.name, constraint.name)
        state.put(thing, _constraint(constraint))
    _add_security(state, table)


def _add_security(state: State, table: LiveTable) -> None:
    for policy in table.policies:
        state.put(Thing(ObjectKind.POLICY, table.name, policy.name), Bare())
    if table.row_security:
        state.put(Thing(ObjectKind.ROW_SECURITY, table.name, ROW_SECURITY_ON), Bare())
    if table.forced_row_security:
        state.put(Thing(ObjectKind.ROW_SECURITY, table.name, ROW_SECURITY_FORCED), Bare())


def _column(column: Column) -> ColumnShape:
    type_ = one_type(column.type)
    made = bool(column.identity or column.generated)
    return ColumnShape(
        type=type_,
        not_null=column.not_null,
        has_default=None if made else column.default is not None,
        default=one_default(column.default, type_) if column.default and not made else None,
        identity=bool(column.identity),
        generated=bool(column.generated),
    )


def _constraint(constraint: Constraint) -> ConstraintShape:
    bare = ConstraintShape(kind=constraint.kind, validated=constraint.validated)
    if constraint.kind not in COLUMN_KINDS:
        return bare
    try:
        target = referenced(constraint)
        columns = key_columns(constraint)
    except Unsure:
        return bare
    return replace(
        bare,
        columns=columns,
        target=TableName(schema=target[0].schema, table=target[0].name)
        if target and target[0].schema
        else None,
    )


def _index(table: TableName, index: Index) -> IndexShape:
    return IndexShape(
        table=table,
        unique=index.unique,
        columns=_plain_columns(index.definition),
        usable=index.usable,
    )


def _plain_columns(definition: str) -> tuple[str, ...] | None:
    """The columns of `USING btree (a, b)`, `None` where it says more than that."""
    try:
        (tokens,) = statements(definition)
        cursor = Cursor(tokens)
        cursor.take("using", "btree")
        inside = cursor.group()
        cursor.end()
    except (Unsure, ValueError):
        return None
    names = inside[::2]
    plain = all(token.kind in (Kind.WORD, Kind.QUOTED) for token in names)
    commas = all(token.value == "," for token in inside[1::2])
    return tuple(token.value for token in names) if plain and commas else None
