"""Reads what the CLI of Prisma printed: plain text, first error, outcome."""

from __future__ import annotations

import re
from collections.abc import Iterable

from forensics.adapters.real_tool import Reading
from forensics.model import CommandOutcome, TrueError

# What 6.19.3 and 7.10.1 print, as recorded in tests/lab/prisma/observed.json.
_BEGINS = re.compile(
    r"^(?:Prisma schema loaded from|Loaded Prisma config from|Environment variables loaded|"
    r'Datasource ")'
)
_CODE = re.compile(r"^Error: (P\d{4})$")
_ERROR = re.compile(r"^Error: (?=\S)")
_SUCCESS = re.compile(
    r"No pending migrations to apply|All migrations have been successfully applied|"
    r"Database schema is up to date|already in sync with the Prisma schema|"
    r"Your database is now in sync"
)
_SAYS = re.compile(
    r"^(?:Following migrations? ha(?:ve|s) |Your local migration history and the migrations table)"
)
_LOSS = re.compile(r"There might be data loss|We need to reset")
_SQLSTATE = re.compile(r"^Database error code: ([0-9A-Z]{5})$", re.MULTILINE)
_SAID = re.compile(r"^ERROR: (.+)$", re.MULTILINE)
_NOT_REACHED = re.compile(
    r"\b(?:P1000|P1001|P1003|P1010|P1011|P1012|P1013)\b|ECONNREFUSED|ENOENT|ENOTFOUND"
)
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_LONGEST_LINE, _MOST_LINES = 2000, 2000


def plain(output: bytes, names: Iterable[tuple[str, str]] = ()) -> str:
    """The text without colours; paths under neutral names."""
    lines = output.decode("utf-8", errors="replace").replace("\r\n", "\n").split("\n")
    kept = (_ESCAPE.sub("", line[:_LONGEST_LINE]) for line in lines[:_MOST_LINES])
    text = "\n".join(kept)
    for path, name in names:
        text = text.replace(path, name) if path else text
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


def read_output(stdout: str, stderr: str, exit_code: int | None) -> Reading:
    """Read the plain texts of one run; `exit_code` is `None` for one that was stopped."""
    printed = [line.strip() for line in f"{stderr}\n{stdout}".split("\n") if line.strip()]
    lines = [_ERROR.sub("", it) for it in printed if not _CODE.match(it) and not _BEGINS.match(it)]
    passes = exit_code == 0
    message = _success(lines) if passes else _first(printed, lines)
    text = "\n".join(printed)
    began = any(_BEGINS.match(it) or _CODE.match(it) for it in printed)
    return Reading(
        outcome=CommandOutcome.PASSES if passes else CommandOutcome.BLOCKED,
        message=message,
        error=None if passes else _error(message, text),
        destructive=not passes and _LOSS.search(text) is not None,
        # Without its engine it ends well, and says nothing.
        recognized=bool(message) if passes else began,
        reached=passes or _NOT_REACHED.search(text) is None,
        lines=tuple(lines),
    )


def _success(lines: list[str]) -> str:
    return next((it for it in lines if _SUCCESS.search(it)), "")


def _first(printed: list[str], lines: list[str]) -> str:
    """What it says of the migrations, else what stands behind the first `Error:`."""
    if told := next((it for it in lines if _SAYS.match(it)), None):
        return told
    for number, line in enumerate(printed):
        if _CODE.match(line):
            return next(iter(printed[number + 1 :]), line)
        if _ERROR.match(line):
            return _ERROR.sub("", line)
    return lines[0] if lines else ""


def _error(message: str, text: str) -> TrueError | None:
    code, said = _SQLSTATE.search(text), _SAID.search(text)
    if not message:
        return None
    own = code is not None and said is not None
    return TrueError(text=said[1] if own and said else message, sqlstate=code[1] if code else None)
