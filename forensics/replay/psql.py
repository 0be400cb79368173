"""Cuts a script into the requests that psql sends: one for every statement, as it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.errors import ForensicsError

# What psqlscan.l (PostgreSQL 15) steps over as a whole, so that a semicolon in it ends nothing.
_PATTERN = re.compile(
    r"""
    (?P<passed> --[^\n]* | \s+
      | [eE]'(?:[^'\\]|''|\\.)*' | '(?:[^']|'')*' | "(?:[^"]|"")*"
      | (?P<tag>\$(?:[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_\u0080-\U0010ffff]*)?\$).*?(?P=tag))
  | (?P<word> [A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_$\u0080-\U0010ffff]*)
  | (?P<comment> /\*) | (?P<open> \() | (?P<close> \)) | (?P<end> ;) | (?P<meta> \\)
    """,
    re.VERBOSE | re.DOTALL,
)
_EDGE = re.compile(r"/\*|\*/")
_ROUTINE = re.compile(r"create (?:or replace )?(?:function|procedure) ", re.IGNORECASE)
"""How a statement begins whose body may be plain SQL between BEGIN and END, semicolons and all."""
_COUNTED = 4
"""Words at the beginning of a statement that psql looks at."""
_NOTHING = re.compile(r"(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/|;)*", re.DOTALL)


class NotSql(ForensicsError):
    """A script that has more than SQL in it."""


def requests(sql: str) -> tuple[str, ...]:
    """The statements of a script, each as it stands there; empty ones left out.

    Raises `NotSql` for a command of psql.
    """
    return tuple(one for one in _cut(sql) if not _NOTHING.fullmatch(one))


def _cut(sql: str) -> Iterator[str]:
    at = start = depth = 0
    body = _Body()
    while at < len(sql):
        found = _PATTERN.match(sql, at)
        kind = found.lastgroup if found else None
        at = found.end() if found else at + 1
        if kind == "meta":
            raise NotSql(_refusal(sql, at - 1))
        if kind == "comment":
            at = _comment_end(sql, at)
        elif kind in ("open", "close"):
            depth = depth + 1 if kind == "open" else max(depth - 1, 0)
        elif kind == "word" and not depth:
            body.see(sql[found.start() : at] if found else "")
        elif kind == "end" and not depth and not body.depth:
            yield sql[start:at]
            start, body = at, _Body()
    yield sql[start:]


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


def _comment_end(sql: str, at: int) -> int:
    """Comments nest; one that does not end takes the rest."""
    depth = 1
    while depth:
        edge = _EDGE.search(sql, at)
        if edge is None:
            return len(sql)
        depth += 1 if edge[0] == "/*" else -1
        at = edge.end()
    return at
