"""The files of a bundle by their paths, whether it is a folder or one archive."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from forensics.system.safe_folder import SafeFolder

MOST_FILES = 200_000
"""Files of a bundle; one with more is refused."""
LARGEST = 512 * 2**20
"""Bytes of one file."""
_DEEPEST = 4
_NEXT = ".next"
"""Files that are being written."""
_WHOLE = ".commit"
"""The same folder once all of them are; they only have to be moved to their places."""
UNFINISHED = (_NEXT, _WHOLE)
_CHANGING = re.compile(
    r"(?P<folder>data|custody)\+(?P<name>[a-z0-9-]+\.json(?:\.sig|\.tsr)?)"
    r"|(?P<top>(?:tag)?manifest-sha256\.txt|bag-info\.txt|experiments\.json)"
)
"""Names in those folders of all that changes when a bundle gets a layer."""


class Files(Protocol):
    """Reads a bundle; paths have `/` and are relative to its top."""

    @property
    def path(self) -> Path:
        """Where the bundle lies, for messages."""

    def paths(self) -> frozenset[str]:
        """All that is not a folder; raises `OSError` for too many."""

    def read(self, path: str) -> bytes:
        """A regular file; raises `OSError` for all else."""


class HeldFiles:
    """The files of a bundle that nobody keeps: they are in memory alone, and nothing is left."""

    def __init__(self, path: Path) -> None:
        self.path = path
        """What the bundle is about, for messages."""
        self._held: dict[str, bytes] = {}

    def paths(self) -> frozenset[str]:
        """All that was written."""
        return frozenset(self._held)

    def read(self, path: str) -> bytes:
        """What was written there; raises `FileNotFoundError`."""
        if path not in self._held:
            raise FileNotFoundError(errno.ENOENT, "was never written", path)
        return self._held[path]

    def write(self, path: str, data: bytes) -> None:
        """Hold a file, in the place of an earlier one."""
        self._held[path] = data


class FolderTarget:
    """A folder that a bundle is written into, with the folders in it that paths name."""

    def __init__(self, place: SafeFolder) -> None:
        self.place = place
        self._made: dict[str, SafeFolder] = {"": place}

    def write(self, path: str, data: bytes) -> None:
        """Write a file; raises `CannotWrite`."""
        folder, _, name = path.rpartition("/")
        self._folder(folder).write(name, data)

    def _folder(self, path: str) -> SafeFolder:
        if path not in self._made:
            above, _, name = path.rpartition("/")
            self._made[path] = self._folder(above).make(name)
        return self._made[path]


class FolderFiles:
    """The files of a bundle that is a folder; no link is followed."""

    def __init__(self, place: SafeFolder) -> None:
        self.place = place
        self.path = place.path
        self._folders: dict[str, SafeFolder] = {"": place}

    def paths(self) -> frozenset[str]:
        """All that is not a folder, except what a run that was killed left unfinished."""
        found: set[str] = set()
        for path in _walk(self.place.descriptor, "", 0):
            found.add(path)
            if len(found) > MOST_FILES:
                raise OSError(errno.EFBIG, f"it has more than {MOST_FILES} files")
        return frozenset(found)

    def read(self, path: str) -> bytes:
        """A regular file; raises `OSError` for a link, a pipe, a device and what is too large."""
        folder, _, name = path.rpartition("/")
        return self._folder(folder).read(name, LARGEST)

    def _folder(self, path: str) -> SafeFolder:
        if (known := self._folders.get(path)) is not None:
            return known
        above, _, name = path.rpartition("/")
        return self._folders.setdefault(path, self._folder(above).child(name))


def _walk(descriptor: int, above: str, depth: int) -> Iterator[str]:
    with os.scandir(descriptor) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        path = f"{above}{entry.name}"
        if not entry.is_dir(follow_symlinks=False) or depth == _DEEPEST:
            yield path
        elif path not in UNFINISHED:
            child = os.open(entry.name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=descriptor)
            try:
                yield from _walk(child, f"{path}/", depth + 1)
            finally:
                os.close(child)


def replace_together(place: SafeFolder, files: Mapping[str, bytes]) -> None:
    """Write files of a bundle so that a run that is killed leaves all of the old or all of the new.

    Hold the lock of the folder. Raises `CannotWrite`.
    """
    place.remove(_NEXT)
    with place.make(_NEXT) as unfinished:
        for path, data in files.items():
            unfinished.write(path.replace("/", "+"), data)
    place.rename(_NEXT, _WHOLE)
    finish(place)


def finish(place: SafeFolder) -> None:
    """Move what was written as a whole to its places, where a run was killed before it did.

    Hold the lock of the folder. Raises `CannotWrite`.
    """
    try:
        whole = place.child(_WHOLE)
    except OSError:
        return
    with whole:
        for name in sorted(whole.names()):
            if (told := _CHANGING.fullmatch(name)) is not None:
                _move(whole, name, place, told)
    place.remove(_WHOLE)


def _move(source: SafeFolder, name: str, place: SafeFolder, told: re.Match[str]) -> None:
    if told["folder"] is None:
        source.move(name, place, name)
        return
    with place.make(told["folder"]) as target:
        source.move(name, target, told["name"])
