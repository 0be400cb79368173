"""The output folder: ours alone, and never evidence."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from forensics.collect.own_output import MARKER, MARKER_TEXT
from forensics.errors import ForensicsError


def bundle_folder(output: Path) -> Path:
    """Where the bundle lies in an output folder."""
    return output / "bundle"


class ForeignFolder(ForensicsError):
    """The folder exists and was not made by us."""


class OtherBundle(ForensicsError):
    """The folder holds a bundle that would no longer belong to what is written beside it."""


class ClosedFolder(ForensicsError):
    """The folder cannot be written to."""


def prepare(folder: Path, *, beside: Path | None = None) -> Path:
    """Make the output folder, or take one of ours again.

    A bundle that lies in it stays; `beside` is the one whose report is to be written.

    Raises `ForeignFolder` for a file, or a folder with content that has no marker of ours;
    `OtherBundle` where a bundle lies in it that is not `beside`; `ClosedFolder` where nothing can
    be written.
    """
    if folder.exists() and not _ours(folder):
        raise ForeignFolder(
            f"{folder} exists and was not made by forensics, so nothing was written to it. "
            "Give another folder with --output."
        )
    if beside is not None and bundle_folder(folder).exists() and not _holds(folder, beside):
        raise OtherBundle(
            f"{folder} holds another bundle and its report, so nothing was written to it. Give "
            "another folder with --output."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARKER).write_bytes(MARKER_TEXT)
    except OSError as error:
        raise ClosedFolder(
            f"The output cannot be written to {folder} ({error.strerror}). Give another folder "
            "with --output."
        ) from error
    return folder


@contextmanager
def new_bundle(output: Path) -> Iterator[Path]:
    """A folder to collect in; it takes the place of the bundle when all went well, else it goes.

    So a run that is broken off leaves the report and the bundle of the run before together.
    """
    unfinished = output / ".bundle"
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        yield unfinished
        shutil.rmtree(bundle_folder(output), ignore_errors=True)
        unfinished.rename(bundle_folder(output))
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _holds(folder: Path, bundle: Path) -> bool:
    return bundle.resolve() in (folder.resolve(), bundle_folder(folder).resolve())


def _ours(folder: Path) -> bool:
    if not folder.is_dir() or folder.is_symlink():
        return False
    return (folder / MARKER).is_file() or not any(folder.iterdir())
