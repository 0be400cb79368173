"""What could be written instead of a statement that the rows refuse: the usual steps, by kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from forensics.dialects.postgres.fix_script.quoting import name, table_name
from forensics.dialects.postgres.rows import queries
from forensics.facts import RowKind, RowQuestion


def remedy(question: RowQuestion, written: str) -> tuple[str, ...]:
    """Statements without their semicolons; what is to be decided stands there as comments.

    `written` is the statement on one line.
    """
    make = _BY_KIND.get(question.kind)
    return make(question, written) if make else ()


def _new_column(question: RowQuestion, written: str) -> tuple[str, ...]:
    table, column = _named(question)
    return (
        f"ALTER TABLE {table} ADD COLUMN {column} {question.type}",
        *_filled(table, column),
    )


def _not_null(question: RowQuestion, written: str) -> tuple[str, ...]:
    return _filled(*_named(question))


def _filled(table: str, column: str) -> tuple[str, str]:
    return (
        f"UPDATE {table} SET {column} = /* the value for rows that have none */ WHERE {column} IS "
        "NULL",
        f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL",
    )


def _unique(question: RowQuestion, written: str) -> tuple[str, ...]:
    if not question.columns:
        return ()
    table = table_name(question.table).as_string()
    columns = ", ".join(queries.column_sql(it) for it in question.columns)
    find = f"SELECT {columns}, count(*) FROM {table} GROUP BY {columns} HAVING count(*) > 1"
    return (
        f"-- {find} shows the duplicates: decide which row of each stays\n"
        f"DELETE FROM {table} WHERE /* the rows that go */ false",
        written,
    )


def _constraint(question: RowQuestion, written: str) -> tuple[str, ...]:
    table = table_name(question.table).as_string()
    constraint = name(question.name).as_string()
    return (
        f"{written} NOT VALID",
        f"-- later, when the old rows are settled:\nALTER TABLE {table} VALIDATE CONSTRAINT "
        f"{constraint}",
    )


def _conversion(question: RowQuestion, written: str) -> tuple[str, ...]:
    table, column = _named(question)
    return (
        f"UPDATE {table} SET {column} = /* a value that {question.type} takes */ "
        f"WHERE {column} IN (/* the values that it does not take */)",
        written,
    )


def _named(question: RowQuestion) -> tuple[str, str]:
    return table_name(question.table).as_string(), queries.column_sql(question.columns[0])


_BY_KIND: Mapping[RowKind, Callable[[RowQuestion, str], tuple[str, ...]]] = {
    RowKind.NEW_COLUMN: _new_column,
    RowKind.NOT_NULL: _not_null,
    RowKind.UNIQUE: _unique,
    RowKind.PRIMARY_KEY: _unique,
    RowKind.FOREIGN_KEY: _constraint,
    RowKind.CHECK: _constraint,
    RowKind.CONVERSION: _conversion,
}
