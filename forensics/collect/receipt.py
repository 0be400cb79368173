"""Looks at the project's files before and after a collection: what we read must stay as it was."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from forensics import limits
from forensics.collect.names import stored
from forensics.collect.own_output import is_output
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.receipt import MOST, FilesReceipt
from forensics.model.wording import counted

LOCATOR = "the project's files"
_GIT = ".git"
_SKIPPED = frozenset({"node_modules", ".venv", "venv", "__pycache__"})
_LEFT_OUT = (
    "the times of the last access",
    "folders named node_modules, .venv, venv and __pycache__",
    "our own output",
    "a git directory that lies elsewhere, as that of a worktree or a submodule",
)
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

_Status = tuple[int, ...]


class Look(msgspec.Struct, frozen=True):
    """What every file and folder below the top was like at one moment."""

    top: Path
    found: Mapping[str, _Status]
    whole: bool


def look(top: Path) -> Look:
    """Take the status of all files, without opening any."""
    found: dict[str, _Status] = {}
    deadline = time.monotonic() + limits.RECEIPT_SECONDS
    for path, status in _walk(top):
        found[path] = status
        if len(found) >= limits.RECEIPT_ENTRIES or time.monotonic() > deadline:
            return Look(top, found, whole=False)
    return Look(top, found, whole=True)


def record(before: Look | None, writer: BundleWriter) -> None:
    """Look again, and write down what came of it; nothing without a first look."""
    if before is None:
        return
    after = look(before.top)
    both = before.whole and after.whole
    changed = sorted(
        path
        for path in before.found.keys() | after.found.keys()
        if before.found.get(path) != after.found.get(path)
        and (both or (path in before.found and path in after.found))
    )
    # How many files git itself keeps depends on its version.
    outside = [status for path, status in before.found.items() if path.split("/")[0] != _GIT]
    folders = sum(stat.S_ISDIR(status[0]) for status in outside)
    receipt = FilesReceipt(
        files=len(outside) - folders,
        folders=folders,
        git=_GIT in before.found,
        whole=both,
        changed=tuple(stored(path) for path in changed[:MOST]),
        left_out=_LEFT_OUT,
    )
    writer.add_value(EvidenceKind.RECEIPT, LOCATOR, receipt, note=_note(receipt, len(changed)))


def _note(receipt: FilesReceipt, changed: int) -> str:
    git = " and .git" if receipt.git else ""
    seen = f"{counted(receipt.files, 'file')}{git} compared before and after"
    told = f"{changed} changed meanwhile, by us or by somebody else" if changed else "none changed"
    return f"{seen}{'' if receipt.whole else ', not all'}: {told}"


def _walk(top: Path) -> Iterator[tuple[str, _Status]]:
    waiting = [""]
    while waiting:
        above = waiting.pop()
        try:
            descriptor = os.open(top / above, _FOLDER if above else _FOLDER & ~os.O_NOFOLLOW)
        except OSError:  # closed to us, or gone
            continue
        try:
            for name, status in _entries(descriptor):
                path = f"{above}/{name}" if above else name
                yield path, _compared(status)
                if stat.S_ISDIR(status.st_mode):
                    waiting.append(path)
        finally:
            os.close(descriptor)


def _entries(descriptor: int) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(descriptor) as entries:
        for entry in entries:
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            folder = stat.S_ISDIR(status.st_mode)
            if not folder or (entry.name not in _SKIPPED and not is_output(entry.name, descriptor)):
                yield entry.name, status


def _compared(status: os.stat_result) -> _Status:
    """Of a folder no times: our own output may be made in it, and its names are compared."""
    if stat.S_ISDIR(status.st_mode):
        return (status.st_mode, status.st_ino)
    times = (status.st_mtime_ns, status.st_ctime_ns)
    return (status.st_mode, status.st_ino, status.st_size, *times)
