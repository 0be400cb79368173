"""Tables that a fix renames, or moves into another schema."""

from __future__ import annotations

from psycopg.sql import SQL, Composable

from forensics.dialects.postgres.fix_script import guards as guard
from forensics.dialects.postgres.fix_script import schemas
from forensics.dialects.postgres.fix_script.change import Change
from forensics.dialects.postgres.fix_script.quoting import name, table_name
from forensics.model import MoveTable, RenameTable, TableName
from forensics.tracking.moves import renamed, target

_Names = tuple[str, str] | None
"""The old name and the new one; `None` where nothing is to be renamed."""


def renaming(step: RenameTable, *, undo: bool = False) -> Change:
    """Rename a table with the sequence and the key that would clash."""
    names, there = renamed(step), (step.table, target(step))
    before, after = reversed(there) if undo else there
    guards, acts = _rename(
        before,
        after,
        step.rows,
        sequence=_turned(names.sequence, undo),
        primary_key=_turned(names.primary_key, undo),
    )
    return Change(
        table=before,
        after=after,
        title=f"Rename {before}, which holds {step.rows} rows, to {after.table}.",
        statements=guard.block(guards) + acts,
        acts=acts,
        fires=True,
    )


def moving(step: MoveTable, *, undo: bool = False) -> Change:
    """Move a table into another schema, which is made where it is missing."""
    there = (step.table, target(step))
    before, after = reversed(there) if undo else there
    move = SQL("ALTER TABLE {} SET SCHEMA {};\n").format(table_name(before), name(after.schema))
    acts = move.as_string(None)
    return Change(
        table=before,
        after=after,
        title=f"Move {before} with its {step.rows} rows, ids and sequence into schema "
        f"{after.schema}.",
        statements=_move(step, before, after.schema, acts, undo=undo),
        acts=acts,
        fires=True,
    )


def _turned(names: _Names, undo: bool) -> _Names:
    return (names[1], names[0]) if names and undo else names


def _rename(
    table: TableName, to: TableName, rows: int, *, sequence: _Names, primary_key: _Names
) -> tuple[list[Composable], str]:
    guards: list[Composable] = [guard.locked(table), guard.counted(table, rows), guard.free(to)]
    statements = [SQL("ALTER TABLE {} RENAME TO {};\n").format(table_name(table), name(to.table))]
    if sequence is not None:
        old, new = (TableName(schema=table.schema, table=each) for each in sequence)
        guards += [guard.present(old), guard.free(new)]
        rename = SQL("ALTER SEQUENCE {} RENAME TO {};\n")
        statements.append(rename.format(table_name(old), name(new.table)))
    if primary_key is not None:
        old, new = (TableName(schema=table.schema, table=each) for each in primary_key)
        guards += [guard.present(old), guard.free(new)]
        rename = SQL("ALTER TABLE {} RENAME CONSTRAINT {} TO {};\n")
        statements.append(rename.format(table_name(to), name(old.table), name(new.table)))
    return guards, "".join(statement.as_string(None) for statement in statements)


def _move(step: MoveTable, table: TableName, to_schema: str, acts: str, *, undo: bool) -> str:
    guards: list[Composable] = [guard.locked(table), guard.counted(table, step.rows)]
    if step.newest is not None:
        guards.append(guard.newest(table, *step.newest))
    guards.append(guard.free(TableName(schema=to_schema, table=table.table)))
    there = schemas.schema_present(to_schema) if undo else schemas.schema_made(to_schema, table)
    cleanup = schemas.schema_unmade(table.schema) if undo else ""
    return guard.block([*guards, there]) + acts + cleanup
