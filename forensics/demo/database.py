"""Fills the example's database by real runs of its migrations, as developers did, good and bad."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256

from forensics.demo.migrator import DemoMigration, MigrationFailed, migrate, read_migrations
from forensics.demo.project import DRIZZLE, last_migration
from forensics.demo.story import Story
from forensics.model import TableName
from forensics.scratch.postgres import Server

EARLIER_ROUNDS = 2
"""How often the tables were thrown away and migrated again: the rows that are left begin at 13."""
FAILED_RUNS = 3
"""How often somebody ran migrate after the config had lost the schema."""

PUBLIC = TableName(schema="public", table="__drizzle_migrations")
DEFAULT = TableName(schema="drizzle", table="__drizzle_migrations")
"""What drizzle-kit reads where the config names no schema."""

EMPTY = """
DO $$ DECLARE doomed text; BEGIN
  FOR doomed IN SELECT format('%I', relname) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND relname <> '__drizzle_migrations'
  LOOP EXECUTE 'DROP TABLE public.' || doomed || ' CASCADE'; END LOOP;
  FOR doomed IN SELECT format('%I', typname) FROM pg_type
    WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'
  LOOP EXECUTE 'DROP TYPE public.' || doomed; END LOOP;
END $$;
DELETE FROM public.__drizzle_migrations;
"""
"""Throws the tables away and keeps the tracking table, whose ids go on from there."""

_OWNER, _READER = "app", "support_readonly"
_ROLES = f"CREATE ROLE {_OWNER} LOGIN; CREATE ROLE {_READER} LOGIN"
_MAY_READ = f"""
GRANT USAGE ON SCHEMA drizzle TO {_READER};
GRANT SELECT ON ALL TABLES IN SCHEMA public, drizzle TO {_READER};
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public, drizzle TO {_READER};
"""


def build_database(server: Server, told: Story) -> str:
    """Create the roles and the database of the incident; returns the address to read it at."""
    name = told.project
    migrations = read_migrations(told.tree / DRIZZLE)
    server.execute(_ROLES)
    server.create_database(name, owner=_OWNER)
    _migrate_anew(server, name, migrations)
    _fail(server, name, migrations)
    server.execute(record_hash(told, PUBLIC, hash_with_newline(told)), database=name, user=_OWNER)
    server.execute(_MAY_READ, database=name, user=_OWNER)
    return server.url(name, _READER)


def record_hash(told: Story, table: TableName, value: str) -> str:
    """SQL that records another hash for the last migration."""
    newest = told.migrations[-1].when
    return f"UPDATE {table} SET hash = '{value}' WHERE created_at = {newest}"


def hash_with_newline(told: Story) -> str:
    """What was recorded had the last migration ended in one more newline when it was applied."""
    original = (told.tree / last_migration(told)).read_bytes()
    return sha256(original + b"\n").hexdigest()


def _migrate_anew(server: Server, name: str, migrations: tuple[DemoMigration, ...]) -> None:
    for number in range(EARLIER_ROUNDS + 1):
        if number:
            server.execute(EMPTY, database=name, user=_OWNER)
        migrate(server.url(name, _OWNER), migrations, PUBLIC)


def _fail(server: Server, name: str, migrations: tuple[DemoMigration, ...]) -> None:
    """Leave the empty table: the first migration passes again and takes an id, the second fails."""
    for _ in range(FAILED_RUNS):
        with suppress(MigrationFailed):
            migrate(server.url(name, _OWNER), migrations, DEFAULT)
