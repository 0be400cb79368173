"""Broken tracking tables, the repair that holds, and databases that cannot be reached."""

from tests.lab.build import ALL_FAULTS, Fault
from tests.lab.cases import ALL, DATABASE, FOLDER, Case, nothing
from tests.lab.edits import prefix_migration

ROWS = "drizzle.__drizzle_migrations"
PUSH = ("push",)
EVERYTHING = (*ALL, "push", "push in a terminal")
SPLIT = frozenset({Fault.F4})

# The spare table is retired inside schema drizzle, where push does not look; its index and sequence would clash.
REPAIR = """
BEGIN;
ALTER SEQUENCE drizzle.__drizzle_migrations_id_seq RENAME TO __drizzle_migrations_retired_id_seq;
ALTER INDEX drizzle.__drizzle_migrations_pkey RENAME TO __drizzle_migrations_retired_pkey;
ALTER TABLE drizzle.__drizzle_migrations RENAME TO __drizzle_migrations_retired;
ALTER TABLE public.__drizzle_migrations SET SCHEMA drizzle;
COMMIT;
"""
RETIRED_IN_PUBLIC = """
ALTER TABLE public.__drizzle_migrations RENAME TO __drizzle_migrations_retired;
INSERT INTO drizzle.__drizzle_migrations (hash, created_at)
  SELECT hash, created_at FROM public.__drizzle_migrations_retired ORDER BY id;
"""
LAST = f"(SELECT max(created_at) FROM {ROWS})"

TRACKING = (
    Case("rows: as they should be", nothing, EVERYTHING),
    Case("rows: all deleted", nothing, DATABASE, f"DELETE FROM {ROWS}"),
    Case(
        "rows: the last deleted", nothing, DATABASE, f"DELETE FROM {ROWS} WHERE created_at = {LAST}"
    ),
    Case("rows: one in the middle deleted", nothing, DATABASE, f"DELETE FROM {ROWS} WHERE id = 3"),
    Case(
        "rows: one created_at is NULL",
        nothing,
        DATABASE,
        f"UPDATE {ROWS} SET created_at = NULL WHERE id = 3",
    ),
    Case(
        "rows: all created_at in seconds",
        nothing,
        DATABASE,
        f"UPDATE {ROWS} SET created_at = created_at / 1000",
    ),
    Case(
        "rows: one created_at in the future",
        nothing,
        DATABASE,
        f"UPDATE {ROWS} SET created_at = 4102444800000 WHERE id = 6",
    ),
    Case("rows: all hashes are garbage", nothing, DATABASE, f"UPDATE {ROWS} SET hash = 'garbage'"),
    Case(
        "rows: an unknown later one",
        nothing,
        DATABASE,
        f"INSERT INTO {ROWS} (hash, created_at) VALUES ('unknown', {LAST} + 1000)",
    ),
    Case("rows: no table", nothing, DATABASE, "DROP SCHEMA drizzle CASCADE"),
    Case(
        "rows: table without created_at",
        nothing,
        DATABASE,
        f"ALTER TABLE {ROWS} DROP COLUMN created_at",
    ),
    Case(
        "rows: table is empty, so are the tables",
        nothing,
        ALL,
        "DROP SCHEMA drizzle CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public",
    ),
    Case("an applied file edited", prefix_migration(5, b"-- edited\n"), ALL),
)

INCIDENT = (
    Case("incident: all four faults", nothing, EVERYTHING, faults=ALL_FAULTS),
    Case("incident: rows in public", nothing, EVERYTHING, faults=SPLIT),
    Case(
        "incident: table moved to drizzle, the empty one retired there",
        nothing,
        EVERYTHING,
        REPAIR,
        SPLIT,
    ),
    Case(
        "incident: rows copied to drizzle, the old table retired in public",
        nothing,
        EVERYTHING,
        RETIRED_IN_PUBLIC,
        SPLIT,
    ),
    Case("incident: push --force", nothing, ("push --force",), faults=SPLIT),
    Case(
        "incident: migrate after push --force",
        nothing,
        ("push --force, then migrate",),
        faults=SPLIT,
    ),
)

UNREACHABLE = (
    Case(
        "database: refuses the connection",
        nothing,
        ("migrate", "push"),
        address="postgresql://nobody@127.0.0.1:1/none",
    ),
    Case("database: does not exist", nothing, ("migrate", "push"), address="missing"),
    # Not migrate or push: they would try whatever listens on this machine's default port.
    Case("database: the address is empty", nothing, FOLDER, address=""),
)

DATABASE_CASES = TRACKING + INCIDENT + UNREACHABLE
