"""Rows of a tracking table that a fix changes or adds."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg.sql import SQL, Composable

from forensics.dialects.postgres.fix_script import guards as guard
from forensics.dialects.postgres.fix_script import schemas
from forensics.dialects.postgres.fix_script.change import Change
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
    what = f"{found} and the expected {step.column} in {step.table}"
    return Change(
        table=step.table,
        after=step.table,
        title=f"Set the {step.column} that {step.table} records for {found} to {_said(after)}.",
        statements=guard.block([guard.locked(step.table), update, guard.updated_once(what)]),
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
        statements=_removed(step) if undo else _added(step),
        makes_table=makes and not undo,
        owner=step.owner,
        fires=makes,
    )


def _in_words(cells: Sequence[Cell]) -> str:
    return " and ".join(f"{name} {_said(value)}" for name, value in cells)


def _said(value: Scalar) -> str:
    return "NULL" if value is None else str(value)


def _added(step: InsertRows) -> str:
    """In the order of the list."""
    table, names = step.table, tuple(name for name, _ in step.rows[0].cells)
    opening = _table_made(step) if step.held is None else ""
    insert = SQL("  INSERT INTO {} ({}) VALUES\n{};\n")
    return opening + guard.block(
        [
            guard.locked(table),
            guard.counted(table, step.held or 0),
            guard.none_of(table, step.identity, _values(step.rows, step.identity)),
            insert.format(table_name(table), columns(names), _values(step.rows, names)),
            guard.changed(len(step.rows), f"rows added to {table}"),
        ]
    )


def _table_made(step: InsertRows) -> str:
    schema = schemas.schema_made_for(step.table.schema, step.owner)
    made = schemas.tracking_table_made(step.table, step.columns, step.owner)
    return guard.block([guard.free(step.table), *schema]) + made


def _removed(step: InsertRows) -> str:
    table, count = step.table, len(step.rows)
    delete = SQL("  DELETE FROM {} WHERE ({}) IN (VALUES\n{});\n")
    removal = guard.block(
        [
            guard.locked(table),
            guard.counted(table, count + (step.held or 0)),
            delete.format(
                table_name(table), columns(step.identity), _values(step.rows, step.identity)
            ),
            guard.changed(count, f"rows removed from {table}"),
        ]
    )
    if step.held is not None:
        return removal
    drop = SQL("DROP TABLE {};\n").format(table_name(table)).as_string(None)
    return removal + drop + schemas.schema_unmade(table.schema)


def _values(rows: Sequence[NewRow], names: Sequence[str]) -> Composable:
    """The cells of these columns, a line for each row."""
    cells = [dict(row.cells) for row in rows]
    return SQL(",\n").join(
        SQL("    ({})").format(SQL(", ").join(scalar(row[name]) for name in names)) for row in cells
    )
