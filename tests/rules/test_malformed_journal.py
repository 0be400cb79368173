"""The list of migrations cannot be read: found, told apart, brought back."""

import pytest

from forensics.facts import Facts
from forensics.model import RunCommand, WriteFile
from forensics.rules.empty_journal import empty_journal
from forensics.rules.malformed_journal import malformed_journal
from forensics.rules.merge_conflict_markers import merge_conflict_markers
from tests.build import (
    JOURNAL,
    Case,
    added,
    ask,
    changed,
    commit,
    commits,
    journal,
    open_questions,
    project,
    tool,
)
from tests.support.trees import DictTree

TEXT = journal("0000_a")
HALF = TEXT[: len(TEXT) // 2]


@pytest.mark.parametrize("text", [HALF, "null", "[]", '{"entries": [null]}', "\ufeff" + HALF])
def test_it_fires_on_what_is_no_journal(text: str) -> None:
    """Half a file, with a byte order mark too, JSON of another shape: in the tool's parser's words."""
    case = Case(project("0000_a", **{JOURNAL: text}))
    finding = case.only(malformed_journal)
    assert finding.subject == JOURNAL
    assert case.facts.history is not None and case.facts.history.problem is not None
    assert case.facts.history.problem.message in finding.root_cause


def test_what_is_told_elsewhere_is_not_told_here() -> None:
    """Zero bytes are an empty journal, markers a merge; each is told once."""
    marked = TEXT.replace("{\n", "{\n<<<<<<< HEAD\n=======\n>>>>>>> other\n", 1)
    for text, rule in (("", empty_journal), (marked, merge_conflict_markers)):
        case = Case(project("0000_a", **{JOURNAL: text}))
        assert not case.ask(malformed_journal)
        assert case.only(rule)


def test_odd_but_sound_journals_are_quiet() -> None:
    """Entries of several versions, gaps in `idx` and CRLF do not keep the tool from reading it."""
    odd = TEXT.replace('"idx": 0', '"idx": 7').replace('"version": "7"', '"version": "5"', 1)
    assert not Case(project("0000_a", **{JOURNAL: odd.replace("\n", "\r\n")})).ask(
        malformed_journal
    )


def test_a_journal_that_we_may_not_read_is_unanswered() -> None:
    """What is closed to us may be open to the tool: that is no fault."""
    case = Case(DictTree(project("0000_a"), denied=frozenset({JOURNAL})))
    (question,) = open_questions(malformed_journal, case.facts)
    assert question.lacks == f"the whole content of {JOURNAL}, which could not be read (denied)"
    assert open_questions(malformed_journal, Facts(tool=tool()))


def test_the_last_sound_version_heals_it() -> None:
    """The step names the broken text it replaces, so that a patch can be made of it."""
    past = commits(commit(added(JOURNAL, TEXT)), commit(changed(JOURNAL, TEXT, HALF)))
    case = Case(project("0000_a", **{JOURNAL: HALF}), commits=past)
    finding = case.only(malformed_journal)
    assert not ask(malformed_journal, case.healed_by(finding))
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, WriteFile) and step.before == HALF


def test_a_broken_version_is_no_repair_of_a_broken_one() -> None:
    """The journal was broken twice: the version before both is brought back."""
    worse = HALF + "!"
    past = commits(
        commit(added(JOURNAL, TEXT)),
        commit(changed(JOURNAL, TEXT, HALF)),
        commit(changed(JOURNAL, HALF, worse)),
    )
    case = Case(project("0000_a", **{JOURNAL: worse}), commits=past)
    assert not ask(malformed_journal, case.healed_by(case.only(malformed_journal)))


def test_bytes_that_no_text_can_name_are_checked_out_over() -> None:
    """A journal with bytes that are no text is not what a patch would have to remove."""
    past = commits(commit(added(JOURNAL, TEXT)))
    case = Case(project("0000_a", **{JOURNAL: HALF.encode() + b"\xff\xfe"}), commits=past)
    finding = case.only(malformed_journal)
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, RunCommand)
    assert step.argv == ("git", "checkout", past.head, "--", JOURNAL)
    assert not ask(malformed_journal, case.after(finding.repair))


def test_no_commit_is_blamed_for_what_only_the_working_tree_holds() -> None:
    """The last commit that touched it is named, and said to be sound."""
    past = commits(commit(added(JOURNAL, TEXT)))
    broken = Case(project("0000_a", **{JOURNAL: HALF}), commits=past).only(malformed_journal)
    assert broken.origin is None
    assert "the change is in the working tree only" in broken.root_cause
    committed = commits(commit(added(JOURNAL, TEXT)), commit(changed(JOURNAL, TEXT, HALF)))
    blamed = Case(project("0000_a", **{JOURNAL: HALF}), commits=committed).only(malformed_journal)
    assert blamed.origin is not None and blamed.origin.commit == committed.head


def test_line_ends_that_git_converts_are_no_change() -> None:
    """With `core.autocrlf` the working tree has other bytes than the commit it came from."""
    past = commits(commit(added(JOURNAL, HALF)))
    windows = HALF.replace("\n", "\r\n")
    finding = Case(project("0000_a", **{JOURNAL: windows}), commits=past).only(malformed_journal)
    assert finding.origin is not None
