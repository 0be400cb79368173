"""A snapshot of no listed migration: deleted, or kept where its entry was lost."""

from forensics.model import DeleteFile, Severity
from forensics.rules.orphan_snapshot import orphan_snapshot
from forensics.rules.snapshot_collision import snapshot_collision
from tests.build import Case, ask, project, snapshot
from tests.rules.branches import TAGS, identity, meta


def test_a_snapshot_of_no_listed_migration_is_deleted() -> None:
    """It is an orphan as well, and one step repairs both."""
    files = project(*TAGS[:2], **{meta(2): snapshot(2, prevId=identity(0))})
    case = Case(files)
    for rule in (snapshot_collision, orphan_snapshot):
        finding = case.only(rule)
        assert finding.subject == meta(2)
        assert finding.fix is not None
        assert finding.fix.steps == (DeleteFile(path=meta(2)),)
    assert not ask(snapshot_collision, case.healed_by(case.only(orphan_snapshot)))


def test_an_orphan_whose_migration_lost_its_entry_is_kept() -> None:
    """A merge dropped the entry: first decide about that."""
    files = project(
        *TAGS[:2], **{meta(2): snapshot(2, prevId=identity(0)), "drizzle/0002_age.sql": "SELECT 1;"}
    )
    case = Case(files)
    for rule in (snapshot_collision, orphan_snapshot):
        finding = case.only(rule)
        assert finding.fix is None
        assert "drizzle/0002_age.sql has its number" in finding.root_cause


def test_an_orphan_that_sorts_last_is_what_the_next_migration_starts_from() -> None:
    """One in the middle is only untidy."""
    last = Case(project(*TAGS[:2], **{meta(7): snapshot(7)})).only(orphan_snapshot)
    assert last.severity is Severity.MEDIUM and "sorts last" in last.root_cause
    tags = ("0000_a", "0002_b")
    files = project(*tags, **{meta(2): snapshot(2)})
    middle = Case(files).only(orphan_snapshot)
    assert (middle.subject, middle.severity) == (meta(1), Severity.LOW)


def test_where_a_runner_applies_the_folder_it_is_a_note() -> None:
    """The list decides nothing there."""
    case = Case(project(*TAGS[:2], **{meta(7): snapshot(7)}), runner_reads_folder=True)
    assert case.only(orphan_snapshot).severity is Severity.NOTE
