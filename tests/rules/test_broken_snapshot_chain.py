"""A parent that is not the snapshot before: a note, and no more."""

import pytest

from forensics.model import Severity
from forensics.rules.broken_snapshot_chain import broken_snapshot_chain
from forensics.rules.snapshot_collision import snapshot_collision
from tests.build import Case, project, snapshot
from tests.rules.branches import TAGS, branches, identity, meta


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"prevId": "11111111-0000-4000-8000-000000000000"}, "a parent that does not exist"),
        ({"prevId": identity(2)}, "itself as its parent"),
    ],
)
def test_a_broken_chain_is_a_note(changes: dict[str, object], title: str) -> None:
    """No release of 0.x looks for a parent."""
    finding = Case(project(*TAGS[:3], **{meta(2): snapshot(2, **changes)})).only(
        broken_snapshot_chain
    )
    assert (finding.subject, finding.severity) == (meta(2), Severity.NOTE)
    assert title in finding.title


def test_the_first_parent_and_gaps_are_no_breaks() -> None:
    """Nobody ever looks at the first, and hand-written migrations have no snapshots."""
    assert not Case(project(*TAGS)).ask(broken_snapshot_chain)
    files = project(*TAGS, **{meta(1): None, meta(2): snapshot(2, prevId=identity(0))})
    case = Case(files)
    assert not case.ask(broken_snapshot_chain) and not case.ask(snapshot_collision)


def test_a_shared_parent_is_told_once() -> None:
    """As the collision that it is."""
    assert not Case(branches()).ask(broken_snapshot_chain)


def test_a_parent_that_cannot_be_read_may_be_the_one_that_is_named() -> None:
    """One with a byte order mark, say: that is another fault."""
    broken = snapshot(1).encode("utf-8-sig")
    assert not Case(project(*TAGS[:3], **{meta(1): broken})).ask(broken_snapshot_chain)
