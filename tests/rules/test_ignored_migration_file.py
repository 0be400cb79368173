"""A file that git ignores, and migrations need."""

import pytest

from forensics.facts import Commits
from forensics.model import RunCommand, Severity
from forensics.rules.ignored_migration_file import ignored_migration_file
from tests.build import (
    JOURNAL,
    Case,
    project,
)
from tests.rules.names_and_git import PATH, SNAPSHOT, TAGS, states


@pytest.mark.parametrize("path", [PATH, SNAPSHOT])
def test_a_file_that_a_clone_will_not_have(path: str) -> None:
    """With the rule that hides it."""
    case = Case(project(*TAGS), commits=states(**{JOURNAL: "tracked", path: "ignored"}))
    finding = case.only(ignored_migration_file)
    assert (finding.subject, finding.severity) == (path, Severity.MEDIUM)
    assert "`.gitignore:3: *.sql`" in finding.root_cause
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, RunCommand)
    assert step.argv == ("git", "add", "--force", "--", path)


def test_what_one_ignore_rule_hides_is_one_issue() -> None:
    """It names each file, and one command adds them all."""
    told = states(**{JOURNAL: "tracked", PATH: "ignored", SNAPSHOT: "ignored"})
    finding = Case(project(*TAGS), commits=told).only(ignored_migration_file)
    assert finding.subjects == (PATH, SNAPSHOT)
    assert f"{PATH} and {SNAPSHOT} are not in git" in finding.root_cause
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, RunCommand) and step.argv[-2:] == (PATH, SNAPSHOT)


def test_a_folder_that_is_ignored_is_told_once() -> None:
    """Each machine has a history of its own."""
    case = Case(
        project(*TAGS), commits=states(**dict.fromkeys((JOURNAL, PATH, SNAPSHOT), "ignored"))
    )
    finding = case.only(ignored_migration_file)
    assert finding.subject == "drizzle"
    assert "3 files of drizzle are not in git" in finding.root_cause


@pytest.mark.parametrize(
    "told",
    [
        states(**{PATH: "tracked"}),
        states(**{PATH: "untracked"}),
        states(**{"drizzle/meta/tmp-1": "ignored", "drizzle/old.sql": "ignored"}),
        None,
    ],
    ids=["added by force", "work in progress", "no migration needs it", "no git"],
)
def test_what_is_not_hidden_or_not_needed_is_quiet(told: Commits | None) -> None:
    """The nearest innocent cases."""
    assert not Case(project(*TAGS), commits=told).ask(ignored_migration_file)
