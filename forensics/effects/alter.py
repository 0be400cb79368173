"""ALTER TABLE: adding columns and constraints, changing and dropping them."""

from __future__ import annotations

import re

from msgspec.structs import replace

from forensics.effects.catalogue import Catalogue, column_of
from forensics.effects.columns import check_definition_default, read_definition
from forensics.effects.constraints import add_constraint, key_columns, read_constraint
from forensics.effects.create import add_sequence, inline_keys
from forensics.effects.cursor import Cursor
from forensics.effects.drop import drop_column, drop_constraint
from forensics.effects.moves import moved
from forensics.effects.outcome import PostgresError, Unsure
from forensics.effects.types import (
    check_default,
    printed_default,
    printed_type,
    read_type,
)
from forensics.facts import Column
from forensics.model import TableName


def alter_table(cursor: Cursor, catalogue: Catalogue) -> None:
    """ALTER TABLE [IF EXISTS] [ONLY] name action, action ..."""
    lenient = cursor.took("if", "exists")
    cursor.took("only")
    written = cursor.qualified()
    if lenient and catalogue.find_relation(written) is None:
        return
    table = catalogue.table(written).name
    if moved(cursor, catalogue, table):
        cursor.end()
        return
    while True:
        _act(cursor, catalogue, table)
        if not cursor.took(","):
            break
    cursor.end()


def _act(cursor: Cursor, catalogue: Catalogue, table: TableName) -> None:
    if cursor.took("add"):
        _add(cursor, catalogue, table)
    elif cursor.took("drop", "constraint"):
        drop_constraint(cursor, catalogue, table)
    elif cursor.took("drop"):
        cursor.took("column")
        drop_column(cursor, catalogue, table)
    elif cursor.took("alter"):
        cursor.took("column")
        _alter_column(cursor, catalogue, table)
    elif any(
        cursor.took(*action, "row", "level", "security")
        for action in (("enable",), ("disable",), ("force",), ("no", "force"))
    ):
        return
    else:
        raise cursor.unknown()


def _add(cursor: Cursor, catalogue: Catalogue, table: TableName) -> None:
    if any(cursor.sees(word) for word in ("constraint", "primary", "unique", "foreign", "check")):
        written = read_constraint(cursor)
        if written.kind == "p":
            # A key makes its columns NOT NULL first, and fails there (transformIndexConstraint).
            for name in written.columns:
                _require_column(catalogue, table, name)
        add_constraint(catalogue, table, written)
        return
    cursor.took("column")
    _add_column(cursor, catalogue, table)


def _add_column(cursor: Cursor, catalogue: Catalogue, table: TableName) -> None:
    lenient = cursor.took("if", "not", "exists")
    # PostgreSQL looks for the name first, and at the type only then (ATExecAddColumn).
    if column_of(catalogue.tables[table], cursor.here.value) is not None:
        if not lenient:
            name = cursor.here.value
            message = f'column "{name}" of relation "{table.table}" already exists'
            raise PostgresError("42701", message)
        cursor.until(",")
        return
    added = read_definition(cursor, catalogue)
    sequence = add_sequence(catalogue, table, added) if added.generates else None
    check_definition_default(added, catalogue)
    column = added.column(sequence)
    if column.not_null and not added.filled and table not in catalogue.empty:
        raise Unsure(f"whether {table} has rows: they would have NULL in the new column")
    catalogue.set_column(table, column)
    if not added.filled:
        catalogue.null.add((table, added.name))
    for key in inline_keys(added):
        add_constraint(catalogue, table, key)


# --- ALTER COLUMN -------------------------------------------------------------------------------


def _alter_column(cursor: Cursor, catalogue: Catalogue, table: TableName) -> None:
    name = cursor.name()
    column = _require_column(catalogue, table, name)
    if cursor.took("set", "default"):
        tokens = (cursor.next(), *cursor.until(","))
        check_default(tokens, printed_type(column.type, catalogue), catalogue)
        catalogue.set_column(table, replace(column, default=printed_default(tokens)))
        catalogue.null.discard((table, name))
    elif cursor.took("drop", "default"):
        catalogue.set_column(table, replace(column, default=None))
    elif cursor.took("set", "not", "null"):
        _set_not_null(catalogue, table, column)
    elif cursor.took("drop", "not", "null"):
        _drop_not_null(catalogue, table, column)
    elif cursor.took("set", "data", "type") or cursor.took("type"):
        _set_type(cursor, catalogue, table, column)
    else:
        raise cursor.unknown()


def _require_column(catalogue: Catalogue, table: TableName, name: str) -> Column:
    column = column_of(catalogue.tables[table], name)
    if column is None:
        message = f'column "{name}" of relation "{table.table}" does not exist'
        raise PostgresError("42703", message)
    return column


def _set_not_null(catalogue: Catalogue, table: TableName, column: Column) -> None:
    if not column.not_null and table not in catalogue.empty:
        raise Unsure(f"whether {table}.{column.name} has NULLs")
    catalogue.set_column(table, replace(column, not_null=True))


def _drop_not_null(catalogue: Catalogue, table: TableName, column: Column) -> None:
    keys = (c for c in catalogue.tables[table].constraints if c.kind == "p")
    if any(column.name in key_columns(key) for key in keys):
        raise PostgresError("42P16", f'column "{column.name}" is in a primary key')
    catalogue.set_column(table, replace(column, not_null=False))


def _set_type(cursor: Cursor, catalogue: Catalogue, table: TableName, column: Column) -> None:
    wanted = read_type(cursor, catalogue)
    if cursor.sees("using") or cursor.sees("collate"):
        raise Unsure(f"whether the rows of {table} can be converted")
    if wanted == printed_type(column.type, catalogue):
        return
    if not _widens(column.type, wanted.printed):
        raise Unsure(f"whether {table}.{column.name} can become {wanted.printed}")
    if catalogue.has_views():
        raise Unsure(f"whether a view uses {table}.{column.name}")
    catalogue.set_column(table, replace(column, type=wanted.printed))


_INTEGERS = ("smallint", "integer", "bigint")


def _widens(old: str, new: str) -> bool:
    """Conversions that no row and no default can stop."""
    if old in _INTEGERS and new in _INTEGERS:
        return _INTEGERS.index(old) < _INTEGERS.index(new)
    old_length, new_length = (_varchar(name) for name in (old, new))
    return old_length is not None and new_length is not None and old_length <= new_length


def _varchar(name: str) -> float | None:
    if name in ("text", "character varying"):
        return float("inf")
    found = re.fullmatch(r"character varying\((\d+)\)", name)
    return float(found[1]) if found else None
