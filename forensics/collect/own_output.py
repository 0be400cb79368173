"""Recognizes a folder of our own output: it has our marker, and nothing that we do not write."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MARKER = ".forensics"
"""A file of this name marks a folder as our own output."""
MARKER_TEXT = b"Written by forensics; safe to delete.\n"

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDERS = frozenset({"bundle", "bundle/content", ".bundle", ".bundle/content", "recovered"})
_FILES = re.compile(
    r"\.forensics|report\.(?:md|html|json|pdf)|fix\.patch|(?:fix|rollback)\.sql|commit-message\.txt"
    r"|\.?bundle/(?:manifest\.json|experiments\.json(?:\.new)?|content/[0-9a-f]{64})"
    r"|recovered/[^/\n]+\.sql"
)


def is_output(folder: str | Path, above: int | None = None) -> bool:
    """Whether a folder holds our marker, and besides it only what we write; follows no link.

    `above` is the descriptor of the folder that it lies in. A marker alone hides nothing: anybody
    can commit one beside a project.
    """
    try:
        with _opened(folder, above) as descriptor:
            return _is_marked(descriptor) and _is_all_written(descriptor, "")
    except (OSError, ValueError):
        return False


def is_written(path: str, *, folder: bool) -> bool:
    """Whether we write something of that path, relative to an output folder."""
    return path in _FOLDERS if folder else _FILES.fullmatch(path) is not None


def _is_marked(folder: int) -> bool:
    descriptor = os.open(MARKER, _FLAGS, dir_fd=folder)
    try:
        return os.read(descriptor, len(MARKER_TEXT) + 1) == MARKER_TEXT
    finally:
        os.close(descriptor)


def _is_all_written(folder: int, above: str) -> bool:
    with os.scandir(folder) as entries:
        return all(_is_ours(entry, folder, above) for entry in entries)


def _is_ours(entry: os.DirEntry[str], folder: int, above: str) -> bool:
    path = f"{above}{entry.name}"
    if not entry.is_dir(follow_symlinks=False):
        return entry.is_file(follow_symlinks=False) and is_written(path, folder=False)
    if not is_written(path, folder=True):
        return False
    with _opened(entry.name, folder) as descriptor:
        return _is_all_written(descriptor, f"{path}/")


@contextmanager
def _opened(folder: str | Path, above: int | None) -> Iterator[int]:
    descriptor = os.open(folder, _FLAGS | os.O_DIRECTORY, dir_fd=above)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
