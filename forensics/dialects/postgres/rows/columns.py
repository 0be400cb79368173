"""What new columns and NOT NULL demand of the rows that are there."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres.effects.catalogue import column_of
from forensics.dialects.postgres.effects.types import find_type
from forensics.dialects.postgres.rows import queries
from forensics.dialects.postgres.rows.there import There, duplicate, null_values
from forensics.facts import ConstraintKind, RowKind, RowQuestion


def new_column(action: sql.AddColumn, there: There) -> Iterator[RowQuestion]:
    """ADD COLUMN."""
    column = action.column
    if column_of(there.now, column.name) is not None:
        return
    type_ = find_type(column.type, there.catalogue)
    filled = column.default is not None or column.generated is not None or type_.serial
    keys = {it.kind for it in column.constraints}
    demands = column.not_null or ConstraintKind.PRIMARY_KEY in keys
    if demands and not filled:
        yield RowQuestion(
            kind=RowKind.NEW_COLUMN,
            table=there.name,
            columns=(column.name,),
            type=type_.printed,
            demand=f"{there.name} has no rows (the new column would be NULL in each)",
            query=queries.rows(there.name) if there.before else "",
            runs_no_code=True,
            error=null_values(there.name, column.name),
        )
    unique = {ConstraintKind.UNIQUE, ConstraintKind.PRIMARY_KEY} & keys
    if unique and column.default is not None:
        yield RowQuestion(
            kind=RowKind.UNIQUE,
            table=there.name,
            columns=(column.name,),
            demand=f"{there.name} has at most one row (each would have the same default)",
            query=queries.rows_but_one(there.name) if there.before else "",
            runs_no_code=True,
            error=duplicate(f"{there.name.table}_{column.name}_key"),
        )


def set_not_null(name: str, there: There) -> Iterator[RowQuestion]:
    """SET NOT NULL, and what a primary key implies of it."""
    column = column_of(there.now, name)
    if column is None or column.not_null:
        return
    query = queries.nulls(there.name, (name,)) if there.has((name,)) else ""
    if there.is_null(name) and there.before is not None:
        query = queries.rows(there.name)
    yield RowQuestion(
        kind=RowKind.NOT_NULL,
        table=there.name,
        columns=(name,),
        type=column.type,
        demand=f"no row of {there.name} has NULL in {name}",
        query=query,
        runs_no_code=True,
        error=null_values(there.name, name),
    )
