"""The database steps of a fix as one guarded script for MySQL and MariaDB, and its inverse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from forensics.dialects.base import ScriptOptions
from forensics.dialects.mysql.script import (
    act,
    check,
    has_no_trigger,
    has_rows,
    is_free,
    is_table,
    name,
    none,
    script,
)
from forensics.dialects.mysql.text import literal, quoted
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
from forensics.model.wording import counted


def fix_script(steps: Iterable[Step], options: ScriptOptions) -> str | None:
    """One script, in ASCII; empty where there are no steps, `None` for one it cannot guard."""
    made = [step for step in steps if isinstance(step, DatabaseStep)]
    return _script([_applied(step) for step in made], options)


def undo_script(steps: Iterable[Step], options: ScriptOptions) -> str | None:
    """The inverse of `fix_script` for the same steps."""
    made = [step for step in steps if isinstance(step, DatabaseStep)]
    return _script([_undone(step) for step in reversed(made)], options)


def acting(steps: Iterable[Step]) -> str:
    """The statements of `fix_script` that change something, without the guards around them."""
    acts = (act for step in steps if isinstance(step, DatabaseStep) for act in _acts(step))
    return "\n".join(f"{it};" for it in acts)


def _script(parts: Sequence[str | None], options: ScriptOptions) -> str | None:
    known = [part for part in parts if part is not None]
    if len(known) != len(parts):
        return None
    return script(known, options.header, options.database)


def _applied(step: DatabaseStep) -> str | None:
    match step:
        case UpdateRow():
            return _updated(step, step.before, step.after)
        case InsertRows():
            return inserted(step)
        case RenameTable():
            return _renamed(step.table.table, step.to, step.rows)
        case MoveTable():
            return None


def _undone(step: DatabaseStep) -> str | None:
    match step:
        case UpdateRow():
            return _updated(step, step.after, step.before)
        case InsertRows():
            return removed(step)
        case RenameTable():
            return _renamed(step.to, step.table.table, step.rows)
        case MoveTable():
            return None


def _acts(step: DatabaseStep) -> tuple[str, ...]:
    match step:
        case UpdateRow():
            return (_update(step, step.before, step.after),)
        case InsertRows():
            made = (_create(step),) if step.held is None else ()
            return (*made, _insert(step))
        case RenameTable():
            return (f"RENAME TABLE {name(step.table.table)} TO {name(step.to)}",)
        case MoveTable():
            return ()


# --- Bare statements ------------------------------------------------------------------------------


def deleting(row: DeletedRow) -> str:
    """The statement that removes a row, by all that is known of it."""
    return f"DELETE FROM {name(row.table.table)} WHERE {_meant(row.cells)} LIMIT 1;"


def overwriting(step: UpdateRow) -> str:
    """The statement that overwrites a cell, by all that is known of its row."""
    return f"{_update(step, step.before, step.after)};"


def dropping(table: TableName) -> tuple[str]:
    """The statement that drops a table; there is no schema to drop it with."""
    return (f"DROP TABLE {name(table.table)};",)


def _meant(cells: Iterable[Cell]) -> str:
    return " AND ".join(f"{quoted(column)} <=> {literal(value)}" for column, value in cells)


def _update(step: UpdateRow, before: Scalar, after: Scalar) -> str:
    meant = _meant((*step.where, (step.column, before)))
    table = name(step.table.table)
    return f"UPDATE {table} SET {quoted(step.column)} = {literal(after)} WHERE {meant}"


def _create(step: InsertRows) -> str:
    columns = ", ".join(f"{quoted(it.name)} {it.definition}" for it in step.columns)
    return f"CREATE TABLE {name(step.table.table)} ({columns})"


def _insert(step: InsertRows) -> str:
    columns = ", ".join(quoted(column) for column, _ in step.rows[0].cells)
    values = ", ".join(
        f"({', '.join(literal(value) for _, value in row.cells)})" for row in step.rows
    )
    return f"INSERT INTO {name(step.table.table)} ({columns}) VALUES {values}"


# --- Guarded steps --------------------------------------------------------------------------------


def _checked(table: str) -> str:
    """An ordinary table without triggers, which would run what nobody has read."""
    return check(f"{table} is a table", is_table(table)) + check(
        f"{table} has no trigger", has_no_trigger(table)
    )


def _counted(table: str, rows: int) -> str:
    return check(f"{table} has {counted(rows, 'row')}", has_rows(table, rows))


def _updated(step: UpdateRow, before: Scalar, after: Scalar) -> str:
    table = step.table.table
    meant = _meant((*step.where, (step.column, before)))
    return (
        _checked(table)
        + check(
            f"{table} has the row that is meant once",
            f"(SELECT COUNT(*) FROM {name(table)} WHERE {meant}) = 1",
        )
        + act(_update(step, before, after))
    )


def inserted(step: InsertRows) -> str:
    """Rows are added, to a table that is made for them where there was none."""
    table = step.table.table
    if step.held is None:
        opening = check(f"nothing is called {table}", is_free(table)) + act(_create(step))
    else:
        opening = _checked(table) + _counted(table, step.held)
    same = " OR ".join(_identified(step, row) for row in step.rows)
    query = f"SELECT COUNT(*) FROM {name(table)} WHERE {same}"
    return opening + check(f"{table} records none of them yet", none(query)) + act(_insert(step))


def removed(step: InsertRows) -> str:
    """Its inverse."""
    table = step.table.table
    held = step.held or 0
    opening = _checked(table) + _counted(table, held + len(step.rows))
    if step.held is None:
        return opening + act(f"DROP TABLE {name(table)}")
    deletes = (f"DELETE FROM {name(table)} WHERE {_meant(row.cells)}" for row in step.rows)
    return opening + "".join(map(act, deletes)) + _counted(table, held)


def _identified(step: InsertRows, row: NewRow) -> str:
    cells = [cell for cell in row.cells if cell[0] in step.identity]
    return " OR ".join(f"{quoted(column)} <=> {literal(value)}" for column, value in cells)


def _renamed(table: str, to: str, rows: int) -> str:
    return (
        _checked(table)
        + _counted(table, rows)
        + check(f"nothing is called {to}", is_free(to))
        + act(f"RENAME TABLE {name(table)} TO {name(to)}")
    )
