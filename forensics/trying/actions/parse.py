"""Takes a line as people type it apart, and understands each command of it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator

from forensics.adapters import ADAPTERS
from forensics.errors import BadAction
from forensics.model import ToolCommand
from forensics.trying.actions.content import Content, content_of
from forensics.trying.actions.files import read_deletion, read_move, read_patch
from forensics.trying.actions.parts import (
    Action,
    Part,
    Script,
    bad,
    refused,
)
from forensics.trying.actions.psql import read_file_of_sql, read_psql

_SQL = re.compile(
    r"(?>\s|--[^\n]*\n|/\*.*?\*/)*+(?:UPDATE|INSERT|DELETE|MERGE|DROP|ALTER|CREATE|TRUNCATE|BEGIN|"
    r"START|COMMIT|ROLLBACK|WITH|DO|CALL|COMMENT|GRANT|REVOKE|SET|RESET|LOCK|COPY|SELECT|VALUES|"
    r"TABLE|VACUUM|ANALYZE|REINDEX|CLUSTER|REFRESH|SECURITY|EXPLAIN)\b",
    re.IGNORECASE | re.DOTALL,
)
_JOINTS = re.compile(r"(?:&&|;|\n)+")
_OPERATORS = frozenset("&|<>();\n")


def parse_action(text: str, *, content: Content = content_of) -> Action:
    """Understand an action; raises `BadAction`, which says what can be tried.

    `content` reads the scripts and patches that it names.
    """
    if _SQL.match(text):
        return Action(text=text, parts=(Script(sql=text),))
    parts = tuple(_part(words, content) for words in _commands(text))
    if not parts:
        raise bad("There is nothing to try.")
    return Action(text=text, parts=parts)


def _commands(text: str) -> Iterator[list[str]]:
    """The words of each command of a shell line."""
    lexer = shlex.shlex(text.replace("\\\n", " "), posix=True, punctuation_chars="&|<>();\n")
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t\r", True, ""
    words: list[str] = []
    try:
        for word in lexer:
            if not _JOINTS.fullmatch(word):
                words.append(word)
            elif words:
                yield words
                words = []
    except ValueError as error:
        raise bad(f"{text!r} cannot be taken apart: {error}.") from error
    if words:
        yield words


def _part(words: list[str], content: Content) -> Part:
    """What one command does; each reader answers `None` where it is not its own."""
    words, given = _redirected(words)
    for read in _READERS:
        if (part := read(words, given, content)) is not None:
            return part
    raise refused(words)


def _redirected(words: list[str]) -> tuple[list[str], str | None]:
    """The words without `< FILE`, and that file."""
    if words[-2:-1] == ["<"]:
        return words[:-2], words[-1]
    if any(word and _OPERATORS.issuperset(word) for word in words):
        raise BadAction(f"Of the shell only `&&` and `< FILE` are understood: {' '.join(words)!r}.")
    return words, None


# --- The tool -----------------------------------------------------------------------------------


def _tool(words: list[str], given: str | None, content: Content) -> ToolCommand | None:
    calls = (adapter.typed(words) for adapter in ADAPTERS)
    return next((call for call in calls if call is not None), None)


_READERS: tuple[Callable[[list[str], str | None, Content], Part | None], ...] = (
    read_deletion,
    read_move,
    read_patch,
    read_psql,
    read_file_of_sql,
    _tool,
)
