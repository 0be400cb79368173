"""What fails only because something that an earlier statement makes is missing."""

from __future__ import annotations

import re
from collections.abc import Iterable

from forensics.dialects import dialect_of
from forensics.facts import Files, SqlStatement, ToolUse
from forensics.model import WriteFile
from forensics.rules._statements import left_out

_NAMED = re.compile(r"[\"'`]([^\"'`]+)[\"'`]")


def names(tool: ToolUse, statement: SqlStatement) -> frozenset[str]:
    """What a statement makes, as an error message names it, without the schema."""
    repairs = dialect_of(tool).repairs
    return frozenset(repairs.names_made(statement.text)) if repairs else frozenset()


def lacks(message: str, made: frozenset[str]) -> bool:
    """Whether an error message names one of them: `relation "public.posts" does not exist`."""
    named = {part for text in _NAMED.findall(message) for part in (text, text.rpartition(".")[2])}
    return not made.isdisjoint(named)


def needing(
    tool: ToolUse, made: frozenset[str], statements: Iterable[SqlStatement]
) -> tuple[SqlStatement, ...]:
    """Those that mention something of `made`, or what another of them makes."""
    found: list[SqlStatement] = []
    for statement in statements:
        if any(_mentions(statement.text, name) for name in made):
            made = made | names(tool, statement)
            found.append(statement)
    return tuple(found)


def without_all(files: Files | None, statements: Iterable[SqlStatement]) -> tuple[WriteFile, ...]:
    """The steps that take them out of their files, one step a file."""
    by_path: dict[str, list[SqlStatement]] = {}
    for statement in statements:
        by_path.setdefault(statement.path, []).append(statement)
    return tuple(step for held in by_path.values() for step in left_out(files, held))


def _mentions(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text) is not None
