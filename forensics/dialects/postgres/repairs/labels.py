"""A label for an enum that can be used in the transaction that adds it: the type is made again."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres.repairs.casts import meant, quoted
from forensics.dialects.postgres.repairs.lenient import only
from forensics.facts import TABLE_KINDS, Column, EnumType, LiveSchema, LiveTable
from forensics.model import TableName

_OLD = "__old"
"""Behind the name of the type that is replaced, until it is dropped."""


def adds_label(text: str) -> str | None:
    """The label that it adds; `None` of another statement."""
    command = _command(text)
    return command.label if command else None


def remade(text: str, schema: LiveSchema) -> tuple[str, ...]:
    """The statements instead of ALTER TYPE ... ADD VALUE; none where we know none.

    `schema` is the catalogue before it, which says which columns have the type. Only values of the
    new type's own labels are converted, so no row is refused.
    """
    command = _command(text)
    enum = meant(schema, command.name, schema.enums) if command else None
    if command is None or enum is None:
        return ()
    used = list(_columns(schema, enum.name))
    if any(table.kind not in TABLE_KINDS or column.generated for table, column in used):
        return ()
    old = TableName(schema=enum.name.schema, table=f"{enum.name.table}{_OLD}")
    labels = ", ".join(_string(label) for label in _labels(enum, command))
    return (
        f"ALTER TYPE {_full(enum.name)} RENAME TO {quoted(old.table)}",
        f"CREATE TYPE {_full(enum.name)} AS ENUM ({labels})",
        *(line for table, column in used for line in _converted(table, column, enum.name)),
        f"DROP TYPE {_full(old)}",
    )


def _command(text: str) -> sql.AddLabel | None:
    statement = only(text)
    if statement is None or not isinstance(statement.command, sql.AddLabel):
        return None
    return statement.command


def _labels(enum: EnumType, command: sql.AddLabel) -> list[str]:
    labels = [label for label in enum.labels if label != command.label]
    at = len(labels)
    if command.beside in labels:
        at = labels.index(command.beside) + (not command.before)
    labels.insert(at, command.label)
    return labels


def _columns(schema: LiveSchema, enum: TableName) -> Iterator[tuple[LiveTable, Column]]:
    """As the catalogue prints types: without the schema where the search path has it."""
    printed = {str(enum), _full(enum), f"{enum.schema}.{quoted(enum.table)}"}
    if enum.schema in schema.search_path:
        printed |= {enum.table, quoted(enum.table)}
    for table in schema.tables:
        for column in table.columns:
            if column.type.removesuffix("[]") in printed:
                yield table, column


def _converted(table: LiveTable, column: Column, enum: TableName) -> Iterator[str]:
    of = f"ALTER TABLE {_full(table.name)} ALTER COLUMN {quoted(column.name)}"
    array = "[]" if column.type.endswith("[]") else ""
    wanted = f"{_full(enum)}{array}"
    if column.default is not None:
        yield f"{of} DROP DEFAULT"
    yield f"{of} TYPE {wanted} USING {quoted(column.name)}::text{array}::{wanted}"
    if column.default is not None:
        yield f"{of} SET DEFAULT {column.default}"


def _full(name: TableName) -> str:
    return f"{quoted(name.schema)}.{quoted(name.table)}"


def _string(label: str) -> str:
    return "'" + label.replace("'", "''") + "'"
