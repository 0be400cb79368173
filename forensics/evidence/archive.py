"""A bundle as one file: a tar archive (ustar) that is the same for the same bundle."""

from __future__ import annotations

import errno
import os
import re
import stat
import tarfile
import weakref
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO

from forensics.errors import ForensicsError
from forensics.evidence.files import LARGEST, MOST_FILES, Files

TOP = "bundle/"
"""The one folder in the archive."""
MOST_BYTES = 8 * 2**30
"""Bytes of an archive."""
_BLOCK = tarfile.BLOCKSIZE
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_DEEPEST = 5
_PADDING = 21
"""Blocks of zeros that may stand at the end."""


class CannotArchive(ForensicsError):
    """The archive cannot be written."""


class ArchiveFiles:
    """The files of a bundle that is one archive, read where they lie; nothing is extracted."""

    def __init__(self, path: Path) -> None:
        """Raises `OSError` for what is not an archive of ours, and says what is wrong with it."""
        self.path = path
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        self._descriptor = os.open(path, flags)
        self._close = weakref.finalize(self, os.close, self._descriptor)
        status = os.fstat(self._descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise _bad("it is not a regular file")
        if status.st_size > MOST_BYTES:
            raise _bad(f"it has more than {MOST_BYTES} bytes")
        self._places = dict(_members(self._descriptor, status.st_size))

    def paths(self) -> frozenset[str]:
        """All members."""
        return frozenset(self._places)

    def read(self, path: str) -> bytes:
        """A member."""
        if (place := self._places.get(path)) is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return _read(self._descriptor, *place)


def write_archive(files: Files, target: Path, mtime: int) -> None:
    """Write all files of a bundle into a new archive; `mtime` is seconds since 1970.

    Sorted, without owners: the same bundle gives the same bytes. Raises `CannotArchive`.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        descriptor = os.open(target, flags, 0o600)
    except FileExistsError as error:
        raise CannotArchive(f"{target} exists already: give another name.") from error
    except OSError as error:
        raise CannotArchive(f"{target} cannot be written: {error.strerror}.") from error
    try:
        with os.fdopen(descriptor, "wb") as out:
            _write(files, out, mtime)
    except BaseException as error:
        target.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise CannotArchive(f"{target} cannot be written: {error.strerror}.") from error
        raise


def _write(files: Files, out: IO[bytes], mtime: int) -> None:
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in sorted(files.paths()):
            data = files.read(path)
            member = tarfile.TarInfo(TOP + path)
            member.size, member.mtime, member.mode = len(data), mtime, 0o644
            archive.addfile(member, BytesIO(data))


def _members(descriptor: int, end: int) -> Iterator[tuple[str, tuple[int, int]]]:
    """Path -> place and size; only plain files of plain names, each once, and nothing hidden."""
    at, known = 0, set[str]()
    while (header := _read(descriptor, at, _BLOCK)).strip(b"\0"):
        member = _header(header)
        path = _path(member.name)
        if path.casefold() in known:
            raise _bad(f"it has {path} more than once")
        known.add(path.casefold())
        if len(known) > MOST_FILES:
            raise _bad(f"it has more than {MOST_FILES} files")
        if member.size > LARGEST or at + _BLOCK + member.size > end:
            raise _bad(f"{path} is larger than it may be, or cut off")
        yield path, (at + _BLOCK, member.size)
        at += _BLOCK + -(-member.size // _BLOCK) * _BLOCK
    if end - at > _PADDING * _BLOCK:
        raise _bad("it goes on for long after its last file")
    if _read(descriptor, at, end - at).strip(b"\0"):
        raise _bad("something follows its last file")


def _header(block: bytes) -> tarfile.TarInfo:
    try:
        member = tarfile.TarInfo.frombuf(block, "ascii", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError) as error:
        raise _bad(f"it is not an archive of a bundle ({error})") from error
    if member.type != tarfile.REGTYPE:
        raise _bad(f"{member.name!r} is not a plain file: links, folders and devices are refused")
    if member.size < 0:
        raise _bad(f"{member.name!r} has no size")
    return member


def _path(name: str) -> str:
    """Below the top folder; parts that lead elsewhere are refused, not left out."""
    path = name.removeprefix(TOP)
    parts = path.split("/")
    plain = len(parts) <= _DEEPEST and all(map(_PART.fullmatch, parts))
    if not plain or not name.startswith(TOP):
        raise _bad(f"{name!r} is not a path of a bundle")
    return path


def _read(descriptor: int, at: int, size: int) -> bytes:
    parts: list[bytes] = []
    while size > 0 and (part := os.pread(descriptor, size, at)):
        parts.append(part)
        at, size = at + len(part), size - len(part)
    if size > 0:
        raise _bad("it is cut off")
    return b"".join(parts)


def _bad(why: str) -> OSError:
    return OSError(errno.EINVAL, why)
