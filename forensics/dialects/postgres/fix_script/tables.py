"""Tables that a fix renames, or moves into another schema."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg.sql import SQL

from forensics.dialects.postgres.fix_script import guards as guard
from forensics.dialects.postgres.fix_script import schemas
from forensics.dialects.postgres.fix_script.change import Change
from forensics.dialects.postgres.fix_script.guards import Check
from forensics.dialects.postgres.fix_script.quoting import name, table_name
from forensics.model import MoveTable, RenameTable, TableName
from forensics.model.wording import counted
from forensics.tracking.moves import renamed, target

_Pair = tuple[TableName, TableName]
"""A name before a change and after it."""


def renaming(step: RenameTable, *, undo: bool = False) -> Change:
    """Rename a table with the sequence and the key that would clash."""
    before, after = _turned((step.table, target(step)), undo)
    names, schema = renamed(step), step.table.schema
    sequence, primary_key = (
        _turned(
            (TableName(schema=schema, table=it[0]), TableName(schema=schema, table=it[1])), undo
        )
        if it
        else None
        for it in (names.sequence, names.primary_key)
    )
    acts = _renames(before, after, sequence, primary_key)
    content = f"has {counted(step.rows, 'row')}" if step.rows else "is empty"
    return Change(
        table=before,
        after=after,
        title=f"Rename {before}, which {content}, to {after.table}.",
        checks=(
            guard.counted(before, step.rows),
            guard.free(after),
            *_moves_freely(sequence),
            *_moves_freely(primary_key),
        ),
        statements=acts,
        acts=acts,
        fires=True,
    )


def moving(step: MoveTable, *, undo: bool = False) -> Change:
    """Move a table into another schema, which is made where it is missing."""
    before, after = _turned((step.table, target(step)), undo)
    move = SQL("ALTER TABLE {} SET SCHEMA {};\n").format(table_name(before), name(after.schema))
    acts = move.as_string(None)
    newest = (guard.newest(before, *step.newest),) if step.newest is not None else ()
    there = (schemas.schema_present(after),) if undo else ()
    return Change(
        table=before,
        after=after,
        title=f"Move {before} with its {step.rows} rows, ids and sequence into schema "
        f"{after.schema}.",
        checks=(guard.counted(before, step.rows), *newest, guard.free(after), *there),
        schema="" if undo else schemas.schema_made(after.schema, before),
        statements=acts + (schemas.schema_unmade(before.schema) if undo else ""),
        acts=acts,
        fires=True,
    )


def _turned(pair: _Pair, undo: bool) -> _Pair:
    return (pair[1], pair[0]) if undo else pair


def _moves_freely(pair: _Pair | None) -> Iterator[Check]:
    if pair is not None:
        yield guard.present(pair[0])
        yield guard.free(pair[1])


def _renames(
    table: TableName, to: TableName, sequence: _Pair | None, primary_key: _Pair | None
) -> str:
    statements = [SQL("ALTER TABLE {} RENAME TO {};\n").format(table_name(table), name(to.table))]
    if sequence is not None:
        old, new = sequence
        rename = SQL("ALTER SEQUENCE {} RENAME TO {};\n")
        statements.append(rename.format(table_name(old), name(new.table)))
    if primary_key is not None:
        old, new = primary_key
        rename = SQL("ALTER TABLE {} RENAME CONSTRAINT {} TO {};\n")
        statements.append(rename.format(table_name(to), name(old.table), name(new.table)))
    return "".join(statement.as_string(None) for statement in statements)
