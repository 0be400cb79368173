"""What constraints and unique indexes demand of the rows that are there."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres.effects.catalogue import column_of
from forensics.dialects.postgres.effects.constraints import key_columns
from forensics.dialects.postgres.rows import queries
from forensics.dialects.postgres.rows.columns import set_not_null
from forensics.dialects.postgres.rows.exclusion import exclusion
from forensics.dialects.postgres.rows.there import There, duplicate, there_of
from forensics.dialects.postgres.tokens import Kind, spelled, words
from forensics.facts import ConstraintKind, LiveTable, RowKind, RowQuestion
from forensics.model import TrueError

_PLAIN_WORDS = words("and or not is null in between like ilike true false")
_NOT_VALID = ("not", "valid")


def constraint(written: sql.TableConstraint, there: There) -> Iterator[RowQuestion]:
    """ADD CONSTRAINT; no questions if it is NOT VALID."""
    options = tuple(token.word for token in written.options)
    if _NOT_VALID in zip(options, options[1:], strict=False):
        return
    match written.kind:
        case ConstraintKind.UNIQUE | ConstraintKind.PRIMARY_KEY:
            if "using" not in options:
                yield from _key(written, there)
        case ConstraintKind.FOREIGN_KEY:
            yield from _foreign_key(written, there)
        case ConstraintKind.CHECK:
            yield from _check(written, there)
        case ConstraintKind.EXCLUSION:
            yield exclusion(written, there)


def _key(written: sql.TableConstraint, there: There) -> Iterator[RowQuestion]:
    held = [column_of(there.now, it) for it in written.columns]
    primary = written.kind is ConstraintKind.PRIMARY_KEY
    if primary:
        for column in held:
            if column is not None:
                yield from set_not_null(column.name, there)
    if any(there.is_null(it) for it in written.columns):
        return
    listed = ", ".join(written.columns)
    label = "pkey" if primary else "_".join((*written.columns, "key"))
    name = written.name or f"{there.name.table}_{label}"
    keys = [queries.column_sql(it) for it in written.columns]
    distinct = written.nulls_distinct
    yield RowQuestion(
        kind=RowKind.PRIMARY_KEY if primary else RowKind.UNIQUE,
        table=there.name,
        columns=written.columns,
        name=name,
        demand=f"no two rows of {there.name} have the same {listed}",
        query=queries.duplicates(there.name, keys, nulls_distinct=distinct)
        if there.has(written.columns)
        else "",
        runs_no_code=there.plain(written.columns),
        error=duplicate(name),
    )


def index(command: sql.CreateIndex, there: There) -> Iterator[RowQuestion]:
    """CREATE UNIQUE INDEX."""
    if there.new:
        return
    columns = tuple(key.column for key in command.keys if key.column is not None)
    if any(there.is_null(it) for it in columns):
        return
    plain = len(columns) == len(command.keys) and command.where is None
    keys = [
        queries.column_sql(key.column) if key.column is not None else spelled(key.expression)
        for key in command.keys
    ]
    rest = tuple(token.word for token in command.rest)
    distinct = rest[:3] != ("nulls", "not", "distinct")
    name = command.name or f"{there.name.table}_{'_'.join(columns)}_idx"
    listed = ", ".join(key.column or spelled(key.expression) for key in command.keys)
    yield RowQuestion(
        kind=RowKind.UNIQUE,
        table=there.name,
        columns=columns,
        name=name,
        demand=f"no two rows of {there.name} have the same {listed}",
        query=queries.duplicates(
            there.name, keys, spelled(command.where or ()), nulls_distinct=distinct
        )
        if there.has(columns)
        else "",
        runs_no_code=plain and there.plain(columns),
        error=duplicate(name),
    )


def _foreign_key(written: sql.TableConstraint, there: There) -> Iterator[RowQuestion]:
    if written.target is None or any(there.is_null(it) for it in written.columns):
        return
    target = there_of(written.target, there.catalogue)
    targets = written.target_columns or _primary_key(target.now)
    known = there.has(written.columns) and len(targets) == len(written.columns)
    if target.new:
        query = queries.not_null(there.name, written.columns) if known else ""
    elif known and target.has(targets):
        query = queries.orphans(there.name, written.columns, target.name, targets)
    else:
        query = ""
    name = written.name or f"{there.name.table}_{'_'.join(written.columns)}_fkey"
    yield RowQuestion(
        kind=RowKind.FOREIGN_KEY,
        table=there.name,
        other=target.name,
        columns=written.columns,
        name=name,
        demand=f"every {', '.join(written.columns)} of {there.name} is in {target.name}",
        query=query,
        runs_no_code=there.plain(written.columns) and target.plain(targets),
        error=TrueError(
            text=f'insert or update on table "{there.name.table}" violates foreign key constraint '
            f'"{name}"',
            sqlstate="23503",
        ),
    )


def _check(written: sql.TableConstraint, there: There) -> Iterator[RowQuestion]:
    named = [it for it in written.condition if it.kind in (Kind.WORD, Kind.QUOTED)]
    columns = tuple(
        dict.fromkeys(it.value for it in named if column_of(there.now, it.value) is not None)
    )
    own = (*columns, there.name.table, there.name.schema)
    others = [it for it in named if it.value not in own and it.word not in _PLAIN_WORDS]
    signs = {it.raw for it in written.condition if it.kind is Kind.SIGN}
    calls = any(
        one in named and one.word not in _PLAIN_WORDS and other.raw == "("
        for one, other in pairwise(written.condition)
    )
    name = written.name or f"{there.name.table}_check"
    condition = spelled(written.condition)
    yield RowQuestion(
        kind=RowKind.CHECK,
        table=there.name,
        columns=columns,
        name=name,
        demand=f"every row of {there.name} satisfies {condition}",
        query=queries.failing(there.name, condition) if there.has(columns) else "",
        runs_no_code=not (others or calls or "::" in signs) and there.plain(columns),
        error=TrueError(
            text=f'check constraint "{name}" of relation "{there.name.table}" is violated by some '
            "row",
            sqlstate="23514",
        ),
    )


def _primary_key(table: LiveTable) -> tuple[str, ...]:
    found = (it for it in table.constraints if it.kind is ConstraintKind.PRIMARY_KEY)
    return next((key_columns(it) for it in found), ())
