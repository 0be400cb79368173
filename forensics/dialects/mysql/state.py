"""The catalogue of a MySQL or MariaDB database as a flat list of things."""

from __future__ import annotations

from forensics.dialects.mysql import keys
from forensics.dialects.mysql.product import Product, product_of
from forensics.dialects.mysql.types import one_default, one_type, word_of
from forensics.dialects.mysql.work import HOME
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
from forensics.facts import (
    VIEW_KINDS,
    Column,
    Constraint,
    GeneratedKind,
    IdentityKind,
    Index,
    LiveSchema,
    LiveTable,
    ObjectKind,
)
from forensics.model import TableName

_ON_UPDATE = " ON UPDATE "


def state_of(schema: LiveSchema) -> State:
    """Everything in a catalogue that a migration can have made."""
    state, product = State(search_path=schema.search_path), product_of(schema)
    for table in schema.tables:
        for thing, shape in things_of(table, product):
            state.put(thing, shape)
    return state


def things_of(table: LiveTable, product: Product) -> Parts:
    """A table or view with all that belongs to it.

    Names of columns and keys are in lower case, since they have none.
    """
    name = _named(table, product)
    if table.kind in VIEW_KINDS:
        return [(Thing(ObjectKind.VIEW, name), Bare())]
    of_keys = {it.name.lower() for it in keys.foreign_keys(table)}
    indexes = [it for it in table.index_definitions if it.name.lower() not in of_keys]
    return [
        (Thing(ObjectKind.TABLE, name), Bare()),
        *((_part(ObjectKind.COLUMN, name, it.name), _column(it, product)) for it in table.columns),
        *(
            (_part(ObjectKind.CONSTRAINT, name, it.name), _constraint(it, product))
            for it in table.constraints
        ),
        *((_part(ObjectKind.INDEX, name, it.name), _index(name, it)) for it in indexes),
        *((Thing(ObjectKind.TRIGGER, name, it.name), TriggerShape()) for it in table.triggers),
    ]


def _named(table: LiveTable, product: Product) -> TableName:
    text = table.name.table
    return TableName(schema=HOME, table=text.lower() if product.folds_tables else text)


def _part(kind: ObjectKind, table: TableName, name: str) -> Thing:
    return Thing(kind, table, name.lower())


def _column(column: Column, product: Product) -> ColumnShape:
    type_ = one_type(column.type, product)
    generated = column.generated is not GeneratedKind.NONE
    written = (column.default or "").partition(_ON_UPDATE)[0]
    undecided = generated or word_of(type_) == "timestamp"
    return ColumnShape(
        type=type_,
        not_null=None if undecided else column.not_null,
        has_default=None if undecided else bool(written),
        default=None if undecided or not written else one_default(written, type_),
        identity=column.identity is not IdentityKind.NONE,
        generated=generated,
    )


def _constraint(constraint: Constraint, product: Product) -> ConstraintShape:
    key, columns = keys.foreign_key(constraint), keys.columns_of(constraint)
    target = None
    if key is not None:
        table = key.table.lower() if product.folds_tables else key.table
        target = TableName(schema=HOME, table=table)
    return ConstraintShape(
        kind=constraint.kind,
        columns=None if columns is None else tuple(it.lower() for it in columns),
        target=target,
    )


def _index(table: TableName, index: Index) -> IndexShape:
    columns = keys.plain_columns(index.definition)
    return IndexShape(
        table=table,
        unique=index.unique,
        columns=None if columns is None else tuple(it.lower() for it in columns),
    )
