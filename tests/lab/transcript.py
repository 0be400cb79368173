"""Reads what a kit printed: the plain text, the first error or question, and the outcome."""

import re
from collections.abc import Iterable
from enum import StrEnum


class Outcome(StrEnum):
    """What became of a command; a command that prints an error and exits 0 is blocked all the same."""

    PASSES = "passes"
    BLOCKED = "blocked"
    ASKS = "asks"


QUESTIONS = (
    re.compile(r"^· (You're about to .+)$", re.M),
    re.compile(r"^(Do you still want to push changes\?)$", re.M),
    re.compile(r"^(Is .+ (?:created or renamed|renamed) .+\?)$", re.M),
)
ERROR = re.compile(
    r"^(?:Uncaught )?\w*Error: |^error: |is not valid JSON$|^Unexpected end of JSON input$|data is malformed$"
    r"|is not of the latest version|of unsupported version|are pointing to a parent snapshot|^Can't find "
    r"|^\S*Exception: |^[A-Z]+: .*(?:directory|file)|^Cannot "
)
SUCCESS = re.compile(
    r"Everything's fine|No schema changes, nothing to migrate|migrations applied successfully!"
    r"|No changes detected|Changes applied|Your SQL migration file"
)
_REDRAW = re.compile(r"[^\n]*\x1b\[2K\x1b\[1G")
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[78]")
_SPINNER = re.compile(r"^\[[⣷⣯⣟⡿⢿⣻⣽⣾]\][^\n]*\n?", re.M)


def plain(output: bytes, names: Iterable[tuple[str, str]] = ()) -> str:
    """The text without colours, redrawn lines and spinner frames, and with paths under neutral names."""
    text = output.decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    text = _SPINNER.sub("", _ESCAPE.sub("", _REDRAW.sub("", text)))
    for path, name in names:
        text = text.replace(path, name)
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


def first_error(stdout: str, stderr: str, exit_code: int | None) -> str:
    """The question that is asked, else the first error line, else the success line, else nothing."""
    if question := _question(stdout):
        return question
    lines = [line for text in (stderr, stdout) for line in text.split("\n")]
    wanted = (ERROR,) if exit_code else (ERROR, SUCCESS)
    for pattern in wanted:
        for line in lines:
            if pattern.search(line):
                return line.strip()
    return ""


def outcome(stdout: str, stderr: str, exit_code: int | None) -> Outcome:
    """Whether the command did its work, was blocked, or asked a question."""
    if _question(stdout):
        return Outcome.ASKS
    line = first_error(stdout, stderr, exit_code)
    return Outcome.BLOCKED if exit_code != 0 or ERROR.search(line) else Outcome.PASSES


def _question(stdout: str) -> str:
    for pattern in QUESTIONS:
        if found := pattern.search(stdout):
            return found[1]
    return ""
