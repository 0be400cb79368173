"""The output folder: ours alone, and never evidence."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from forensics.errors import ForensicsError
from forensics.evidence.bundle import Bundle, BundleError
from forensics.system.ownership import MARKER, is_kept, is_marked, mark, place_of_key
from forensics.system.safe_folder import CannotWrite, Locked, Place, SafeFolder, unfinished_name

BUNDLE = "bundle"
_OTHER = f"{BUNDLE}-"
"""With the name of an environment behind it: the bundle of that."""
_IGNORE = ".gitignore"
"""Has git ignore the whole folder: evidence belongs into no commit by accident."""
_UNFINISHED = ".bundle"
_REPLACED = ".bundle.old"
_ANOTHER = "Give another folder with --output."


class ForeignFolder(ForensicsError):
    """The folder exists, and nothing proves that we made it."""


class OtherBundle(ForensicsError):
    """The folder holds a bundle that would no longer belong to what is written next to it."""


class ClosedFolder(ForensicsError):
    """The folder cannot be written to."""


@contextmanager
def output_folder(path: Path, *, beside: Bundle | None = None) -> Iterator[SafeFolder]:
    """Make the output folder, or take one of ours again, and keep other runs out meanwhile.

    A bundle that lies in it stays; `beside` is the one whose report is to be written.

    Raises `ForeignFolder` for a link, a file, another user's folder, or one with content that we
    did not make; `Locked` where another run writes to it; `OtherBundle` where a bundle lies in it
    that is not `beside`; `ClosedFolder` where nothing can be written.
    """
    was_there = path.exists()
    with _opened(path) as folder, _alone(folder):
        _require_ours(folder)
        if beside is not None and folder.has(BUNDLE) and not _holds(folder, beside):
            raise OtherBundle(
                f"{path} holds another bundle and its report, so nothing was written to it. "
                f"{_ANOTHER}"
            )
        try:
            with suppress(OSError):  # file systems without modes
                os.fchmod(folder.descriptor, 0o700)
            mark(folder)
            if not folder.has(_IGNORE):
                folder.write(_IGNORE, b"*\n")
        except CannotWrite as error:
            raise _closed(path, error.__cause__) from error
        try:
            yield folder
        except BaseException:
            if not was_there:
                _take_back(folder)
            raise


def _take_back(folder: SafeFolder) -> None:
    """Remove the folder that we made, where nothing came into it."""
    if folder.names() - {MARKER, _IGNORE}:
        return
    with suppress(OSError, CannotWrite):
        if os.path.samestat(os.lstat(folder.path), os.fstat(folder.descriptor)):
            folder.remove(_IGNORE)
            folder.remove(MARKER)
            folder.path.rmdir()


def name_of(environment: str) -> str:
    """What the bundle of another environment is called in the output folder."""
    return f"{_OTHER}{environment}"


@contextmanager
def new_bundle(
    output: SafeFolder, *, outdated: Iterable[str] = (), name: str = BUNDLE
) -> Iterator[SafeFolder]:
    """A folder to collect in; it takes the place of the bundle when all went well, else it goes.

    So a run that is broken off leaves the report and the bundle of the run before together.
    `outdated` are files that go with that bundle, because they do not belong to the new one.
    """
    for left in (_UNFINISHED, _REPLACED):  # what a run left that was killed
        output.remove(left)
    try:
        with output.make(_UNFINISHED) as folder:
            yield folder
        for other in outdated:
            output.remove(other)
        if output.has(name):
            output.rename(name, _REPLACED)
        output.rename(_UNFINISHED, name)
        output.remove(_REPLACED)
    finally:
        output.remove(_UNFINISHED)


def open_bundle(place: Place) -> Bundle:
    """The bundle in an output folder, or the folder itself as one; raises `BundleError`."""
    return Bundle.open(bundle_place(place))


def others_beside(place: Place) -> tuple[Bundle, ...]:
    """The bundles of other environments in an output folder; none where it is none.

    Raises `BundleError`.
    """
    try:
        folder = place if isinstance(place, SafeFolder) else SafeFolder.opened(place)
    except OSError:
        return ()
    if not folder.has(BUNDLE):
        return ()
    names = sorted(name for name in folder.names() if name.startswith(_OTHER))
    return tuple(Bundle.open(_bundle_in(folder, name)) for name in names)


def bundle_place(place: Place) -> Place:
    """Where the bundle lies: in an output folder, or the folder or archive itself is one.

    Raises `BundleError` where an output folder has none.
    """
    try:
        folder = place if isinstance(place, SafeFolder) else SafeFolder.opened(place)
    except OSError:
        return place  # an archive, or who opens it says what is wrong
    if folder.has(BUNDLE):
        return _bundle_in(folder)
    if folder.has(_UNFINISHED):
        raise BundleError(
            f"{folder.path} has no bundle: a run is writing it now, or was stopped before its end. "
            "Wait for it, or run it again."
        )
    return folder


def _bundle_in(folder: SafeFolder, name: str = BUNDLE) -> SafeFolder:
    try:
        return folder.child(name)
    except OSError as error:
        raise BundleError(
            f"{folder.path / name} is not a folder that can be opened, or is a link, which is "
            "not followed. Give the folder that `forensics collect` printed."
        ) from error


def _opened(path: Path) -> SafeFolder:
    try:
        return SafeFolder.made(path)
    except OSError as error:
        if path.is_symlink():
            raise _foreign(path, "is a symbolic link, which is not followed") from error
        if path.exists() and not path.is_dir():
            raise _foreign(path, "exists and is not a folder") from error
        raise _closed(path, error) from error


@contextmanager
def _alone(folder: SafeFolder) -> Iterator[None]:
    try:
        lock = ExitStack()
        lock.enter_context(folder.locked())
    except Locked as error:
        raise Locked(f"{error} Wait until it ends, or give another folder with --output.") from None
    with lock:
        if not folder.is_in_place:
            raise Locked(f"Another run has just removed {folder.path}. Run it again.")
        yield


def _require_ours(folder: SafeFolder) -> None:
    if os.fstat(folder.descriptor).st_uid != os.geteuid():
        raise _foreign(folder.path, "belongs to another user")
    found = folder.names() - {unfinished_name(MARKER)}
    if not found or is_marked(folder):
        return
    if MARKER not in found:
        raise _foreign(folder.path, "exists and was not made by forensics")
    if not is_kept():
        where = place_of_key()
        raise _foreign(
            folder.path,
            f"looks like a report, but whether it was made here cannot be known, since {where} "
            "cannot be kept there for us alone (set XDG_STATE_HOME to a folder where it can)",
        )
    raise _foreign(
        folder.path,
        "looks like a report, but was not made here by you: it came with the repository, was "
        "copied or restored, or the key by which we know our own was lost",
    )


def _holds(folder: SafeFolder, bundle: Bundle) -> bool:
    place = bundle.place
    return place is not None and any(
        os.path.samestat(os.fstat(place.descriptor), status)
        for status in (
            os.fstat(folder.descriptor),
            os.stat(BUNDLE, dir_fd=folder.descriptor, follow_symlinks=False),
        )
    )


def _foreign(path: Path, why: str) -> ForeignFolder:
    return ForeignFolder(f"{path} {why}, so nothing was written to it. {_ANOTHER}")


def _closed(path: Path, error: BaseException | None) -> ClosedFolder:
    why = getattr(error, "strerror", None) or error
    return ClosedFolder(f"The output cannot be written to {path} ({why}). {_ANOTHER}")
