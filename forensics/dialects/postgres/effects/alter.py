"""ALTER TABLE: adding columns and constraints, changing and dropping them."""

from __future__ import annotations

import re

from msgspec.structs import replace

from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres.effects.catalogue import Catalogue, column_of
from forensics.dialects.postgres.effects.columns import check_definition_default, define
from forensics.dialects.postgres.effects.constraints import add_constraint, in_order, key_columns
from forensics.dialects.postgres.effects.create import add_sequence
from forensics.dialects.postgres.effects.drop import drop_part
from forensics.dialects.postgres.effects.types import (
    Type,
    check_default,
    find_type,
    printed_type,
)
from forensics.dialects.postgres.errors import PostgresError, Unsure
from forensics.dialects.postgres.tokens import spelled
from forensics.facts import Column, ConstraintKind
from forensics.model import TableName


def alter_table(command: sql.AlterTable, catalogue: Catalogue) -> None:
    """ALTER TABLE [IF EXISTS] name action, action ..."""
    if command.lenient and catalogue.find_relation(command.name) is None:
        return
    table = catalogue.table(command.name).name
    for action in command.actions:
        _act(action, catalogue, table)


def _act(action: sql.Action, catalogue: Catalogue, table: TableName) -> None:
    match action:
        case sql.AddColumn():
            _add_column(action, catalogue, table)
        case sql.AddConstraint():
            _add_constraint(action.constraint, catalogue, table)
        case sql.DropPart():
            drop_part(action, catalogue, table)
        case sql.AlterColumn():
            _alter_column(action, catalogue, table)
        case sql.Option(what=what):
            _set_option(what, catalogue, table)
        case _:
            raise Unsure(_why_not(action, table))


def _why_not(action: sql.Action, table: TableName) -> str:
    if isinstance(action, sql.Validate):
        return f"whether the rows of {table} pass the constraint {action.name}"
    return action.why if isinstance(action, sql.Unread) else "ALTER TABLE ... TRIGGER"


def _set_option(what: str, catalogue: Catalogue, table: TableName) -> None:
    if not what.endswith("row level security"):
        raise Unsure(f"ALTER TABLE ... {what.upper()} is not modelled")
    if catalogue.tables[table].row_security is None:
        return  # not collected, so not to be changed
    on = what in ("enable row level security", "force row level security")
    catalogue.change(table, **{"forced_row_security" if "force" in what else "row_security": on})


def _add_constraint(written: sql.TableConstraint, catalogue: Catalogue, table: TableName) -> None:
    if written.kind is ConstraintKind.PRIMARY_KEY:
        # A key makes its columns NOT NULL first, and fails there (transformIndexConstraint).
        for name in written.columns:
            catalogue.column(table, name)
    add_constraint(catalogue, table, written)


def _add_column(action: sql.AddColumn, catalogue: Catalogue, table: TableName) -> None:
    # PostgreSQL looks for the name first, and at the type only then (ATExecAddColumn).
    name = action.column.name
    if action.lenient and column_of(catalogue.tables[table], name) is not None:
        return
    catalogue.require_free_column(table, name)
    added = define(action.column, catalogue)
    sequence = add_sequence(catalogue, table, added) if added.generates else None
    check_definition_default(added, catalogue)
    column = added.column(sequence)
    if column.not_null and not added.filled and table not in catalogue.empty:
        raise Unsure(f"whether {table} has rows: they would have NULL in the new column")
    catalogue.set_column(table, column)
    if not added.filled:
        catalogue.null.add((table, name))
    for constraint in in_order(action.column.constraints):
        add_constraint(catalogue, table, constraint)


# --- ALTER COLUMN -------------------------------------------------------------------------------


def _alter_column(action: sql.AlterColumn, catalogue: Catalogue, table: TableName) -> None:
    column = catalogue.column(table, action.name)
    match action.change:
        case sql.Change.SET_DEFAULT:
            check_default(action.default, printed_type(column.type, catalogue), catalogue)
            default = spelled(action.default)
            catalogue.set_column(table, replace(column, default=default))
            catalogue.null.discard((table, action.name))
        case sql.Change.DROP_DEFAULT:
            catalogue.set_column(table, replace(column, default=None))
        case sql.Change.SET_NOT_NULL:
            _set_not_null(catalogue, table, column)
        case sql.Change.DROP_NOT_NULL:
            _drop_not_null(catalogue, table, column)
        case sql.Change.TYPE:
            _set_type(action, catalogue, table, column)
        case _:
            raise Unsure(f"ALTER COLUMN ... {action.change.upper()} is not modelled")


def _set_not_null(catalogue: Catalogue, table: TableName, column: Column) -> None:
    if not column.not_null and table not in catalogue.empty:
        raise Unsure(f"whether {table}.{column.name} has NULLs")
    catalogue.set_column(table, replace(column, not_null=True))


def _drop_not_null(catalogue: Catalogue, table: TableName, column: Column) -> None:
    keys = (c for c in catalogue.tables[table].constraints if c.kind is ConstraintKind.PRIMARY_KEY)
    if any(column.name in key_columns(key) for key in keys):
        raise PostgresError("42P16", f'column "{column.name}" is in a primary key')
    catalogue.set_column(table, replace(column, not_null=False))


def _set_type(
    action: sql.AlterColumn, catalogue: Catalogue, table: TableName, column: Column
) -> None:
    assert action.type is not None
    wanted = find_type(action.type, catalogue)
    if action.rest:
        raise Unsure(f"whether the rows of {table} can be converted")
    if wanted == printed_type(column.type, catalogue):
        return
    if not (_widens(column.type, wanted.printed) or _is_spelled_out(column, wanted, catalogue)):
        raise Unsure(f"whether {table}.{column.name} can become {wanted.printed}")
    if catalogue.has_views():
        raise Unsure(f"whether a view uses {table}.{column.name}")
    default = _kept_default(column, catalogue)
    catalogue.set_column(table, replace(column, type=wanted.printed, default=default))


def _kept_default(column: Column, catalogue: Catalogue) -> str | None:
    """That of an enum says whose label it is, now that the column does not."""
    of_enum = printed_type(column.type, catalogue).enum is not None
    if column.default is None or not of_enum or "::" in column.default:
        return column.default
    return f"{column.default}::{column.type}"


def _is_spelled_out(column: Column, wanted: Type, catalogue: Catalogue) -> bool:
    """Whether an enum becomes text: every label is one. Its default stays of the old type."""
    old = printed_type(column.type, catalogue)
    textual = wanted.printed in ("text", "character varying")
    return old.enum is not None and not old.array and textual


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
