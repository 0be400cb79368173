"""Finds the git repository around a folder by looking: running git there could run its code."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import msgspec

_POINTER = 4096


class Repository(msgspec.Struct, frozen=True, kw_only=True):
    """Where a repository keeps what; absolute, resolved paths."""

    top: Path
    """The top level of the working tree."""
    git_dir: Path
    """HEAD and index of this working tree."""
    common_dir: Path
    """Objects and refs; differs from `git_dir` in a linked worktree."""


def find_repository(start: Path) -> Repository | None:
    """The repository that `start` lies in, whoever owns it; `None` where there is none.

    Understands `.git` as a folder, and as a file in worktrees and submodules. Does not look beyond
    the file system that `start` is on, as git does not, nor for bare repositories.
    """
    folder = Path(os.path.realpath(start))
    try:
        device = folder.stat().st_dev
        while folder.stat().st_dev == device:
            if (found := _at(folder)) is not None:
                return found
            if folder == folder.parent:
                return None
            folder = folder.parent
    except OSError:
        return None
    return None


def read_regular(path: Path, limit: int) -> bytes | None:
    """The bytes of a regular file of at most `limit` bytes; `None` for anything else."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
    try:
        descriptor = os.open(path, flags)
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > limit:
            return None
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(limit)
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _at(top: Path) -> Repository | None:
    mark = top / ".git"
    git_dir = mark if mark.is_dir() else _pointed_at(mark, b"gitdir: ")
    if git_dir is None:
        return None
    git_dir = Path(os.path.realpath(git_dir))
    common_dir = _pointed_at(git_dir / "commondir", b"") or git_dir
    common_dir = Path(os.path.realpath(common_dir))
    if not os.path.lexists(git_dir / "HEAD") or not (common_dir / "objects").is_dir():
        return None
    return Repository(top=top, git_dir=git_dir, common_dir=common_dir)


def _pointed_at(file: Path, prefix: bytes) -> Path | None:
    text = read_regular(file, _POINTER)
    if text is None or not text.startswith(prefix):
        return None
    target = text[len(prefix) :].rstrip(b"\r\n")
    if not target or b"\0" in target:
        return None
    return file.parent / os.fsdecode(target)
