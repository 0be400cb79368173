"""Facts are asked by path or id, at one price however many there are."""

import time

from forensics.facts import Blob, Commit, Commits, Files, GitChange, MigrationFile, PathState
from forensics.model import Outcome

MANY = 20_000


def a_file(path: str, digest: str | None = None) -> MigrationFile:
    """A file that was looked at."""
    return MigrationFile(path=path, evidence="", outcome=Outcome.COLLECTED, sha256=digest)


def a_commit(number: str, *changes: GitChange) -> Commit:
    """A commit with what it did."""
    return Commit(id=number, parents=(), authored="", committed="", subject="", changes=changes)


def test_the_first_of_equals_answers() -> None:
    """For files, blobs and states."""
    files = Files(
        folder="", evidence="", outcome=Outcome.COLLECTED, files=(a_file("a", "1"), a_file("a"))
    )
    assert files.get("a") == a_file("a", "1")
    assert files.get("b") is None
    blobs = (Blob(id="x", sha256="1"), Blob(id="x", sha256="2"))
    states = (PathState(path="a", state="tracked"), PathState(path="a", state="ignored"))
    commits = Commits(evidence="", head=None, branch=None, whole=True, blobs=blobs, states=states)
    assert commits.blob("x") == blobs[0]
    assert commits.blob(None) is None
    assert commits.state("a") == states[0]


def test_a_rename_belongs_to_both_of_its_paths_once() -> None:
    """In the order of the commits."""
    renamed = GitChange(path="b", old_path="a", status="R")
    made, same = GitChange(path="a", status="A"), GitChange(path="a", old_path="a", status="M")
    newer, older = a_commit("2", renamed), a_commit("1", same, made)
    commits = Commits(evidence="", head=None, branch=None, whole=True, commits=(newer, older))
    assert list(commits.of("a")) == [(newer, renamed), (older, same), (older, made)]
    assert list(commits.of("b")) == [(newer, renamed)]
    assert list(commits.of("c")) == []


def test_asking_for_every_file_takes_no_time_that_grows_with_their_square() -> None:
    """A folder may hold thousands; one after the other took minutes."""
    each = tuple(a_file(str(number)) for number in range(MANY))
    files = Files(folder="", evidence="", outcome=Outcome.COLLECTED, files=each)
    started = time.process_time()
    assert all(files.get(file.path) is file for file in each)
    assert time.process_time() - started < 1
