"""Opens files and folders of a hostile tree: no links, no pipes, nothing above the top."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from forensics.collect.names import candidates, stored
from forensics.model import Obstacle, Outcome

# Blocks neither on a pipe, nor does it make a terminal ours, nor leak into a child.
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_FOLDER = _FLAGS | os.O_DIRECTORY
_NO_ATIME = getattr(os, "O_NOATIME", 0)
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG})
_CLOSED = frozenset({errno.EACCES, errno.EPERM})


class Refused(Exception):
    """Why something was not opened; the seam between the disk and an outcome."""

    def __init__(self, outcome: Outcome, note: str = "", obstacle: Obstacle | None = None) -> None:
        super().__init__(note)
        self.outcome = outcome
        self.note = note
        self.obstacle = obstacle


@contextmanager
def opened(top: Path, path: str, *, folder: bool = False) -> Iterator[int]:
    """A descriptor of a regular file (or folder) below the top; raises `Refused`."""
    if path.startswith("/") or ".." in path.split("/"):
        raise Refused(Outcome.DENIED, "leads out of the project, not followed")
    refusal = Refused(Outcome.ABSENT)
    for raw in candidates(path):
        try:
            descriptor = _walk(
                top, [part for part in raw.split(b"/") if part not in (b"", b".")], folder
            )
        except Refused as caught:
            refusal = caught if refusal.outcome is Outcome.ABSENT else refusal
            continue
        try:
            yield descriptor
        finally:
            os.close(descriptor)
        return
    raise refusal


def _walk(top: Path, parts: list[bytes], folder: bool) -> int:
    # One part at a time, each relative to the opened one before: a folder that is swapped for a
    # link while we read leads nowhere.
    try:
        descriptor = os.open(top, _FOLDER & ~os.O_NOFOLLOW)
    except OSError as error:
        raise _refusal(error) from error
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        above = descriptor
        try:
            descriptor = _step(above, part, folder or not last)
        except OSError as error:
            raise _refusal(error) from error
        finally:
            os.close(above)
    if not parts and not folder:
        os.close(descriptor)
        raise Refused(Outcome.FAILED, "is a folder", Obstacle.IS_A_FOLDER)
    return descriptor


def _step(above: int, part: bytes, folder: bool) -> int:
    mode = os.stat(part, dir_fd=above, follow_symlinks=False).st_mode
    if stat.S_ISLNK(mode):
        raise Refused(Outcome.DENIED, _link_note(above, part))
    if folder and not stat.S_ISDIR(mode):
        raise Refused(Outcome.ABSENT)
    if not folder and stat.S_ISDIR(mode):
        raise Refused(Outcome.FAILED, "is a folder", Obstacle.IS_A_FOLDER)
    if not folder and not stat.S_ISREG(mode):
        raise Refused(
            Outcome.DENIED, "neither a file nor a folder (pipe, socket or device), not opened"
        )
    descriptor = _open(part, _FOLDER if folder else _FLAGS, above)
    if stat.S_IFMT(os.fstat(descriptor).st_mode) != stat.S_IFMT(mode):
        os.close(descriptor)
        raise Refused(Outcome.DENIED, "changed its kind while it was being opened")
    return descriptor


def _open(part: bytes, flags: int, above: int) -> int:
    try:
        return os.open(part, flags | _NO_ATIME, dir_fd=above)
    except PermissionError:  # O_NOATIME is for the owner only
        return os.open(part, flags, dir_fd=above)


def _link_note(above: int, part: bytes) -> str:
    target = os.readlink(part, dir_fd=above)
    where = "an absolute path" if target.startswith(b"/") else stored(target)
    return f"{stored(part)} is a symbolic link to {where}, not followed"


def _refusal(error: OSError) -> Refused:
    if error.errno in _GONE:
        return Refused(Outcome.ABSENT)
    if error.errno in _CLOSED:
        return Refused(Outcome.DENIED, "permission denied", Obstacle.NO_PERMISSION)
    if error.errno == errno.ELOOP:
        return Refused(Outcome.DENIED, "a symbolic link, not followed")
    return Refused(Outcome.FAILED, os.strerror(error.errno or 0))
