"""What a failing statement does not find, and what may make it."""

from __future__ import annotations

import re

from forensics.dialects.postgres.repairs.lenient import names_made
from forensics.model import TrueError

_NOT_FOUND = ("42P01", "42704")
_NAMED = re.compile(r'(?:relation|type) "(?:(?P<schema>[^."]+)\.)?(?P<name>[^"]+)"')
_CODE = re.compile(
    r"\s*(?:DO|CALL|SELECT|CREATE (?:OR REPLACE )?FUNCTION|CREATE FOREIGN TABLE)\b", re.IGNORECASE
)
_BRINGS_ANYTHING = re.compile(r"\s*(?:CREATE EXTENSION|IMPORT FOREIGN SCHEMA)\b", re.IGNORECASE)


def not_found(error: TrueError) -> tuple[str | None, str] | None:
    """See `Repairs.not_found`."""
    named = _NAMED.match(error.text) if error.sqlstate in _NOT_FOUND else None
    return (named["schema"], named["name"]) if named else None


def may_make(text: str, name: str) -> bool:
    """A block of code may make what it names, and an extension what nothing names."""
    if name in names_made(text) or _BRINGS_ANYTHING.match(text):
        return True
    return name in text and _CODE.match(text) is not None
