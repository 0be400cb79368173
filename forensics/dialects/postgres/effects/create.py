"""CREATE TABLE, TYPE, SCHEMA, SEQUENCE, EXTENSION, INDEX."""

from __future__ import annotations

from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres.cursor import Cursor
from forensics.dialects.postgres.effects.catalogue import Catalogue, column_of, taken
from forensics.dialects.postgres.effects.columns import Definition, check_definition_default, define
from forensics.dialects.postgres.effects.constraints import (
    add_constraint,
    in_order,
    require_rows_fit,
    within_key,
)
from forensics.dialects.postgres.effects.predicates import check_predicate
from forensics.dialects.postgres.effects.types import TEXTUAL, printed_type
from forensics.dialects.postgres.errors import PostgresError, Unsure
from forensics.dialects.postgres.tokens import words
from forensics.facts import LiveTable
from forensics.model import TableName

_OPTIONS_OF_SEQUENCES = words("increment by minvalue maxvalue start with cache no cycle")


def create(command: sql.Create, catalogue: Catalogue) -> None:
    """CREATE SCHEMA | SEQUENCE | EXTENSION; of other objects their text decides."""
    if command.what == "schema" and not command.rest:
        _create_schema(command, catalogue)
    elif command.what == "sequence" and not command.temporary:
        _create_sequence(command, catalogue)
    elif command.what == "extension":
        _create_extension(command, catalogue)
    else:
        raise Unsure(f"whether PostgreSQL takes the text of the {command.what} {command.name}")


def _create_schema(command: sql.Create, catalogue: Catalogue) -> None:
    name = command.name.name
    if name in catalogue.schemas and not command.lenient:
        raise PostgresError("42P06", f'schema "{name}" already exists')
    catalogue.schemas.add(name)


def _create_sequence(command: sql.Create, catalogue: Catalogue) -> None:
    """Its numbers do not matter here."""
    name = catalogue.to_create(command.name)
    if not catalogue.has_relation(name):
        if any(token.word and token.word not in _OPTIONS_OF_SEQUENCES for token in command.rest):
            raise Unsure(f"the options of the sequence {name}")
        catalogue.sequences[name] = None
    elif not command.lenient:
        raise taken(name)


def _create_extension(command: sql.Create, catalogue: Catalogue) -> None:
    name = command.name.name
    if name != "plpgsql" and all(it.name != name for it in catalogue.given.extensions):
        raise Unsure(f"whether the server has the extension {name}")
    if not command.lenient:
        raise PostgresError("42710", f'extension "{name}" already exists')


def create_enum(command: sql.CreateEnum, catalogue: Catalogue) -> None:
    """CREATE TYPE name AS ENUM (...)."""
    name = catalogue.to_create(command.name)
    catalogue.require_free_type(name)
    catalogue.enums[name] = command.labels
    catalogue.new_enums.add(name)


def create_table(command: sql.CreateTable, catalogue: Catalogue) -> None:
    """CREATE TABLE [IF NOT EXISTS] name (columns and constraints)."""
    if command.temporary or command.unlogged or command.name.schema == "pg_temp":
        raise Unsure("a table that is temporary or unlogged")
    name = catalogue.to_create(command.name)
    if command.lenient and catalogue.has_relation(name):
        return
    columns, constraints = _body(command, catalogue)
    # The order is PostgreSQL's: types, then the sequences of serial and identity columns, then the
    # table, then defaults, then constraints (transformCreateStmt, DefineRelation).
    sequences = {
        column.name: add_sequence(catalogue, name, column) for column in columns if column.generates
    }
    if catalogue.has_relation(name):
        raise taken(name)
    catalogue.require_free_type(name)
    catalogue.tables[name] = LiveTable(
        name=name,
        columns=tuple(c.column(sequences.get(c.name)) for c in columns),
        row_security=False,
    )
    catalogue.empty.add(name)
    for column in columns:
        check_definition_default(column, catalogue)
    for constraint in in_order(constraints):
        add_constraint(catalogue, name, constraint)


def _body(
    command: sql.CreateTable, catalogue: Catalogue
) -> tuple[list[Definition], list[sql.TableConstraint]]:
    if command.items is None or command.rest:
        raise Unsure("a table whose columns come from elsewhere, or with options")
    columns: dict[str, Definition] = {}
    constraints: list[sql.TableConstraint] = []
    for item in command.items:
        if isinstance(item, sql.Unread):
            raise Unsure(item.why)
        if isinstance(item, sql.TableConstraint):
            constraints.append(item)
            continue
        column = define(item, catalogue)
        if column.name in columns:
            raise PostgresError("42701", f'column "{column.name}" specified more than once')
        columns[column.name] = column
        constraints += item.constraints
    return list(columns.values()), constraints


def add_sequence(catalogue: Catalogue, table: TableName, column: Definition) -> TableName:
    """The sequence that comes with a serial or identity column."""
    generated = column.written.generated
    if generated is not None and generated.sequence is not None:
        name = TableName(schema=table.schema, table=generated.sequence)
        if catalogue.has_relation(name):
            raise taken(name)
    else:
        name = catalogue.free_name(table.schema, table.table, column.name, "seq")
    catalogue.sequences[name] = (table, column.name)
    return name


# --- Indexes ------------------------------------------------------------------------------------


def create_index(command: sql.CreateIndex, catalogue: Catalogue) -> None:
    """CREATE [UNIQUE] INDEX [CONCURRENTLY] [IF NOT EXISTS] name ON table USING method (columns)."""
    table = catalogue.table(command.table)
    if command.where is not None:
        check_predicate(command.where, table, catalogue)
    columns = tuple(_key_column(key, command.method, table, catalogue) for key in command.keys)
    if command.name is None:
        name = _chosen_name(command, table, columns, catalogue)
    else:
        name = TableName(schema=table.name.schema, table=command.name)
    if catalogue.has_relation(name):
        if not command.lenient:
            raise taken(name)
        return
    hashed = command.method == "hash" and (command.unique or len(columns) > 1)
    if command.rest or not columns or hashed:
        raise Unsure("an index with options")
    plain = all(key.column is not None for key in command.keys)
    if command.unique and not (plain and within_key(table, columns, nulls_fit=True)):
        require_rows_fit(catalogue, table.name, columns, nulls_fit=True)
    catalogue.add_index(name, table.name)


def _key_column(key: sql.IndexKey, method: str, table: LiveTable, catalogue: Catalogue) -> str:
    """The column that a key is on; a function that we know may be around it."""
    name = key.column or _lowered(key.expression)
    column = column_of(table, name)
    if column is None:
        raise PostgresError("42703", f'column "{name}" does not exist')
    of = printed_type(column.type, catalogue)
    if method not in ("btree", "hash") or not of.ordered:
        raise Unsure(f"whether {method} can index {table.name}.{name}")
    if key.column is None and (of.base not in TEXTUAL or of.array):
        raise Unsure(f"whether there is such a function of {table.name}.{name}")
    _check_ordering(Cursor(key.options), method)
    return name


def _lowered(expression: sql.Tokens) -> str:
    cursor = Cursor(expression)
    if not (cursor.took("lower", "(") or cursor.took("upper", "(")):
        raise Unsure("an index on an expression")
    name = cursor.name()
    cursor.take(")")
    cursor.end()
    return name


def _chosen_name(
    command: sql.CreateIndex, table: LiveTable, columns: tuple[str, ...], catalogue: Catalogue
) -> TableName:
    plain = all(key.column is not None for key in command.keys)
    if command.lenient or not plain or len(set(columns)) < len(columns):
        raise Unsure("the name of an index without one")
    second = "_".join(columns)
    return catalogue.free_name(table.name.schema, table.name.table, second, "idx")


def _check_ordering(cursor: Cursor, method: str) -> None:
    if not cursor.ended and method != "btree":
        raise Unsure(f"what {cursor.here.raw} does in an index by {method}")
    if not cursor.took("asc"):
        cursor.took("desc")
    if cursor.took("nulls") and not cursor.took("first"):
        cursor.take("last")
    cursor.end()
