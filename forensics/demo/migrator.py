"""Runs a folder's migrations on a scratch database in the way drizzle-orm's own migrator does."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from forensics.errors import ForensicsError
from forensics.model import TableName

# What follows is drizzle-orm 0.30.10: `readMigrationFiles` of src/migrator.ts, and
# `PgDialect.migrate` of src/pg-core/dialect.ts.
_BREAKPOINT = "--> statement-breakpoint"
_SCHEMA = "CREATE SCHEMA IF NOT EXISTS {}"
_TABLE = (
    "CREATE TABLE IF NOT EXISTS {} (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint)"
)
_NEWEST = "SELECT created_at FROM {} ORDER BY created_at DESC LIMIT 1"
_ROW = "INSERT INTO {} (hash, created_at) VALUES (%s, %s)"


class MigrationFailed(ForensicsError):
    """A migration did not pass, and all of its run was rolled back."""

    def __init__(self, message: str, sqlstate: str | None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoMigration:
    """What the migrator takes from one file: statements, SHA-256, and the journal's timestamp."""

    statements: tuple[str, ...]
    hash: str
    when: int


class _Entry(msgspec.Struct):
    tag: str
    when: int


class _Journal(msgspec.Struct):
    entries: list[_Entry]


def read_migrations(folder: Path) -> tuple[DemoMigration, ...]:
    """What the journal lists, in its order; raises `OSError` where a file is gone."""
    journal = (folder / "meta" / "_journal.json").read_bytes()
    entries = msgspec.json.decode(journal, type=_Journal).entries
    return tuple(_read(folder / f"{entry.tag}.sql", entry.when) for entry in entries)


def migrate(url: str, migrations: tuple[DemoMigration, ...], tracking: TableName) -> None:
    """Apply in one transaction what is newer than the newest row; raises `MigrationFailed`.

    Schema and tracking table are made before that transaction, and stay when it is rolled back.
    """
    import psycopg
    from psycopg.sql import SQL, Identifier

    table = Identifier(tracking.schema, tracking.table)
    with psycopg.connect(url, autocommit=True) as connection:
        try:
            connection.execute(SQL(_SCHEMA).format(Identifier(tracking.schema)))
            connection.execute(SQL(_TABLE).format(table))
            newest = connection.execute(SQL(_NEWEST).format(table)).fetchone()
            with connection.transaction():
                for migration in _newer(migrations, newest):
                    for statement in migration.statements:
                        connection.execute(statement.encode())
                    connection.execute(SQL(_ROW).format(table), (migration.hash, migration.when))
        except psycopg.Error as error:
            raise MigrationFailed(str(error).splitlines()[0], error.sqlstate) from error


def _read(file: Path, when: int) -> DemoMigration:
    data = file.read_bytes()
    statements = tuple(data.decode().split(_BREAKPOINT))
    return DemoMigration(statements=statements, hash=sha256(data).hexdigest(), when=when)


def _newer(
    migrations: tuple[DemoMigration, ...], newest: tuple[int | None] | None
) -> tuple[DemoMigration, ...]:
    """By the timestamp of the newest row; hashes do not count, and a missing one counts as 0."""
    if newest is None:
        return migrations
    return tuple(migration for migration in migrations if (newest[0] or 0) < migration.when)
