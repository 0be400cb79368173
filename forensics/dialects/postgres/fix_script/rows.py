"""Rows of a tracking table that a fix changes or adds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import dedent

from psycopg.sql import SQL, Composable

from forensics.dialects.postgres.fix_script import guards as guard
from forensics.dialects.postgres.fix_script import schemas
from forensics.dialects.postgres.fix_script.change import Change
from forensics.dialects.postgres.fix_script.guards import Check
from forensics.dialects.postgres.fix_script.quoting import column, columns, scalar, table_name
from forensics.model import Cell, InsertRows, NewRow, Scalar, UpdateRow


def updating(step: UpdateRow, *, undo: bool = False) -> Change:
    """Overwrite one cell; its row must still have the value that was found."""
    before, after = (step.after, step.before) if undo else (step.before, step.after)
    meant = SQL(" AND ").join(
        SQL("{} IS NOT DISTINCT FROM {}").format(column(name), scalar(value))
        for name, value in (*step.where, (step.column, before))
    )
    update = SQL("  UPDATE {} SET {} = {}\n    WHERE {};\n").format(
        table_name(step.table), column(step.column), scalar(after), meant
    )
    found = _in_words(step.where)
    what = f"rows with {found} and the expected {step.column} in {step.table}"
    return Change(
        table=step.table,
        after=step.table,
        title=f"Set the {step.column} that {step.table} records for {found} to {_said(after)}.",
        checks=(),
        statements=guard.affected(update, 1, what),
        acts=_dedented(update),
        changes_rows=True,
    )


def inserting(step: InsertRows, *, undo: bool = False) -> Change:
    """Add rows as the tool writes them, to a table that is made where it is missing."""
    keys = ", ".join(row.key for row in step.rows)
    makes = step.held is None
    return Change(
        table=step.table,
        after=step.table,
        title=f"Remove {keys} from {step.table} again."
        if undo
        else f"Record {keys} in {step.table}.",
        checks=tuple(_before_removal(step) if undo else _before(step)),
        schema=schemas.schema_made_for(step.table.schema, step.owner) if makes and not undo else "",
        statements=_removed(step) if undo else _added(step),
        acts=_removing(step) if undo else _adding(step),
        makes_table=makes and not undo,
        changes_rows=True,
        owner=step.owner,
        fires=makes,
    )


def _dedented(statement: Composable) -> str:
    return dedent(statement.as_string(None))


def _adding(step: InsertRows) -> str:
    return _table_made(step) + _dedented(_insert(step))


def _removing(step: InsertRows) -> str:
    return _dedented(_delete(step)) + _table_dropped(step)


def _table_made(step: InsertRows) -> str:
    if step.held is not None:
        return ""
    return schemas.tracking_table_made(step.table, step.columns, step.owner)


def _table_dropped(step: InsertRows) -> str:
    drop = SQL("DROP TABLE {};\n").format(table_name(step.table))
    return "" if step.held is not None else drop.as_string(None)


def _insert(step: InsertRows) -> Composable:
    names = tuple(name for name, _ in step.rows[0].cells)
    return SQL("  INSERT INTO {} ({}) VALUES\n{};\n").format(
        table_name(step.table), columns(names), _values(step.rows, names)
    )


def _delete(step: InsertRows) -> Composable:
    return SQL("  DELETE FROM {} WHERE ({}) IN (VALUES\n{});\n").format(
        table_name(step.table), columns(step.identity), _values(step.rows, step.identity)
    )


def _in_words(cells: Sequence[Cell]) -> str:
    return " and ".join(f"{name} {_said(value)}" for name, value in cells)


def _said(value: Scalar) -> str:
    return "NULL" if value is None else str(value)


def _before(step: InsertRows) -> Iterator[Check]:
    if step.held is None:
        yield guard.free(step.table)
    else:
        yield guard.counted(step.table, step.held)
        yield guard.none_of(step.table, step.identity, _values(step.rows, step.identity))


def _before_removal(step: InsertRows) -> Iterator[Check]:
    yield guard.counted(step.table, len(step.rows) + (step.held or 0))


def _added(step: InsertRows) -> str:
    """In the order of the list."""
    added = guard.affected(_insert(step), len(step.rows), f"rows added to {step.table}")
    return _table_made(step) + added


def _removed(step: InsertRows) -> str:
    table = step.table
    removal = guard.affected(_delete(step), len(step.rows), f"rows removed from {table}")
    unmade = "" if step.held is not None else schemas.schema_unmade(table.schema)
    return removal + _table_dropped(step) + unmade


def _values(rows: Sequence[NewRow], names: Sequence[str]) -> Composable:
    """The cells of these columns, a line for each row."""
    cells = [dict(row.cells) for row in rows]
    return SQL(",\n").join(
        SQL("    ({})").format(SQL(", ").join(scalar(row[name]) for name in names)) for row in cells
    )
