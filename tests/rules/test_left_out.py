"""What libsql dropped of a recorded migration, and a later migration that makes it again."""

from pathlib import Path

import pytest

from forensics.model import ByHand, Report, WriteFile
from tests.lab.sqlite import cells
from tests.lab.sqlite.cells import CUT, PHONE, POSTS, USERS, Cell
from tests.support.sqlite_project import investigated, issues

SHELF = "ALTER TABLE `users` ADD `shelf` text;"
FILLED = "ALTER TABLE `users` ADD `shelf` text DEFAULT 'a';"
TOGETHER = f"{PHONE}\n{SHELF}"
DROPPED = ("ALTER TABLE users DROP COLUMN shelf",)
CASES = {
    "it is lost": Cell(files=(USERS, POSTS, TOGETHER), applied=3, sql=DROPPED),
    "it is pending": Cell(
        files=(USERS, POSTS, TOGETHER, f"{PHONE}{CUT}{SHELF}"), applied=3, sql=DROPPED
    ),
    "only a comment has it": Cell(files=(USERS, POSTS, f"-- {SHELF}\n{FILLED}", SHELF), applied=3),
    "a longer one begins like it": Cell(files=(USERS, POSTS, FILLED, SHELF), applied=3),
    "all of it ran": Cell(files=(USERS, POSTS, TOGETHER), applied=3),
    "a breakpoint parts them": Cell(
        files=(USERS, POSTS, f"{PHONE}{CUT}{SHELF}"), applied=3, sql=DROPPED
    ),
}


@pytest.fixture
def report(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Report:
    """An investigation of a case."""
    monkeypatch.setattr(cells, "CELLS", CASES)
    cells.build(request.param, "libsql", tmp_path)
    return investigated(tmp_path)


def of(name: str) -> pytest.MarkDecorator:
    """The case that a test is about."""
    return pytest.mark.parametrize("report", [name], indirect=True)


@of("it is lost")
def test_what_a_driver_dropped_belongs_into_a_new_migration(report: Report) -> None:
    """Nobody took it away, and the old file stays."""
    [issue] = issues(report, "schema-drift")
    assert issue.subject == "main.users.shelf"
    assert "statement 2 most likely never ran" in issue.root_cause
    assert "by hand" not in issue.root_cause
    assert issue.fix is not None
    [new] = issue.fix.steps
    assert isinstance(new, ByHand) and new.instead == SHELF


@of("it is pending")
def test_what_a_later_migration_repeats_is_taken_out_of_that(report: Report) -> None:
    """Then it brings what was dropped."""
    [failing] = issues(report, "failing-statement")
    assert failing.fix is not None and "0002_step has the same" in failing.root_cause
    [step] = failing.fix.steps
    assert isinstance(step, WriteFile) and step.after == SHELF
    [lost] = issues(report, "schema-drift")
    assert lost.fix is not None and lost.fix.title.startswith("Apply 0003_step")


@pytest.mark.parametrize(
    "report", ["only a comment has it", "a longer one begins like it"], indirect=True
)
def test_what_no_earlier_migration_does_as_well_stays(report: Report) -> None:
    """Without it, a new database would lack the column, or what the statement says of it."""
    [failing] = issues(report, "failing-statement")
    assert "duplicate column name: shelf" in failing.title and failing.fix is None


@of("a breakpoint parts them")
def test_a_statement_of_its_own_part_was_not_dropped(report: Report) -> None:
    """So it was taken away later."""
    [issue] = issues(report, "schema-drift")
    assert "by hand" in issue.root_cause


@of("all of it ran")
def test_what_ran_is_no_fault(report: Report) -> None:
    """As with a driver that takes several statements."""
    assert not issues(report, "schema-drift")
