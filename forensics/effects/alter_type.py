"""ALTER TYPE of enums."""

from __future__ import annotations

from msgspec.structs import replace

from forensics.effects.catalogue import Catalogue
from forensics.effects.cursor import Cursor
from forensics.effects.outcome import PostgresError
from forensics.effects.types import printed_type, qualified
from forensics.facts import Column
from forensics.model import TableName


def alter_type(cursor: Cursor, catalogue: Catalogue) -> None:
    """ALTER TYPE name ADD VALUE | RENAME VALUE | RENAME TO | SET SCHEMA."""
    written = cursor.qualified()
    if written.schema is not None:
        catalogue.require_schema(written.schema)
    enum = catalogue.find_enum(written)
    if enum is None:
        raise PostgresError("42704", f'type "{written}" does not exist')
    if cursor.took("add", "value"):
        _add_value(cursor, catalogue, enum)
    elif cursor.took("rename", "value"):
        _rename_value(cursor, catalogue, enum)
    elif cursor.took("rename", "to"):
        _move_type(catalogue, enum, TableName(schema=enum.schema, table=cursor.name()), "")
    elif cursor.took("set", "schema"):
        schema = cursor.name()
        catalogue.require_schema(schema)
        there = TableName(schema=schema, table=enum.table)
        _move_type(catalogue, enum, there, f' in schema "{schema}"')
    else:
        raise cursor.unknown()
    cursor.end()


def _add_value(cursor: Cursor, catalogue: Catalogue, enum: TableName) -> None:
    lenient = cursor.took("if", "not", "exists")
    label = cursor.string()
    labels = list(catalogue.enums[enum])
    before, after = cursor.took("before"), cursor.took("after")
    beside = cursor.string() if before or after else None
    if label in labels:
        if not lenient:
            raise PostgresError("42710", f'enum label "{label}" already exists')
        return
    if beside is not None and beside not in labels:
        raise PostgresError("22023", f'"{beside}" is not an existing enum label')
    at = len(labels) if beside is None else labels.index(beside) + (not before)
    labels.insert(at, label)
    catalogue.enums[enum] = tuple(labels)
    if enum not in catalogue.new_enums:
        catalogue.unsafe_labels.add((enum, label))


def _rename_value(cursor: Cursor, catalogue: Catalogue, enum: TableName) -> None:
    old = cursor.string()
    cursor.take("to")
    new = cursor.string()
    labels = catalogue.enums[enum]
    if old not in labels:
        raise PostgresError("22023", f'"{old}" is not an existing enum label')
    if new in labels:
        raise PostgresError("42710", f'enum label "{new}" already exists')
    catalogue.enums[enum] = tuple(new if label == old else label for label in labels)


def _move_type(catalogue: Catalogue, old: TableName, new: TableName, where: str) -> None:
    if catalogue.has_type(new):
        raise PostgresError("42710", f'type "{new.table}" already exists{where}')
    for table in list(catalogue.tables.values()):
        columns = tuple(_retyped(catalogue, column, old, new) for column in table.columns)
        if columns != table.columns:
            catalogue.set_columns(table.name, columns)
    catalogue.enums[new] = catalogue.enums.pop(old)
    if old in catalogue.new_enums:
        catalogue.new_enums.add(new)
    catalogue.unsafe_labels |= {(new, v) for enum, v in catalogue.unsafe_labels if enum == old}


def _retyped(catalogue: Catalogue, column: Column, old: TableName, new: TableName) -> Column:
    """Columns print the type's new name."""
    of = printed_type(column.type, catalogue)
    if of.enum != old:
        return column
    return replace(column, type=qualified(new) + ("[]" if of.array else ""))
