"""What git tells of the paths that matter, and the search of its whole store."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from forensics.model import Record


class GitChange(Record, frozen=True, kw_only=True):
    """What one commit did to one path; blob ids are full, `None` where there is none."""

    path: str
    status: str
    """`A` added, `M` modified, `D` deleted, `R` renamed, `T` type changed."""
    old_path: str | None = None
    blob: str | None = None
    old_blob: str | None = None


class Commit(Record, frozen=True, kw_only=True):
    """A commit that touched a path of interest."""

    id: str
    parents: tuple[str, ...]
    authored: str
    """ISO 8601, UTC."""
    committed: str
    subject: str
    changes: tuple[GitChange, ...] = ()
    on_head: bool = True
    """Whether HEAD contains it."""
    refs: tuple[str, ...] = ()
    """Branches, tags, `stash` or `reflog` that lead to it where HEAD does not."""


class Blob(Record, frozen=True, kw_only=True):
    """A file's content as git holds it."""

    id: str
    sha256: str | None
    size: int | None = None
    text: str | None = None
    """Kept only where a claim can use it."""
    outline: str | None = None
    """Of a large file of a tool: what of it decides whether a folder is sound, as the tool would
    read it. `text` is then not kept."""
    encoding: str = ""
    """Where its text is not plain UTF-8."""


class PathState(Record, frozen=True, kw_only=True):
    """What git thinks of a path in the working tree."""

    path: str
    state: str
    """`tracked`, `untracked` or `ignored`."""
    rule: str | None = None
    """`.gitignore:3: tmp-*` for an ignored path."""


class Commits(Record, frozen=True, kw_only=True, dict=True):
    """The history of the paths that matter, newest first."""

    evidence: str
    head: str | None
    branch: str | None
    whole: bool
    """False for a shallow, partial or broken history: then "never committed" is unproven."""
    gap: str = ""
    """Why the history is not whole, in words."""
    partial: bool = False
    """Whether git fetches contents that are missing here when it needs them."""
    remedy: str = ""
    """How to get the rest of a history that is not whole."""
    commits: tuple[Commit, ...] = ()
    blobs: tuple[Blob, ...] = ()
    states: tuple[PathState, ...] = ()
    line: tuple[Commit, ...] = ()
    """HEAD and its first parents that touched the paths, newest first, each with what it changed
    against its first parent: a merge with all that it brought. Empty where it was cut short."""
    recent_subjects: tuple[str, ...] = ()
    """Subjects of the newest commits on HEAD, whatever they touched: they name related work."""

    def of(self, path: str) -> Iterator[tuple[Commit, GitChange]]:
        """The commits that touched a path, newest first, each with its change."""
        return iter(self._by_path.get(path, ()))

    def blob(self, blob_id: str | None) -> Blob | None:
        """A blob by its id, `None` where it is not in the history that was collected."""
        return None if blob_id is None else self._by_blob.get(blob_id)

    def state(self, path: str) -> PathState | None:
        """Whether git tracks, ignores or merely sees a path."""
        return self._state_of.get(path)

    @cached_property
    def _by_path(self) -> dict[str, list[tuple[Commit, GitChange]]]:
        found: dict[str, list[tuple[Commit, GitChange]]] = {}
        for commit in self.commits:
            for change in commit.changes:
                for path in {change.path, change.old_path or change.path}:
                    found.setdefault(path, []).append((commit, change))
        return found

    @cached_property
    def _by_blob(self) -> dict[str, Blob]:
        return {blob.id: blob for blob in reversed(self.blobs)}

    @cached_property
    def _state_of(self) -> dict[str, PathState]:
        return {state.path: state for state in reversed(self.states)}


class FoundObject(Record, frozen=True, kw_only=True):
    """Something in git's store that has a hash that was requested, or a variant of it has."""

    blob: Blob
    where: str
    """`unreachable`, or a path under which a commit holds it."""


class GitObjects(Record, frozen=True, kw_only=True):
    """The search of git's whole store for contents that were recorded as applied."""

    evidence: str
    wanted: tuple[str, ...]
    """SHA-256."""
    found: tuple[FoundObject, ...] = ()
    lists: tuple[FoundObject, ...] = ()
    """Lists of migrations with a timestamp that was requested."""
    looked_at: int = 0
    """How many objects were read."""
    gap: str = ""
    """Why it was broken off, in words."""
