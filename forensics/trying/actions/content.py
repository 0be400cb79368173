"""Reads the files that an action names: scripts and patches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from forensics.errors import BadAction

Content = Callable[[str], str]
"""Gives the text of a file that an action names; raises `BadAction`."""

LARGEST_FILE = 1_000_000
"""Bytes of a script or a patch."""


def content_of(name: str) -> str:
    """The text of a script or patch; raises `BadAction`."""
    path = Path(name)
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise BadAction(f"{name!r} cannot be read: {error.strerror}.") from error
    if len(data) > LARGEST_FILE:
        raise BadAction(f"{name!r} has more than {LARGEST_FILE} bytes: try a part of it.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadAction(f"{name!r} is not UTF-8: {error.reason} at byte {error.start}.") from error
