"""Where the files of a bundle are: in a folder, or in memory alone."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from forensics.evidence.bundle import Bundle
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.files import HeldFiles
from forensics.evidence.kinds import EvidenceKind
from forensics.model import Project
from forensics.system.safe_folder import Place

THEN = datetime(2026, 1, 2, tzinfo=UTC)
PROJECT = Project(root=".", head=None, branch=None)


def sealed(target: Place | HeldFiles) -> Bundle:
    """A bundle with one file."""
    writer = BundleWriter(target)
    writer.add(EvidenceKind.FILE, "a.sql", data=b"SELECT 1;")
    return writer.seal(PROJECT, THEN)


def test_a_bundle_in_memory_is_the_one_in_a_folder(tmp_path: Path) -> None:
    """Its name, its items and its content; it has no place to write to."""
    held, kept = sealed(HeldFiles(tmp_path)), sealed(tmp_path / "bundle")
    assert (held.sha256, held.manifest) == (kept.sha256, kept.manifest)
    (item,) = held.manifest.items
    assert held.content(item) == kept.content(item) == b"SELECT 1;"
    assert held.files.paths() == kept.files.paths()
    assert held.place is None
    assert [it.name for it in tmp_path.iterdir()] == ["bundle"]


def test_what_was_never_written_is_not_there(tmp_path: Path) -> None:
    """As in a folder."""
    with pytest.raises(FileNotFoundError):
        HeldFiles(tmp_path).read("data/x")
