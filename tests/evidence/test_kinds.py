"""Kinds of evidence are stored as words that bundles and reports have always had."""

from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from forensics.evidence.bundle import Bundle
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.kinds import EvidenceKind
from forensics.model import Project

STORED = (
    *("file", "folder", "search", "git", "history", "object-search", "symptom", "hints"),
    *("database", "tracking-search", "tracking-table", "attachments", "privileges"),
    *("circumstances", "catalogue", "row-counts", "schema-dump", "experiments"),
    *("redactions", "mishap", "receipt"),
)


def test_the_stored_words_stay() -> None:
    """Bundles of earlier versions are read by them."""
    assert tuple(kind.value for kind in EvidenceKind) == STORED


def test_a_kind_of_a_later_version_is_passed_over(tmp_path: Path) -> None:
    """The rest of the bundle can be read, and the report shows the item as what it is."""
    writer = BundleWriter(tmp_path)
    writer.add(EvidenceKind.FILE, "a.sql", data=b"SELECT 1;")
    writer.add(cast(EvidenceKind, "of-tomorrow"), "the repository")
    writer.seal(Project(root="", head=None, branch=None), datetime(2026, 1, 1, tzinfo=UTC))
    later = Bundle.open(tmp_path)
    assert [item.locator for item in later.of_kind(EvidenceKind.FILE)] == ["a.sql"]
    assert [item.kind for item in later.evidence()] == ["file", "of-tomorrow"]
