"""What a statement makes, by its name alone: for statements that could not be followed."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.dialects.mysql import commands as sql
from forensics.dialects.mysql.keys import PRIMARY
from forensics.dialects.mysql.work import HOME
from forensics.dialects.things import Bare, ColumnShape, ConstraintShape, IndexShape, Shape
from forensics.facts import ConstraintKind, ObjectKind
from forensics.model import TableName

Named = tuple[ObjectKind, str, str, Shape]
"""Kind, table, name within it, and a shape of which nothing is decided."""
_CONSTRAINTS = {
    sql.KeyKind.PRIMARY: ConstraintKind.PRIMARY_KEY,
    sql.KeyKind.FOREIGN: ConstraintKind.FOREIGN_KEY,
    sql.KeyKind.CHECK: ConstraintKind.CHECK,
}


def made_by_name(command: sql.Command) -> list[Named] | None:
    """All that it makes; `None` where it changes or drops something, too."""
    match command:
        case sql.CreateTable(name=name, columns=columns):
            made: list[Named] = [(ObjectKind.TABLE, name, "", Bare())]
            made += [(ObjectKind.COLUMN, name, it.name, ColumnShape()) for it in columns]
            return made + [it for key in command.keys for it in _key(name, key)]
        case sql.CreateView(name=name):
            return [(ObjectKind.VIEW, name, "", Bare())]
        case sql.AlterTable(name=name, actions=actions):
            if not all(isinstance(it, sql.AddColumn | sql.AddKey) for it in actions):
                return None
            return [it for action in actions for it in _added(name, action)]
        case _:
            return None


def _added(table: str, action: object) -> Iterator[Named]:
    if isinstance(action, sql.AddColumn):
        yield ObjectKind.COLUMN, table, action.column.name, ColumnShape()
    elif isinstance(action, sql.AddKey):
        yield from _key(table, action.key)


def _key(table: str, key: sql.Key) -> Iterator[Named]:
    if key.kind is sql.KeyKind.PRIMARY:
        yield ObjectKind.CONSTRAINT, table, PRIMARY, _constraint(key)
    elif key.name is not None and key.kind in sql.INDEXES:
        shape = IndexShape(
            table=TableName(schema=HOME, table=table), unique=key.kind is sql.KeyKind.UNIQUE
        )
        yield ObjectKind.INDEX, table, key.name, shape
    elif key.name is not None:
        yield ObjectKind.CONSTRAINT, table, key.name, _constraint(key)


def _constraint(key: sql.Key) -> ConstraintShape:
    return ConstraintShape(kind=_CONSTRAINTS[key.kind])
