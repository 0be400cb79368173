"""What `wrangler d1 migrations apply` does next, as wrangler 4.40.0 did on a local D1."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from forensics.model import ByHand, CommandOutcome, Report, RunCommand, Severity
from tests.support.sqlite_project import investigated, issues

INIT = "CREATE TABLE `books` (`id` integer PRIMARY KEY NOT NULL, `title` text NOT NULL);"
RATING = "ALTER TABLE `books` ADD `rating` integer;"
FILES = {"0000_init.sql": INIT, "0001_rating.sql": RATING}
REBUILD = (
    "PRAGMA foreign_keys=OFF;--> statement-breakpoint\n"
    "CREATE TABLE `__new_books` (`id` integer PRIMARY KEY NOT NULL, `title` text);"
    "--> statement-breakpoint\n"
    "INSERT INTO `__new_books`(`id`, `title`) SELECT `id`, `title` FROM `books`;"
    "--> statement-breakpoint\nDROP TABLE `books`;--> statement-breakpoint\n"
    "ALTER TABLE `__new_books` RENAME TO `books`;--> statement-breakpoint\n"
    "PRAGMA foreign_keys=ON;"
)
NOTES = (
    "CREATE TABLE notes (id integer PRIMARY KEY, "
    "book integer NOT NULL REFERENCES books(id) ON DELETE CASCADE)",
    "INSERT INTO books VALUES (1, 'a', 1), (2, 'b', 2)",
    "INSERT INTO notes VALUES (1, 1), (2, 1), (3, 2)",
)


def project(
    folder: Path,
    files: Mapping[str, str] = FILES,
    *more: str,
    recorded: tuple[str, ...] = tuple(FILES),
) -> Path:
    """A drizzle folder that wrangler applies; the list of drizzle knows the first two files."""
    (folder / "drizzle/meta").mkdir(parents=True)
    for name, text in files.items():
        (folder / "drizzle" / name).write_text(text)
    entries = [
        {"idx": n, "version": "6", "when": 1_700_000_000_000 + n, "tag": it[:-4]}
        for n, it in enumerate(FILES)
    ]
    listed = {"version": "7", "dialect": "sqlite", "entries": entries}
    (folder / "drizzle/meta/_journal.json").write_text(json.dumps(listed))
    scripts = {"db:migrate": "wrangler d1 migrations apply DB --local"}
    package = {"scripts": scripts, "devDependencies": {"drizzle-kit": "0.31.11"}}
    (folder / "package.json").write_text(json.dumps(package))
    (folder / "wrangler.jsonc").write_text('{"d1_databases": [{"migrations_dir": "drizzle"}]}')
    config = 'export default { dialect: "sqlite", driver: "d1-http", out: "./drizzle" };'
    (folder / "drizzle.config.ts").write_text(config)
    with closing(sqlite3.connect(folder / "app.sqlite", isolation_level=None)) as database:
        database.execute(
            "CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, "
            "applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)"
        )
        for name in recorded:
            database.execute("INSERT INTO d1_migrations (name) VALUES (?)", (name,))
        for statement in (INIT, RATING, *more):
            database.execute(statement)
    return folder


def faults(report: Report) -> list[tuple[str, str]]:
    """Rule and subject, without notes: the folders have no snapshots."""
    return [(it.rule, it.subject) for it in report.issues if it.severity is not Severity.NOTE]


def test_a_healthy_one_is_quiet_though_drizzle_has_no_row_here(tmp_path: Path) -> None:
    """`migrate` would begin at the first file, but nobody calls it."""
    report = investigated(project(tmp_path))
    assert faults(report) == []
    [told] = [it for it in report.commands if it.command == "migrate"]
    assert told.outcome is CommandOutcome.UNKNOWN
    assert "`wrangler d1 migrations apply` has nothing to apply" in report.data


def test_names_decide_and_numbers_order(tmp_path: Path) -> None:
    """A late lower name runs; 10 comes after 2; an edit and a deletion are not seen."""
    tables = {it: f"CREATE TABLE t{it[:2]} (id integer);" for it in ("10_x.sql", "2_x.sql")}
    late = {"0000_a_late.sql": "CREATE TABLE late (id integer);"}
    edited = {"0000_init.sql": INIT + RATING}
    report = investigated(project(tmp_path, {**edited, **tables, **late}))
    assert "would apply 0000_a_late.sql, 2_x.sql, 10_x.sql." in report.data
    assert "It records 0001_rating.sql, which a new database would lack" in report.data


def test_a_file_that_stops_is_named(tmp_path: Path) -> None:
    """Those before it stay, each in a transaction of its own."""
    files = {
        "0002_good.sql": "CREATE TABLE good (id integer);",
        "0003_bad.sql": f"CREATE TABLE half (id integer);\n{RATING}",
    }
    report = investigated(project(tmp_path, {**FILES, **files}))
    assert faults(report) == [("failing-statement", "0003_bad")]
    [issue] = issues(report, "failing-statement")
    assert "`wrangler d1 migrations apply` stops at statement 2" in issue.root_cause


def test_a_rebuild_deletes_rows_since_d1_always_watches_foreign_keys(tmp_path: Path) -> None:
    """Seen: three rows before, none after, and success; the example keeps them."""
    files = {**FILES, "0002_rebuild.sql": REBUILD}
    report = investigated(project(tmp_path, files, *NOTES), probe_rows=True)
    [issue] = issues(report, "table-rebuild-loses-rows")
    assert issue.title == "0002_rebuild deletes 3 rows of main.notes"
    assert "would delete 3 rows of main.notes in 0002_rebuild." in report.data
    assert issue.fix is None and "D1 always enforces foreign keys" in issue.root_cause
    [kept] = issue.alternatives
    [step] = kept.steps
    assert isinstance(step, ByHand)
    example, behind = step.instead.split("-- and behind the statement that renames the new table:")
    text = REBUILD.replace("DROP TABLE `books`;", example)
    text = text.replace("RENAME TO `books`;", f"RENAME TO `books`;{behind}")
    with closing(sqlite3.connect(tmp_path / "app.sqlite", isolation_level=None)) as database:
        database.execute("PRAGMA foreign_keys = ON")
        database.executescript(f"BEGIN;{text};COMMIT;")
        assert database.execute("SELECT count(*) FROM notes").fetchone() == (3,)


def commit(folder: Path) -> None:
    """All that lies there."""
    git = ("git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=b")
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "one")):
        subprocess.run([*git, *words], check=True)


def test_a_file_of_comments_was_not_applied_as_another(tmp_path: Path) -> None:
    """The files that `generate --custom` begins are all alike, also where one is filled later."""
    empty, old, new = "-- Custom SQL migration file\n", "0002_old.sql", "0003_new.sql"
    project(tmp_path, {**FILES, old: empty}, recorded=(*FILES, old))
    commit(tmp_path)
    (tmp_path / "drizzle" / old).rename(tmp_path / "drizzle" / new)
    assert faults(investigated(tmp_path)) == []


def test_the_last_bytes_of_a_name_count(tmp_path: Path) -> None:
    """Not those that it had before, which another file may have by now."""
    table, old, new = "CREATE TABLE t (id integer);", "0002_old.sql", "0003_new.sql"
    project(tmp_path, {**FILES, old: table}, recorded=(*FILES, old))
    commit(tmp_path)
    (tmp_path / "drizzle" / old).write_text("CREATE TABLE u (id integer);")
    commit(tmp_path)
    (tmp_path / "drizzle" / old).unlink()
    (tmp_path / "drizzle" / new).write_text(table)
    assert faults(investigated(tmp_path)) == []


def test_a_renamed_file_runs_again(tmp_path: Path) -> None:
    """The bytes that git has of the old name tell."""
    project(tmp_path)
    commit(tmp_path)
    (tmp_path / "drizzle/0001_rating.sql").rename(tmp_path / "drizzle/0001_ratings.sql")
    report = investigated(tmp_path)
    assert faults(report) == [("renamed-after-applied", "0001_ratings.sql")]
    [issue] = issues(report, "renamed-after-applied")
    assert "duplicate column name: rating" in issue.root_cause and issue.fix is not None
    [step] = issue.fix.steps
    assert isinstance(step, RunCommand)
    assert step.argv[-2:] == ("drizzle/0001_ratings.sql", "drizzle/0001_rating.sql")


def test_without_the_table_of_wrangler_nothing_is_claimed(tmp_path: Path) -> None:
    """Another database, or a table of another name."""
    project(tmp_path)
    with closing(sqlite3.connect(tmp_path / "app.sqlite")) as database:
        database.execute("ALTER TABLE d1_migrations RENAME TO mine")
    report = investigated(tmp_path)
    assert faults(report) == []
    [told] = [it for it in report.commands if it.command == "migrate"]
    assert told.outcome is CommandOutcome.UNKNOWN


def test_where_drizzle_has_its_own_table_its_rows_decide(tmp_path: Path) -> None:
    """Both applied the folder: what `migrate` meets is known, and said."""
    made = (
        "CREATE TABLE __drizzle_migrations (id SERIAL PRIMARY KEY, hash text, created_at numeric)"
    )
    report = investigated(project(tmp_path, FILES, made))
    assert "wrangler" not in report.data
    [told] = [it for it in report.commands if it.command == "migrate"]
    assert told.outcome is CommandOutcome.BLOCKED
