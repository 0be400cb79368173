"""Statements without guards, as people type them; names are quoted whatever they hold."""

from __future__ import annotations

from psycopg.sql import SQL, Composable, Literal

from forensics.dialects.postgres.fix_script.quoting import column, scalar, table_name, value
from forensics.dialects.postgres.fix_script.quoting import name as quoted
from forensics.model import DeletedRow, Scalar, TableName, UpdateRow


def deleting(row: DeletedRow) -> str:
    """The removal of the row that holds just this; raises `UnsafeName`."""
    tests = [
        SQL("{} IS NULL").format(quoted(column))
        if held is None
        else SQL("{} = {}").format(
            quoted(column), value(held) if isinstance(held, str) else Literal(held)
        )
        for column, held in row.cells
    ]
    where = SQL(" AND ").join(tests)
    text = SQL("DELETE FROM {table} WHERE {where};")
    return text.format(table=table_name(row.table), where=where).as_string()


def overwriting(step: UpdateRow) -> str:
    """The statement that people type to overwrite one cell; raises `UnsafeName`."""
    meant = SQL(" AND ").join(
        SQL("{} = {}").format(column(name), _typed(cell)) for name, cell in step.where
    )
    return (
        SQL("UPDATE {} SET {} = {} WHERE {};")
        .format(_short(step.table), column(step.column), scalar(step.after), meant)
        .as_string()
    )


def dropping(table: TableName) -> tuple[str, str]:
    """The statements that people type against a table: alone, and with its schema.

    Raises `UnsafeName`.
    """
    return (
        SQL("DROP TABLE {};").format(_short(table)).as_string(),
        SQL("DROP SCHEMA {} CASCADE;").format(column(table.schema)).as_string(),
    )


def _short(table: TableName) -> Composable:
    return SQL("{}.{}").format(column(table.schema), column(table.table))


def _typed(cell: Scalar) -> Composable:
    """A literal as people write it: the server finds the type of a number by itself."""
    return Literal(cell) if isinstance(cell, int) else scalar(cell)
