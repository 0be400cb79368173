"""The database steps of a fix as one guarded transaction for SQLite, and its exact inverse.

SQLite has no procedural language: what must hold stands in CHECK constraints of a temporary table,
and the first that does not hold ends the script, since `.bail on` stops at the first error.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from forensics.dialects.base import ScriptOptions, UnsafeName
from forensics.dialects.sqlite.text import literal, quoted
from forensics.model import (
    Cell,
    DatabaseStep,
    DeletedRow,
    InsertRows,
    MoveTable,
    NewRow,
    RenameTable,
    Scalar,
    Step,
    TableName,
    UpdateRow,
)
from forensics.model.characters import one_line

_OPENING = """\
.bail on
PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
CREATE TEMP TABLE forensics_guard (
  what text NOT NULL,
  holds integer NOT NULL,
  CONSTRAINT "Nothing was changed; if it ran before, it was probably already applied"
    CHECK (holds)
);
"""
_CLOSING = """\
DROP TABLE temp.forensics_guard;
COMMIT;
"""


def fix_script(steps: Iterable[Step], options: ScriptOptions) -> str | None:
    """One transaction, in ASCII; empty where there are no steps, `None` for one it cannot guard."""
    made = [step for step in steps if isinstance(step, DatabaseStep)]
    return _script([_applied(step) for step in made], options)


def undo_script(steps: Iterable[Step], options: ScriptOptions) -> str | None:
    """The inverse of `fix_script` for the same steps."""
    made = [step for step in steps if isinstance(step, DatabaseStep)]
    return _script([_undone(step) for step in reversed(made)], options)


def acting(steps: Iterable[Step]) -> str:
    """The statements of `fix_script` that change something, without the guards around them."""
    parts = (_applied(step) or "" for step in steps if isinstance(step, DatabaseStep))
    lines = (line for part in parts for line in part.splitlines())
    return "\n".join(line for line in lines if "forensics_guard" not in line)


def _script(parts: Sequence[str | None], options: ScriptOptions) -> str | None:
    known = [part for part in parts if part is not None]
    if len(known) != len(parts):
        return None
    if not parts:
        return ""
    return "\n".join((*map(_comment, filter(None, options.header)), _OPENING, *known, _CLOSING))


def _comment(sentence: str) -> str:
    return f"-- {one_line(sentence)}".encode("ascii", "backslashreplace").decode("ascii")


def _applied(step: DatabaseStep) -> str | None:
    match step:
        case UpdateRow():
            return _updated(step, step.before, step.after)
        case InsertRows():
            return _inserted(step)
        case RenameTable():
            return _renamed(step.table, step.to, step.rows)
        case MoveTable():
            return None


def _undone(step: DatabaseStep) -> str | None:
    match step:
        case UpdateRow():
            return _updated(step, step.after, step.before)
        case InsertRows():
            return _removed(step)
        case RenameTable():
            renamed = TableName(schema=step.table.schema, table=step.to)
            return _renamed(renamed, step.table.table, step.rows)
        case MoveTable():
            return None


def deleting(row: DeletedRow) -> str:
    """The statement that removes a row, by all that is known of it."""
    return f"DELETE FROM {_name(row.table)} WHERE {_meant(row.cells)};"


def overwriting(step: UpdateRow) -> str:
    """The statement that overwrites a cell, by all that is known of its row."""
    meant = _meant((*step.where, (step.column, step.before)))
    value = literal(step.after)
    return f"UPDATE {_name(step.table)} SET {quoted(step.column)} = {value} WHERE {meant};"


def dropping(table: TableName) -> tuple[str]:
    """The statement that drops a table; there is no schema to drop it with."""
    return (f"DROP TABLE {_name(table)};",)


# --- Guards -------------------------------------------------------------------------------------


def _guard(what: str, holds: str) -> str:
    return f"INSERT INTO temp.forensics_guard VALUES ({literal(one_line(what))}, {holds});\n"


def _name(table: TableName) -> str:
    text = table.table
    if not text or not text.isprintable() or not text.isascii():
        raise UnsafeName(
            f"A script cannot hold the name {one_line(text[:80])!r}: make the change by hand."
        )
    return f"main.{quoted(text)}"


def _is_table(table: TableName) -> str:
    """An ordinary table without triggers, which would run what nobody has read."""
    _name(table)
    name = literal(table.table)
    there = f"(SELECT count(*) FROM main.sqlite_schema WHERE type = 'table' AND name = {name}) = 1"
    none = (
        "NOT EXISTS (SELECT 1 FROM main.sqlite_schema WHERE type = 'trigger' "
        f"AND tbl_name = {name})"
    )
    return _guard(f"{table} is a table", there) + _guard(f"{table} has no trigger", none)


def _free(table: TableName) -> str:
    holds = f"NOT EXISTS (SELECT 1 FROM main.sqlite_schema WHERE name = {literal(table.table)})"
    return _guard(f"nothing is called {table}", holds)


def _counted(table: TableName, rows: int) -> str:
    return _guard(f"{table} has {rows} rows", f"(SELECT count(*) FROM {_name(table)}) = {rows}")


def _meant(cells: Iterable[Cell]) -> str:
    return " AND ".join(f"{quoted(name)} IS {literal(value)}" for name, value in cells)


# --- Steps --------------------------------------------------------------------------------------


def _updated(step: UpdateRow, before: Scalar, after: Scalar) -> str:
    table = _name(step.table)
    meant = _meant((*step.where, (step.column, before)))
    return (
        _is_table(step.table)
        + _guard(
            f"{step.table} has the row that is meant once",
            f"(SELECT count(*) FROM {table} WHERE {meant}) = 1",
        )
        + f"UPDATE {table} SET {quoted(step.column)} = {literal(after)} WHERE {meant};\n"
    )


def _inserted(step: InsertRows) -> str:
    table = _name(step.table)
    if step.held is None:
        columns = ", ".join(f"{quoted(it.name)} {it.definition}" for it in step.columns)
        opening = _free(step.table) + f"CREATE TABLE {table} ({columns});\n"
    else:
        opening = _is_table(step.table) + _counted(step.table, step.held)
    names = ", ".join(quoted(name) for name, _ in step.rows[0].cells)
    values = ",\n".join(
        f"  ({', '.join(literal(value) for _, value in row.cells)})" for row in step.rows
    )
    same = " OR ".join(_identified(step, row) for row in step.rows)
    return (
        opening
        + _guard(
            f"{step.table} records none of them yet",
            f"NOT EXISTS (SELECT 1 FROM {table} WHERE {same})",
        )
        + f"INSERT INTO {table} ({names}) VALUES\n{values};\n"
    )


def _removed(step: InsertRows) -> str:
    table = _name(step.table)
    held = (step.held or 0) + len(step.rows)
    opening = _is_table(step.table) + _counted(step.table, held)
    if step.held is None:
        return opening + f"DROP TABLE {table};\n"
    deletes = "".join(f"DELETE FROM {table} WHERE {_meant(row.cells)};\n" for row in step.rows)
    return opening + deletes + _counted(step.table, step.held)


def _identified(step: InsertRows, row: NewRow) -> str:
    cells = [cell for cell in row.cells if cell[0] in step.identity]
    return " OR ".join(f"{quoted(name)} IS {literal(value)}" for name, value in cells)


def _renamed(table: TableName, to: str, rows: int) -> str:
    after = TableName(schema=table.schema, table=to)
    _name(after)
    return (
        _is_table(table)
        + _counted(table, rows)
        + _free(after)
        + f"ALTER TABLE {_name(table)} RENAME TO {quoted(to)};\n"
    )
