"""What a statement makes, and EXISTS on the system catalogues, compared with a state."""

from __future__ import annotations

from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres.cursor import Name
from forensics.dialects.postgres.standing.names import resolved
from forensics.dialects.things import State, Thing
from forensics.facts import ObjectKind
from forensics.model import TableName

_SOURCES = {
    "pg_constraint": (ObjectKind.CONSTRAINT, "", "", "conname"),
    "pg_type": (ObjectKind.TYPE, "", "typname", ""),
    "pg_tables": (ObjectKind.TABLE, "schemaname", "tablename", ""),
    "pg_indexes": (ObjectKind.INDEX, "schemaname", "indexname", ""),
    "information_schema.tables": (ObjectKind.TABLE, "table_schema", "table_name", ""),
    "information_schema.columns": (
        ObjectKind.COLUMN, "table_schema", "table_name", "column_name"
    ),
    "information_schema.table_constraints": (
        ObjectKind.CONSTRAINT, "table_schema", "table_name", "constraint_name"
    ),
}  # fmt: skip
"""System catalogue -> what it lists, and its columns of schema, name and part."""


def exists(condition: sql.Exists, state: State) -> bool | None:
    """Whether the state has such a thing; `None` where it does not tell."""
    if condition.source not in _SOURCES or state.anything:
        return None
    kind, *columns = _SOURCES[condition.source]
    wanted = dict(condition.wanted)
    table = wanted.pop("conrelid::regclass", None)
    if (columns[2] or columns[1]) not in wanted or not wanted.keys() <= set(columns):
        return None
    found = [
        thing
        for thing in state.things
        if thing.kind is kind
        and all(wanted.get(*pair) == pair[1] for pair in zip(columns, _names(thing), strict=True))
        and table in (None, thing.name.table, str(thing.name))
    ]
    return None if any(not state.decides(thing) for thing in found) else bool(found)


def _names(thing: Thing) -> tuple[str, str, str]:
    return thing.name.schema, thing.name.table, thing.part


def makes(statement: sql.Statement, state: State) -> Thing | None:
    """The one thing that a statement makes, if it makes one alone."""
    match statement.command:
        case sql.CreateTable(name=name):
            return Thing(ObjectKind.TABLE, resolved(name, state))
        case sql.CreateEnum(name=name):
            return Thing(ObjectKind.TYPE, resolved(name, state))
        case sql.CreateIndex(name=str(index), table=name):
            schema = resolved(name, state, ObjectKind.TABLE).schema
            return Thing(ObjectKind.INDEX, TableName(schema=schema, table=index))
        case sql.AlterTable(name=name, actions=(sql.AddColumn(column=column),)):
            return _part(ObjectKind.COLUMN, name, column.name, state)
        case sql.AlterTable(name=name, actions=(sql.AddConstraint(constraint=constraint),)):
            return _part(ObjectKind.CONSTRAINT, name, constraint.name or "", state)
    return None


def _part(kind: ObjectKind, table: Name, part: str, state: State) -> Thing:
    return Thing(kind, resolved(table, state, ObjectKind.TABLE), part)
