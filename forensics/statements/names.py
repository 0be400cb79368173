"""The names of what a statement makes."""

from __future__ import annotations

import re

from forensics.dialects import dialect_of
from forensics.facts import ToolUse

_NAME = r"(?:[`\"\[]?\w+[`\"\]]?\.)?[`\"\[]?(?P<name>\w+)"
_CREATES = re.compile(
    r"\s*CREATE\s+(?:\w+\s+)*?(?:TABLE|INDEX|VIEW|TRIGGER|DATABASE|SCHEMA)\s+"
    rf"(?:IF\s+NOT\s+EXISTS\s+)?{_NAME}",
    re.IGNORECASE,
)
_ADDS = re.compile(
    rf"\s(?:ADD\s+(?:COLUMN\s+)?|RENAME\s+(?:COLUMN\s+\S+\s+)?TO\s+)(?!CONSTRAINT\b){_NAME}",
    re.IGNORECASE,
)
_CODE = re.compile(r"\s*(?:CALL|CREATE\s+(?:\w+\s+)*?(?:PROCEDURE|FUNCTION))\b", re.IGNORECASE)
_ALTERS = re.compile(r"\s*ALTER\s+TABLE\b", re.IGNORECASE)


def names_made(tool: ToolUse, text: str) -> frozenset[str]:
    """The names, without a schema, of what it makes; a column counts where it is added to a table.

    Read by words alone in a dialect whose statements are not parsed for it.
    """
    if (repairs := dialect_of(tool).repairs) is not None:
        return frozenset(repairs.names_made(text))
    if (created := _CREATES.match(text)) is not None:
        return frozenset({created["name"]})
    if _ALTERS.match(text) is None:
        return frozenset()
    return frozenset(it["name"] for it in _ADDS.finditer(text))


def may_make(tool: ToolUse, text: str, name: str) -> bool:
    """Whether it makes what has this name, or may, as code that names it."""
    if (repairs := dialect_of(tool).repairs) is not None:
        return repairs.may_make(text, name)
    return name in names_made(tool, text) or (name in text and _CODE.match(text) is not None)
