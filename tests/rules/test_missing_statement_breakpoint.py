"""Rule `missing-statement-breakpoint`: drivers of SQLite take one statement at a time."""

from pathlib import Path

import pytest

from forensics.model import Severity, WriteFile
from tests.lab.sqlite.cells import build
from tests.support.sqlite_project import investigated, issues

RULE = "missing-statement-breakpoint"
ODD = [
    "two statements stand together",
    "a breakpoint stands at the end",
    "a file holds a comment",
    "a file is empty",
]


@pytest.mark.slow
@pytest.mark.parametrize("driver", ["better-sqlite3", "libsql"])
@pytest.mark.parametrize("name", ODD)
def test_an_odd_part_is_named_and_put_right(name: str, driver: str, tmp_path: Path) -> None:
    """With the repair `migrate` passes, and nothing is left out."""
    build(name, driver, tmp_path)
    [issue] = issues(investigated(tmp_path), RULE)
    assert issue.severity in (Severity.HIGH, Severity.CRITICAL) and issue.subject == "0002_step"
    assert issue.fix is not None
    [step] = issue.fix.steps
    assert isinstance(step, WriteFile)
    (tmp_path / step.path).write_text(step.after)
    report = investigated(tmp_path)
    assert not issues(report, RULE)
    assert [it.outcome.value for it in report.commands if it.command == "migrate"] == ["passes"]


@pytest.mark.parametrize("name", ["a comment stands behind", "two semicolons stand behind"])
def test_comments_and_semicolons_do_no_harm(name: str, tmp_path: Path) -> None:
    """As both drivers were seen to take them."""
    build(name, "libsql", tmp_path)
    assert not issues(investigated(tmp_path), RULE)


def test_postgresql_takes_several_statements_at_once(tmp_path: Path) -> None:
    """Nothing is said of a project that is set up for it."""
    build(ODD[0], "libsql", tmp_path)
    for path in (tmp_path / "drizzle.config.ts", tmp_path / "drizzle/meta/_journal.json"):
        path.write_text(path.read_text().replace("sqlite", "postgresql", 1))
    assert not issues(investigated(tmp_path), RULE)


def test_of_an_unknown_driver_both_ways_are_told(tmp_path: Path) -> None:
    """And `migrate` is unknown."""
    build(ODD[0], "libsql", tmp_path)
    package = tmp_path / "package.json"
    package.write_text(package.read_text().replace("@libsql/client", "some-driver"))
    [issue] = issues(investigated(tmp_path), RULE)
    assert issue.severity is Severity.MEDIUM


def test_all_odd_parts_of_a_file_are_one_issue(tmp_path: Path) -> None:
    """With one repair: whoever forgets breakpoints forgets several."""
    build(ODD[0], "libsql", tmp_path)
    path = tmp_path / "drizzle/0002_step.sql"
    more = "CREATE TABLE a (id integer);\nCREATE TABLE b (id integer);"
    path.write_text(f"{path.read_text()}--> statement-breakpoint\n{more}")
    [issue] = issues(investigated(tmp_path), RULE)
    assert issue.title.startswith("Of 4 statements of 0002_step (lines 1 and ")
    assert issue.fix is not None
    [step] = issue.fix.steps
    assert isinstance(step, WriteFile) and step.after.count("--> statement-breakpoint") == 3


def test_a_file_is_not_called_empty_because_its_only_statement_was_left_out(tmp_path: Path) -> None:
    """That is an experiment of ours about another issue, and no issue of the project."""
    build("a comment stands behind", "libsql", tmp_path)
    (tmp_path / "drizzle/0002_step.sql").write_text("-- why\nALTER TABLE `nowhere` ADD `x` text;")
    report = investigated(tmp_path)
    assert issues(report, "failing-statement") and not issues(report, RULE)
    [one, *_] = [it for it in report.experiments if it.fixed and it.command == "migrate"]
    assert one.outcome.value == "passes"
