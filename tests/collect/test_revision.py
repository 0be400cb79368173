"""A commit's files, as if they lay on the disk."""

import gc
import os
from pathlib import Path

import pytest

from forensics.collect.recording import RecordingTree
from forensics.collect.repository import Repository, find_repository
from forensics.collect.revision import CommitTree, UnknownRevision
from forensics.collect.tree import KEPT, WorkingTree
from forensics.evidence.bundle_tree import BundleTree
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.tree import EntryKind
from forensics.model import Outcome
from forensics.redaction.redactor import mask
from forensics.system.ownership import MARKER, mark
from forensics.system.safe_folder import SafeFolder
from tests.collect.repositories import NOWHERE, THEN, Repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """Two commits; the second deletes a migration."""
    repo = Repo(tmp_path / "repo")
    repo.commit(
        "one",
        {
            "drizzle/0000_a.sql": "SELECT 1;\r\n",
            "drizzle/meta/_journal.json": "{}",
            "node_modules/x/package.json": "{}",
            "package.json": "{}",
        },
    )
    (repo.top / "link.sql").symlink_to("/etc/passwd")
    (repo.top / "folder").symlink_to("drizzle")
    (repo.top / os.fsdecode(b"caf\xe9.sql")).write_text("x")
    repo.commit("links")
    repo.commit("two", {"drizzle/0000_a.sql": None})
    return repo


def located(repo: Repo) -> Repository:
    """Where the repository is."""
    found = find_repository(repo.top)
    assert found is not None
    return found


def test_a_commit_is_read_as_it_was(repo: Repo) -> None:
    """What a later commit deleted is there at the earlier one, with hash, encoding and line ends."""
    tree = CommitTree(located(repo), "HEAD~1")
    read = tree.read("drizzle/0000_a.sql")
    assert (read.outcome, read.data, read.line_ends) == (
        Outcome.COLLECTED,
        b"SELECT 1;\r\n",
        "crlf",
    )
    assert CommitTree(located(repo), "main").read("drizzle/0000_a.sql").outcome is Outcome.ABSENT
    assert tree.folder("drizzle").names() == {"0000_a.sql", "meta"}
    assert tree.search("", ("*.sql", "package.json")).paths == (
        r"caf\xe9.sql",
        "drizzle/0000_a.sql",
        "link.sql",
        "package.json",
    )


def test_it_answers_as_the_working_tree_does(repo: Repo) -> None:
    """For a clean checkout both trees give the same contents, names, kinds, outcomes and searches."""
    disk, commit = WorkingTree(repo.top), CommitTree(located(repo), "HEAD")
    paths = [
        "package.json",
        "drizzle",
        "drizzle/meta/_journal.json",
        "absent",
        "link.sql",
        "folder/meta",
        "../x",
        "/etc/passwd",
        r"caf\xe9.sql",
        "package.json/x",
        "./drizzle//meta/_journal.json",
    ]
    for path in paths:
        one, other = disk.read(path), commit.read(path)
        assert (one.outcome, one.data, one.sha256) == (other.outcome, other.data, other.sha256), (
            path
        )
        assert disk.folder(path).outcome is commit.folder(path).outcome, path
    for path in ("drizzle", "drizzle/meta"):
        kinds = {entry.name: entry.kind for entry in disk.folder(path).entries}
        assert {entry.name: entry.kind for entry in commit.folder(path).entries} == kinds
    for below in ("", "drizzle", "absent", "package.json"):
        assert (
            disk.search(below, ("*.json", "*.sql")).paths
            == commit.search(below, ("*.json", "*.sql")).paths
        )
    assert {
        entry.kind
        for entry in commit.folder("").entries
        if entry.name.startswith(("link", "folder"))
    } == {EntryKind.LINK}


@pytest.mark.slow
@pytest.mark.parametrize(
    "revision", ["nope", "--all", "-x", "HEAD:drizzle", "HEAD~99", "", "a\0b", ":/one;rm"]
)
def test_an_unknown_revision_says_what_to_do(repo: Repo, revision: str) -> None:
    """Not a commit, or an option in disguise: one line that names it."""
    with pytest.raises(UnknownRevision, match="is not a commit that can be read here"):
        CommitTree(located(repo), revision)


def test_a_marker_hides_nothing_that_is_not_ours(repo: Repo) -> None:
    """Anybody can commit one, and what a report would be called may be a migration."""
    with SafeFolder.made(repo.top / "ours") as ours:
        mark(ours)
    marker = (repo.top / "ours" / MARKER).read_text()
    files: dict[str, str | None] = {
        MARKER: marker,
        f"out/{MARKER}": marker,
        "out/recovered/0000_a.sql": "",
        "fix.sql": "",
    }
    repo.commit("marked", files)
    found = CommitTree(located(repo), "HEAD").search("", ("*.sql",)).paths
    assert {"out/recovered/0000_a.sql", "fix.sql"} <= set(found)


@pytest.mark.slow
def test_missing_and_large_contents_are_outcomes(repo: Repo) -> None:
    """A blob that is gone or too large fails by itself."""
    repo.commit("large", {"large.sql": "x" * (KEPT + 1), "gone.sql": "gone"})
    repo.forget(repo.blob("HEAD:gone.sql"))
    tree = CommitTree(located(repo), "HEAD")
    assert tree.read("large.sql").outcome is Outcome.FAILED
    assert "not read" in tree.read("large.sql").note
    assert (tree.read("gone.sql").outcome, tree.read("gone.sql").note) == (
        Outcome.FAILED,
        "missing from git's object store",
    )
    assert tree.read("package.json").data == b"{}"


def test_the_quarantine_goes_with_the_tree(repo: Repo) -> None:
    """Closed, or simply forgotten: the private folder is gone."""
    tree = CommitTree(located(repo), "HEAD")
    folder = tree._git_dir
    assert folder.exists()
    del tree
    gc.collect()
    assert not folder.exists()


def test_it_is_recorded_like_any_other_tree(repo: Repo, tmp_path: Path) -> None:
    """The bundle gives back what was read from the commit."""
    writer = BundleWriter(tmp_path / "bundle")
    recorder = RecordingTree(CommitTree(located(repo), "HEAD~1"), writer, mask)
    paths = ("drizzle", "drizzle/0000_a.sql", "absent", "link.sql")
    seen = [(recorder.read(path), recorder.folder(path)) for path in paths]
    found = recorder.search("", ("*.sql",))
    replayed = BundleTree(writer.seal(NOWHERE, THEN))
    assert [(replayed.read(path), replayed.folder(path)) for path in paths] == seen
    assert replayed.search("", ("*.sql",)) == found
