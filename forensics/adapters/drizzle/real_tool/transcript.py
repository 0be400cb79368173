"""Reads what the real drizzle-kit printed: plain text, first error or question, outcome."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from forensics.adapters.real_tool import Reading
from forensics.model import CommandOutcome, TrueError

# What 0.21.4 to 0.31.11 print, as recorded in tests/lab/observed.json.
_QUESTIONS = (
    re.compile(r"^· (You're about to .+)$", re.M),
    re.compile(r"^(Do you still want to push changes\?)$", re.M),
    re.compile(r"^(Is .+ (?:created or renamed|renamed) .+\?)$", re.M),
    re.compile(r"^(Please select migration to drop:)$", re.M),
)
_ERROR = re.compile(
    # Until 0.21.2 the details of a malformed snapshot stand before the line that names it.
    r"^(?!_?ZodError)(?:Uncaught )?\w*Error: |^error: |^\s*Error  |^E[A-Z]+: |data is malformed$"
    r"|is not of the latest version|of unsupported version|are pointing to a parent snapshot"
)
# 0.21.4 goes on in its spinner's line: "[✓] Pulling schema from database...[i] No changes ...".
_PULLING = r"(?:\[✓\] Pulling schema from database\.\.\.)?"
_SUCCESS = re.compile(
    rf"^{_PULLING}[ \t]*(.*(?:Everything's fine|nothing to migrate|migrations applied successfully!"
    r"|No changes detected|Changes applied|Your SQL migration file|migration successfully dropped"
    r"|no migration entries found).*)$",
    re.M,
)
# Every command of every release begins with one of them; the last is of its parser of arguments.
_OWN = re.compile(
    r"^(?:drizzle-kit: v\d|No config path provided|Reading config file '|error: unknown )", re.M
)
_LOSS = re.compile(r"You're about to (?:delete|remove|truncate|drop)|DROP TABLE|DROP SCHEMA")
_BEFORE_A_LINE = re.compile(r"^(\[✓\] Pulling schema from database\.\.\.|· )")
_REDRAW = "\x1b[2K\x1b[1G"
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[78]")
_SPINNER = re.compile(r"^\[[⣷⣯⣟⡿⢿⣻⣽⣾]\][^\n]*\n?", re.M)
_CLASS = re.compile(r"^(?:Uncaught )?\w*[Ee]rror:?\s+")
_CODE = re.compile(r"^\s*code: '([0-9A-Z]{5})'", re.M)
# Node's names for a server that is not where the config says, and PostgreSQL's for a wrong door.
_NOT_REACHED = re.compile(
    r"\b(?:ENETUNREACH|EHOSTUNREACH|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EADDRNOTAVAIL|ETIMEDOUT)\b"
    r"|does not support SSL connections|required params|are required for Postgre"
)

LONGEST_LINE = 2000
MOST_LINES = 2000


def read_output(stdout: str, stderr: str, exit_code: int | None) -> Reading:
    """Read the plain texts of one run; `exit_code` is `None` for one that was stopped."""
    what, message = outcome(stdout, stderr, exit_code), first_error(stdout, stderr, exit_code)
    asks, blocked = what is CommandOutcome.ASKS, what is CommandOutcome.BLOCKED
    return Reading(
        outcome=what,
        message=message,
        error=_true_error(message, f"{stderr}\n{stdout}") if blocked else None,
        destructive=asks and _LOSS.search(stdout) is not None,
        recognized=_OWN.search(f"{stdout}\n{stderr}") is not None,
        reached=not (blocked and _NOT_REACHED.search(f"{stdout}\n{stderr}")),
        lines=tuple(_lines(f"{stderr}\n{stdout}")),
    )


def plain(output: bytes, names: Iterable[tuple[str, str]] = ()) -> str:
    """The text without colours, redrawn lines and spinner frames; paths under neutral names."""
    text = output.decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    # Hostile output may have lines of any length, on which patterns would take hours.
    drawn = (line.rpartition(_REDRAW)[2][:LONGEST_LINE] for line in text.split("\n")[:MOST_LINES])
    text = _SPINNER.sub("", _ESCAPE.sub("", "\n".join(drawn)))
    for path, name in names:
        text = text.replace(path, name) if path else text
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


def first_error(stdout: str, stderr: str, exit_code: int | None) -> str:
    """The question that is asked, else the first error, else the success line, else nothing."""
    if question := _question(stdout):
        return question
    if error := _error(stdout, stderr, exit_code):
        return error
    success = None if exit_code else _SUCCESS.search(stdout)
    return success[1] if success else ""


def outcome(stdout: str, stderr: str, exit_code: int | None) -> CommandOutcome:
    """Whether the command did its work, was blocked (also with exit code 0), or asked."""
    if _question(stdout):
        return CommandOutcome.ASKS
    blocked = exit_code != 0 or _error(stdout, stderr, exit_code)
    return CommandOutcome.BLOCKED if blocked else CommandOutcome.PASSES


def _error(stdout: str, stderr: str, exit_code: int | None) -> str:
    printed = [*stderr.split("\n"), *stdout.split("\n")]
    for line in printed:
        if _ERROR.search(line):
            return line.strip()
    # 0.31.11 prints a bare message, without the name of the error, when check fails.
    return printed[0].strip() if exit_code and stderr else ""


def _lines(text: str) -> Iterator[str]:
    """The lines without what 0.21.4 puts before some of them."""
    for line in text.split("\n"):
        if line.strip():
            yield _BEFORE_A_LINE.sub("", line.strip())


def _question(stdout: str) -> str:
    for pattern in _QUESTIONS:
        if found := pattern.search(stdout):
            return found[1]
    return ""


def _true_error(message: str, printed: str) -> TrueError | None:
    if not message:
        return None  # 0.31.10 and 0.31.11 hide what stopped `migrate`
    code = _CODE.search(printed)
    return TrueError(text=_CLASS.sub("", message), sqlstate=code[1] if code else None)
