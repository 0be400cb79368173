"""What fails only because something that an earlier statement makes is missing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from forensics.dialects import dialect_of
from forensics.facts import Files, SqlStatement, ToolUse
from forensics.model import WriteFile
from forensics.statements import edited

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
    cuts: dict[str, list[tuple[int, int]]] = {}
    for statement in statements:
        cuts.setdefault(statement.path, []).append(statement.cut)
    return tuple(
        step
        for path, spans in cuts.items()
        for step in edited(files, path, [(span, "") for span in _apart(spans)])
    )


def _apart(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The spans in their order, those that touch joined."""
    start, end = min(spans)
    for first, last in sorted(spans):
        if first > end:
            yield start, end
            start, end = first, last
        end = max(end, last)
    yield start, end


def _mentions(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text) is not None
