"""How we know a folder of ours again: its marker is signed with a key that only this user has."""

from __future__ import annotations

import hmac
import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from forensics.errors import ForensicsError
from forensics.system.safe_folder import SafeFolder

MARKER = ".forensics"
"""The file that marks a folder as our output."""
MARKER_TEXT = b"Written by forensics; safe to delete.\n"

_MARKER = re.compile(re.escape(MARKER_TEXT) + rb"[0-9a-f]{64}\n")
_KEY = "key"
_KEY_BYTES = 32


def is_marked(folder: SafeFolder) -> bool:
    """Whether we made this very folder: anybody can commit a file, or copy one of ours.

    A folder that was moved is the same one; a copy, a clone and a checkout are others.
    """
    try:
        found = folder.read(MARKER)
    except OSError:
        return False
    return _MARKER.fullmatch(found) is not None and hmac.compare_digest(found, _marker(folder))


def mark(folder: SafeFolder) -> None:
    """Write the marker; raises `CannotWrite`."""
    folder.write(MARKER, _marker(folder))


def is_kept() -> bool:
    """Whether the key outlives this run, so that the next one knows the folder again."""
    return _key(_places())[1]


def keyed(digest: str) -> str:
    """A hash under this user's key: the same for the same, and of no use to try passwords with."""
    key = _key(_places())[0]
    return "keyed:" + hmac.new(key, b"original " + digest.encode(), "sha256").hexdigest()


def place_of_key() -> Path:
    """Where the key belongs."""
    return _places()[0] / _KEY


def _marker(folder: SafeFolder) -> bytes:
    # The inode and nothing else: device numbers and paths change without anybody's doing.
    inode = str(os.fstat(folder.descriptor).st_ino).encode("ascii")
    signature = hmac.new(_key(_places())[0], inode, "sha256").hexdigest()
    return MARKER_TEXT + signature.encode("ascii") + b"\n"


def _places() -> tuple[Path, ...]:
    return tuple(_candidates())


def _candidates() -> Iterator[Path]:
    state = Path(os.environ.get("XDG_STATE_HOME", ""))
    if state.is_absolute():
        yield state / "forensics"
    else:
        with suppress(RuntimeError):  # a user without a home
            yield Path.home() / ".local" / "state" / "forensics"
    yield Path(tempfile.gettempdir(), f"forensics-state-{os.geteuid()}")  # the home is read-only


@lru_cache
def _key(places: tuple[Path, ...]) -> tuple[bytes, bool]:
    """The key, and whether it is kept; else it holds for this process."""
    for place in places:
        with suppress(OSError, ForensicsError):
            return _kept_key(place), True
    return secrets.token_bytes(_KEY_BYTES), False


def _kept_key(place: Path) -> bytes:
    with SafeFolder.made(place) as folder, folder.locked(wait=True):
        _require_private(os.fstat(folder.descriptor), 0o022)
        if not folder.has(_KEY):
            folder.write(_KEY, secrets.token_bytes(_KEY_BYTES))
        _require_private(os.stat(_KEY, dir_fd=folder.descriptor, follow_symlinks=False), 0o077)
        key = folder.read(_KEY)
    if len(key) != _KEY_BYTES:
        raise OSError("not a key")
    return key


def _require_private(status: os.stat_result, closed: int) -> None:
    if status.st_uid != os.geteuid() or status.st_mode & closed:
        raise OSError("others could have made it")
