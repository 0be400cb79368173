"""What rules ask of a path's history, in words that say no more than the history shows."""

from __future__ import annotations

from hashlib import sha256

from forensics.facts import Blob, Change, Commit, Commits
from forensics.model import Record, WriteFile

SHORT = 10


class Restorable(Record, frozen=True, kw_only=True):
    """A content that a path once had, with the commit that last had it."""

    commit: Commit
    blob: Blob

    def write(self, path: str) -> WriteFile | None:
        """The step that brings the bytes back; `None` where they were not kept as they are."""
        text = self.blob.text
        if text is None or sha256(text.encode()).hexdigest() != self.blob.sha256:
            return None
        source = f"git blob {self.blob.id[:SHORT]}, last in commit {self.commit.id[:SHORT]}"
        return WriteFile(path=path, before=None, after=text, source=source)


def last_versions(commits: Commits, path: str) -> tuple[Restorable, ...]:
    """All contents a path had, newest first, each once."""
    seen: dict[str, Restorable] = {}
    for commit, change in commits.of(path):
        for blob_id, holder in ((_after(change, path), commit), (_before(change, path), commit)):
            blob = commits.blob(blob_id)
            if blob is not None and blob.id not in seen:
                seen[blob.id] = Restorable(commit=holder, blob=blob)
    return tuple(seen.values())


def first_version(commits: Commits, path: str) -> tuple[Commit, Blob] | None:
    """The commit on HEAD that first held a path, and what it held."""
    found = None
    for commit, change in commits.of(path):
        blob = commits.blob(_after(change, path))
        if commit.on_head and blob is not None:
            found = (commit, blob)
    return found


def deletion(commits: Commits, path: str) -> Commit | None:
    """The newest commit on HEAD that deleted a path or renamed it away, if nothing brought it back."""
    for commit, change in commits.of(path):
        if not commit.on_head:
            continue
        return commit if _after(change, path) is None else None
    return None


def describe(commit: Commit) -> str:
    """A commit in a sentence: short id, date, subject."""
    return f'commit {commit.id[:SHORT]} of {commit.authored[:10]} ("{commit.subject}")'


def never_committed(commits: Commits) -> str:
    """The strongest statement that the history allows about a path it does not hold."""
    if commits.whole:
        return "it was never committed on any ref of this repository"
    return f"it is not in the history available here ({commits.gap})"


def _after(change: Change, path: str) -> str | None:
    return change.blob if change.path == path and change.status != "D" else None


def _before(change: Change, path: str) -> str | None:
    return change.old_blob if path in (change.old_path, change.path) else None
