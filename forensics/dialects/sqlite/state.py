"""The catalogue of a SQLite database as a flat list of things."""

from __future__ import annotations

from forensics.dialects.lexing import Kind
from forensics.dialects.sqlite.keys import columns_of, foreign_key, plain_columns
from forensics.dialects.sqlite.text import tokens
from forensics.dialects.things import (
    Bare,
    ColumnShape,
    ConstraintShape,
    IndexShape,
    Parts,
    State,
    Thing,
    TriggerShape,
)
from forensics.facts import Column, Constraint, LiveSchema, LiveTable, ObjectKind, RelationKind
from forensics.model import TableName


def state_of(schema: LiveSchema) -> State:
    """Everything in a catalogue that a migration can have made."""
    state = State(search_path=schema.search_path)
    for table in schema.tables:
        for thing, shape in things_of(table):
            state.put(thing, shape)
    return state


def things_of(table: LiveTable) -> Parts:
    """A table or view with all that belongs to it."""
    name = table.name
    found: Parts = [
        (Thing(ObjectKind.TRIGGER, name, it.name), TriggerShape()) for it in table.triggers
    ]
    if table.kind is RelationKind.VIEW:
        return [(Thing(ObjectKind.VIEW, name), Bare()), *found]
    return [
        (Thing(ObjectKind.TABLE, name), Bare()),
        *((Thing(ObjectKind.COLUMN, name, it.name), _column(it)) for it in table.columns),
        *(
            (Thing(ObjectKind.CONSTRAINT, name, it.name), _constraint(it))
            for it in table.constraints
        ),
        *(
            (
                Thing(ObjectKind.INDEX, TableName(schema=name.schema, table=it.name)),
                IndexShape(table=name, unique=it.unique, columns=plain_columns(it.definition)),
            )
            for it in table.index_definitions
        ),
        *found,
    ]


def _column(column: Column) -> ColumnShape:
    made = bool(column.generated)
    return ColumnShape(
        type=column.type,
        not_null=column.not_null,
        has_default=None if made else column.default is not None,
        default=None if made or column.default is None else _default(column.default),
        identity=False,
        generated=made,
    )


def _default(written: str) -> str:
    """Without needless brackets; a name is the text 'abc' there, and keywords have no case."""
    inner = written.strip()
    while inner.startswith("(") and inner.endswith(")"):
        inner = inner[1:-1].strip()
    return " ".join(
        f"'{it.name}'" if it.kind is Kind.QUOTED else it.word or it.raw for it in tokens(inner)
    )


def _constraint(constraint: Constraint) -> ConstraintShape:
    key = foreign_key(constraint)
    return ConstraintShape(
        kind=constraint.kind,
        columns=columns_of(constraint),
        target=TableName(schema="main", table=key.table) if key else None,
    )
