"""Two heads: a note where they do not meet, a fault where they do."""

import pytest

from forensics.analysis.captured import explains
from forensics.facts import CapturedRun, Facts
from forensics.model import CommandOutcome, DeleteFile, RunCommand, Severity
from forensics.rules.forked_history import forked_history
from tests.build import Case, open_questions, project, tool
from tests.folders import NAMES, folders, path, recorded, row, snapshot

ONE, TWO, THREE = NAMES
PRINTED = "Conflicting migrations detected  Found 1 conflict across 2 migrations"


def branched(*writes: str, third: str = "") -> dict[str, str | bytes]:
    """Two and three both follow one; each writes one thing."""
    heads = zip((TWO, THREE), writes, strict=True)
    changes: dict[str, str | None] = {
        path(name, "snapshot.json"): snapshot(name, ONE, writes=[thing]) for name, thing in heads
    }
    if third:
        changes[path(third, "snapshot.json")] = snapshot(third, TWO, THREE)
    return folders(*NAMES, *([third] if third else []), changes=changes)


def test_branches_that_do_not_meet_are_a_note() -> None:
    """The tool runs both."""
    case = Case(branched("a", "b"), recorded(row(1, ONE)))
    finding = case.only(forked_history)
    assert (finding.subject, finding.severity, finding.fix) == (THREE, Severity.NOTE, None)
    assert TWO in finding.title and "runs both" in finding.root_cause


def test_branches_that_meet_stop_every_command() -> None:
    """Without the later one they pass again, and it is generated anew."""
    case = Case(branched("col|public.kites.tail", "col|public.kites.tail"), recorded(row(1, ONE)))
    finding = case.only(forked_history)
    assert finding.severity is Severity.HIGH and "public.kites.tail" in finding.root_cause
    assert finding.fix is not None
    *removed, again = finding.fix.steps
    assert [it.path for it in removed if isinstance(it, DeleteFile)] == [
        path(THREE),
        path(THREE, "snapshot.json"),
    ]
    assert isinstance(again, RunCommand) and again.argv == ("npx", "drizzle-kit", "generate")
    told = case.scene.adapter.predict(case.facts, "check")
    assert told.outcome is CommandOutcome.BLOCKED
    healed = case.scene.adapter.predict(case.healed_by(finding), "check")
    assert healed.outcome is CommandOutcome.PASSES
    left = case.healed_by(finding).history
    assert left is not None and [it.key for it in left.migrations] == [ONE, TWO]
    assert explains(told, CapturedRun(message=PRINTED, text=PRINTED, exit_code=1))


def test_what_is_recorded_is_not_deleted() -> None:
    """It ran: somebody has to decide."""
    files = branched("a", "a")
    case = Case(files, recorded(row(1, ONE), row(2, TWO), row(3, THREE)))
    finding = case.only(forked_history)
    assert finding.fix is None and finding.counterfactual


def test_one_that_follows_both_ends_the_fork() -> None:
    """As the next generated migration does."""
    later = "20261101000003_merge"
    assert not Case(branched("a", "b", third=later), recorded()).ask(forked_history)


def test_a_copy_is_another_fault() -> None:
    """The same bytes, so of course they meet."""
    files = branched("a", "a")
    files[path(THREE)] = files[path(TWO)]
    assert not Case(files, recorded()).ask(forked_history)


def test_where_a_parent_is_missing_nothing_is_said() -> None:
    """It may be the one that joins them."""
    files = branched("a", "a", third="20261101000003_merge")
    files[path(TWO, "snapshot.json")] = snapshot(TWO, "gone")
    assert not Case(files, recorded()).ask(forked_history)


def test_a_snapshot_that_does_not_tell_leaves_the_commands_open() -> None:
    """Neither a fault nor healthy."""
    files = branched("a", "b")
    text = files[path(THREE, "snapshot.json")]
    assert isinstance(text, str)
    files[path(THREE, "snapshot.json")] = text.replace("footprints", "other")
    case = Case(files, recorded())
    assert not case.ask(forked_history)
    assert case.scene.adapter.predict(case.facts, "check").outcome is CommandOutcome.UNKNOWN


@pytest.mark.parametrize("lacks", ["History"])
def test_it_says_what_it_lacked(lacks: str) -> None:
    """And a list has no forks."""
    assert lacks in {it.lacks for it in open_questions(forked_history, Facts(tool=tool()))}
    assert not Case(project("0000_a", "0001_b")).ask(forked_history)
