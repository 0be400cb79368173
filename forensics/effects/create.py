"""CREATE TABLE, TYPE, SCHEMA, SEQUENCE, INDEX."""

from __future__ import annotations

from forensics.effects.catalogue import Catalogue, column_of, taken
from forensics.effects.columns import Definition, check_definition_default, read_definition
from forensics.effects.constraints import (
    Written,
    add_constraint,
    read_constraint,
    require_rows_fit,
    starts_constraint,
)
from forensics.effects.cursor import Cursor
from forensics.effects.outcome import PostgresError, Unsure
from forensics.effects.tokens import Kind
from forensics.effects.types import printed_type
from forensics.facts import LiveTable
from forensics.model import TableName


def create_schema(cursor: Cursor, catalogue: Catalogue) -> None:
    """CREATE SCHEMA [IF NOT EXISTS] name."""
    lenient = cursor.took("if", "not", "exists")
    name = cursor.name()
    cursor.end()
    if name in catalogue.schemas and not lenient:
        raise PostgresError("42P06", f'schema "{name}" already exists')
    catalogue.schemas.add(name)


def create_type(cursor: Cursor, catalogue: Catalogue) -> None:
    """CREATE TYPE name AS ENUM (...)."""
    written = cursor.qualified()
    cursor.take("as", "enum", "(")
    labels: list[str] = []
    while not cursor.sees(")"):
        labels.append(cursor.string())
        cursor.took(",")
    cursor.take(")")
    cursor.end()
    name = catalogue.to_create(written)
    if catalogue.has_type(name):
        raise PostgresError("42710", f'type "{name.table}" already exists')
    catalogue.enums[name] = tuple(labels)
    catalogue.new_enums.add(name)


def create_sequence(cursor: Cursor, catalogue: Catalogue) -> None:
    """CREATE SEQUENCE [IF NOT EXISTS] name ...; its numbers do not matter here."""
    lenient = cursor.took("if", "not", "exists")
    name = catalogue.to_create(cursor.qualified())
    if not catalogue.has_relation(name):
        catalogue.sequences[name] = None
    elif not lenient:
        raise taken(name)


def create_table(cursor: Cursor, catalogue: Catalogue) -> None:
    """CREATE TABLE [IF NOT EXISTS] name (columns and constraints)."""
    lenient = cursor.took("if", "not", "exists")
    name = catalogue.to_create(cursor.qualified())
    if lenient and catalogue.has_relation(name):
        return
    columns, constraints = _read_body(cursor, catalogue)
    cursor.end()
    # The order is PostgreSQL's: types, then the sequences of serial and identity columns, then the
    # table, then defaults, then constraints (transformCreateStmt, DefineRelation).
    sequences = {
        column.name: add_sequence(catalogue, name, column) for column in columns if column.generates
    }
    if catalogue.has_relation(name):
        raise taken(name)
    if name in catalogue.enums:
        raise PostgresError("42710", f'type "{name.table}" already exists')
    catalogue.tables[name] = LiveTable(
        name=name, columns=tuple(c.column(sequences.get(c.name)) for c in columns)
    )
    catalogue.empty.add(name)
    for column in columns:
        check_definition_default(column, catalogue)
    for constraint in (*(w for c in columns for w in inline_keys(c)), *constraints):
        add_constraint(catalogue, name, constraint)


def _read_body(
    cursor: Cursor, catalogue: Catalogue
) -> tuple[tuple[Definition, ...], tuple[Written, ...]]:
    columns: dict[str, Definition] = {}
    constraints: list[Written] = []
    cursor.take("(")
    while not cursor.took(")"):
        if starts_constraint(cursor):
            constraints.append(read_constraint(cursor))
        else:
            column = read_definition(cursor, catalogue)
            if column.name in columns:
                message = f'column "{column.name}" specified more than once'
                raise PostgresError("42701", message)
            columns[column.name] = column
        if not cursor.took(",") and not cursor.sees(")"):
            raise cursor.unknown()
    return tuple(columns.values()), tuple(constraints)


def inline_keys(column: Definition) -> tuple[Written, ...]:
    """The constraints that stand in a column's definition."""
    primary = Written(column.names.get("p"), "p", (column.name,))
    unique = Written(column.names.get("u"), "u", (column.name,))
    return (*((primary,) if column.primary else ()), *((unique,) if column.unique else ()))


def add_sequence(catalogue: Catalogue, table: TableName, column: Definition) -> TableName:
    """The sequence that comes with a serial or identity column."""
    if column.identity_sequence is not None:
        name = TableName(schema=table.schema, table=column.identity_sequence)
        if catalogue.has_relation(name):
            raise taken(name)
    else:
        name = catalogue.free_name(table.schema, table.table, column.name, "seq")
    catalogue.sequences[name] = (table, column.name)
    return name


# --- Indexes ------------------------------------------------------------------------------------


def create_index(cursor: Cursor, catalogue: Catalogue, *, unique: bool) -> None:
    """CREATE [UNIQUE] INDEX [CONCURRENTLY] [IF NOT EXISTS] name ON table USING method (columns)."""
    if cursor.took("concurrently"):
        # The migrator runs everything in one transaction (drizzle-orm, PgDialect.migrate).
        message = "CREATE INDEX CONCURRENTLY cannot run inside a transaction block"
        raise PostgresError("25001", message)
    lenient = cursor.took("if", "not", "exists")
    index = cursor.name()
    cursor.take("on")
    cursor.took("only")
    table = catalogue.table(cursor.qualified())
    method = cursor.name() if cursor.took("using") else "btree"
    columns = _index_columns(Cursor(cursor.group()), catalogue, table, method)
    name = TableName(schema=table.name.schema, table=index)
    if catalogue.has_relation(name):
        if not lenient:
            raise taken(name)
        return
    cursor.end()  # what follows, WHERE or WITH, cannot be judged
    if unique:
        require_rows_fit(catalogue, table.name, columns, nulls_fit=True)
    catalogue.add_index(name, table.name)


def _index_columns(
    cursor: Cursor, catalogue: Catalogue, table: LiveTable, method: str
) -> tuple[str, ...]:
    found: list[str] = []
    while not cursor.ended:
        if cursor.here.kind not in (Kind.QUOTED, Kind.WORD):
            raise Unsure("an index on an expression")
        name = cursor.name()
        if cursor.sees("("):
            raise Unsure("an index on an expression")
        column = column_of(table, name)
        if column is None:
            raise PostgresError("42703", f'column "{name}" does not exist')
        if method not in ("btree", "hash") or not printed_type(column.type, catalogue).ordered:
            raise Unsure(f"whether {method} can index {table.name}.{name}")
        _read_ordering(cursor)
        found.append(name)
        if not cursor.took(",") and not cursor.ended:
            raise Unsure(f"what {cursor.here.raw} does in an index")
    return tuple(found)


def _read_ordering(cursor: Cursor) -> None:
    if not cursor.took("asc"):
        cursor.took("desc")
    if cursor.took("nulls") and not cursor.took("first"):
        cursor.take("last")
