"""The working tree as it lies on the disk, read without following or opening anything dangerous."""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from fnmatch import translate
from hashlib import sha256
from pathlib import Path

import msgspec

from forensics import limits
from forensics.collect.disk import Refused, opened
from forensics.collect.names import instant, stored
from forensics.collect.own_output import is_output
from forensics.collect.shape import encoding_of, line_ends_of
from forensics.evidence.tree import Entry, EntryKind, Folder, Read, Search, join
from forensics.model import Outcome

KEPT = limits.FILE_KEPT
HASHED = limits.FILE_HASHED

SKIPPED_FOLDERS = frozenset({".git", "node_modules", ".venv", "venv", "__pycache__"})

_CHUNK = 2**16


class _Walk(msgspec.Struct, frozen=True):
    """All files below a folder, and how far the walk came."""

    paths: tuple[str, ...]
    outcome: Outcome = Outcome.COLLECTED
    note: str = ""


class WorkingTree:
    r"""The files below `top` on the disk; evidence ids are empty, see `RecordingTree`.

    No answer follows a symbolic link, opens a pipe or a device, or leaves `top`. Names that are not
    UTF-8 are shown with `\xff` escapes and can be read by them.
    """

    def __init__(
        self,
        top: Path,
        *,
        entries: int = limits.ENTRIES,
        seconds: float = limits.SEARCH_SECONDS,
        depth: int = limits.DEPTH,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.top = top
        self._limit = entries
        self._seconds = seconds
        self._depth = depth
        self._clock = clock
        self._walks: dict[str, _Walk] = {}

    def read(self, path: str) -> Read:
        """One file with its content up to `KEPT` bytes; its hash up to `HASHED` bytes.

        The hash of a JSON file alone does not help: a larger one counts as not read.
        """
        try:
            with opened(self.top, path) as descriptor:
                return _read(path, descriptor)
        except Refused as refused:
            return Read(
                path=path,
                evidence="",
                outcome=refused.outcome,
                note=refused.note,
                obstacle=refused.obstacle,
            )
        except OSError as error:
            note = error.strerror or "could not be read"
            return Read(path=path, evidence="", outcome=Outcome.FAILED, note=note)

    def folder(self, path: str) -> Folder:
        """One folder without our own output, sorted by name; cut after `entries` entries."""
        try:
            with opened(self.top, path, folder=True) as descriptor:
                entries, whole = _entries(descriptor, self._limit)
        except Refused as refused:
            return Folder(path=path, evidence="", outcome=refused.outcome, note=refused.note)
        except OSError as error:
            note = error.strerror or "could not be listed"
            return Folder(path=path, evidence="", outcome=Outcome.FAILED, note=note)
        return Folder(
            path=path,
            evidence="",
            outcome=Outcome.COLLECTED if whole else Outcome.FAILED,
            entries=entries,
            note="" if whole else f"more than {self._limit} entries, the rest was not listed",
        )

    def search(self, below: str, patterns: tuple[str, ...]) -> Search:
        """Everything but folders whose name matches; links are found, but not followed.

        Skips `SKIPPED_FOLDERS` and our own output. A search that was cut short has the outcome
        `FAILED` or `TIMED_OUT`, a note, and what it had found.
        """
        if below not in self._walks:
            self._walks[below] = self._walk(below)
        walk = self._walks[below]
        fits = re.compile("|".join(map(translate, patterns))).match
        paths = tuple(path for path in walk.paths if fits(path.rpartition("/")[2]))
        return Search(evidence="", outcome=walk.outcome, paths=paths, note=walk.note)

    def _walk(self, below: str) -> _Walk:
        found: list[str] = []
        outcome, note = Outcome.COLLECTED, ""
        try:
            for folder in self._folders(below):
                if folder.outcome is not Outcome.COLLECTED and not note:
                    outcome, note = folder.outcome, f"{folder.path or '.'}: {folder.note}"
                found += [p for p, entry in _paths(folder) if entry.kind is not EntryKind.FOLDER]
        except Refused as cut:
            outcome, note = cut.outcome, cut.note
        return _Walk(tuple(sorted(found)), outcome, note)

    def _folders(self, below: str) -> Iterator[Folder]:
        """A folder and all below it; raises `Refused` where the walk goes beyond its limits.

        Of a folder that is nested too deeply, the outcome says that it was not entered.
        """
        deadline = self._clock() + self._seconds
        seen, waiting = 0, [below]
        while waiting:
            path = waiting.pop()
            folder = self._too_deep(path) if path.count("/") >= self._depth else self.folder(path)
            seen += len(folder.entries)
            if seen > self._limit:
                raise Refused(Outcome.FAILED, f"stopped after {self._limit} entries")
            if self._clock() > deadline:
                raise Refused(Outcome.TIMED_OUT, f"stopped after {self._seconds:g} seconds")
            yield folder
            waiting += [
                path
                for path, entry in _paths(folder)
                if entry.kind is EntryKind.FOLDER and entry.name not in SKIPPED_FOLDERS
            ]

    def _too_deep(self, path: str) -> Folder:
        note = f"more than {self._depth} folders deep, not entered"
        return Folder(path=_shortened(path), evidence="", outcome=Outcome.FAILED, note=note)


def _shortened(path: str) -> str:
    first, *_, last = path.split("/")
    return f"{first}/.../{last}"


def _read(path: str, descriptor: int) -> Read:
    size = os.fstat(descriptor).st_size
    if size > HASHED:
        note = f"{size} bytes, files above {HASHED} bytes are not read"
        return Read(path=path, evidence="", outcome=Outcome.FAILED, size=size, note=note)
    digest, size = sha256(), 0
    kept: list[bytes] = []
    while chunk := os.read(descriptor, _CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if size <= KEPT:
            kept.append(chunk)
        if size > HASHED:  # it grew while we read
            note = f"grew beyond {HASHED} bytes while it was read"
            return Read(path=path, evidence="", outcome=Outcome.FAILED, note=note)
    data = b"".join(kept)
    encoding = encoding_of(data)
    large = size > KEPT
    return Read(
        path=path,
        evidence="",
        outcome=Outcome.FAILED if large and path.endswith(".json") else Outcome.COLLECTED,
        sha256=digest.hexdigest(),
        size=size,
        data=None if large else data,
        encoding="" if large else encoding,
        line_ends="" if large else line_ends_of(data, encoding),
        note=f"content above {KEPT} bytes was not kept" if large else "",
    )


def _entries(descriptor: int, limit: int) -> tuple[tuple[Entry, ...], bool]:
    entries: list[Entry] = []
    with os.scandir(descriptor) as scan:
        for item in scan:
            if len(entries) >= limit:
                return tuple(sorted(entries, key=_name)), False
            if not _is_our_output(item, descriptor):
                entries.append(_entry(item))
    return tuple(sorted(entries, key=_name)), True


def _is_our_output(item: os.DirEntry[str], above: int) -> bool:
    """Whether it is a folder of reports: listed, it would make the second run unlike the first."""
    return item.is_dir(follow_symlinks=False) and is_output(item.name, above)


def _entry(item: os.DirEntry[str]) -> Entry:
    try:
        status = item.stat(follow_symlinks=False)
    except OSError:  # gone in the meantime, or in a folder that may be listed but not entered
        folder = item.is_dir(follow_symlinks=False)
        return Entry(name=stored(item.name), kind=EntryKind.FOLDER if folder else EntryKind.OTHER)
    return Entry(
        name=stored(item.name),
        kind=_kind(status.st_mode),
        size=status.st_size if stat.S_ISREG(status.st_mode) else None,
        mtime=instant(status.st_mtime_ns),
    )


def _kind(mode: int) -> EntryKind:
    if stat.S_ISREG(mode):
        return EntryKind.FILE
    if stat.S_ISDIR(mode):
        return EntryKind.FOLDER
    return EntryKind.LINK if stat.S_ISLNK(mode) else EntryKind.OTHER


def _paths(folder: Folder) -> Iterator[tuple[str, Entry]]:
    return ((join(folder.path, entry.name), entry) for entry in folder.entries)


def _name(entry: Entry) -> str:
    return entry.name
