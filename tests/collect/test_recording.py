"""What collection saw and what analysis will see are the same answers."""

import os
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.collect.recording import RecordingTree
from forensics.collect.tree import WorkingTree
from forensics.evidence.bundle_tree import BundleTree
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.kinds import EvidenceKind
from forensics.model import Outcome, Project
from forensics.system.ownership import keyed

NOWHERE = Project(root="", head=None, branch=None)
THEN = datetime(2026, 1, 1, tzinfo=UTC)
PATTERNS = (("*.sql",), ("*", "x"), ("nothing",))


def no_mask(data: bytes, path: str) -> tuple[bytes, int]:
    """Leave everything as it is."""
    return data, 0


def hide_hunter(data: bytes, path: str) -> tuple[bytes, int]:
    """Mask the one secret of these tests."""
    return data.replace(b"hunter2", b"***"), data.count(b"hunter2")


def everything_in(top: Path) -> list[str]:
    """All paths below a folder, and some that are not there."""
    tree = WorkingTree(top)
    found = [""]
    for path in found:
        found += [f"{path}/{entry.name}".strip("/") for entry in tree.folder(path).entries]
    return [*found, "absent", "../above", "half\ud800pair", "/etc/passwd"]


def assert_replays(top: Path, folder: Path) -> None:
    """Ask all that can be asked twice, of the recorder and of the sealed bundle."""
    writer = BundleWriter(folder)
    recorder = RecordingTree(WorkingTree(top), writer, hide_hunter)
    paths = everything_in(top)
    reads = {path: recorder.read(path) for path in paths}
    folders = {path: recorder.folder(path) for path in paths}
    searches = {(path, names): recorder.search(path, names) for path in paths for names in PATTERNS}
    replayed = BundleTree(writer.seal(NOWHERE, THEN))
    assert {path: replayed.read(path) for path in paths} == reads
    assert {path: replayed.folder(path) for path in paths} == folders
    assert {asked: replayed.search(*asked) for asked in searches} == searches


def test_the_bundle_answers_as_the_recorder_did(tmp_path: Path) -> None:
    """Files, links, pipes, odd names, denied and absent paths: equal answers with equal evidence."""
    top = tmp_path / "top"
    (top / "meta/deep").mkdir(parents=True)
    (top / "meta/0000.sql").write_bytes(b"CREATE ROLE a PASSWORD 'hunter2';\r\n")
    (top / "meta/empty").touch()
    (top / "meta/link").symlink_to("0000.sql")
    os.mkfifo(top / "pipe")
    (top / os.fsdecode(b"\xff\n.sql")).write_bytes(b"\xff\x00")
    assert_replays(top, tmp_path / "bundle")


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(
        st.lists(
            st.binary(min_size=1, max_size=8).filter(
                lambda b: b not in (b".", b"..") and b"/" not in b and b"\0" not in b
            ),
            min_size=1,
            max_size=3,
        ).map(b"/".join),
        st.binary(max_size=64),
        max_size=6,
    )
)
def test_any_folder_replays(files: dict[bytes, bytes]) -> None:
    """Whatever bytes names and contents are made of, the bundle gives equal answers."""
    with TemporaryDirectory() as scratch:
        top = Path(scratch) / "top"
        top.mkdir()
        for name, data in files.items():
            path = top / os.fsdecode(name)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            except OSError:  # a file is where a folder should be
                continue
        assert_replays(top, Path(scratch) / "bundle")


def test_secrets_are_masked_and_no_hash_tells_them(tmp_path: Path) -> None:
    """Neither the content nor the hash of the original, with which one could try passwords."""
    top = tmp_path / "top"
    top.mkdir()
    (top / ".env").write_text("PASSWORD=hunter2")
    writer = BundleWriter(tmp_path / "bundle")
    source = WorkingTree(top)
    read = RecordingTree(source, writer, hide_hunter).read(".env")
    assert read.data == b"PASSWORD=***"
    original = source.read(".env").sha256
    assert original and read.sha256 == keyed(original)
    bundle = writer.seal(NOWHERE, THEN)
    item = bundle.find(EvidenceKind.FILE, ".env")
    assert item is not None
    assert (item.masked, item.sha256, item.original) == (1, item.content, keyed(original))
    written = [file.read_bytes() for file in bundle.folder.rglob("*") if file.is_file()]
    assert not [data for data in written if b"hunter2" in data or original.encode() in data]
    assert BundleTree(bundle).read(".env").sha256 == read.sha256


def test_the_first_look_counts(tmp_path: Path) -> None:
    """A file that changes while we work has one content, in every stage."""
    top = tmp_path / "top"
    top.mkdir()
    (top / "f").write_text("before")
    recorder = RecordingTree(WorkingTree(top), BundleWriter(tmp_path / "bundle"), no_mask)
    first = recorder.read("f")
    (top / "f").write_text("after")
    assert recorder.read("f") == first


@pytest.mark.parametrize("path", ["absent", "absent/deeper"])
def test_a_file_that_is_not_there_is_evidence(tmp_path: Path, path: str) -> None:
    """Absence has an evidence id too."""
    recorder = RecordingTree(WorkingTree(tmp_path), BundleWriter(tmp_path / "bundle"), no_mask)
    read = recorder.read(path)
    assert read.outcome is Outcome.ABSENT
    assert read.evidence == "e1"
