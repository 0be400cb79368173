"""The model of drizzle 1.0 on SQLite says what the real kit did, command by command."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from forensics.model import (
    CommandOutcome,
    CommandState,
    RunCommand,
    Severity,
    UpdateRow,
    WriteFile,
)
from tests.lab.sqlite.cells import CUT, TABLE
from tests.lab.sqlite.cells_of_1_0 import (
    BETTER,
    CELLS,
    FIRST_SECOND,
    LIBSQL,
    NAMES,
    Kites,
    build,
    joined_by_hand,
)
from tests.lab.sqlite.observe_of_1_0 import COMMANDS, OBSERVED, OF_BETTER, Seen
from tests.support.sqlite_project import investigated, runs_in_shell

SEEN: dict[str, dict[str, Seen]] = json.loads(OBSERVED.read_text(encoding="utf-8"))
SAYS_SUCCESS = {CommandOutcome.PASSES, CommandOutcome.SILENTLY_WRONG}


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("name", CELLS)
def test_the_model_says_what_the_kit_did(name: str, tmp_path: Path) -> None:
    """Exit codes and words; and where it says success, whether that is so."""
    build(name, tmp_path)
    report = investigated(tmp_path, probe_rows=True)
    told = {it.command: it for it in report.commands}
    for command, seen in SEEN[name].items():
        assert (command, told[command].exit_code) == (command, seen["exit_code"])
        # Of its own query the migrator prints the text alone, and not why it failed.
        assert said(told[command]) in seen["printed"] or "Failed query" in seen["printed"]
    applied = "applied successfully" in SEEN[name]["migrate"]["printed"]
    assert (told["migrate"].outcome in SAYS_SUCCESS) is applied


OF_BETTER_SEEN: dict[str, Seen] = json.loads(OF_BETTER.read_text(encoding="utf-8"))


@pytest.mark.slow
@pytest.mark.sample(4)
@pytest.mark.parametrize("name", CELLS)
def test_so_it_does_for_another_driver(name: str, tmp_path: Path) -> None:
    """Of better-sqlite3 the kit prints the statement, and not why it failed."""
    build(name, tmp_path, BETTER)
    report = investigated(tmp_path, probe_rows=True)
    (told,) = (it for it in report.commands if it.command == "migrate")
    seen = OF_BETTER_SEEN[name]
    assert told.exit_code == seen["exit_code"]
    assert said(told) in seen["printed"] or "Failed query" in seen["printed"]
    assert (told.outcome in SAYS_SUCCESS) is ("applied successfully" in seen["printed"])


def said(told: CommandState) -> str:
    """The words that both share; the kit draws a tree of conflicting branches."""
    return told.error.text.partition(": kites.")[0] if told.error else ""


def test_every_cell_was_measured() -> None:
    """With all three commands."""
    assert {name: set(seen) for name, seen in SEEN.items()} == {
        name: set(COMMANDS) for name in CELLS
    }
    assert OF_BETTER_SEEN.keys() == CELLS.keys()


def test_the_file_of_one_migration_is_no_copy_of_another(tmp_path: Path) -> None:
    """All have one name in 1.0; a wrong text would be written into the folder."""
    build("the file of a pending one is missing", tmp_path)
    (issue,) = investigated(tmp_path).issues
    assert (issue.rule, issue.fix) == ("missing-migration-file", None)


def test_a_folder_without_config_has_the_dialect_of_its_snapshots(tmp_path: Path) -> None:
    """Nothing else says it, and each has its own ways."""
    build("pending", tmp_path)
    (tmp_path / "drizzle.config.ts").unlink()
    (tool,) = investigated(tmp_path).case.tools
    assert tool.dialect == "sqlite"


@pytest.mark.parametrize(
    ("name", "rule", "step"),
    [
        ("a name is NULL", "renamed-after-applied", UpdateRow),
        ("no time in the name", "failing-statement", RunCommand),
    ],
)
def test_what_stops_the_record_of_a_migration_has_a_repair(
    name: str, rule: str, step: type, tmp_path: Path
) -> None:
    """A release of 0.x wrote the row, or somebody named the folder."""
    build(name, tmp_path)
    (issue,) = investigated(tmp_path).issues
    assert issue.rule == rule and issue.role == "primary" and issue.fix is not None
    assert [type(it) for it in issue.fix.steps] == [step]


def test_a_copy_that_lacks_what_an_earlier_migration_made_gets_it_back(tmp_path: Path) -> None:
    """Only its parent was corrected after a merge; the result is written as the kit writes it."""
    joined_by_hand(tmp_path)
    (issue,) = investigated(tmp_path).issues
    assert issue.rule == "stale-snapshot" and issue.fix is not None
    (step,) = issue.fix.steps
    assert isinstance(step, WriteFile) and step.path == issue.subject
    names = [it["name"] for it in json.loads(step.after)["ddl"] if it["entityType"] == "columns"]
    assert names == ["id", "name", "span", "knot", "line"]


def test_what_no_file_creates_is_told(tmp_path: Path) -> None:
    """Somebody took it out of the SQL, and the snapshot has it."""
    build("pending", tmp_path)
    path = next(tmp_path.glob("drizzle/*_step2/migration.sql"))
    path.write_text("CREATE INDEX by_span ON kites (span);")
    (issue,) = investigated(tmp_path).issues
    assert issue.rule == "incomplete-migration" and "kites.line" in issue.root_cause


def test_branches_are_not_taken_for_one_line(tmp_path: Path) -> None:
    """Which snapshot lacks what is not the question before they are joined."""
    joined_by_hand(tmp_path, parent=1)
    assert "stale-snapshot" not in {it.rule for it in investigated(tmp_path).issues}


CHILDREN = (
    "CREATE TABLE tails (kite integer NOT NULL REFERENCES kites (id) ON DELETE CASCADE)",
    "INSERT INTO kites (id, name) VALUES (1, 'a')",
    "INSERT INTO tails VALUES (1), (1), (1)",
)
REBUILD = CUT.join(
    (
        "PRAGMA foreign_keys=OFF;",
        "CREATE TABLE `__new_kites` (`id` integer PRIMARY KEY, `name` text, `span` text);",
        "INSERT INTO `__new_kites` SELECT `id`, `name`, `span` FROM `kites`;",
        "DROP TABLE `kites`;",
        "ALTER TABLE `__new_kites` RENAME TO `kites`;",
        "PRAGMA foreign_keys=ON;",
    )
)


@pytest.mark.slow
@pytest.mark.parametrize("package", [BETTER, LIBSQL])
def test_a_rebuild_that_deletes_rows_is_named_before_it_runs(package: str, tmp_path: Path) -> None:
    """Run with 1.0.0-rc.5: better-sqlite3 deleted the rows of the other table, libsql none."""
    build("pending", tmp_path, package)
    kites = Kites(tmp_path)
    kites.sql(*CHILDREN)
    (kites.of(2) / "migration.sql").write_text(REBUILD)
    report = investigated(tmp_path, probe_rows=True)
    (told,) = (it for it in report.commands if it.command == "migrate")
    assert told.destructive is (package == BETTER)
    named = [it.title for it in report.issues if it.rule == "table-rebuild-loses-rows"]
    assert any("deletes 3 rows of main.tails" in it for it in named) is (package == BETTER)


def test_the_script_that_loses_nothing_records_the_name(tmp_path: Path) -> None:
    """So 1.0 does not run the migration again."""
    build("pending", tmp_path, BETTER)
    kites = Kites(tmp_path)
    kites.sql(*CHILDREN)
    (kites.of(2) / "migration.sql").write_text(REBUILD)
    investigated(tmp_path, probe_rows=True)
    runs_in_shell((tmp_path / "out" / "fix.sql").read_text(), tmp_path / "app.sqlite")
    with closing(sqlite3.connect(tmp_path / "app.sqlite")) as opened:
        assert opened.execute("SELECT count(*) FROM tails").fetchall() == [(3,)]
        rows = f"SELECT name, created_at, applied_at LIKE '____-%T%Z' FROM {TABLE} LIMIT 1 OFFSET 2"
        assert opened.execute(rows).fetchall() == [(NAMES[2], FIRST_SECOND + 2000, 1)]


def test_names_that_were_written_over_are_told_and_recorded_again(tmp_path: Path) -> None:
    """1.0 goes by the name: what has that of another is run again. Nothing ran at once."""
    build("pending", tmp_path)
    kites = Kites(tmp_path)
    kites.sql(f"UPDATE {TABLE} SET name = '{NAMES[1]}'")
    report = investigated(tmp_path)
    [issue] = [it for it in report.issues if it.severity is not Severity.NOTE]
    assert issue.rule == "tracking-rows-missing"
    assert "1 row has the time of one of them, and the name of another" in issue.root_cause
    assert "match none" not in issue.root_cause
    runs_in_shell((tmp_path / "out" / "fix.sql").read_text(), tmp_path / "app.sqlite")
    with closing(sqlite3.connect(tmp_path / "app.sqlite")) as opened:
        rows = f"SELECT name, created_at FROM {TABLE} ORDER BY id"
        assert opened.execute(rows).fetchall()[2:] == [(NAMES[0], FIRST_SECOND)]
