"""How drizzle-kit and drizzle-orm behave with the issue of each rule, for the rules' pages."""

from __future__ import annotations

from collections.abc import Mapping

# Where each sentence was read and run: commands/mechanisms.py.
NOTES: Mapping[str, str] = {
    "missing-privilege": (
        "`migrate` needs CREATE on the database and on the schema of its own table every time, "
        "even if nothing is pending and both exist: it sends `CREATE SCHEMA IF NOT EXISTS` and "
        "`CREATE TABLE IF NOT EXISTS` first (drizzle-kit 0.21 to 0.31)."
    ),
    "missing-journal": (
        "The list is `meta/_journal.json`. Without it `migrate` stops. `check` and `generate` stop "
        "too while the folder `meta` exists. If `meta` is missing as well, they create it with an "
        'empty journal; then `migrate` prints "applied successfully" and does nothing, and '
        "`generate` starts again at `0000`. So commit `meta/` with the migrations and copy both "
        "into images. `wrangler d1 migrations apply` applies the files of the folder without a "
        "journal (drizzle-kit 0.21 to 0.31)."
    ),
    "empty-journal": (
        "`check` and `generate` create an empty `meta/_journal.json` where they find no folder "
        "`meta`, for example outside the folder of the config. With an empty journal `migrate` "
        'prints "applied successfully" and does nothing, and `generate` starts again at `0000`. '
        "`wrangler d1 migrations apply` does not read the journal (drizzle-kit 0.21 to 0.31)."
    ),
    "malformed-journal": (
        "`check`, `generate`, `migrate` and `up` parse `meta/_journal.json` as JSON and stop. In "
        "drizzle-kit 0.31.10 and 0.31.11 a `migrate` that fails prints no error."
    ),
    "merge-conflict-markers": (
        "The journal and the snapshots are JSON files in `meta/`, and drizzle-kit reads a leftover "
        "such as `meta/0003_snapshot.json.orig` as a snapshot (drizzle-kit 0.21 to 0.31)."
    ),
    "stray-file-in-meta": (
        "`check`, `generate` and `up` parse everything in `meta/` whose name does not begin with "
        "`_` as a JSON snapshot, and stop at the first file that is not JSON. `generate` still "
        "exits with code 0. `migrate` and `push` never look into `meta/`. A snapshot is named "
        "`NNNN_snapshot.json` (drizzle-kit 0.21 to 0.31). `drizzle-kit check` fails on any other "
        "file in `meta/`, so let CI run it. CI never has a file that git ignores."
    ),
    "malformed-snapshot": (
        "`check`, `generate` and `up` read every snapshot in `meta/` and stop at the first that "
        "they cannot understand. `generate` still exits with code 0. `migrate` and `push` read no "
        "snapshot. After the fix, run `drizzle-kit check` and `drizzle-kit generate` (drizzle-kit "
        "0.21 to 0.31)."
    ),
    "wrong-text-encoding": (
        "drizzle-kit reads every file as UTF-8 and keeps the byte order mark. Its JSON parser "
        "rejects a journal or a snapshot that begins with one. In drizzle-kit 0.31.10 and 0.31.11 "
        "a `migrate` that fails prints no error. drizzle-orm 0.x compares no `hash`, so the fix "
        "needs no change of the database."
    ),
    "missing-snapshot": (
        "`generate` compares the schema code with the snapshot in `meta/` that sorts last by name, "
        "so a missing one in the middle does not matter, and `check` reports no problem. Write SQL "
        "by hand with `generate --custom`, which adds a snapshot. Never use `migrations.prefix: "
        "'none'`: it names every snapshot `_snapshot.json`, and drizzle-kit ignores names that "
        "begin with `_` (drizzle-kit 0.21 to 0.31)."
    ),
    "missing-migration-file": (
        "`migrate` reads the .sql file of every entry of the journal, applied or not, before it "
        "sends the first statement. `check`, `generate` and `push` read no .sql file and report no "
        "problem. No release of drizzle-orm 0.x compares the recorded `hash`, so a restored file "
        "needs no change of the database."
    ),
    "unlisted-migration-file": (
        "`migrate` runs only what `meta/_journal.json` lists, never looks for other .sql files and "
        'prints "applied successfully"; no command of drizzle-kit 0.21 to 0.31 reports such a '
        "file. `wrangler d1 migrations apply` and the Supabase CLI apply the files of the folder "
        "without a journal. Write SQL by hand with `generate --custom`, which adds the entry."
    ),
    "migration-out-of-order": (
        "`migrate` of drizzle-orm 0.x runs the entries of the journal whose `when` is greater than "
        'the greatest `created_at` of its table. It skips all others and prints "applied '
        'successfully". `idx`, the number in the tag and the `hash` play no part. From drizzle-kit '
        "0.31.11 `check` warns of a `when` that does not increase, and exits with code 0. For "
        "`wrangler d1 migrations apply` the `when` decides nothing."
    ),
    "tracking-table-in-two-schemas": (
        "Without `migrations.schema` and `migrations.table` in the config the table is "
        '`"drizzle"."__drizzle_migrations"`. `migrate` creates it outside the transaction if it is '
        "missing, and PostgreSQL rolls back the statements of a failed run. `push` offers to "
        "delete a tracking table in a schema that it compares (by default `public`), and `push "
        "--force`, where the release has it, deletes it without asking (drizzle-kit 0.21 to 0.31). "
        "Code that calls `migrate(...)` of drizzle-orm does not read the config. So write "
        "`migrations: { schema: ... }` into the config and pass the same to every `migrate(...)`."
    ),
    "tracking-timestamp-corrupt": (
        "`migrate` of drizzle-orm 0.x compares one number, the greatest `created_at`, with the "
        "`when` of each journal entry, in milliseconds. NULL sorts as the greatest and then counts "
        'as 0. Where everything counts as applied, `migrate` prints "applied successfully". '
        "drizzle-orm 1.0 records the second in the name of a migration's folder, without the "
        "milliseconds of `when`."
    ),
    "tracking-rows-missing": (
        "`migrate` of drizzle-orm 0.x only reads the row with the greatest `created_at`, so a "
        "missing row before other rows changes nothing. A missing newest row makes it run the "
        "migration again."
    ),
    "pushed-before-migrating": (
        "The sync command is `drizzle-kit push`. It compares the schema code with the database and "
        "writes no row into the tracking table (drizzle-kit 0.21 to 0.31)."
    ),
    "duplicate-tracking-row": (
        "`migrate` of drizzle-orm 0.x reads only the row with the greatest `created_at`. Surplus "
        "rows with the same `created_at` and `hash` change nothing. The table has no unique key "
        "but its `id`, so nothing prevents them."
    ),
    "concurrent-migrators": (
        "`migrate` of drizzle-orm 0.x takes no lock. It reads the newest row before its "
        "transaction, so processes that start together run the same migrations, and each of them "
        "reports success. `drizzle-kit migrate` calls it too. On PostgreSQL `pg_advisory_lock`, "
        "held by a session around the call, keeps them apart."
    ),
    "shared-tracking-table": (
        'Every config without `migrations` uses `"drizzle"."__drizzle_migrations"`, so two '
        "applications with one database share it by default. Write `migrations: { table: ... }` "
        "into each config, and pass the same to every `migrate(...)` (drizzle-kit 0.21 to 0.31)."
    ),
    "squashed-history": (
        "drizzle-kit has no command that squashes. `migrate` of drizzle-orm 0.x runs an entry of "
        "the journal whose `when` is greater than the greatest `created_at`, so only the `when` of "
        "the new entry decides whether existing databases run it. An equal one is skipped."
    ),
    "snapshot-collision": (
        "`check` and `generate` stop with `are pointing to a parent snapshot ... which is a "
        "collision` where two snapshots in `meta/` have the same `prevId`. `generate` still exits "
        "with code 0. It compares the schema code with the snapshot that sorts last by name, "
        "whatever `prevId` says, so that one has to contain the changes of both branches "
        "(drizzle-kit 0.21 to 0.31)."
    ),
    "broken-snapshot-chain": (
        "drizzle-kit 0.21 to 0.31 never looks for the snapshot that `prevId` names. Only two equal "
        "`prevId` stop `check` and `generate`."
    ),
    "orphan-snapshot": (
        "`generate` compares the schema code with the snapshot in `meta/` that sorts last by name, "
        "whether the journal lists it or not. `check` parses it as any other (drizzle-kit 0.21 to "
        "0.31)."
    ),
    "stale-snapshot": (
        "`generate` compares the schema code with the snapshot in `meta/` that sorts last by name. "
        "`check` compares no contents. `generate --custom` copies the last snapshot, so what its "
        "SQL adds is in no snapshot (drizzle-kit 0.21 to 0.31)."
    ),
    "outdated-snapshot-version": (
        "`check` and `generate` accept one version of snapshots: 6 up to 0.21, 7 since 0.22 for "
        "PostgreSQL. `drizzle-kit up` rewrites older ones. `generate` exits with code 0 although "
        "it stops, and so does `check` where a snapshot is newer. drizzle-kit 1.0 wants a folder "
        "for each migration, and `up` makes them: it moves the files and deletes `meta/`. On "
        "PostgreSQL `up` of 1.0.0-rc.5 changes nothing where a file is missing, the chain of "
        "snapshots is broken, or a snapshot of version 6 has an index: then run `up` of 0.31 "
        "first. On SQLite and MySQL it checks none of this: it deletes the snapshot of a migration "
        "whose file is missing, or stops halfway, and reports success in the first case. To go "
        "back, restore the folder from git. `migrate` of 1.0 records whole seconds, so 0.x runs "
        "the newest migration again (`tracking-timestamp-corrupt`)."
    ),
    "duplicate-migration-index": (
        "`generate` numbers the next migration `idx` + 1 of the last entry of the journal, and "
        "writes `NNNN_snapshot.json` over a file of that name. `migrate` ignores `idx`, and "
        "`check` reports no problem (drizzle-kit 0.21 to 0.31)."
    ),
    "duplicate-migration": (
        "`migrate` runs every entry of the journal whose `when` is later than the newest row, so "
        "an entry that is listed twice runs twice. `check` reports no problem (drizzle-kit "
        "0.21 to 0.31)."
    ),
    "empty-migration": (
        "`generate --custom` writes a file with a comment alone, to be filled in. `migrate` sends "
        "it as it is and records it (drizzle-kit 0.21 to 0.31)."
    ),
    "file-name-case-mismatch": (
        "`migrate` opens `<tag>.sql` for each entry of the journal, and stops with `No file ... "
        "found`. drizzle-kit 0.31.10 and 0.31.11 print nothing. `check`, `generate` and `push` "
        "read no .sql file."
    ),
    "ignored-migration-file": (
        "The journal and the snapshots in `meta/` are needed as much as the .sql files: `generate` "
        "on another machine starts from them (drizzle-kit 0.21 to 0.31)."
    ),
    "applied-but-unknown-migration": (
        "drizzle-orm 0.x never looks for the migration of a row. If the row has the greatest "
        "`created_at`, `migrate` skips every entry of the journal whose `when` is not greater, and "
        'prints "applied successfully". drizzle-orm 1.0 refuses to go on.'
    ),
    "edited-migration": (
        "`migrate` records the SHA-256 of the file's text as `hash`, and no release of drizzle-orm "
        "0.x compares it with anything. Only drizzle-orm 1.0 looks at hashes, when it converts the "
        "table and timestamps do not decide."
    ),
    "partially-applied-migration": (
        "`migrate` sends all pending migrations in one transaction, and PostgreSQL rolls a failed "
        "one back as a whole (drizzle-orm 0.x). So it leaves a migration in part only where the "
        "file contains a `COMMIT`, or over a driver without a transaction: `migrate()` of "
        "`drizzle-orm/neon-http` and `drizzle-orm/xata-http` sends every statement by itself, and "
        "over neon-http all rows are written after the last statement of all that is pending. "
        "`drizzle-orm/pg-proxy` passes everything to a function of the project."
    ),
    "renamed-after-applied": (
        "`wrangler d1 migrations apply` records the name of each file in `d1_migrations`, and runs "
        "every file of the folder that no row names, by the number in front. It compares no "
        "contents, and notices neither edited nor deleted files. A file that fails is "
        "rolled back, and those before it stay (wrangler 4.40.0, on a local D1). drizzle 1.0 "
        "records the names of folders."
    ),
    "table-rebuild-loses-rows": (
        "drizzle-kit writes `PRAGMA foreign_keys=OFF` around a rebuild, which does nothing in the "
        "transaction of `migrate`. @libsql/client switches foreign keys off before it. D1 always "
        "enforces them: `wrangler d1 migrations apply` deletes the rows, and reports success."
    ),
    "schema-drift": (
        "`migrate` never looks at what it applied before, and `generate` and `check` do not "
        "connect to the database. Only `push` compares it, and changes the database to match the "
        "schema code, without a row (drizzle-kit 0.21 to 0.31)."
    ),
}
