"""How Prisma uses each artefact, and behaves with each issue: sentences of reports and pages."""

from __future__ import annotations

from forensics.model import Artefact

# Measured with the CLIs 6.19.3 and 7.10.1 and their schema engines, on PostgreSQL 15.
MECHANISMS = {
    Artefact.CONFIG: (
        "The datasource names the provider and, up to 6, the address; from 7 on the address stands "
        "in `prisma.config.ts`. `?schema=` of the address says in which schema the tool works and "
        "keeps its table; without it that is `public`."
    ),
    Artefact.MIGRATION_FILE: (
        "Every directory of the migrations folder is a migration, in the order of names. `migrate "
        "deploy` reads the files that are pending; `migrate status` and `migrate dev` want the "
        "file of every directory, and `dev` runs all of them on a shadow database."
    ),
    Artefact.TRACKING_TABLE: (
        "`migrate deploy` writes a row before it runs a migration, outside of its transaction, and "
        "sets `finished_at` afterwards. While a row has neither that nor `rolled_back_at`, it "
        "stops. What is pending is every directory whose name no row has that counts, in "
        "whatever order."
    ),
    Artefact.RECORDED_HASH: (
        "The row has the SHA-256 of the file. `migrate deploy` and `migrate status` never look at "
        "it; `migrate dev` offers to drop the schema where an applied file has another one. Other "
        "line ends are accepted."
    ),
    Artefact.DATABASE_SCHEMA: (
        "Each file is one request: on PostgreSQL its statements are one transaction, and one that "
        "fails leaves nothing but its row. `migrate deploy` and `migrate status` never compare the "
        "database with the migrations; `migrate dev` does, and offers to drop the schema."
    ),
    Artefact.PRIVILEGES: (
        "`migrate deploy` makes its table if it is missing, writes rows into it, and runs each "
        "file as the role that it connected as."
    ),
}

NOTES = {
    "failed-migration-recorded": (
        "`migrate deploy` stops with P3009 until the row is dealt with. `migrate resolve "
        "--rolled-back NAME` makes it run again, `migrate resolve --applied NAME` makes it count "
        "as applied and runs nothing (6.19.3 and 7.10.1)."
    ),
    "recorded-not-applied": (
        "After `migrate resolve --applied` on a migration that never ran, `migrate deploy` and "
        "`migrate status` report success. The row it writes has 0 in `applied_steps_count`, where "
        "`deploy` writes 1 (6.19.3 and 7.10.1)."
    ),
    "edited-migration": (
        "`migrate deploy` and `migrate status` do not notice. `migrate dev` stops even for an "
        "edited comment, and its way out drops all rows (6.19.3 and 7.10.1)."
    ),
    "renamed-after-applied": (
        "`migrate deploy` runs it again, stops at what exists, and leaves a failed row that stops "
        "every later run (6.19.3 and 7.10.1)."
    ),
    "wrong-provider": (
        "Every command stops with P3019, whose advice to remove the migrations would destroy their "
        "history (6.19.3 and 7.10.1)."
    ),
    "pushed-before-migrating": (
        "`migrate deploy` stops with P3005 where its table is missing and the schema has any table "
        "(6.19.3 and 7.10.1)."
    ),
}
