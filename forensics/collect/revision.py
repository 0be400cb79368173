"""The files of one commit, read through a quarantined git directory instead of the working tree."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fnmatch import fnmatchcase

from forensics.collect import tree as working_tree
from forensics.collect.git import Git, GitError
from forensics.collect.names import stored
from forensics.collect.quarantine import SECONDS, quarantine
from forensics.collect.repository import Repository
from forensics.collect.shape import read_of
from forensics.errors import ForensicsError
from forensics.evidence.tree import Entry, EntryKind, Folder, Read, Search, join, split
from forensics.model import Obstacle, Outcome

_KINDS = {"100": EntryKind.FILE, "040": EntryKind.FOLDER, "120": EntryKind.LINK}


class UnknownRevision(ForensicsError):
    """The revision to examine is not a commit of this repository."""

    def __init__(self, revision: str, reason: str) -> None:
        super().__init__(
            f"{revision!r} is not a commit that can be read here ({reason}). Give a commit, branch "
            "or tag that `git log` shows; in a shallow clone fetch it first."
        )
        self.revision = revision


@dataclass(frozen=True, slots=True)
class _Node:
    kind: EntryKind
    object_id: str


class CommitTree:
    """The files of a commit; evidence ids are empty, sizes and times are not known before reading.

    Raises `UnknownRevision` at once. The quarantine goes when the tree does, or with `close`.
    """

    def __init__(self, repository: Repository, revision: str, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        with ExitStack() as stack:
            place = stack.enter_context(quarantine(repository, seconds))
            try:
                self.commit = _resolved(place.git, revision)
                self._nodes = dict(_nodes(place.git, self.commit))
            except GitError as error:
                raise UnknownRevision(revision, str(error)) from error
            self._git_dir = place.git.git_dir
            self.close = weakref.finalize(self, stack.pop_all().close)
        self._folders = _by_folder(self._nodes)

    def read(self, path: str) -> Read:
        """One file of the commit, up to `KEPT` bytes."""
        outcome, note = self._refusal(path, folder=False)
        if outcome is not Outcome.COLLECTED:
            is_folder = join("", path) in self._folders
            obstacle = Obstacle.IS_A_FOLDER if is_folder else None
            return Read(path=path, evidence="", outcome=outcome, note=note, obstacle=obstacle)
        answer = self._git().ask(
            "cat-file", "blob", self._nodes[join("", path)].object_id, limit=working_tree.KEPT
        )
        if answer.stopped is Outcome.TIMED_OUT:
            return Read(path=path, evidence="", outcome=Outcome.TIMED_OUT)
        if answer.stopped is not None:
            note = f"files of a commit above {working_tree.KEPT} bytes are not read"
            return Read(path=path, evidence="", outcome=Outcome.FAILED, note=note)
        if not answer.whole:
            note = "missing from git's object store"
            return Read(path=path, evidence="", outcome=Outcome.FAILED, note=note)
        return read_of(path, answer.out)

    def folder(self, path: str) -> Folder:
        """One folder of the commit; git knows no empty ones."""
        outcome, note = self._refusal(path, folder=True)
        names = self._folders.get(join("", path), ()) if outcome is Outcome.COLLECTED else ()
        entries = tuple(Entry(name=name, kind=kind) for name, kind in sorted(names))
        return Folder(path=path, evidence="", outcome=outcome, entries=entries, note=note)

    def search(self, below: str, patterns: tuple[str, ...]) -> Search:
        """Everything but folders whose name matches, skipping `SKIPPED_FOLDERS`.

        A report in a commit is the project's: nothing there proves who made it.
        """
        outcome, note = self._refusal(below, folder=True)
        if outcome is not Outcome.COLLECTED:
            return Search(evidence="", outcome=outcome, note=note)
        base = join("", below)
        paths = (path for path in self._nodes if not base or path.startswith(f"{base}/"))
        found = (path for path in paths if self._is_found(path, base, patterns))
        return Search(evidence="", outcome=outcome, paths=tuple(sorted(found)))

    def _is_found(self, path: str, base: str, patterns: tuple[str, ...]) -> bool:
        if self._nodes[path].kind is EntryKind.FOLDER:
            return False
        name = split(path)[1]
        if not any(fnmatchcase(name, pattern) for pattern in patterns):
            return False
        inside = [folder for folder in _above(path) if len(folder) > len(base)]
        return all(split(folder)[1] not in working_tree.SKIPPED_FOLDERS for folder in inside)

    def _refusal(self, path: str, *, folder: bool) -> tuple[Outcome, str]:
        """The outcome of looking a path up, `COLLECTED` where it is what was requested."""
        if path.startswith("/") or ".." in path.split("/"):
            return Outcome.DENIED, "leads out of the project, not followed"
        where = join("", path)
        for part in (*_above(where), where):
            if (node := self._nodes.get(part)) and node.kind is EntryKind.LINK:
                return Outcome.DENIED, f"{split(part)[1]} is a symbolic link, not followed"
        if where in self._folders:
            return (Outcome.COLLECTED, "") if folder else (Outcome.FAILED, "is a folder")
        if (node := self._nodes.get(where)) is None or folder:
            return Outcome.ABSENT, ""
        if node.kind is EntryKind.OTHER:
            return Outcome.DENIED, "a submodule, not part of this repository"
        return Outcome.COLLECTED, ""

    def _git(self) -> Git:
        return Git(self._git_dir, self._seconds)


def _resolved(git: Git, revision: str) -> str:
    asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    answer = git.ask(*asked) if "\0" not in revision else None
    commit = answer.out.decode("ascii", "replace").strip() if answer and answer.whole else ""
    if not commit:
        raise GitError("git knows no such commit")
    return commit


def _nodes(git: Git, commit: str) -> Iterator[tuple[str, _Node]]:
    """Paths of files and folders; `<mode> <type> <id>`, a tab, the path, NUL."""
    out = git.demand("ls-tree", "-r", "-t", "-z", "--full-tree", commit)
    for record in out.split(b"\0")[:-1]:
        about, _, path = record.partition(b"\t")
        mode, _, object_id = about.decode("ascii").split(" ")
        yield stored(path), _Node(_KINDS.get(mode[:3], EntryKind.OTHER), object_id)


def _by_folder(nodes: dict[str, _Node]) -> dict[str, list[tuple[str, EntryKind]]]:
    folders: dict[str, list[tuple[str, EntryKind]]] = {"": []}
    for path, node in nodes.items():
        above, name = split(path)
        folders.setdefault(above, []).append((name, node.kind))
    return folders


def _above(path: str) -> list[str]:
    """The folders above a path, from the top down, without the top itself."""
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]
