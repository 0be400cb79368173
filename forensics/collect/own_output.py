"""Recognizes a folder of our own output: we made it, and it has only files that we write."""

from __future__ import annotations

import os
import re
from pathlib import Path

from forensics.system.ownership import is_marked
from forensics.system.safe_folder import SafeFolder

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC
_BUNDLE = r"(?:\.bundle(?:\.old)?|bundle(?:-[A-Za-z0-9][A-Za-z0-9._-]*)?)"
"""Also those of further environments."""
_INSIDE = (
    *("data", "data/collected", "data/collected/content", "custody", ".next", ".commit"),
    "content",  # of bundles of version 0.1
)
_FOLDERS = re.compile(rf"{_BUNDLE}(?:/(?:{'|'.join(map(re.escape, _INSIDE))}))?|recovered")
_FILES = (
    r"\.forensics|\.gitignore|report\.(?:(?:short\.)?md|html|json|sarif|pdf)|fix\.patch"
    r"|(?:fix|rollback)\.sql|commit-message\.txt"
    rf"|{_BUNDLE}/(?:"
    r"manifest\.json|experiments\.json|content/[0-9a-f]{64}"
    r"|bagit\.txt|(?:\.(?:next|commit)/)?(?:bag-info|(?:tag)?manifest-sha256)\.txt"
    r"|(?:data/|\.(?:next|commit)/data\+)(?:experiments|replays)\.json"
    r"|data/collected/(?:manifest\.json|content/[0-9a-f]{64})"
    r"|(?:custody/|\.(?:next|commit)/custody\+)\d{4}-[a-z]+\.json(?:\.sig|\.tsr)?)"
    r"|recovered/[^/\n]+\.sql"
)
_UNFINISHED = re.compile(r"(^|/)\.([^/]+)\.new$")


def is_output(folder: str | Path, above: int | None = None) -> bool:
    """Whether a folder is ours, and holds only what we write; follows no link.

    `above` is the descriptor of the folder that it lies in. A marker that somebody committed hides
    nothing, nor does a report that came with the repository: who made that cannot be known.
    """
    try:
        with SafeFolder(Path(folder), os.open(folder, _FLAGS, dir_fd=above)) as opened:
            return is_marked(opened) and _is_all_written(opened, "")
    except (OSError, ValueError):
        return False


def _is_all_written(folder: SafeFolder, above: str) -> bool:
    with os.scandir(folder.descriptor) as entries:
        return all(_is_ours(entry, folder, above) for entry in entries)


def _is_ours(entry: os.DirEntry[str], folder: SafeFolder, above: str) -> bool:
    path = f"{above}{entry.name}"
    if not entry.is_dir(follow_symlinks=False):
        whole = _UNFINISHED.sub(r"\1\2", path)
        return entry.is_file(follow_symlinks=False) and re.fullmatch(_FILES, whole) is not None
    if not _FOLDERS.fullmatch(path):
        return False
    with folder.child(entry.name) as child:
        return _is_all_written(child, f"{path}/")
