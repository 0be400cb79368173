"""How drizzle-kit uses each artefact: the sentences of a report, with their versions."""

from __future__ import annotations

from forensics.adapters.drizzle.behaviour import number
from forensics.adapters.drizzle.dialects import is_mysql, is_sqlite
from forensics.facts import ToolUse
from forensics.model import Artefact

# Read in drizzle-kit 0.21.4 and 0.31.11 (bin.cjs) and drizzle-orm 0.30.10 and 0.45.4 (migrator.js,
# pg-core/dialect.js), and run; the functions are named at each text.
_SENTENCES = {
    # drizzleConfigFromFile, prepareMigrateConfig; PgDialect.migrate has the default.
    Artefact.CONFIG: (
        "`migrate` keeps its rows in the table that `migrations.schema` and `migrations.table` of "
        'the config name; without them it is `"drizzle"."__drizzle_migrations"`. No release of '
        "drizzle-kit 0.21 to 0.31 looks for the rows anywhere else. Code that calls `migrate(...)` "
        "of drizzle-orm does not read this config; it has options of its own with the same default."
    ),
    # prepareOutFolder; readMigrationFiles.
    Artefact.JOURNAL: (
        "`migrate` runs what `meta/_journal.json` lists, in the order of the list, and never looks "
        "for other .sql files. `check` and `generate` only parse the journal; when the folder "
        "`meta` is missing they create it with an empty journal and report success. With an empty "
        "journal `migrate` does nothing and reports success (drizzle-kit 0.21 to 0.31)."
    ),
    # PgDialect.migrate; checkHandler of 0.31.11.
    Artefact.MIGRATION_ORDER: (
        "`migrate` takes the greatest `created_at` of its table (NULL counts as the greatest, and "
        "then as 0) and runs the entries of the journal whose `when` is greater than it. An entry "
        "with a `when` that is equal or smaller is skipped, and `migrate` reports success all the "
        "same. The number, the tag and the hash of an entry play no part. Since 0.31.11 `check` "
        "warns of a `when` that does not increase, and exits with 0; older releases are silent."
    ),
    # readMigrationFiles; MigrateProgress and renderWithTask of 0.31.10.
    Artefact.MIGRATION_FILE: (
        "`migrate` reads the .sql file of every entry of the journal, applied or not, before it "
        "sends the first statement; the first file that it cannot read stops it. It sends what is "
        "pending in one transaction, unless the driver has none: the first statement that "
        "PostgreSQL refuses undoes the whole run, and nothing is recorded. `check`, `generate` and "
        "`push` never read a .sql file."
    ),
    # prepareOutFolder, validateWithReport, prepareMigrationFolder, preparePrevSnapshot.
    Artefact.SNAPSHOT: (
        "`check`, `generate` and `up` parse every entry of `meta` whose name does not begin with "
        "`_` as JSON. They stop at the first that fails to parse, so problems in later files stay "
        "hidden. `generate` still exits with 0, and compares the schema code with whichever "
        "snapshot sorts last by name. `migrate` and `push` never list `meta` (drizzle-kit 0.21 to "
        "0.31)."
    ),
    # PgDialect.migrate; pgPushIntrospect, pgSuggestions.
    Artefact.TRACKING_TABLE: (
        "`migrate` reads only the newest row (highest `created_at`) of its tracking table. If the "
        "table is missing, `migrate` creates it, outside the transaction, and runs every "
        "migration from the first on. Rows in any other table do not count. `push` sees a "
        "tracking table in a schema that it compares (by default `public`) as a table that the "
        "schema code no longer defines: it offers to drop it, and drops an empty one without "
        "asking (drizzle-kit 0.21 to 0.31)."
    ),
    # PgDialect.migrate: `hash` is selected and inserted, and compared nowhere.
    Artefact.RECORDED_HASH: (
        "`migrate` writes the SHA-256 of a file's text into the row, and no release of drizzle-orm "
        "0.x ever compares it with anything. Which migrations run depends on `created_at` alone. "
        "Only the conversion of the table by drizzle-orm 1.0 looks at hashes, where timestamps do "
        "not decide."
    ),
    # PgDialect.migrate: no query of the catalogue; pgPushIntrospect, pgSuggestions.
    Artefact.DATABASE_SCHEMA: (
        "`migrate` does not check which objects exist: it sends the SQL of every entry that is "
        "later than its mark, in one transaction, and PostgreSQL stops it at the first object that "
        "already exists, or does not exist. It never checks again what it applied before. "
        "`generate` and `check` do not connect to the database. Only `push` compares it, and "
        "changes it to fit the schema code, without recording a row (drizzle-kit 0.21 to 0.31)."
    ),
    # PgDialect.migrate: both CREATE statements, then the SELECT, then the transaction.
    Artefact.PRIVILEGES: (
        "Each time, `migrate` sends `CREATE SCHEMA IF NOT EXISTS` and `CREATE TABLE IF NOT EXISTS` "
        "for its own table, also when both exist and when the schema is `public`. PostgreSQL asks "
        "for CREATE on the database and on the schema before it looks whether they exist. Then "
        "`migrate` reads its table, and runs every pending file as the role that it connected as; "
        "that role becomes the owner of what the files create. For each file it writes a row, "
        "which needs INSERT on the table and USAGE on its sequence (drizzle-kit 0.21 to 0.31)."
    ),
}
# SQLiteSyncDialect.migrate and libsql/migrator.js of drizzle-orm 0.45.4, run on both drivers.
_ON_SQLITE = {
    Artefact.CONFIG: (
        "`migrate` keeps its rows in the table that `migrations.table` of the config names; "
        "without it that is `__drizzle_migrations`, in the database file itself. Code that calls "
        "`migrate(...)` of drizzle-orm does not read this config (drizzle-kit 0.21 to 0.31)."
    ),
    Artefact.MIGRATION_ORDER: (
        "`migrate` takes the greatest `created_at` of its table (SQLite sorts NULL last) and runs "
        "the entries of the journal whose `when` is greater than it. An entry with a `when` that "
        "is equal or smaller is skipped, and `migrate` reports success all the same. The number, "
        "the tag and the hash of an entry play no part."
    ),
    Artefact.MIGRATION_FILE: (
        "`migrate` reads the .sql file of every entry of the journal, applied or not, before it "
        "sends the first statement. It cuts each file at `--> statement-breakpoint` and sends the "
        "parts one by one, in one transaction. A driver of SQLite takes one statement at a time: "
        "better-sqlite3 refuses a part with two, libsql and bun:sqlite run the first and drop the "
        "second. better-sqlite3 enforces foreign keys meanwhile; libsql switches them off before "
        "the transaction, and bun:sqlite leaves them off. `check`, `generate` and `push` never "
        "read a .sql file."
    ),
    Artefact.TRACKING_TABLE: (
        "`migrate` reads one row of its tracking table, that with the greatest `created_at`; when "
        "the table is missing it creates it, and then runs every migration from the first on. Its "
        "column `id` is NULL in every row (drizzle-kit 0.21 to 0.31)."
    ),
    Artefact.DATABASE_SCHEMA: (
        "`migrate` never looks whether an object is there: it sends the SQL of every entry that is "
        "later than its mark, in one transaction, and SQLite stops it at the first object that "
        "exists already, or does not exist. `generate` and `check` do not connect to the database; "
        "`push` alone compares it (drizzle-kit 0.21 to 0.31)."
    ),
}
# MySqlDialect.migrate of drizzle-orm 0.30.10 and 0.45.4, run over mysql2 on MariaDB 10.11.
_ON_MYSQL = {
    Artefact.CONFIG: (
        "`migrate` keeps its rows in the table that `migrations.table` of the config names; "
        "without it that is `__drizzle_migrations`, in the database of the address. Code that "
        "calls `migrate(...)` of drizzle-orm does not read this config (drizzle-kit 0.21 to 0.31)."
    ),
    Artefact.MIGRATION_ORDER: (
        "`migrate` takes the greatest `created_at` of its table (MySQL sorts NULL last) and runs "
        "the entries of the journal whose `when` is greater than it. An entry with a `when` that "
        "is equal or smaller is skipped, and `migrate` reports success all the same. The number, "
        "the tag and the hash of an entry play no part."
    ),
    Artefact.MIGRATION_FILE: (
        "`migrate` reads the .sql file of every entry of the journal, applied or not, before it "
        "sends the first statement. It cuts each file at `--> statement-breakpoint` and sends the "
        "parts one by one. It opens a transaction, which MySQL ends with the first change of the "
        "schema; from there on each statement stays by itself, also the row that is written after "
        "the last statement of a file. mysql2 refuses a part with two statements unless its "
        "connection has `multipleStatements`, and the server an empty part. `check`, `generate` "
        "and `push` never read a .sql file."
    ),
    Artefact.TRACKING_TABLE: (
        "`migrate` reads one row of its tracking table, that with the greatest `created_at`; when "
        "the table is missing it creates it, and then runs every migration from the first on "
        "(drizzle-kit 0.21 to 0.31)."
    ),
    Artefact.DATABASE_SCHEMA: (
        "`migrate` never looks whether an object is there: it sends the SQL of every entry that is "
        "later than its mark, and MySQL stops it at the first object that exists already, or does "
        "not exist. MySQL commits each change of the schema at once, so what ran before that "
        "stays, and the migration gets no row: the next `migrate` sends it from its first "
        "statement on. `generate` and `check` do not connect to the database; `push` alone "
        "compares it (drizzle-kit 0.21 to 0.31)."
    ),
}
_SILENT = (
    " Since drizzle-kit 0.31.10 a `migrate` that fails exits with 1 and prints no error at all."
)
_SPEAKS_OF_FAILURE = frozenset({Artefact.MIGRATION_FILE, Artefact.TRACKING_TABLE})


def mechanism(artefact: Artefact, tool: ToolUse) -> str:
    """Two to five sentences, plain text with code in backticks, true for the tool's version."""
    silent = (number(tool.version) or (0, 0, 0)) >= (0, 31, 10)
    added = _SILENT if silent and artefact in _SPEAKS_OF_FAILURE else ""
    own = _ON_SQLITE if is_sqlite(tool) else _ON_MYSQL if is_mysql(tool) else {}
    return own.get(artefact, _SENTENCES[artefact]) + added
