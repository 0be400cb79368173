"""Reads the files that an action names: scripts and patches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from forensics.errors import BadAction
from forensics.system.given_file import read_given

Content = Callable[[str], str]
"""Gives the text of a file that an action names; raises `BadAction`."""

LARGEST_FILE = 1_000_000
"""Bytes of a script or a patch."""


def content_of(name: str) -> str:
    """The text of a script or patch; raises `BadAction`."""
    try:
        data = read_given(Path(name), LARGEST_FILE)
    except OSError as error:
        raise BadAction(f"{name!r} cannot be read: {error.strerror}.") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadAction(f"{name!r} is not UTF-8: {error.reason} at byte {error.start}.") from error
