"""Temporary folders that the next run removes where this one was killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from forensics.system.interruption import shielded

LOCK = "lock"
_YOUNG = 60.0
"""Seconds for which an empty folder may be one that is made this very moment."""


@contextmanager
def temporary_folder(purpose: str) -> Iterator[Path]:
    """A folder for our eyes only; `purpose`, a word, stands in its name. It is removed at the end.

    So are those of the same purpose whose run was killed.
    """
    base = Path(tempfile.gettempdir())
    prefix = f"forensics-{purpose}-"
    sweep(base, prefix)
    with ExitStack() as stack:
        with shielded():
            path = Path(tempfile.mkdtemp(prefix=prefix, dir=base))  # mode 0700
            stack.callback(remove, path)
        with held_lock(path):
            yield path


def remove(path: Path) -> None:
    """Remove a folder with all that is in it, whatever signal comes meanwhile."""
    with shielded():
        shutil.rmtree(path, ignore_errors=True)


def sweep(base: Path, prefix: str) -> None:
    """Remove the folders of runs that were killed: with a lock that nobody holds, or empty."""
    for path in base.glob(f"{prefix}*"):
        if _abandoned(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            _remove_empty(path)


@contextmanager
def held_lock(path: Path) -> Iterator[None]:
    """Say that a folder is in use.

    The kernel lets go of it when we die, so nobody has to compare process ids and start times.
    """
    with (path / f"{LOCK}.new").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (path / f"{LOCK}.new").rename(path / LOCK)  # never seen without being held
        yield


def _abandoned(path: Path) -> bool:
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:  # a link, or gone this very moment
        return False
    try:
        return _is_private(os.fstat(folder)) and _is_let_go(folder)
    except OSError:  # made this very moment
        return False
    finally:
        os.close(folder)


def _is_private(status: os.stat_result) -> bool:
    """Whether we made it: what lies in a repository can be read by others."""
    return status.st_uid == os.geteuid() and not status.st_mode & 0o066


def _is_let_go(folder: int) -> bool:
    descriptor = os.open(LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _remove_empty(path: Path) -> None:
    """Where a run was killed before it held its lock, or when it had almost removed its folder."""
    with suppress(OSError):  # not empty, or someone else's
        status = path.lstat()
        if status.st_uid == os.geteuid() and time.time() - status.st_mtime > _YOUNG:
            path.rmdir()
