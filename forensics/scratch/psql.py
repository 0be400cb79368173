"""Cuts a script into the requests that psql sends: one for every statement, as it is written."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

from forensics.errors import ForensicsError
from forensics.scratch.simple_query import Stopped

_TAG = r"\$(?:[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_\u0080-\U0010ffff]*)?\$"
# What psqlscan.l (PostgreSQL 15) steps over as a whole, so that a semicolon in it ends nothing.
_PATTERN = re.compile(
    rf"""
    (?P<blank> --[^\n]* | \s+)
  | (?P<passed> [eE]'(?:[^'\\]|''|\\.)*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | [0-9=,.<>+*]+)
  | (?P<tag> {_TAG})
  | (?P<word> [A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_$\u0080-\U0010ffff]*)
  | (?P<comment> /\*) | (?P<open> \() | (?P<close> \)) | (?P<end> ;) | (?P<meta> \\)
    """,
    re.VERBOSE | re.DOTALL,
)
_CLOSING = re.compile(rf"(?=({_TAG}))\$")
"""Every tag that could end a text in dollars, also where one's last `$` is the next one's first."""
_EDGE = re.compile(r"/\*|\*/")
_ROUTINE = re.compile(r"create (?:or replace )?(?:function|procedure) ", re.IGNORECASE)
"""How a statement begins whose body may be plain SQL between BEGIN and END, semicolons and all."""
_COUNTED = 4
"""Words at the beginning of a statement that psql looks at."""


class NotSql(ForensicsError):
    """A script that has more than SQL in it."""


def requests(sql: str, deadline: float | None = None) -> tuple[str, ...]:
    """The statements of a script, each as it stands there; empty ones left out.

    `deadline` is an instant of `time.monotonic()`. Raises `NotSql` for a command of psql, and
    `Stopped`.
    """
    return tuple(_cut(sql, deadline))


def _cut(sql: str, deadline: float | None) -> Iterator[str]:
    start = depth = 0
    body, empty = _Body(), True
    for kind, at, end in _pieces(sql):
        if deadline is not None and time.monotonic() > deadline:
            raise Stopped("it takes longer than the experiments may")
        empty = empty and kind in ("blank", "end")
        if kind in ("open", "close"):
            depth = depth + 1 if kind == "open" else max(depth - 1, 0)
        elif kind == "word" and not depth:
            body.see(sql[at:end])
        elif kind == "end" and not depth and not body.depth:
            if not empty:
                yield sql[start:end]
            start, body, empty = end, _Body(), True
    if not empty:
        yield sql[start:]


def _pieces(sql: str) -> Iterator[tuple[str, int, int]]:
    """What each piece is, where it begins, and where it ends; nothing is examined twice."""
    at = 0
    last = {found[1]: found.start() for found in _CLOSING.finditer(sql)}
    while at < len(sql):
        found = _PATTERN.match(sql, at)
        kind = (found.lastgroup if found else None) or "passed"
        end = found.end() if found else at + 1
        if kind == "meta":
            raise NotSql(_refusal(sql, at))
        if kind == "comment":
            end, ended = _comment_end(sql, end)
            kind = "blank" if ended else "passed"
        elif kind == "tag":
            end = _dollars_end(sql, at, end, last)
        yield kind, at, end
        at = end


class _Body:
    """How deep a statement is between BEGIN and END; CASE, too, ends with END."""

    def __init__(self) -> None:
        self.depth = 0
        self._words = ""
        self._count = 0

    def see(self, word: str) -> None:
        """A word of the statement, outside of parentheses."""
        self._count += 1
        if self._count <= _COUNTED:
            self._words += f"{word} "
        if not _ROUTINE.match(self._words):
            return
        opens = ("begin", "case") if self.depth else ("begin",)
        if word.lower() in opens:
            self.depth += 1
        elif word.lower() == "end":
            self.depth = max(self.depth - 1, 0)


def _refusal(sql: str, at: int) -> str:
    line = sql.count("\n", 0, at) + 1
    command = sql[at:].split("\n", 1)[0].strip()[:60]
    return (
        f"Line {line} of the script is a command of psql, not SQL: {command!r}. "
        "Take it out and try again."
    )


def _dollars_end(sql: str, start: int, end: int, last: dict[str, int]) -> int:
    """The end of a text in dollars; of a tag that never comes again, only the `$` is passed."""
    tag = sql[start:end]
    return sql.index(tag, end) + len(tag) if last[tag] >= end else start + 1


def _comment_end(sql: str, at: int) -> tuple[int, bool]:
    """Comments nest; one that does not end takes the rest. Also whether it ended."""
    depth = 1
    while depth:
        edge = _EDGE.search(sql, at)
        if edge is None:
            return len(sql), False
        depth += 1 if edge[0] == "/*" else -1
        at = edge.end()
    return at, True
