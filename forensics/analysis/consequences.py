"""What fails only because something that an earlier statement makes is missing."""

from __future__ import annotations

import re
from collections.abc import Iterable

from forensics.facts import SqlStatement, ToolUse
from forensics.statements import names_made

_NAMED = re.compile(r"[\"'`]([^\"'`]+)[\"'`]")

_DROP = re.compile(r"DROP\b", re.IGNORECASE)


def lacks(message: str, made: frozenset[str]) -> bool:
    """Whether an error message names one of them: `relation "public.posts" does not exist`."""
    named = {part for text in _NAMED.findall(message) for part in (text, text.rpartition(".")[2])}
    return not made.isdisjoint(named)


def still_there(message: str, dropping: SqlStatement) -> bool:
    """Whether an error names what a statement would have dropped: `type "roles" already exists`."""
    if _DROP.match(dropping.text) is None:
        return False
    named = {part for text in _NAMED.findall(message) for part in (text, text.rpartition(".")[2])}
    return any(_mentions(dropping.text, name) for name in named)


def needing(
    tool: ToolUse, made: frozenset[str], statements: Iterable[SqlStatement]
) -> tuple[SqlStatement, ...]:
    """Those that mention something of `made`, or what another of them makes."""
    found: list[SqlStatement] = []
    for statement in statements:
        if any(_mentions(statement.text, name) for name in made):
            made = made | names_made(tool, statement.text)
            found.append(statement)
    return tuple(found)


def _mentions(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text) is not None
