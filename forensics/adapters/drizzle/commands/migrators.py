"""The two generations of drizzle-orm's migrator: what each makes, what it finds pending."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from forensics.dialects import dialect_of
from forensics.facts import Facts, Family, LiveSchema, Migration, ToolUse, TrackingTable
from forensics.model import TableName

Pending = tuple[Migration, ...]


class Migrator(msgspec.Struct, frozen=True):
    """What differs between them; both send all that is pending in one transaction."""

    made_first: Callable[[TableName, LiveSchema | None], tuple[str, ...]]
    """Its own statements outside of that transaction, in order; the first makes the schema."""
    insert: str
    """The columns and values of a row that it writes."""
    pending: Callable[[Facts, TrackingTable | None], Pending | None]
    """What it will run, in order; `None` where that is not known."""


def migrator_of(tool: ToolUse) -> Migrator:
    """The one that runs: that of 1.0 goes by names, and not by the newest row."""
    return BY_NAME if tool.family is Family.SET else BY_MARK


def high_water_mark(table: TrackingTable | None, *, nulls_first: bool = True) -> int | None:
    """The `created_at` that decides, in milliseconds; `None` for an empty table.

    It is that of `order by created_at desc limit 1`, and Number(null) is 0.
    """
    if table is None or not table.rows:
        return None
    if nulls_first and any(row.at is None for row in table.rows):
        return 0
    return table.newest or 0


def quoted(name: TableName) -> tuple[str, str]:
    """Schema and table as SQL spells them."""
    schema, table = ('"' + part.replace('"', '""') + '"' for part in (name.schema, name.table))
    return schema, table


# --- 0.x: PgDialect.migrate ----------------------------------------------------------------------


def _always(name: TableName, schema: LiveSchema | None) -> tuple[str, ...]:
    home, table = quoted(name)
    return (
        f"CREATE SCHEMA IF NOT EXISTS {home}",
        f"CREATE TABLE IF NOT EXISTS {home}.{table} "
        "(id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint)",
    )


def _later(facts: Facts, table: TrackingTable | None) -> Pending | None:
    assert facts.history is not None
    nulls_first = dialect_of(facts.tool).nulls_first
    mark, listed = high_water_mark(table, nulls_first=nulls_first), facts.history.migrations
    if any(migration.stamp is None for migration in listed):
        return None
    return tuple(m for m in listed if mark is None or (m.stamp is not None and m.stamp > mark))


BY_MARK = Migrator(_always, '("hash", "created_at") VALUES (\'\', 0)', _later)


# --- 1.0: migrate of pg-core/async/session.js, upgradeIfNeeded of up-migrations/pg.js ------------


def _if_needed(name: TableName, schema: LiveSchema | None) -> tuple[str, ...]:
    """It looks whether the table is there, and converts one of 0.x, which has no names."""
    home, table = quoted(name)
    there = next((it for it in schema.tables if it.name == name), None) if schema else None
    first = f"CREATE SCHEMA IF NOT EXISTS {home}"
    if there is None:
        return first, (
            f"CREATE TABLE IF NOT EXISTS {home}.{table} (id SERIAL PRIMARY KEY, hash text NOT NULL,"
            " created_at bigint, name text, applied_at timestamp with time zone DEFAULT now())"
        )
    if any(column.name == "name" for column in there.columns):
        return (first,)
    added = ("name text", "applied_at timestamp with time zone DEFAULT now()")
    return first, *(f"ALTER TABLE {home}.{table} ADD COLUMN IF NOT EXISTS {it}" for it in added)


def _unnamed(facts: Facts, table: TrackingTable | None) -> Pending | None:
    """Every folder whose name no row has; one without a `migration.sql` does not count."""
    assert facts.history is not None and facts.files is not None
    recorded = {row.key for row in table.rows} if table else set()
    files = {it.path: it.sha256 for it in facts.files.files}
    return tuple(
        migration
        for migration in facts.history.migrations
        if migration.key not in recorded and files.get(migration.path) is not None
    )


BY_NAME = Migrator(_if_needed, '("hash", "created_at", "name") VALUES (\'\', 0, \'\')', _unnamed)
