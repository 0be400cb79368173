"""The folders of 0.x that `up` of 1.0 meets; each is made by no tool."""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.lab.conversion.snapshots import snapshot, snapshot_of_1_0

DIALECTS = ("postgresql", "sqlite", "mysql")
TAGS = tuple(f"000{it}_step{it}" for it in range(3))
STAMPS = tuple(1_793_491_200_123 + it * 1000 for it in range(3))
"""Of 2026-11-01, one second after the other."""
NAMES = tuple(f"2026110100000{it}_step{it}" for it in range(3))
"""The folders that `up` makes of them."""
CUT = "--> statement-breakpoint\n"
_CREATE = {
    "postgresql": 'CREATE TABLE "kites" (\n\t"id" serial PRIMARY KEY NOT NULL,\n\t"name" text\n);\n',
    "sqlite": "CREATE TABLE `kites` (\n\t`id` integer PRIMARY KEY,\n\t`name` text\n);\n",
    "mysql": "CREATE TABLE `kites` (\n\t`id` serial PRIMARY KEY,\n\t`name` text\n);\n",
}
_ROWS = "id SERIAL PRIMARY KEY, hash text NOT NULL, created_at"
_CORE = {
    "postgresql": ("pg", "serial"),
    "sqlite": ("sqlite", "integer"),
    "mysql": ("mysql", "serial"),
}
_URLS = {
    "postgresql": "process.env.DATABASE_URL!",
    "sqlite": '"file:app.sqlite"',
    "mysql": '"mysql://127.0.0.1:1/app"',
}


@dataclass(frozen=True)
class Folder:
    """A project with three migrations, of which its database has two."""

    app: Path
    dialect: str

    @property
    def out(self) -> Path:
        """Where the migrations lie."""
        return self.app / "drizzle"

    @property
    def meta(self) -> Path:
        """Where the journal and the snapshots lie."""
        return self.out / "meta"

    def sql(self, number: int) -> Path:
        """The file of a migration."""
        return self.out / f"{TAGS[number]}.sql"

    def snapshot(self, number: int) -> Path:
        """The snapshot of a migration."""
        return self.meta / f"000{number}_snapshot.json"

    def changed(self, number: int, **fields: object) -> None:
        """Change fields of a snapshot."""
        path = self.snapshot(number)
        path.write_text(json.dumps(json.loads(path.read_text()) | fields))

    def entries(self, change: Callable[[list[dict[str, object]]], object]) -> None:
        """Change the entries of the journal."""
        path = self.meta / "_journal.json"
        journal = json.loads(path.read_text())
        change(journal["entries"])
        path.write_text(json.dumps(journal, indent=2))

    def of_1_0(self, number: int, **fields: object) -> None:
        """A migration as 1.0 lays it out."""
        own = self.out / NAMES[number]
        own.mkdir()
        (own / "migration.sql").write_text(text_of(self.dialect, number))
        held = snapshot_of_1_0(self.dialect, number) | fields
        (own / "snapshot.json").write_text(json.dumps(held, indent=2))


def text_of(dialect: str, number: int) -> str:
    """The SQL of a migration."""
    quote = '"' if dialect == "postgresql" else "`"
    column = ("", "span", "line")[number]
    added = f"ALTER TABLE {quote}kites{quote} ADD COLUMN {quote}{column}{quote} text;"
    return added if number else _CREATE[dialect]


def build(dialect: str, name: str, app: Path) -> None:
    """Make the state in a folder that is there."""
    folder = Folder(app, dialect)
    _project(folder)
    folder.meta.mkdir(parents=True)
    for number in range(3):
        folder.sql(number).write_text(text_of(dialect, number))
        folder.snapshot(number).write_text(json.dumps(snapshot(dialect, number), indent=2))
    entries = [
        {"idx": it, "version": "7", "when": STAMPS[it], "tag": TAGS[it], "breakpoints": True}
        for it in range(3)
    ]
    journal = {"version": "7", "dialect": dialect, "entries": entries}
    (folder.meta / "_journal.json").write_text(json.dumps(journal, indent=2))
    CELLS[name](folder)
    if dialect == "sqlite":
        with closing(sqlite3.connect(app / "app.sqlite", isolation_level=None)) as opened:
            for statement in database_of("sqlite"):
                opened.execute(statement)


def database_of(dialect: str) -> list[str]:
    """What makes the database: two migrations are applied, and recorded by 0.x."""
    schema = "drizzle." if dialect == "postgresql" else ""
    made = [f"CREATE TABLE {schema}__drizzle_migrations ({_ROWS} bigint)"]
    made = [*(["CREATE SCHEMA drizzle"] if schema else ["PRAGMA journal_mode = MEMORY"]), *made]
    for number in range(2):
        digest = hashlib.sha256(text_of(dialect, number).encode()).hexdigest()
        made.append(text_of(dialect, number))
        made.append(
            f"INSERT INTO {schema}__drizzle_migrations (hash, created_at) "
            f"VALUES ('{digest}', {STAMPS[number]})"
        )
    return made


def _project(folder: Folder) -> None:
    package = {
        "name": "app",
        "private": True,
        "dependencies": {"drizzle-orm": "1.0.0-rc.5"},
        "devDependencies": {"drizzle-kit": "1.0.0-rc.5"},
    }
    if folder.dialect == "sqlite":
        package["dependencies"] |= {"@libsql/client": "*"}  # type: ignore[operator]
    (folder.app / "package.json").write_text(json.dumps(package))
    url = f"dbCredentials: {{ url: {_URLS[folder.dialect]} }}"
    config = f'dialect: "{folder.dialect}", schema: "./schema.ts", {url}'
    (folder.app / "drizzle.config.ts").write_text(f"export default {{ {config} }};\n")
    core, key = _CORE[folder.dialect]
    (folder.app / "schema.ts").write_text(
        f'import {{ {key}, {core}Table, text }} from "drizzle-orm/{core}-core";\n'
        f'export const kites = {core}Table("kites", {{ id: {key}().primaryKey(), '
        "name: text(), span: text(), line: text() });\n"
    )


# --- What was done --------------------------------------------------------------------------------

Deed = Callable[[Folder], object]


def without(number: int, *kinds: str) -> Deed:
    """Files of a migration are gone."""
    return lambda it: [getattr(it, kind)(number).unlink() for kind in kinds]


def written(path: str, text: str) -> Deed:
    """A file below the folder has another text, or is new."""
    return lambda it: (it.out / path).write_text(text)


def entry(number: int, **fields: object) -> Deed:
    """An entry of the journal has other fields."""
    return lambda it: it.entries(lambda entries: entries[number].update(fields))


def fields(number: int, **changes: object) -> Deed:
    """A snapshot has other fields."""
    return lambda it: it.changed(number, **changes)


def both(*deeds: Deed) -> Deed:
    """One after the other."""
    return lambda it: [deed(it) for deed in deeds]


def moved(*to: str) -> Deed:
    """A file below the folder has another name."""
    source, target = to
    return lambda it: (it.out / source).rename(it.out / target)


def of_version(version: str) -> Deed:
    """All snapshots as an earlier release wrote them."""

    def deed(it: Folder) -> None:
        for number in range(3):
            held = snapshot(it.dialect, number, version)
            it.snapshot(number).write_text(json.dumps(held, indent=2))

    return deed


def of_1_0(*numbers: int, **changes: object) -> Deed:
    """These migrations as 1.0 lays them out, and no list."""

    def deed(it: Folder) -> None:
        shutil.rmtree(it.out)
        it.out.mkdir()
        for number in numbers:
            it.of_1_0(number, **changes)

    return deed


def tagged(*tags: str) -> Deed:
    """The migrations with other names."""

    def deed(it: Folder) -> None:
        for number, tag in enumerate(tags):
            it.sql(number).rename(it.out / f"{tag}.sql")
            it.snapshot(number).rename(it.meta / f"{tag.partition('_')[0]}_snapshot.json")
            entry(number, tag=tag)(it)

    return deed


OTHER = "99999999-9999-4999-8999-999999999999"
ORIGIN = "00000000-0000-0000-0000-000000000000"
CELLS: Mapping[str, Deed] = {
    "healthy": lambda it: None,
    "the file of an applied one is missing": without(1, "sql"),
    "the file of the pending one is missing": without(2, "sql"),
    "a snapshot in the middle is missing": without(1, "snapshot"),
    "the last snapshot is missing": without(2, "snapshot"),
    "file and snapshot of the last one are missing": without(2, "sql", "snapshot"),
    "a file is not listed": written("0003_by_hand.sql", "SELECT 1;"),
    "a snapshot is not listed": lambda it: shutil.copy(
        it.snapshot(2), it.meta / "0003_snapshot.json"
    ),
    "the file has another name": moved(f"{TAGS[1]}.sql", "0001_better.sql"),
    "two files have other names": both(
        moved(f"{TAGS[1]}.sql", "0001_better.sql"), written("0001_best.sql", "")
    ),
    "two files of one number": written("0001_better.sql", "SELECT 1;"),
    "the list is cut off": written("meta/_journal.json", '{"version": "7", "entries": ['),
    "the list is empty": written("meta/_journal.json", ""),
    "the list is null": written("meta/_journal.json", "null"),
    "the list has no entries": written("meta/_journal.json", "{}"),
    "nothing is listed": lambda it: it.entries(list.clear),
    "the list is missing": lambda it: (it.meta / "_journal.json").unlink(),
    "there is no meta": lambda it: shutil.rmtree(it.meta),
    "an empty folder": of_1_0(),
    "there is no folder": lambda it: shutil.rmtree(it.out),
    "snapshots of version 6": of_version("6"),
    "snapshots of version 5": of_version("5"),
    "an index in a snapshot of version 6": both(of_version("6"), lambda it: _with_index(it)),
    "one snapshot of version 5": lambda it: it.snapshot(0).write_text(
        json.dumps(snapshot(it.dialect, 0, "5"), indent=2)
    ),
    "a snapshot of version 3": fields(1, version="3"),
    "a snapshot of version 99": fields(1, version="99"),
    "a snapshot without a version": fields(1, version=None),
    "a snapshot is cut off": written("meta/0001_snapshot.json", "{"),
    "a snapshot is null": written("meta/0001_snapshot.json", "null"),
    "a snapshot has no tables": fields(1, tables=None),
    "a snapshot begins with a mark": lambda it: it.snapshot(1).write_text(
        "\ufeff" + it.snapshot(1).read_text()
    ),
    "breakpoints are off": both(
        entry(0, breakpoints=False), entry(1, breakpoints=False), entry(2, breakpoints=False)
    ),
    "an index twice": entry(2, idx=1),
    "an entry twice": lambda it: it.entries(lambda entries: entries.append(entries[2])),
    "one second": entry(2, when=STAMPS[1] + 1),
    "one second and one name": both(
        tagged(TAGS[0], "0001_step", "0002_step"), entry(2, when=STAMPS[1] + 1)
    ),
    "the last one is older": entry(2, when=STAMPS[0] - 60_000),
    "a stamp is null": entry(2, when=None),
    "a stamp is no time": entry(2, when="yesterday"),
    "a stamp of long ago": entry(0, when=1_000),
    "a name without a number": tagged(*TAGS[:2], "step"),
    "names with times": tagged(*NAMES),
    "names in words": tagged("init", "more", "last"),
    "an own statement": written(
        f"{TAGS[2]}.sql", "-- Custom SQL migration file, put your code below! --"
    ),
    "an empty file": written(f"{TAGS[2]}.sql", ""),
    "a chain that is broken": fields(2, prevId=OTHER),
    "two that are the first": fields(1, prevId=ORIGIN),
    "two branches": lambda it: it.changed(2, prevId=json.loads(it.snapshot(0).read_text())["id"]),
    "one id twice": lambda it: it.changed(2, id=json.loads(it.snapshot(1).read_text())["id"]),
    "something else lies in meta": both(
        written("meta/notes.txt", "hello"), lambda it: (it.meta / "old").mkdir()
    ),
    "a folder is in the way": lambda it: (it.out / NAMES[1]).mkdir(),
    "the first one is converted": both(lambda it: it.of_1_0(0), without(0, "sql")),
    "one of 1.0 beside them": lambda it: shutil.copytree(
        _one_of_1_0(it), it.out / "20270101000000_later"
    ),
    "converted": of_1_0(0, 1, 2),
    "converted, and the file is missing": both(
        of_1_0(0, 1, 2), lambda it: (it.out / NAMES[2] / "migration.sql").unlink()
    ),
    "converted, and a snapshot is cut off": both(
        of_1_0(0, 1, 2), lambda it: (it.out / NAMES[1] / "snapshot.json").write_text("{")
    ),
    "folders with old snapshots": lambda it: _folders_of_old(it),
    "a list of the embedded driver": written("migrations.js", "export default {}"),
    "line ends of Windows": lambda it: it.sql(1).write_bytes(b"ALTER TABLE kites\r\nADD x text;"),
}
"""What it is -> how it is made."""


def _one_of_1_0(it: Folder) -> Path:
    own = it.app / "later"
    own.mkdir()
    held = snapshot_of_1_0(it.dialect, 2) | {"id": OTHER}
    parent = json.loads(it.snapshot(2).read_text())["id"]
    (own / "snapshot.json").write_text(json.dumps(held | {"prevIds": [parent]}, indent=2))
    (own / "migration.sql").write_text("CREATE TABLE later (id integer);")
    return own


def _with_index(it: Folder) -> None:
    """As each release before 0.22 wrote it, without a method."""
    held = json.loads(it.snapshot(2).read_text())
    own = {"name": "by_name", "columns": ["name"], "isUnique": False}
    next(iter(held["tables"].values()))["indexes"] = {"by_name": own}
    it.snapshot(2).write_text(json.dumps(held, indent=2))


def _folders_of_old(it: Folder) -> None:
    """What a conversion left that stopped after the files were moved."""
    for number in range(3):
        own = it.out / NAMES[number]
        own.mkdir()
        it.sql(number).rename(own / "migration.sql")
        it.snapshot(number).rename(own / "snapshot.json")
    shutil.rmtree(it.meta)
