"""The view of a project's files that adapters read through, whatever lies behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from hashlib import sha256
from typing import Protocol

from forensics.model import Obstacle, Outcome, Record


class EntryKind(StrEnum):
    """What an entry of a folder is; links are never followed."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    OTHER = "other"


class Entry(Record, frozen=True, kw_only=True):
    """One name in a folder."""

    name: str
    kind: EntryKind
    size: int | None = None
    mtime: str | None = None
    """ISO 8601, UTC, with microseconds."""


class Read(Record, frozen=True, kw_only=True):
    """What came of reading one file."""

    path: str
    evidence: str
    outcome: Outcome
    sha256: str | None = None
    """Of the bytes as they lie in the project, before any masking."""
    size: int | None = None
    data: bytes | None = None
    """The bytes, secrets masked; `None` where they were not kept."""
    encoding: str = ""
    """`utf-8`, `utf-8-bom`, `utf-16-le`, `utf-16-be`, `binary`, or empty."""
    line_ends: str = ""
    """`lf`, `crlf`, `mixed`, `none`, or empty."""
    note: str = ""
    obstacle: Obstacle | None = None

    @property
    def text(self) -> str | None:
        """The content decoded as Node reads it: UTF-8, bad bytes replaced, a BOM kept."""
        return None if self.data is None else self.data.decode("utf-8", errors="replace")

    @property
    def exact_text(self) -> str | None:
        """The text, where writing it makes the very file: nothing masked, no bad bytes."""
        text = self.text
        same = text is not None and sha256(text.encode()).hexdigest() == self.sha256
        return text if same else None


class Folder(Record, frozen=True, kw_only=True):
    """What came of listing one folder; entries sorted by name."""

    path: str
    evidence: str
    outcome: Outcome
    entries: tuple[Entry, ...] = ()
    note: str = ""

    def names(self) -> frozenset[str]:
        """The names of all entries."""
        return frozenset(entry.name for entry in self.entries)


class Search(Record, frozen=True, kw_only=True):
    """Where files of certain names lie below a folder; sorted paths."""

    evidence: str
    outcome: Outcome
    paths: tuple[str, ...] = ()
    note: str = ""
    """Why it was cut short, if it was; then `paths` is what it had found."""


class Tree(Protocol):
    """Files by paths relative to the top, with `/`; reading never raises but has an outcome."""

    def read(self, path: str) -> Read:
        """Read one file; absent, denied, too large are outcomes."""

    def folder(self, path: str) -> Folder:
        """List one folder; `` is the top."""

    def search(self, below: str, patterns: tuple[str, ...]) -> Search:
        """Find files below a folder whose *names* match one of the patterns (`fnmatch`).

        Skips `.git`, `node_modules`, virtual environments and our own output.
        """


def join(folder: str, name: str) -> str:
    """Join two tree paths and resolve `.` and `..`; a path that leaves the tree keeps its `..`."""
    parts: list[str] = []
    for part in f"{folder}/{name}".split("/"):
        if part in ("", "."):
            continue
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def split(path: str) -> tuple[str, str]:
    """Folder and name of a path."""
    folder, _, name = path.rpartition("/")
    return folder, name


class OverlayTree:
    """A tree as it would be after some files were written or deleted; used by experiments."""

    def __init__(
        self, base: Tree, *, written: Mapping[str, str] = {}, deleted: Iterable[str] = ()
    ) -> None:
        self._base = base
        self._written = {path: text.encode() for path, text in written.items()}
        self._deleted = frozenset(deleted)

    def read(self, path: str) -> Read:
        """The written text, absence of a deleted file, else what the base says."""
        base = self._base.read(path)
        if path in self._deleted:
            return Read(path=path, evidence=base.evidence, outcome=Outcome.ABSENT)
        if (data := self._written.get(path)) is None:
            return base
        return Read(
            path=path,
            evidence=base.evidence,
            outcome=Outcome.COLLECTED,
            sha256=sha256(data).hexdigest(),
            size=len(data),
            data=data,
            encoding="utf-8",
        )

    def folder(self, path: str) -> Folder:
        """The base's listing with the written names added and the deleted ones gone."""
        base = self._base.folder(path)
        added = {split(written)[1] for written in self._written if split(written)[0] == path}
        gone = {split(deleted)[1] for deleted in self._deleted if split(deleted)[0] == path}
        kept = [entry for entry in base.entries if entry.name not in gone | added]
        new = [Entry(name=name, kind=EntryKind.FILE) for name in added - gone]
        entries = tuple(sorted(kept + new, key=lambda entry: entry.name))
        outcome = Outcome.COLLECTED if new else base.outcome
        return Folder(path=path, evidence=base.evidence, outcome=outcome, entries=entries)

    def search(self, below: str, patterns: tuple[str, ...]) -> Search:
        """The base's answer without the deleted paths; no fix adds a file that is searched for."""
        base = self._base.search(below, patterns)
        paths = tuple(path for path in base.paths if path not in self._deleted)
        return Search(evidence=base.evidence, outcome=base.outcome, paths=paths)
