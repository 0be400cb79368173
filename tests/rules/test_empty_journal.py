"""The list of migrations lists nothing: found beside files, quiet in a new folder."""

import json

from forensics.model import Severity
from forensics.rules.empty_journal import empty_journal
from forensics.rules.malformed_journal import malformed_journal
from forensics.rules.unlisted_migration_file import unlisted_migration_file
from tests.build import (
    JOURNAL,
    Case,
    added,
    ask,
    changed,
    commit,
    commits,
    journal,
    project,
)

TAGS = ("0000_a", "0001_b")
TEXT = journal(*TAGS)
NOTHING = journal()


def test_it_fires_where_files_lie_beside_an_empty_list() -> None:
    """As `check` leaves it in a folder without `meta`."""
    finding = Case(project(*TAGS, **{JOURNAL: NOTHING})).only(empty_journal)
    assert finding.subject == JOURNAL
    assert finding.severity is Severity.HIGH
    assert "has no entries, but its folder contains 2 migration file(s)" in finding.root_cause


def test_a_journal_of_zero_bytes_is_empty_not_malformed() -> None:
    """It stops every command, with or without migration files, and is told once."""
    for tags in (TAGS, ()):
        case = Case(project(*tags, **{JOURNAL: ""}))
        assert "is empty" in case.only(empty_journal).root_cause
        assert not case.ask(malformed_journal)


def test_a_new_project_is_quiet() -> None:
    """An empty list beside no files is how every project begins."""
    assert not Case(project(**{JOURNAL: NOTHING})).ask(empty_journal)


def test_a_list_that_lists_anything_is_quiet() -> None:
    """Files that it leaves out are another fault, and one is told at a time."""
    case = Case(project(*TAGS, **{JOURNAL: journal("0000_a")}))
    assert not case.ask(empty_journal)
    empty = Case(project(*TAGS, **{JOURNAL: NOTHING}))
    assert not empty.ask(unlisted_migration_file)


def test_where_a_runner_applies_the_folder_it_is_only_noted() -> None:
    """The journal does not decide there."""
    files = project(*TAGS, **{JOURNAL: NOTHING})
    case = Case(files, runner="wrangler d1 migrations apply", runner_reads_folder=True)
    assert case.only(empty_journal).severity is Severity.NOTE


def test_the_last_list_that_listed_something_heals_it() -> None:
    """Git's empty and half versions are passed over."""
    half = json.dumps({"entries": 3})
    past = commits(
        commit(added(JOURNAL, TEXT)),
        commit(changed(JOURNAL, TEXT, half)),
        commit(changed(JOURNAL, half, NOTHING), subject="fix: journal"),
    )
    case = Case(project(*TAGS, **{JOURNAL: NOTHING}), commits=past)
    finding = case.only(empty_journal)
    assert 'touched it is commit c000000000 of 2023-11-15 ("fix: journal")' in finding.root_cause
    assert not ask(empty_journal, case.healed_by(finding))


def test_without_git_no_fix_is_invented() -> None:
    """The list cannot be made up from file names: their stamps are nowhere else."""
    finding = Case(project(*TAGS, **{JOURNAL: NOTHING})).only(empty_journal)
    assert finding.fix is None
    assert "Without git, it is unknown what changed it." in finding.root_cause
