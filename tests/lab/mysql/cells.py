"""The states in which the kit and the model are compared; each is a folder and a database."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from forensics.scratch.mariadb import MariaDb

CUT = "--> statement-breakpoint\n"
USERS = """\
CREATE TABLE `users` (
\t`id` int AUTO_INCREMENT NOT NULL,
\t`name` varchar(80) NOT NULL,
\t`mail` varchar(120),
\tCONSTRAINT `users_id` PRIMARY KEY(`id`)
);
"""
POSTS = f"""\
CREATE TABLE `posts` (
\t`id` int AUTO_INCREMENT NOT NULL,
\t`author` int NOT NULL,
\tCONSTRAINT `posts_id` PRIMARY KEY(`id`)
);
{CUT}ALTER TABLE `posts` ADD CONSTRAINT `posts_author` FOREIGN KEY (`author`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;"""
PHONE = "ALTER TABLE `users` ADD `phone` varchar(30);"
TEAMS = "CREATE TABLE `teams` (\n\t`id` int AUTO_INCREMENT NOT NULL,\n\t`title` varchar(80),\n\tCONSTRAINT `teams_id` PRIMARY KEY(`id`)\n);\n"
UNIQUE = "ALTER TABLE `users` ADD CONSTRAINT `users_name` UNIQUE(`name`);"
TABLE = "__drizzle_migrations"
BEGAN = 1_700_000_000_000
"""When the first migration was generated; each later one a day after."""
DAY = 86_400_000


_SCHEMA = """\
import { int, mysqlTable, varchar } from "drizzle-orm/mysql-core";
export const users = mysqlTable("users", {
  id: int("id").autoincrement().primaryKey(),
  name: varchar("name", { length: 80 }).notNull(),
});
"""


@dataclass(frozen=True)
class Cell:
    """One state: the files, what was applied of them, and what was done to the database then."""

    files: tuple[str | None, ...] = (USERS, POSTS)
    applied: int = 2
    """How many of the files were applied."""
    sql: tuple[str, ...] = ()
    stamps: Mapping[int, int] | None = None
    """By position, where the list has another stamp."""
    address: str = ""
    """What the address says besides: `multipleStatements=true`."""
    journal: str | None = None
    """The text of the journal, where it is not the list of the files."""


def _pending(*texts: str | None, sql: tuple[str, ...] = (), stamp: int | None = None) -> Cell:
    stamps = {2: stamp} if stamp is not None else None
    return Cell(files=(USERS, POSTS, *texts), sql=sql, stamps=stamps)


def _several(text: str) -> Cell:
    return Cell(files=(USERS, POSTS, text), address="multipleStatements=true")


def _altered(what: str) -> Cell:
    return _pending(f"ALTER TABLE `users` {what};")


_DOUBLE = ("INSERT INTO users (name) VALUES ('ann'), ('ann')",)

CELLS: Mapping[str, Cell] = {
    # The list and the rows.
    "nothing is pending": Cell(),
    "one is pending": _pending(PHONE),
    "nothing was applied": Cell(applied=0),
    "a file is missing": _pending(None),
    "the journal is empty": Cell(journal='{"version":"7","dialect":"mysql","entries":[]}'),
    "the journal is no JSON": Cell(journal="<<<<<<< HEAD"),
    "a stamp is NULL": Cell(
        sql=(f"UPDATE {TABLE} SET created_at = NULL WHERE created_at = {BEGAN}",)
    ),
    "all stamps are NULL": Cell(sql=(f"UPDATE {TABLE} SET created_at = NULL",)),
    "stamps are in seconds": Cell(sql=(f"UPDATE {TABLE} SET created_at = created_at / 1000",)),
    "a row is of the future": _pending(
        PHONE, sql=(f"INSERT INTO {TABLE} (hash, created_at) VALUES ('by hand', {BEGAN * 2})",)
    ),
    "a stamp is too early": _pending(PHONE, stamp=BEGAN + 1),
    "a stamp is the same": _pending(PHONE, stamp=BEGAN + DAY),
    "the rows are gone": Cell(sql=(f"DELETE FROM {TABLE}",)),
    "the table is gone": Cell(sql=(f"DROP TABLE {TABLE}",)),
    "the newest row is gone": Cell(sql=(f"DELETE FROM {TABLE} WHERE created_at > {BEGAN}",)),
    "the table has other columns": Cell(
        applied=0, sql=(f"CREATE TABLE {TABLE} (id int PRIMARY KEY, checksum text)",)
    ),
    "the column is there": _pending(PHONE, sql=("ALTER TABLE users ADD phone text",)),
    # What a failure leaves.
    "the second statement fails": _pending(f"{PHONE}{CUT}ALTER TABLE `nope` ADD `x` int;"),
    "the second migration fails": _pending(PHONE, f"{TEAMS}{CUT}{PHONE}"),
    "rows were written before it failed": _pending("DELETE FROM `posts`;", f"{TEAMS}{CUT}{TEAMS}"),
    "half of it is there": _pending(f"{TEAMS}{CUT}{UNIQUE}", sql=(TEAMS, *_DOUBLE)),
    "duplicates stop it": _pending(f"{TEAMS}{CUT}{UNIQUE}", sql=_DOUBLE),
    "no duplicates stop it": _pending(f"{TEAMS}{CUT}{UNIQUE}"),
    "NULL stops it": _pending(
        f"{TEAMS}{CUT}ALTER TABLE `users` MODIFY COLUMN `mail` varchar(120) NOT NULL;", sql=_DOUBLE
    ),
    "a long text stops it": _pending(
        "ALTER TABLE `users` MODIFY COLUMN `name` varchar(2) NOT NULL;", sql=_DOUBLE
    ),
    "an orphan stops it": _pending(
        f"{PHONE}{CUT}ALTER TABLE `users` ADD `boss` int;",
        f"{TEAMS}{CUT}ALTER TABLE `posts` ADD CONSTRAINT `posts_team` FOREIGN KEY (`author`) REFERENCES `teams`(`id`);",
        sql=("INSERT INTO users (name) VALUES ('ann')", "INSERT INTO posts (author) VALUES (1)"),
    ),
    "a check stops it": _pending(
        "ALTER TABLE `users` ADD CONSTRAINT `named` CHECK (`name` <> 'ann');", sql=_DOUBLE
    ),
    # What a part of a file holds.
    "two statements stand together": _pending(f"{PHONE}\n{TEAMS}"),
    "two statements may stand together": _several(f"{PHONE}\n{TEAMS}"),
    "the second of two fails": _several(f"{TEAMS}\n{TEAMS}\n{PHONE}"),
    "a comment stands behind": _pending(f"{PHONE}\n-- done"),
    "two semicolons stand behind": _pending(f"{PHONE};"),
    "a breakpoint stands at the end": _pending(f"{PHONE}{CUT}"),
    "a breakpoint without a blank": _pending(f"{PHONE}\n-->statement-breakpoint\n{TEAMS}"),
    "a file holds a comment": _pending("-- Custom SQL migration file, put your code below! --"),
    "a file is empty": _pending(""),
    "a byte order mark": _pending(f"\ufeff{PHONE}"),
    "a word is misspelt": _pending(f"{PHONE}{CUT}CREATE TABL x"),
    "it begins and commits": _pending(f"BEGIN;{CUT}{PHONE}{CUT}COMMIT;"),
    # Where MySQL 8 and MariaDB differ.
    "a collation of MySQL 8": _pending(
        f"{PHONE}{CUT}CREATE TABLE `a` (`x` varchar(9) COLLATE utf8mb4_0900_ai_ci);"
    ),
    "an index on an expression": _pending("CREATE INDEX `lower` ON `users` ((lower(`name`)));"),
    "defaults are expressions": _pending(
        "CREATE TABLE `a` (`id` varchar(36) DEFAULT (uuid()), `j` json DEFAULT ('{}'), `t` text DEFAULT ('x'));"
    ),
    "a default of a text": _pending("CREATE TABLE `a` (`t` text DEFAULT 'x');"),
    "an index on a whole text": _pending("CREATE TABLE `a` (`t` text, KEY `k` (`t`));"),
    "a column is renamed": _altered("RENAME COLUMN `mail` TO `email`"),
    "a check is dropped by its name": _pending(
        "ALTER TABLE `users` ADD CONSTRAINT `c` CHECK (`name` <> 'x');",
        "ALTER TABLE `users` DROP CHECK `c`;",
    ),
    "a constraint is dropped by its name": _pending(
        "ALTER TABLE `users` ADD CONSTRAINT `c` CHECK (`name` <> 'x');",
        "ALTER TABLE `users` DROP CONSTRAINT `c`;",
    ),
    "a check on what counts up": _altered("ADD CONSTRAINT `c` CHECK (`id` > 0)"),
    "a name has 65 characters": _altered(f"ADD CONSTRAINT `{'n' * 65}` UNIQUE(`mail`)"),
    "a name has 64 characters": _altered(f"ADD CONSTRAINT `{'n' * 64}` UNIQUE(`mail`)"),
    # Keys.
    "an index of a foreign key is dropped": _pending("DROP INDEX `posts_author` ON `posts`;"),
    "a table with children is dropped": _pending(f"{PHONE}{CUT}DROP TABLE `users`;"),
    "the primary key is made again": _altered("DROP PRIMARY KEY, ADD PRIMARY KEY(`id`)"),
    "a second primary key": _altered("ADD PRIMARY KEY(`name`)"),
    "a foreign key of another type": _pending(
        "CREATE TABLE `a` (`u` bigint, CONSTRAINT `a_u` FOREIGN KEY (`u`) REFERENCES `users`(`id`));"
    ),
}
"""What it is -> how it is made."""


def address(server: MariaDb, database: str, more: str = "") -> str:
    """As mysql2 and we understand it."""
    options = f"socketPath={quote(str(server.socket), safe='/')}"
    return f"mysql://root@localhost/{database}?{options}{'&' if more else ''}{more}"


def build(name: str, server: MariaDb, database: str, folder: Path) -> str:
    """Make the state in a folder that is there, without any tool; returns the address."""
    cell = CELLS[name]
    url = address(server, database, cell.address)
    _project(cell, folder, url)
    server.create_database(database)
    if cell.applied:
        made = (
            f"CREATE TABLE {TABLE} (id serial primary key, hash text not null, created_at bigint)"
        )
        server.execute(made, database=database)
    for position, text in enumerate(cell.files[: cell.applied]):
        assert text is not None
        digest, stamp = hashlib.sha256(text.encode()).hexdigest(), BEGAN + position * DAY
        row = f"INSERT INTO {TABLE} (hash, created_at) VALUES ('{digest}', {stamp})"
        server.execute(*text.split(CUT), row, database=database)
    for statement in cell.sql:
        server.execute(statement, database=database)
    return url


def left(server: MariaDb, database: str) -> tuple[dict[str, list[str]], list[str]]:
    """Table -> its columns, indexes and constraints; and the stamps that are recorded."""
    rows = server.execute(
        "SELECT TABLE_NAME, CONCAT('column ', COLUMN_NAME, ' ', COLUMN_TYPE, ' ', IS_NULLABLE) "
        "FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() UNION ALL "
        "SELECT TABLE_NAME, CONCAT('index ', INDEX_NAME) FROM information_schema.STATISTICS "
        "WHERE TABLE_SCHEMA = DATABASE() UNION "
        "SELECT TABLE_NAME, CONCAT(CONSTRAINT_TYPE, ' ', CONSTRAINT_NAME) "
        "FROM information_schema.TABLE_CONSTRAINTS WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1, 2",
        database=database,
    )
    found: dict[str, list[str]] = {}
    for table, what in rows:
        found.setdefault(str(table), []).append(str(what))
    query = f"SELECT created_at FROM {TABLE} ORDER BY id"
    has = any(it.startswith("column created_at") for it in found.get(TABLE, []))
    stamps = [str(it[0]) for it in server.execute(query, database=database)] if has else []
    return found, stamps


def _project(cell: Cell, folder: Path, url: str) -> None:
    (folder / "drizzle" / "meta").mkdir(parents=True)
    package = {
        "name": "app",
        "private": True,
        "type": "commonjs",
        "scripts": {"db:migrate": "drizzle-kit migrate"},
        "dependencies": {"drizzle-orm": "0.45.4", "mysql2": "*"},
        "devDependencies": {"drizzle-kit": "0.31.11"},
    }
    (folder / "package.json").write_text(json.dumps(package))
    config = f'dialect: "mysql", out: "./drizzle", schema: "./schema.ts", dbCredentials: {{ url: "{url}" }}'
    (folder / "schema.ts").write_text(_SCHEMA)
    (folder / "drizzle.config.ts").write_text(f"export default {{ {config} }};\n")
    entries = []
    for position, text in enumerate(cell.files):
        tag = f"{position:04}_step"
        stamp = (cell.stamps or {}).get(position, BEGAN + position * DAY)
        entry = {"idx": position, "version": "5", "when": stamp, "tag": tag, "breakpoints": True}
        entries.append(entry)
        if text is not None:
            (folder / "drizzle" / f"{tag}.sql").write_bytes(text.encode())
    journal = json.dumps({"version": "7", "dialect": "mysql", "entries": entries}, indent=2)
    (folder / "drizzle" / "meta" / "_journal.json").write_text(cell.journal or journal)
