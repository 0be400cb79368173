"""Where the table or type is that a failing statement does not find."""

from __future__ import annotations

import re

from forensics.dialects import dialect_of
from forensics.facts import ApplyFailure, Files, History, LiveSchema, ToolUse
from forensics.model.wording import listed
from forensics.statements import names_made

_NOT_FOUND = frozenset({"42P01", "42704", "42S02"})
_NAMED = re.compile(
    r"^(?:relation|type|Table) [\"'](?:(?P<schema>[^.\"']+)\.)?(?P<name>[^\"']+)[\"']"
)
_CODE = re.compile(
    r"\s*(?:DO|CALL|SELECT|CREATE (?:OR REPLACE )?FUNCTION|CREATE FOREIGN TABLE)\b", re.IGNORECASE
)
_BRINGS_ANYTHING = re.compile(r"\s*(?:CREATE EXTENSION|IMPORT FOREIGN SCHEMA)\b", re.IGNORECASE)


def absent(
    tool: ToolUse,
    failure: ApplyFailure,
    history: History,
    files: Files,
    schema: LiveSchema | None,
) -> str:
    """That another schema has it, or that no listed migration makes it, with a space before it."""
    named = _NAMED.match(failure.error.text)
    if named is None or failure.error.sqlstate not in _NOT_FOUND or schema is None:
        return ""
    name = named["name"]
    places = [*(it.name for it in schema.tables), *(it.name for it in schema.enums)]
    others = [str(it) for it in places if it.table == name and it.schema != named["schema"]]
    made = is_made(tool, name, history, files)
    told = "" if made else _NOBODY
    if others and dialect_of(tool).has_schemas:
        wanted = f"the schema {named['schema']}" if named["schema"] else "the search path"
        why = _ELSEWHERE if made else ""
        there = listed(sorted(others))
        return f" {there} is there, but the statement looks in {wanted}.{why}{told}"
    return told


_ELSEWHERE = (
    " A listed migration makes it: it may have run with another search path, as an address can "
    "set it."
)
_NOBODY = (
    " No listed migration makes it: what defines it may not be among the files that the tool "
    "reads, a migration may be missing, or another application makes it."
)


def is_made(tool: ToolUse, name: str, history: History, files: Files) -> bool:
    """Whether any file may make it; a text that is not known may."""
    dialect = dialect_of(tool)
    for migration in history.migrations:
        file = files.get(migration.path)
        if file is None or file.text is None:
            return True
        for start, end in dialect.spans(file.text):
            text = file.text[start:end]
            if name in names_made(tool, text) or _may_make(text, name):
                return True
    return False


def _may_make(text: str, name: str) -> bool:
    """A block of code may make what it names, and an extension what nothing names."""
    return bool((name in text and _CODE.match(text)) or _BRINGS_ANYTHING.match(text))
