"""How drizzle 1.0 uses each artefact: the sentences of a report."""

from __future__ import annotations

from forensics.adapters.drizzle.dialects import is_sqlite
from forensics.facts import ToolUse
from forensics.model import Artefact

# Read in drizzle-kit and drizzle-orm 1.0.0-rc.5, and run.
_SENTENCES = {
    Artefact.CONFIG: (
        "`migrate` keeps its rows in the table that `migrations.schema` and `migrations.table` of "
        'the config name; without them it is `"drizzle"."__drizzle_migrations"` (drizzle 1.0).'
    ),
    Artefact.MIGRATION_FILE: (
        "`migrate` runs the `migration.sql` of every folder whose name has no row, sorted by name, "
        "in one transaction: the first statement that PostgreSQL refuses undoes the whole run, and "
        "nothing is recorded. A folder without a `migration.sql` is passed over without a message "
        "(drizzle 1.0)."
    ),
    Artefact.SNAPSHOT: (
        "`check`, `generate` and `migrate` read the `snapshot.json` of every folder first. Each "
        "must name parents that exist and sort before it. A folder without a `snapshot.json` is "
        "passed over, and `generate` repeats what its migration made (drizzle 1.0.0-rc.5)."
    ),
    Artefact.TRACKING_TABLE: (
        "`migrate` runs every folder whose name no row has, wherever it stands. A table of 0.x has "
        "no names: before anything else `migrate` matches its rows with the folders, by the second "
        "of `created_at`, else by hash, and stops when one row matches nothing. Rows in any other "
        "table do not count. `push` leaves out only the table that the config names (drizzle 1.0)."
    ),
    Artefact.RECORDED_HASH: (
        "`migrate` writes the SHA-256 of a file's text into the row. It compares it only once, to "
        "convert a table of 0.x, where timestamps do not decide (drizzle 1.0)."
    ),
    Artefact.DATABASE_SCHEMA: (
        "`migrate` never looks whether an object is there: it sends the SQL of every folder that "
        "has no row, in one transaction, and PostgreSQL stops it at the first object that exists "
        "already, or does not exist. `push` compares the database with the schema code, and "
        "changes it without a row (drizzle 1.0)."
    ),
    Artefact.PRIVILEGES: (
        "`migrate` sends `CREATE SCHEMA IF NOT EXISTS` each time, and creates its table if it is "
        "missing. It runs every pending file as the role that it connected as, and inserts a row "
        "for each, which needs INSERT on the table and USAGE on its sequence (drizzle 1.0)."
    ),
}
# Read in drizzle-orm 1.0.0-rc.5 (migrateSync, libsql/migrator.js), and run with libsql.
_ON_SQLITE = {
    Artefact.CONFIG: (
        "`migrate` keeps its rows in the table that `migrations.table` of the config names; "
        "without it that is `__drizzle_migrations`, in the database file itself (drizzle 1.0)."
    ),
    Artefact.MIGRATION_FILE: (
        "`migrate` runs the `migration.sql` of every folder whose name has no row, sorted by name, "
        "in one transaction. It cuts each file at `--> statement-breakpoint`. A driver of SQLite "
        "takes one statement at a time: libsql, node:sqlite and bun:sqlite run the first of a "
        "part, and drop the others. A folder without a `migration.sql` is passed over without a "
        "message (drizzle 1.0)."
    ),
    Artefact.SNAPSHOT: (
        "`check`, `generate` and `migrate` read the `snapshot.json` of every folder first, and "
        "stop at one of another version, and at branches that change the same thing. For SQLite "
        "they do not check that a parent exists, or sorts before. A folder without a "
        "`snapshot.json` is passed over, and `generate` repeats what its migration made (drizzle "
        "1.0.0-rc.5)."
    ),
    Artefact.TRACKING_TABLE: (
        "`migrate` runs every folder whose name no row has, wherever it stands. A table of 0.x has "
        "no names: before anything else `migrate` matches its rows with the folders, by the second "
        "of `created_at`, else by hash, and stops when one row matches nothing (drizzle 1.0)."
    ),
    Artefact.DATABASE_SCHEMA: (
        "`migrate` never looks whether an object is there: it sends the SQL of every folder that "
        "has no row, in one transaction, and SQLite stops it at the first object that exists "
        "already, or does not exist. `push` compares the database with the schema code, and "
        "changes it without a row (drizzle 1.0)."
    ),
}


def mechanism(artefact: Artefact, tool: ToolUse) -> str:
    """How 1.0 uses an artefact, in the database that the tool is set up for."""
    own = _ON_SQLITE if is_sqlite(tool) else {}
    return own.get(artefact, _SENTENCES[artefact])
