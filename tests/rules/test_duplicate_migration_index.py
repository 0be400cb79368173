"""Two entries with one number: what the next migration would overwrite."""

import json

import pytest

from forensics.model import Severity, WriteFile
from forensics.rules.duplicate_migration_index import duplicate_migration_index
from tests.build import (
    JOURNAL,
    Case,
    added,
    ask,
    changed,
    commit,
    commits,
    project,
    snapshot,
    sql,
)
from tests.rules.numbers import TAGS, numbered


def test_the_next_migration_would_overwrite_a_snapshot() -> None:
    """The last entry repeats a number; after the repair the next one gets a free one."""
    case = Case(numbered(0, 1, 1))
    finding = case.only(duplicate_migration_index)
    assert (finding.subject, finding.severity) == ("0001_c", Severity.MEDIUM)
    assert "would overwrite drizzle/meta/0002_snapshot.json" in finding.root_cause
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, WriteFile)
    assert [entry["idx"] for entry in json.loads(step.after)["entries"]] == [0, 1, 2]
    assert step.after == case.facts.history.text.replace('"idx": 1', '"idx": 2').replace(  # type: ignore[union-attr]
        '"idx": 2', '"idx": 1', 1
    )
    (left,) = ask(duplicate_migration_index, case.healed_by(finding))
    assert left.severity is Severity.NOTE


def test_a_number_that_is_repeated_further_up_harms_nobody() -> None:
    """Low: nothing is overwritten."""
    tags = ("0000_a", "0001_b", "0002_c", "0003_d")
    finding = Case(numbered(0, 1, 1, 3, tags=tags)).only(duplicate_migration_index)
    assert (finding.subject, finding.severity) == ("0002_c", Severity.LOW)
    assert finding.fix is not None


def test_two_names_with_one_number_share_a_snapshot() -> None:
    """A note: the entries have numbers of their own."""
    finding = Case(numbered(0, 1, 2, tags=TAGS)).only(duplicate_migration_index)
    assert (finding.subject, finding.severity) == ("0001_c", Severity.NOTE)
    assert "both have the snapshot drizzle/meta/0001_snapshot.json" in finding.root_cause


@pytest.mark.parametrize(
    "files",
    [
        project("0000_a", "0001_b"),
        numbered(0, 2, 5, tags=("0000_a", "0001_b", "0002_c")),
        project("0000_a", **{"drizzle/0000_b.sql": sql("b")}),
        project("20260101000000_a", "20260101000001_b"),
    ],
    ids=["healthy", "gaps", "an unlisted file", "times"],
)
def test_what_looks_like_it_is_quiet(files: dict[str, str | bytes]) -> None:
    """The nearest innocent cases."""
    assert not Case(files).ask(duplicate_migration_index)


def test_a_snapshot_of_a_later_number_is_what_would_be_overwritten() -> None:
    """Wherever it comes from."""
    files = numbered(0, 1, 1) | {"drizzle/meta/0002_snapshot.json": snapshot(2)}
    facts = Case(files).facts
    assert facts.snapshots is not None
    assert facts.snapshots.overwritten == "drizzle/meta/0002_snapshot.json"


@pytest.mark.parametrize("last", [True, False], ids=["the later entry", "the earlier entry"])
def test_it_came_with_the_commit_since_which_both_are_listed(last: bool) -> None:
    """A merge may put the other one in front of an entry that was there long before."""
    both = numbered(0, 1, 1)
    listed = json.loads(str(both[JOURNAL]))
    before = {**listed, "entries": [listed["entries"][0], listed["entries"][1 if last else 2]]}
    alone = json.dumps(before, indent=2)
    past = commits(
        commit(added(JOURNAL, alone), subject="One"),
        commit(changed(JOURNAL, alone, str(both[JOURNAL])), subject="Merge"),
    )
    finding = Case(both, commits=past).only(duplicate_migration_index)
    assert finding.origin is not None and finding.origin.subject == "Merge"
