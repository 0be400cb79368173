"""Rule `table-rebuild-loses-rows`: found before it runs, counted on a copy, and avoided."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from forensics.facts import Danger, Rebuilding, RowDeed
from forensics.model import ByHand, Finding, Issue, RunSql, Severity
from forensics.rules.table_rebuild_loses_rows import table_rebuild_loses_rows
from tests.build import ask, name
from tests.lab.sqlite.cells import build, rows_of
from tests.support.pending import pending
from tests.support.sqlite_project import investigated, issues, runs_in_shell

RULE = "table-rebuild-loses-rows"


def found(name: str, driver: str, folder: Path, **options: object) -> Issue:
    """The issue of this rule in a cell of the lab."""
    build(name, driver, folder)
    [issue] = issues(investigated(folder, **options), RULE)
    return issue


@pytest.mark.parametrize("name", ["a table is rebuilt", "a rebuild that sets NULL"])
def test_it_is_named_before_it_runs(name: str, tmp_path: Path) -> None:
    """With the table whose rows go, and the command that would say success."""
    build(name, "better-sqlite3", tmp_path)
    report = investigated(tmp_path)
    [issue] = issues(report, RULE)
    assert issue.severity is Severity.CRITICAL and issue.subject == "0002_step"
    assert "main.posts" in issue.title
    [migrate] = [it for it in report.commands if it.command == "migrate"]
    assert migrate.destructive and migrate.exit_code == 0 and migrate.blocked_by == (issue.number,)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "destructive"),
    [
        ("", False),
        ("INSERT INTO posts SELECT 99, 77 FROM users;", False),
        ("INSERT INTO users VALUES (77, 'a');", True),
        ("INSERT INTO users SELECT 77, 'a';", True),
        ("INSERT OR IGNORE INTO users SELECT value, 'a' FROM json_each('[77]');", True),
    ],
)
def test_a_new_database_has_only_the_rows_that_migrations_write(
    more: str, destructive: bool, tmp_path: Path
) -> None:
    """Copying from a table that is empty writes none."""
    build("a table is rebuilt", "better-sqlite3", tmp_path)
    file = next((tmp_path / "drizzle").glob("0002_*.sql"))
    file.write_text(
        f"{more}\n--> statement-breakpoint\n{file.read_text()}" if more else file.read_text()
    )
    [new] = [it for it in investigated(tmp_path).verification if it.command.endswith("database")]
    assert new.before.destructive is destructive


def test_a_driver_that_does_not_enforce_loses_nothing(tmp_path: Path) -> None:
    """Libsql switches foreign keys off before its transaction."""
    build("a table is rebuilt", "libsql", tmp_path)
    assert not issues(investigated(tmp_path), RULE)


def test_of_an_unknown_driver_it_is_said_that_it_may(tmp_path: Path) -> None:
    """And `migrate` is unknown."""
    build("a table is rebuilt", "libsql", tmp_path)
    package = tmp_path / "package.json"
    package.write_text(package.read_text().replace("@libsql/client", "some-driver"))
    report = investigated(tmp_path)
    [issue] = issues(report, RULE)
    assert issue.severity is Severity.MEDIUM and "may" in issue.title


def test_rows_are_counted_on_a_copy_and_the_file_stays_as_it_is(tmp_path: Path) -> None:
    """Only the number leaves it."""
    build("a table is rebuilt", "better-sqlite3", tmp_path)
    before = (tmp_path / "app.sqlite").read_bytes()
    [issue] = issues(investigated(tmp_path, copy_database=True), RULE)
    assert "3 rows" in issue.title
    assert (tmp_path / "app.sqlite").read_bytes() == before


@pytest.mark.parametrize("option", ["copy_database", "probe_rows"])
def test_where_no_row_refers_to_another_nothing_is_lost(option: str, tmp_path: Path) -> None:
    """A count of 0 settles it."""
    build("a table is rebuilt", "better-sqlite3", tmp_path)
    with closing(sqlite3.connect(tmp_path / "app.sqlite")) as database, database:
        database.execute("DELETE FROM posts")
    report = investigated(tmp_path, **{option: True})
    assert not issues(report, RULE)
    assert [it.destructive for it in report.commands if it.command == "migrate"] == [False]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a table is rebuilt", "a rebuild that sets NULL"])
def test_the_script_applies_it_and_keeps_every_row(name: str, tmp_path: Path) -> None:
    """It is recorded, so that `migrate` has nothing left to do; a second run is refused."""
    issue = found(name, "better-sqlite3", tmp_path)
    assert issue.fix is not None
    [script] = [it.text for it in issue.fix.steps if isinstance(it, RunSql)]
    assert (tmp_path / "out" / "fix.sql").read_text().endswith(f"{script}\n")
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(tmp_path / "app.sqlite", copy / "app.sqlite")
    before = rows_of(copy)
    runs_in_shell(script, copy / "app.sqlite")
    assert rows_of(copy) == {**before, "__drizzle_migrations": 3}
    with pytest.raises(sqlite3.IntegrityError, match="nothing was changed"):
        runs_in_shell(script, copy / "app.sqlite")
    shutil.copy(copy / "app.sqlite", tmp_path / "app.sqlite")
    report = investigated(tmp_path)
    assert [it.outcome.value for it in report.commands if it.command == "migrate"] == ["passes"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "hostile",
    [
        "SELECT writefile('/tmp/x', 'y');",
        "ATTACH 'other.sqlite' AS other;",
        "CREATE TABLE trigger (a);\n.shell true\n",
        "SELECT 'a\n.shell true\n';",
        "SELECT 'open",
        "PRAGMA writable_schema = ON;",
    ],
)
def test_a_script_that_would_reach_more_than_the_database_is_not_written(
    hostile: str, tmp_path: Path
) -> None:
    """The shell of SQLite has commands and functions that drivers have not."""
    build("a table is rebuilt", "better-sqlite3", tmp_path)
    file = tmp_path / "drizzle" / "0002_step.sql"
    file.write_text(f"{file.read_text()}--> statement-breakpoint\n{hostile}")
    [issue] = issues(investigated(tmp_path), RULE)
    assert issue.fix is None


def test_a_file_that_ends_the_transaction_first_loses_nothing(tmp_path: Path) -> None:
    """There the PRAGMA works, as people found out who met this; the outcome is not foreseen."""
    build("a table is rebuilt", "better-sqlite3", tmp_path)
    file = tmp_path / "drizzle" / "0002_step.sql"
    mark = "--> statement-breakpoint\n"
    file.write_text(f"COMMIT;{mark}{file.read_text()}{mark}BEGIN;")
    assert not issues(investigated(tmp_path), RULE)


@pytest.mark.slow
def test_it_is_told_afterwards_where_a_table_shows_it(tmp_path: Path) -> None:
    """A table that gave numbers to rows, and has none; nothing is said of one that has rows."""
    build("a table is rebuilt", "better-sqlite3", tmp_path)
    with closing(sqlite3.connect(tmp_path / "app.sqlite", isolation_level=None)) as database:
        database.execute("PRAGMA foreign_keys = ON")
        text = (tmp_path / "drizzle" / "0002_step.sql").read_text()
        database.execute("BEGIN")
        for statement in text.split("--> statement-breakpoint"):
            database.execute(statement)
        database.execute(
            "INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('x', 1700172800000)"
        )
        database.execute("COMMIT")
    assert rows_of(tmp_path)["posts"] == 0
    [issue] = issues(investigated(tmp_path), RULE)
    assert issue.severity is Severity.CRITICAL and "main.posts are gone" in issue.title
    [counted] = issues(investigated(tmp_path, copy_database=True), RULE)
    assert "3 rows that were once in main.posts" in counted.root_cause
    with closing(sqlite3.connect(tmp_path / "app.sqlite")) as database, database:
        database.execute("INSERT INTO posts (author) VALUES (1)")
    assert not issues(investigated(tmp_path), RULE)


def test_a_copy_of_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The statement that fails, and the column."""
    build("a rebuild copies an unknown column", "libsql", tmp_path)
    [issue] = issues(investigated(tmp_path), RULE)
    assert "copies nickname from main.users" in issue.title


@pytest.mark.parametrize("deed", RowDeed)
def test_where_nothing_can_switch_them_off_the_file_keeps_the_rows(deed: RowDeed) -> None:
    """Those that are deleted; what was overwritten does not come back from a copy of rows."""
    facts = pending('DROP TABLE "users";').scene.examined()
    assert facts.applying is not None
    danger = Danger(
        statement=facts.applying.statements[0],
        dropped=name("main.users"),
        rebuilt=True,
        table=name("main.posts"),
        through=name("main.users"),
        columns=("author",),
        writable=("author",),
        deed=deed,
        query="",
    )
    found = Rebuilding(evidence=("e1",), pending=(danger,), always=True, enforced=True)
    given = replace(facts, rebuilding=found, tool=replace(facts.tool, dialect="sqlite"))
    (finding,) = ask(table_rebuild_loses_rows, given)
    assert isinstance(finding, Finding)
    steps = [step for it in finding.alternatives for step in it.steps]
    kept = [it.instead for it in steps if isinstance(it, ByHand)]
    before, _, after = (kept or [""])[0].partition("-- and behind")
    assert bool(kept) is (deed is RowDeed.DELETED)
    if kept:
        copied, dropped = before.strip().splitlines()
        assert copied == 'CREATE TABLE "__kept_posts" AS SELECT "author" FROM "posts";'
        assert dropped == 'DROP TABLE "users";'
        assert 'INSERT INTO "posts" ("author") SELECT * FROM "__kept_posts";' in after
