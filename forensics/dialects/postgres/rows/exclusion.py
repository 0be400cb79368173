"""What an exclusion constraint demands of the rows that are there."""

from __future__ import annotations

from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres.effects.catalogue import column_of
from forensics.dialects.postgres.effects.exclusion import RANGES, elements
from forensics.dialects.postgres.rows import queries
from forensics.dialects.postgres.rows.there import There
from forensics.facts import RowKind, RowQuestion
from forensics.model import TrueError


def exclusion(written: sql.TableConstraint, there: There) -> RowQuestion:
    """EXCLUDE: of two rows, not all operators may be true.

    Without a query where it has a condition, or an element that is not a column.
    """
    found = elements(written)
    columns = tuple(column for column, _ in found)
    name = written.name or "_".join((there.name.table, *columns, "excl"))
    known = bool(found) and there.has(columns)
    return RowQuestion(
        kind=RowKind.EXCLUSION,
        table=there.name,
        columns=columns,
        name=name,
        demand=f"no two rows of {there.name} exclude each other",
        query=queries.excluding(there.name, found) if known else "",
        runs_no_code=known and all(_is_plain(it, there) for it in columns),
        error=TrueError(text=f'could not create exclusion constraint "{name}"', sqlstate="23P01"),
    )


def _is_plain(column: str, there: There) -> bool:
    held = column_of(there.now, column)
    return there.plain((column,)) or (held is not None and held.type in RANGES)
