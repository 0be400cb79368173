"""What may be the original: texts with their origin, in the order in which they are believed."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import Blob, Change, Commit, Commits, GitObjects, MigrationFile
from forensics.model import Outcome, Record
from forensics.variants import hash_of

SHORT = 10


class Candidate(Record, frozen=True, kw_only=True):
    """A text that may be the original."""

    source: str
    """For the end of a sentence: `git blob 1234567890 of commit ...`."""
    sha256: str | None
    text: str | None
    """As it was collected: masked where it held a secret."""
    evidence: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    """What prints its bytes."""

    @property
    def as_it_is(self) -> str | None:
        """The text where it is what the hash says: neither masked nor cut."""
        return self.text if self.text is not None and hash_of(self.text) == self.sha256 else None


def from_file(file: MigrationFile, source: str) -> Iterator[Candidate]:
    """A file that lies there."""
    if file.outcome is Outcome.COLLECTED and file.sha256:
        yield Candidate(
            source=source, sha256=file.sha256, text=file.text, evidence=(file.evidence,)
        )


def from_history(commits: Commits | None, path: str) -> Iterator[Candidate]:
    """What any commit, on any ref, in the reflog or a stash, held at a path; newest first."""
    if commits is None:
        return
    told: set[str] = set()
    for commit, change in commits.of(path):
        for blob_id, brought in _contents(change, path):
            blob = commits.blob(blob_id)
            if blob is None or blob.id in told or blob.sha256 is None:
                continue
            told.add(blob.id)
            before = "" if brought else "the state before "
            source = f"git blob {blob.id[:SHORT]} of {before}{_named(commit)}"
            yield _of_git(blob, source, commits.evidence)


def from_objects(objects: GitObjects | None) -> Iterator[Candidate]:
    """What the search of git's whole store found."""
    for found in objects.found if objects else ():
        where = (
            "an object that nothing refers to any more"
            if found.where == "unreachable"
            else f"the content of {found.where}"
        )
        source = f"git blob {found.blob.id[:SHORT]}, {where}"
        yield _of_git(found.blob, source, objects.evidence if objects else "")


def _of_git(blob: Blob, source: str, evidence: str) -> Candidate:
    return Candidate(
        source=source,
        sha256=blob.sha256,
        text=blob.text,
        evidence=(evidence,),
        command=("git", "cat-file", "blob", blob.id),
    )


def _contents(change: Change, path: str) -> Iterator[tuple[str | None, bool]]:
    if change.path == path:
        yield change.blob, True
    yield change.old_blob, False


def _named(commit: Commit) -> str:
    dated = f" of {commit.authored[:10]}" if commit.authored else ""
    elsewhere = "" if commit.on_head else f", on {commit.refs[0]}" if commit.refs else ", elsewhere"
    return f'commit {commit.id[:SHORT]}{dated} ("{commit.subject}"){elsewhere}'
