"""Rows of a tracking table that a fix changes or adds."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg.sql import SQL, Composable, Literal

from forensics.dialects.postgres.fix_script import guards as guard
from forensics.dialects.postgres.fix_script import schemas
from forensics.dialects.postgres.fix_script.change import Change
from forensics.dialects.postgres.fix_script.quoting import table_name, value
from forensics.model import (
    RecordedMigration,
    RecordMigrations,
    SetRecordedHash,
    SetRecordedStamp,
    TableName,
)


def hash_change(step: SetRecordedHash, *, undo: bool = False) -> Change:
    """Overwrite one hash; its row must still have the one that was found."""
    before, after = (step.after, step.before) if undo else (step.before, step.after)
    update = SQL("  UPDATE {} SET hash = {}\n    WHERE created_at = {} AND hash = {};\n").format(
        *(table_name(step.table), value(after), Literal(step.created_at), value(before))
    )
    what = f"created_at {step.created_at} of {step.table} with the expected hash"
    return _in_place(
        step.table,
        title=f"Set the hash that {step.table} records for created_at {step.created_at}.",
        statements=guard.block([guard.locked(step.table), update, guard.updated_once(what)]),
    )


def stamp_change(step: SetRecordedStamp, *, undo: bool = False) -> Change:
    """Overwrite one `created_at`; its row must still have the one that was found."""
    before, after = (step.after, step.before) if undo else (step.before, step.after)
    update = SQL(
        "  UPDATE {} SET created_at = {}::bigint\n"
        "    WHERE hash = {} AND created_at IS NOT DISTINCT FROM {}::bigint;\n"
    ).format(*(table_name(step.table), Literal(after), value(step.hash), Literal(before)))
    what = f"this hash and the expected created_at in {step.table}"
    stamp = "NULL" if after is None else after
    return _in_place(
        step.table,
        title=f"Set the created_at that {step.table} records for hash {step.hash} to {stamp}.",
        statements=guard.block([guard.locked(step.table), update, guard.updated_once(what)]),
    )


def recording(step: RecordMigrations, *, undo: bool = False) -> Change:
    """Add rows as the migrator writes them, to a table that is made where it is missing."""
    tags = ", ".join(row.tag for row in step.rows)
    makes = step.held is None
    return Change(
        table=step.table,
        after=step.table,
        title=f"Remove {tags} from {step.table} again."
        if undo
        else f"Record {tags} in {step.table}.",
        statements=_removed(step) if undo else _added(step),
        makes_table=makes and not undo,
        owner=step.owner,
        fires=makes,
    )


def _in_place(table: TableName, *, title: str, statements: str) -> Change:
    return Change(table=table, after=table, title=title, statements=statements)


def _added(step: RecordMigrations) -> str:
    """In the order of the list."""
    table, values = step.table, _values(step.rows)
    opening = _table_made(step) if step.held is None else ""
    insert = SQL("  INSERT INTO {} (hash, created_at) VALUES\n{};\n")
    return opening + guard.block(
        [
            guard.locked(table),
            guard.counted(table, step.held or 0),
            guard.none_of(table, values),
            insert.format(table_name(table), values),
            guard.changed(len(step.rows), f"rows added to {table}"),
        ]
    )


def _table_made(step: RecordMigrations) -> str:
    schema = schemas.schema_made_for(step.table.schema, step.owner)
    made = schemas.tracking_table_made(step.table, step.owner)
    return guard.block([guard.free(step.table), *schema]) + made


def _removed(step: RecordMigrations) -> str:
    table, count = step.table, len(step.rows)
    delete = SQL("  DELETE FROM {} WHERE (hash, created_at) IN (VALUES\n{});\n")
    removal = guard.block(
        [
            guard.locked(table),
            guard.counted(table, count + (step.held or 0)),
            delete.format(table_name(table), _values(step.rows)),
            guard.changed(count, f"rows removed from {table}"),
        ]
    )
    if step.held is not None:
        return removal
    drop = SQL("DROP TABLE {};\n").format(table_name(table)).as_string(None)
    return removal + drop + schemas.schema_unmade(table.schema)


def _values(rows: Sequence[RecordedMigration]) -> Composable:
    return SQL(",\n").join(
        SQL("    ({}, {}::bigint)").format(value(row.hash), Literal(row.created_at)) for row in rows
    )
