"""The states in which drizzle 1.0 on SQLite and the model are compared; each is made by no tool."""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.lab.sqlite.cells import CUT, TABLE

LIBSQL, BETTER = "@libsql/client", "better-sqlite3"
"""The packages of the drivers."""
ORIGIN = "00000000-0000-0000-0000-000000000000"
OTHER_ID = "99999999-9999-4999-8999-999999999999"
NAMES = tuple(f"2026110100000{it}_step{it}" for it in range(3))
FIRST_SECOND = 1_793_491_200_000
"""The time in the name of the first folder; each later one is a second after."""
TEXTS = (
    "CREATE TABLE `kites` (\n\t`id` integer PRIMARY KEY AUTOINCREMENT,\n\t`name` text NOT NULL\n);\n",
    "ALTER TABLE `kites` ADD `span` text;",
    "ALTER TABLE `kites` ADD `line` text;",
)
COLUMNS = (
    ("id", "integer", False),
    ("name", "text", True),
    ("span", "text", False),
    ("line", "text", False),
)
OF_0_X = f"CREATE TABLE {TABLE} (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)"
OF_1_0 = (
    f"CREATE TABLE {TABLE} (id INTEGER PRIMARY KEY, hash text NOT NULL, created_at numeric, "
    "name text, applied_at TEXT)"
)


@dataclass(frozen=True)
class Kites:
    """A project with three migrations, of which its database has two."""

    folder: Path

    @property
    def out(self) -> Path:
        """Where the migrations lie."""
        return self.folder / "drizzle"

    def of(self, number: int) -> Path:
        """The folder of a migration, in order."""
        return sorted(self.out.iterdir())[number]

    def snapshot(self, number: int, **changes: object) -> None:
        """Change fields of a snapshot."""
        path = self.of(number) / "snapshot.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    def copied(self, number: int, name: str, **changes: object) -> None:
        """A copy of a migration's folder, which sorts last."""
        shutil.copytree(self.of(number), self.out / f"20991231235959_{name}")
        self.snapshot(-1, **changes)

    def sql(self, *statements: str) -> None:
        """What somebody runs by hand."""
        with closing(sqlite3.connect(self.folder / "app.sqlite", isolation_level=None)) as opened:
            for statement in statements:
                opened.execute(statement)


def build(name: str, folder: Path, package: str = LIBSQL) -> None:
    """Make the state in a folder that is there; `package` is that of the driver."""
    kites = Kites(folder)
    _project(folder, package)
    for number, text in enumerate(TEXTS):
        own = kites.out / NAMES[number]
        own.mkdir(parents=True)
        (own / "migration.sql").write_text(text)
        (own / "snapshot.json").write_text(json.dumps(snapshot(number)))
    kites.sql("PRAGMA journal_mode = MEMORY", OF_1_0)
    for number, text in enumerate(TEXTS[:2]):
        digest = hashlib.sha256(text.encode()).hexdigest()
        stamp = FIRST_SECOND + number * 1000
        row = f"'{digest}', {stamp}, '{NAMES[number]}', '2026-11-02T00:00:00.000Z'"
        kites.sql(text, f"INSERT INTO {TABLE} (hash, created_at, name, applied_at) VALUES ({row})")
    CELLS[name](kites)


def joined_by_hand(folder: Path, parent: int = 2) -> None:
    """A column of another branch, whose snapshot follows the last one and lacks what that made."""
    build("pending", folder)
    kites = Kites(folder)
    kites.copied(2, "other", id=OTHER_ID, prevIds=[_id(parent)])
    for name in ("migration.sql", "snapshot.json"):
        path = kites.of(-1) / name
        path.write_text(path.read_text().replace("line", "knot"))
    for number in range(4):
        path = kites.of(number) / "snapshot.json"
        path.write_text(json.dumps(json.loads(path.read_text()), indent=2))
    code = (folder / "schema.ts").read_text()
    (folder / "schema.ts").write_text(code.replace("line:", "knot: text(), line:"))


def snapshot(number: int) -> dict[str, object]:
    """As 1.0.0-rc.5 writes it after a migration."""
    columns = [
        {
            "table": "kites",
            "name": name,
            "type": type_,
            "notNull": not_null,
            "autoincrement": name == "id",
            "default": None,
            "generated": None,
            "entityType": "columns",
        }
        for name, type_, not_null in COLUMNS[: number + 2]
    ]
    key = {
        "table": "kites",
        "name": "kites_pk",
        "columns": ["id"],
        "nameExplicit": False,
        "entityType": "pks",
    }
    return {
        "version": "7",
        "dialect": "sqlite",
        "id": _id(number),
        "prevIds": [_id(number - 1) if number else ORIGIN],
        "ddl": [{"name": "kites", "entityType": "tables"}, *columns, key],
        "renames": [],
    }


def _id(number: int) -> str:
    return f"{number + 1:08}-0000-4000-8000-000000000000"


def _project(folder: Path, driver: str) -> None:
    package = {
        "name": "app",
        "private": True,
        "scripts": {"db:migrate": "drizzle-kit migrate"},
        "dependencies": {"drizzle-orm": "1.0.0-rc.5", driver: "*"},
        "devDependencies": {"drizzle-kit": "1.0.0-rc.5"},
    }
    (folder / "package.json").write_text(json.dumps(package))
    config = 'dialect: "sqlite", schema: "./schema.ts", dbCredentials: { url: "file:app.sqlite" }'
    (folder / "drizzle.config.ts").write_text(f"export default {{ {config} }};\n")
    columns = "id: integer().primaryKey({ autoIncrement: true }), name: text().notNull(), "
    columns += "span: text(), line: text()"
    (folder / "schema.ts").write_text(
        'import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";\n'
        f'export const kites = sqliteTable("kites", {{ {columns} }});\n'
    )


# --- What was done --------------------------------------------------------------------------------

Deed = Callable[[Kites], object]


def by_hand(*statements: str) -> Deed:
    """Somebody changed the database."""
    return lambda it: it.sql(*statements)


def last(text: str) -> Deed:
    """Somebody edited the pending migration."""
    return lambda it: (it.of(2) / "migration.sql").write_text(text)


def removed(number: int, file: str) -> Deed:
    """A file of a migration is gone."""
    return lambda it: (it.of(number) / file).unlink()


def journal(it: Kites) -> None:
    """What a merge brings back of the time before."""
    (it.out / "meta").mkdir()
    (it.out / "meta/_journal.json").write_text('{"version":"7","dialect":"sqlite","entries":[]}')


def on_another_branch(column: str, type_: str = "text") -> Deed:
    """A column of the same parent."""

    def deed(it: Kites) -> None:
        it.copied(2, "other", id=OTHER_ID)
        path = it.of(-1)
        (path / "migration.sql").write_text(f"ALTER TABLE `kites` ADD `{column}` {type_};")
        text = (path / "snapshot.json").read_text()
        path.joinpath("snapshot.json").write_text(text.replace('"line"', f'"{column}"'))

    return deed


def of_0_x(*more: str) -> Deed:
    """A table of 0.x, whose stamps have milliseconds."""
    rows = f"SELECT hash, created_at + 123 FROM {TABLE}_new"
    return by_hand(
        f"ALTER TABLE {TABLE} RENAME TO {TABLE}_new",
        OF_0_X,
        f"INSERT INTO {TABLE} (hash, created_at) {rows}",
        f"DROP TABLE {TABLE}_new",
        *more,
    )


CELLS: Mapping[str, Deed] = {
    "pending": lambda it: None,
    "nothing is pending": lambda it: shutil.rmtree(it.of(2)),
    "the column is there": by_hand("ALTER TABLE kites ADD COLUMN line text"),
    "renamed": lambda it: it.of(1).rename(it.out / "20261101000001_better"),
    "the folder of an applied one is gone": lambda it: shutil.rmtree(it.of(1)),
    "the file of a pending one is missing": removed(2, "migration.sql"),
    "the file of an applied one is missing": removed(1, "migration.sql"),
    "a snapshot in the middle is missing": removed(1, "snapshot.json"),
    "the last snapshot is missing": removed(2, "snapshot.json"),
    "a snapshot is cut off": lambda it: (it.of(1) / "snapshot.json").write_text("{"),
    "an older snapshot": lambda it: it.snapshot(1, version="6"),
    "a newer snapshot": lambda it: it.snapshot(1, version="8"),
    "before its parent": lambda it: it.of(2).rename(it.out / "20200101000000_step2"),
    "the first one copied": lambda it: it.copied(0, "copy", id=OTHER_ID),
    "copied whole": lambda it: it.copied(2, "copy"),
    "an applied one copied whole": lambda it: it.copied(1, "copy"),
    "two branches": on_another_branch("knot"),
    "two branches with one column": on_another_branch("line", "integer"),
    "two branches alike": on_another_branch("line"),
    "a journal": journal,
    "a table of 0.x": of_0_x(),
    "a table of 0.x with a row too many": of_0_x(
        f"INSERT INTO {TABLE} (hash, created_at) VALUES ('by hand', 1700000000123)"
    ),
    "a table of 0.x, by hash": of_0_x(
        f"UPDATE {TABLE} SET created_at = 1700000000123 WHERE created_at > {FIRST_SECOND + 1000}"
    ),
    "a table of 0.x, stamps are NULL": of_0_x(f"UPDATE {TABLE} SET created_at = NULL"),
    "a row is gone": by_hand(f"DELETE FROM {TABLE} WHERE id = 2"),
    "all rows are gone": by_hand(f"DELETE FROM {TABLE}"),
    "the table is gone": by_hand(f"DROP TABLE {TABLE}"),
    "a row of no folder": by_hand(
        f"INSERT INTO {TABLE} (hash, created_at, name) VALUES ('by hand', 1, 'gone')"
    ),
    "a name is NULL": by_hand(f"UPDATE {TABLE} SET name = NULL WHERE id = 2"),
    "a stamp is NULL": by_hand(f"UPDATE {TABLE} SET created_at = NULL"),
    "no time in the name": lambda it: it.of(2).rename(it.out / "zz_step2"),
    "two statements stand together": last(f"{TEXTS[2]}\nCREATE TABLE tags (id integer);"),
    "a comment stands behind": last(f"{TEXTS[2]}\n-- done"),
    "a file holds a comment": last("-- Custom SQL migration file, put your code below! --"),
    "a file is empty": last(""),
    "a breakpoint stands at the end": last(f"{TEXTS[2]}{CUT}"),
    "a word is misspelt": last(f"{TEXTS[2]}{CUT}CREATE TABL x"),
    "a table does not exist": last(f"{TEXTS[2]}{CUT}ALTER TABLE `nope` ADD `x` text;"),
    "the table has other columns": by_hand(
        f"DROP TABLE {TABLE}", f"CREATE TABLE {TABLE} (id integer PRIMARY KEY, name text)"
    ),
}
"""What it is -> how it is made."""
