"""Files that are there on one machine only: named in another case, or ignored by git."""

import pytest
from msgspec.structs import replace

from forensics.facts import Commits, Facts, PathState
from forensics.model import CommandOutcome, RunCommand, Severity
from forensics.rules.file_name_case_mismatch import file_name_case_mismatch
from forensics.rules.ignored_migration_file import ignored_migration_file
from forensics.rules.missing_migration_file import missing_migration_file
from forensics.rules.unlisted_migration_file import unlisted_migration_file
from tests.build import (
    JOURNAL,
    Case,
    added,
    ask,
    commit,
    commits,
    open_questions,
    project,
    sql,
    tool,
)

TAGS = ("0000_icy_ross", "0001_b")
LISTED, THERE = "drizzle/0000_icy_ross.sql", "drizzle/0000_Icy_Ross.sql"


def in_other_case() -> Case:
    """The file has capital letters, the list does not."""
    files = project(*TAGS, **{LISTED: None, THERE: sql("0000_icy_ross")})
    return Case(files, commits=commits(commit(added(THERE, sql("0000_icy_ross")), subject="Icy")))


def test_the_file_is_renamed_as_it_is_listed() -> None:
    """The command stops where names differ by case, and passes after."""
    case = in_other_case()
    finding = case.only(file_name_case_mismatch)
    assert (finding.subject, finding.severity) == (THERE, Severity.HIGH)
    assert finding.origin is not None and finding.origin.subject == "Icy"
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, RunCommand)
    assert step.argv == ("git", "mv", "-f", "--", THERE, LISTED)
    healed = case.after(finding.repair)
    assert not ask(file_name_case_mismatch, healed)
    assert not ask(missing_migration_file, healed) and not ask(unlisted_migration_file, healed)


def test_no_other_rule_calls_it_missing_or_unlisted() -> None:
    """One fault, one finding."""
    assert not in_other_case().ask(missing_migration_file)
    assert not in_other_case().ask(unlisted_migration_file)


def test_a_second_file_in_another_case_is_only_unlisted() -> None:
    """The nearest innocent case: the listed one is there."""
    case = Case(project(*TAGS, **{THERE: sql("other")}))
    assert not case.ask(file_name_case_mismatch)
    assert [it.subject for it in case.ask(unlisted_migration_file)] == [THERE]


# --- Ignored ------------------------------------------------------------------------------------


def states(**by_path: str) -> Commits:
    """What git says of some paths."""
    told = tuple(
        PathState(
            path=path, state=state, rule=".gitignore:3: *.sql" if state == "ignored" else None
        )
        for path, state in by_path.items()
    )
    return replace(commits(commit(added("x", "x"))), states=told)


PATH = "drizzle/0001_b.sql"
SNAPSHOT = "drizzle/meta/0001_snapshot.json"


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


def test_they_say_what_they_lacked() -> None:
    """Without the folder nothing can be told."""
    for rule in (file_name_case_mismatch, ignored_migration_file):
        assert [it.lacks for it in open_questions(rule, Facts(tool=tool()))] == ["History"]


def test_the_command_stops_at_the_name() -> None:
    """As on Linux."""
    from tests.build import DEFAULT, database, table

    case = in_other_case()
    case = Case(case.scene.tree, database(table(DEFAULT)))
    assert case.scene.predict(case.facts)["migrate"].outcome is CommandOutcome.BLOCKED
    healed = case.after(case.only(file_name_case_mismatch).repair)
    assert case.scene.predict(healed)["migrate"].outcome is CommandOutcome.PASSES
