"""Takes a line as people type it apart, and understands each command of it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator

from forensics.trying.actions.files import read_deletion, read_move, read_patch
from forensics.trying.actions.parts import (
    Action,
    BadAction,
    Part,
    Script,
    ToolCommand,
    bad,
    refused,
)
from forensics.trying.actions.psql import read_file_of_sql, read_psql

_RUNNERS = frozenset({"npx", "pnpm", "yarn", "bun", "bunx", "npm", "exec", "dlx", "run", "--", "x"})
_TOOL = re.compile(r"(?:\./)?(?:node_modules/\.bin/)?drizzle-kit(?:@\S+)?")
_COMMANDS = frozenset({"check", "generate", "migrate", "push", "up", "drop"})
_SQL = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:UPDATE|INSERT|DELETE|MERGE|DROP|ALTER|CREATE|TRUNCATE|BEGIN|"
    r"START|COMMIT|ROLLBACK|WITH|DO|CALL|COMMENT|GRANT|REVOKE|SET|RESET|LOCK|COPY|SELECT|VALUES|"
    r"TABLE|VACUUM|ANALYZE|REINDEX|CLUSTER|REFRESH|SECURITY|EXPLAIN)\b",
    re.IGNORECASE | re.DOTALL,
)
_JOINTS = re.compile(r"(?:&&|;|\n)+")
_OPERATORS = frozenset("&|<>();\n")


def parse_action(text: str) -> Action:
    """Understand an action; raises `BadAction`, which says what can be tried."""
    if _SQL.match(text):
        return Action(text=text, parts=(Script(sql=text),))
    parts = tuple(_part(words) for words in _commands(text))
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


def _part(words: list[str]) -> Part:
    """What one command does; each reader answers `None` where it is not its own."""
    words, given = _redirected(words)
    for read in _READERS:
        if (part := read(words, given)) is not None:
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

_UNDERSTOOD = frozenset({"--config", "--force", "-f", "--name", "--verbose"})
"""Options that decide nothing here, or of which it is known what they decide."""


def _tool(words: list[str], given: str | None) -> ToolCommand | None:
    left = list(words)
    while left and left[0] in _RUNNERS:
        left.pop(0)
    if len(left) < 2 or not _TOOL.fullmatch(left[0]) or left[1] not in _COMMANDS:
        return None
    command, *rest = left[1:]
    answer = _answer(rest) if command == "drop" else None
    config = re.search(r"--config[= ](\S+)", " ".join(rest))
    options = {word.partition("=")[0] for word in rest if word.startswith("-")}
    if unknown := options - _UNDERSTOOD:
        raise BadAction(f"What {sorted(unknown)[0]} changes is not modelled: try it without.")
    return ToolCommand(
        command=command,
        force=bool({"--force", "-f"} & options),
        config=config[1] if config else None,
        answer=answer,
    )


def _answer(rest: list[str]) -> str | None:
    """`drizzle-kit drop TAG` is our way to say what its question is answered with."""
    values = {number + 1 for number, word in enumerate(rest) if word == "--config"}
    given = [w for n, w in enumerate(rest) if not w.startswith("-") and n not in values]
    if len(given) > 1:
        raise BadAction("`drop` asks for one migration: give one tag, or several commands.")
    return given[0] if given else None


_READERS: tuple[Callable[[list[str], str | None], Part | None], ...] = (
    read_deletion,
    read_move,
    read_patch,
    read_psql,
    read_file_of_sql,
    _tool,
)
