"""The states in which the kit and the model are compared; each is a folder and a file."""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

CUT = "--> statement-breakpoint\n"
USERS = """\
CREATE TABLE `users` (
\t`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
\t`name` text NOT NULL
);
"""
POSTS = """\
CREATE TABLE `posts` (
\t`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
\t`author` integer NOT NULL,
\tFOREIGN KEY (`author`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
"""
PHONE = "ALTER TABLE `users` ADD `phone` text;"
REBUILD = CUT.join(
    (
        "PRAGMA foreign_keys=OFF;",
        "CREATE TABLE `__new_users` (\n\t`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,\n"
        "\t`name` text DEFAULT 'x' NOT NULL\n);\n",
        'INSERT INTO `__new_users`("id", "name") SELECT "id", "name" FROM `users`;',
        "DROP TABLE `users`;",
        "ALTER TABLE `__new_users` RENAME TO `users`;",
        "PRAGMA foreign_keys=ON;",
    )
)
TABLE = "__drizzle_migrations"
BEGAN = 1_700_000_000_000
"""When the first migration was generated; each later one a day after."""
PACKAGES = {"better-sqlite3": "better-sqlite3", "libsql": "@libsql/client"}
"""Driver -> the package by which the kit finds it."""


@dataclass(frozen=True)
class Cell:
    """One state: the files, what was applied of them, and what was done to the database then."""

    files: tuple[str | None, ...] = (USERS, POSTS)
    applied: int = 2
    """How many of the files were applied."""
    sql: tuple[str, ...] = ()
    stamps: Mapping[int, int] | None = None
    """By position, where the list has another stamp."""
    rows: bool = True
    """Whether the tables have rows."""


def _pending(text: str | None, *sql: str, stamp: int | None = None) -> Cell:
    stamps = {2: stamp} if stamp is not None else None
    return Cell(files=(USERS, POSTS, text), sql=sql, stamps=stamps)


def _with_action(action: str) -> tuple[str, str]:
    nullable = action == "set null"
    posts = POSTS.replace("cascade", action)
    return USERS, posts.replace(
        "`author` integer NOT NULL", "`author` integer"
    ) if nullable else posts


CELLS: Mapping[str, Cell] = {
    "nothing is pending": Cell(),
    "one is pending": _pending(PHONE),
    "a file is missing": _pending(None),
    "a stamp is NULL": Cell(
        sql=(f"UPDATE {TABLE} SET created_at = NULL WHERE created_at = {BEGAN}",)
    ),
    "all stamps are NULL": Cell(sql=(f"UPDATE {TABLE} SET created_at = NULL",)),
    "stamps are in seconds": Cell(sql=(f"UPDATE {TABLE} SET created_at = created_at / 1000",)),
    "a row is of the future": _pending(
        PHONE, f"INSERT INTO {TABLE} (hash, created_at) VALUES ('by hand', {BEGAN * 2})"
    ),
    "a stamp is too early": _pending(PHONE, stamp=BEGAN + 1),
    "the rows are gone": Cell(sql=(f"DELETE FROM {TABLE}",)),
    "the table is gone": Cell(sql=(f"DROP TABLE {TABLE}",)),
    "the newest row is gone": Cell(sql=(f"DELETE FROM {TABLE} WHERE created_at > {BEGAN}",)),
    "the column is there": _pending(PHONE, "ALTER TABLE users ADD phone text"),
    "two statements stand together": _pending(f"{PHONE}\nCREATE TABLE tags (id integer);"),
    "a comment stands behind": _pending(f"{PHONE}\n-- done"),
    "two semicolons stand behind": _pending(f"{PHONE};"),
    "a breakpoint stands at the end": _pending(f"{PHONE}{CUT}"),
    "a file holds a comment": _pending("-- Custom SQL migration file, put your code below! --"),
    "a file is empty": _pending(""),
    "a file selects": _pending("SELECT 1;\n"),
    "a word is misspelt": _pending(f"{PHONE}{CUT}CREATE TABL x"),
    "a table does not exist": _pending(f"{PHONE}{CUT}ALTER TABLE `nope` ADD `x` text;"),
    "a table is rebuilt": _pending(REBUILD),
    "a rebuild copies an unknown column": _pending(
        REBUILD.replace('SELECT "id", "name"', 'SELECT "id", "nickname"')
    ),
    "a rebuild without an action": Cell(files=(*_with_action("no action"), REBUILD)),
    "a rebuild that sets NULL": Cell(files=(*_with_action("set null"), REBUILD)),
    "a key's column is dropped": _pending("ALTER TABLE `posts` DROP COLUMN `author`;"),
    "a column without default": _pending("ALTER TABLE `users` ADD `age` integer NOT NULL;"),
    "a unique index": _pending("CREATE UNIQUE INDEX `one` ON `posts` (`author`);"),
    "a file begins a transaction": _pending(f"BEGIN;{CUT}{PHONE}"),
    "a byte order mark": _pending(f"\ufeff{PHONE}"),
    "a default in double quotes": _pending('CREATE TABLE tags (name text DEFAULT "abc");'),
    "VACUUM": _pending("VACUUM;"),
    "the table has other columns": Cell(
        applied=0,
        sql=(f"CREATE TABLE {TABLE} (id integer PRIMARY KEY, checksum text)",),
        rows=False,
    ),
}
"""What it is -> how it is made."""


def build(name: str, driver: str, folder: Path) -> None:
    """Make the state in a folder that is there, without any tool."""
    cell = CELLS[name]
    _project(cell, driver, folder)
    with closing(sqlite3.connect(folder / "app.sqlite", isolation_level=None)) as database:
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA journal_mode = MEMORY")
        if cell.applied:
            database.execute(
                f"CREATE TABLE {TABLE} (id SERIAL PRIMARY KEY, hash text NOT NULL, "
                "created_at numeric)"
            )
        for position, text in enumerate(cell.files[: cell.applied]):
            assert text is not None
            database.executescript(text.replace(CUT, ""))
            digest = hashlib.sha256(text.encode()).hexdigest()
            stamp = BEGAN + position * 86_400_000
            row = f"INSERT INTO {TABLE} (hash, created_at) VALUES (?, ?)"
            database.execute(row, (digest, stamp))
        if cell.rows:
            database.execute("INSERT INTO users (name) VALUES ('a'), ('b')")
            database.execute("INSERT INTO posts (author) VALUES (1), (1), (2)")
        for statement in cell.sql:
            database.execute(statement)


def rows_of(folder: Path) -> Mapping[str, int]:
    """Table -> how many rows it has, of all that are no system table; NULL authors apart."""
    with closing(sqlite3.connect(folder / "app.sqlite")) as database:
        names = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        found = {
            name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
            for (name,) in names
            if not name.startswith("sqlite_")
        }
        if "posts" in found:
            query = "SELECT count(author) FROM posts"
            found["authors"] = database.execute(query).fetchone()[0]
    return dict(sorted(found.items()))


def _project(cell: Cell, driver: str, folder: Path) -> None:
    (folder / "drizzle" / "meta").mkdir(parents=True)
    package = {
        "name": "app",
        "private": True,
        "type": "commonjs",
        "scripts": {"db:migrate": "drizzle-kit migrate"},
        "dependencies": {"drizzle-orm": "0.45.4", PACKAGES[driver]: "*"},
        "devDependencies": {"drizzle-kit": "0.31.11"},
    }
    (folder / "package.json").write_text(json.dumps(package))
    config = 'dialect: "sqlite", schema: "./schema.ts", dbCredentials: { url: "file:app.sqlite" }'
    (folder / "drizzle.config.ts").write_text(f"export default {{ {config} }};\n")
    entries = []
    for position, text in enumerate(cell.files):
        tag = f"{position:04}_step"
        stamp = (cell.stamps or {}).get(position, BEGAN + position * 86_400_000)
        entry = {"idx": position, "version": "6", "when": stamp, "tag": tag, "breakpoints": True}
        entries.append(entry)
        if text is not None:
            (folder / "drizzle" / f"{tag}.sql").write_bytes(text.encode())
    journal = {"version": "7", "dialect": "sqlite", "entries": entries}
    (folder / "drizzle" / "meta" / "_journal.json").write_text(json.dumps(journal, indent=2))
