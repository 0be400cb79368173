"""A folder that is written to and read from through its descriptor, so that no link leads out."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import stat
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from forensics.errors import ForensicsError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# Neither a link is followed, nor is a pipe waited for.
_INERT = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_WITHOUT_LOCKS = frozenset({errno.EBADF, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL})
"""What file systems answer that cannot lock a folder."""


class CannotWrite(ForensicsError):
    """Something could not be written, moved or removed."""


class Locked(ForensicsError):
    """Another run has the folder."""


class SafeFolder:
    """An open folder; names given to it are single path parts in it.

    Writing raises `CannotWrite`, opening and reading raise `OSError`. What is written is 0600, and
    folders are 0700. It is closed at the end of `with`, or when nobody refers to it any more.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        """For messages only: what lies there now may be another folder."""
        self.descriptor = descriptor
        self.close = weakref.finalize(self, os.close, descriptor)

    @classmethod
    def opened(cls, path: Path) -> Self:
        """A folder that the user named: links on the way to it are followed, as everywhere."""
        return cls(path, os.open(path, _FOLDER))

    @classmethod
    def made(cls, path: Path) -> Self:
        """A folder to write to, made where there is none.

        It is not a link itself; the way to it is what the user named.
        """
        with suppress(FileExistsError):
            try:
                os.mkdir(path, 0o700)
            except FileNotFoundError:
                path.parent.mkdir(parents=True, exist_ok=True)
                os.mkdir(path, 0o700)
        return cls(path, os.open(path, _FOLDER | os.O_NOFOLLOW))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def child(self, name: str) -> SafeFolder:
        """A folder in it, which is not a link."""
        flags = _FOLDER | os.O_NOFOLLOW
        return SafeFolder(self.path / name, os.open(_part(name), flags, dir_fd=self.descriptor))

    def make(self, name: str) -> SafeFolder:
        """A folder in it, made where there is none."""
        with _telling(self.path / name):
            with suppress(FileExistsError):
                os.mkdir(_part(name), 0o700, dir_fd=self.descriptor)
            return self.child(name)

    @property
    def is_in_place(self) -> bool:
        """Whether its path still leads to it, so nobody has moved, removed or replaced it."""
        try:
            return os.path.samestat(os.stat(self.path), os.fstat(self.descriptor))
        except OSError:
            return False

    def names(self) -> frozenset[str]:
        """What lies in it."""
        return frozenset(os.listdir(self.descriptor))

    def has(self, name: str) -> bool:
        """Whether anything has the name, a dangling link too."""
        try:
            os.stat(_part(name), dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def read(self, name: str, most: int | None = None) -> bytes:
        """A regular file; raises `OSError` for a link, a pipe or a device, which may never end.

        With `most`, also for a file of more bytes.
        """
        try:
            descriptor = os.open(_part(name), _INERT, dir_fd=self.descriptor)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.EMLINK):
                raise OSError(errno.ELOOP, "is a symbolic link, which is not followed") from error
            raise
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise OSError(errno.EINVAL, "is not a regular file")
            if most is not None and status.st_size > most:
                raise OSError(errno.EFBIG, f"has more than {most} bytes")
            return file.read()

    def write(self, name: str, data: bytes) -> Path:
        """Write a file in one step: who is killed leaves the earlier one or this.

        A link of that name is replaced. One writer at a time: hold the lock.
        """
        with _telling(self.path / name):
            unfinished = unfinished_name(_part(name))
            self._discard(unfinished)
            try:
                descriptor = os.open(unfinished, _NEW, 0o600, dir_fd=self.descriptor)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                self._rename(unfinished, name)
            except OSError:
                with suppress(OSError):
                    self._discard(unfinished)
                raise
        return self.path / name

    def rename(self, name: str, new: str) -> None:
        """Give a file or folder in it another name."""
        with _telling(self.path / new):
            self._rename(_part(name), _part(new))

    def move(self, name: str, target: SafeFolder, new: str) -> None:
        """Move a file of it to another folder, under a name there."""
        with _telling(target.path / new):
            os.replace(
                _part(name), _part(new), src_dir_fd=self.descriptor, dst_dir_fd=target.descriptor
            )

    def remove(self, name: str) -> None:
        """Remove a file, a link (not what it leads to) or a whole folder, where there is one."""
        with _telling(self.path / name, "removed"):
            self._discard(_part(name))

    @contextmanager
    def locked(self, *, wait: bool = False) -> Iterator[None]:
        """Have it for ourselves among runs of ours; raises `Locked` where one has it already.

        The kernel lets go of it when we die. A file system without locks cannot keep two apart.
        """
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            raise Locked(f"Another run is writing to {self.path}.") from error
        except OSError as error:
            if error.errno not in _WITHOUT_LOCKS:
                raise
        try:
            yield
        finally:
            with suppress(OSError):
                fcntl.flock(self.descriptor, fcntl.LOCK_UN)

    def _rename(self, name: str, new: str) -> None:
        os.replace(name, new, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)

    def _discard(self, name: str) -> None:
        try:
            status = os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return
        # Neither follows what becomes a link meanwhile.
        if stat.S_ISDIR(status.st_mode):
            shutil.rmtree(name, dir_fd=self.descriptor)
        else:
            os.unlink(name, dir_fd=self.descriptor)


Place = Path | SafeFolder
"""Where to write: a folder that is open already, or the path of one to make."""


def at(place: Place) -> SafeFolder:
    """The open folder; raises `CannotWrite` where it can neither be made nor opened."""
    if isinstance(place, SafeFolder):
        return place
    with _telling(place):
        return SafeFolder.made(place)


def unfinished_name(name: str) -> str:
    """What a file is called until it is whole."""
    return f".{name}.new"


def _part(name: str) -> str:
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise OSError(errno.EINVAL, f"{name!r} is not the name of a file")
    return name


@contextmanager
def _telling(path: Path, what: str = "written") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotWrite(f"{path} could not be {what}: {error.strerror or error}.") from error
