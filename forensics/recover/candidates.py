"""What may be the original: texts with their origin, in the order in which they are believed."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import Blob, Commit, Commits, GitObjects
from forensics.facts.variants import hash_of
from forensics.model import Record

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


def from_history(commits: Commits | None, path: str) -> Iterator[Candidate]:
    """What any commit, on any ref, in the reflog or a stash, held at a path; newest first."""
    if commits is None:
        return
    told: set[str] = set()
    for blob_id, before, commit in sorted(_contents(commits, path), key=lambda it: it[1] != ""):
        blob = commits.blob(blob_id)
        if blob is None or blob.id in told or blob.sha256 is None:
            continue
        told.add(blob.id)
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


def _contents(commits: Commits, path: str) -> Iterator[tuple[str | None, str, Commit]]:
    """Blob ids that a path had, newest first, with what to say before the commit."""
    for commit, change in commits.of(path):
        if change.path == path:
            yield change.blob, "", commit
        yield change.old_blob, "the state before ", commit


def _named(commit: Commit) -> str:
    dated = f" of {commit.authored[:10]}" if commit.authored else ""
    elsewhere = "" if commit.on_head else f", on {commit.refs[0]}" if commit.refs else ", elsewhere"
    return f'commit {commit.id[:SHORT]}{dated} ("{commit.subject}"){elsewhere}'
