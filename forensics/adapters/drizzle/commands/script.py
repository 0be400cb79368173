"""What `migrate` would send to the database, as one script."""

from __future__ import annotations

from forensics.adapters.drizzle.commands.pending import high_water_mark
from forensics.adapters.drizzle.dialects import is_sqlite
from forensics.adapters.drizzle.folder.breakpoint import BREAKPOINT
from forensics.facts import Facts, Migration


def migration_script(facts: Facts) -> str | None:
    """The statements of all that is pending and their rows, in one transaction.

    `None` where a file's text or the table is not known, or no server is needed to try it. As
    PgDialect.migrate of drizzle-orm 0.x sends them; an entry is pending by its stamp alone.
    """
    name = facts.tool.tracking
    if facts.history is None or facts.tracking is None or name is None or is_sqlite(facts.tool):
        return None
    table = f"{_quoted(name.schema)}.{_quoted(name.table)}"
    mark = high_water_mark(facts.tracking.get(name))
    parts = [_prepare(name.schema, table), "BEGIN;"]
    for migration in facts.history.migrations:
        if migration.stamp is None:
            return None
        if mark is not None and migration.stamp <= mark:
            continue
        if (statements := _statements(facts, migration, table)) is None:
            return None
        parts += statements
    return "\n".join((*parts, "COMMIT;"))


def _prepare(schema: str, table: str) -> str:
    return (
        f"CREATE SCHEMA IF NOT EXISTS {_quoted(schema)};\n"
        f"CREATE TABLE IF NOT EXISTS {table} "
        "(id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint);"
    )


def _statements(facts: Facts, migration: Migration, table: str) -> list[str] | None:
    file = facts.files.get(migration.path) if facts.files else None
    if file is None or file.text is None:
        return None
    insert = f"INSERT INTO {table} (hash, created_at) VALUES ('{file.sha256}', {migration.stamp});"
    # A statement may end in a comment, so the semicolon stands on a line of its own.
    return [*(f"{chunk}\n;" for chunk in file.text.split(BREAKPOINT)), insert]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
