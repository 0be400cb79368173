"""File names as text that JSON can hold, and back to the bytes that the disk holds."""

import os
import re
from datetime import UTC, datetime

_ESCAPED = re.compile(rb"\\x([89a-f][0-9a-f])")


def stored(name: str | bytes) -> str:
    r"""The name as UTF-8 text; bytes that are not UTF-8 become `\xff`."""
    return os.fsencode(name).decode("utf-8", errors="backslashreplace")


def candidates(path: str) -> tuple[bytes, ...]:
    r"""The paths on disk that `stored` may have written as this text, the literal one first.

    Empty where no file can have that name: a NUL, or half of a surrogate pair from a JSON escape.
    """
    try:
        literal = path.encode("utf-8")
    except UnicodeEncodeError:
        return ()
    if b"\0" in literal:
        return ()
    raw = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), literal)
    return (literal,) if raw == literal else (literal, raw)


def storable(path: str) -> bool:
    """Whether the path can be written into a bundle at all."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def instant(nanoseconds: int) -> str | None:
    """Nanoseconds since 1970 as ISO 8601 in UTC with microseconds; `None` outside the calendar."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    try:
        moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)
    except (OverflowError, ValueError, OSError):
        return None
    return moment.isoformat(timespec="microseconds")
