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
    r"^(?:Uncaught )?\w*Error: |^error: |^\s*Error  |data is malformed$|is not of the latest version"
    r"|of unsupported version|are pointing to a parent snapshot"
)
# 0.21.4 goes on in its spinner's line: "[✓] Pulling schema from database...[i] No changes detected".
SUCCESS = re.compile(
    r"^(?:\[✓\] Pulling schema from database\.\.\.)?\s*(.*(?:Everything's fine|nothing to migrate"
    r"|migrations applied successfully!|No changes detected|Changes applied|Your SQL migration file).*)$",
    re.MULTILINE,
)
_REDRAW = re.compile(r"[^\n]*\x1b\[2K\x1b\[1G")
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[78]")
_SPINNER = re.compile(r"^\[[⣷⣯⣟⡿⢿⣻⣽⣾]\][^\n]*\n?", re.M)


def plain(output: bytes, names: Iterable[tuple[str, str]] = ()) -> str:
    """The text without colours, redrawn lines and spinner frames, and with paths under neutral names."""
    text = output.decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    text = _SPINNER.sub("", _ESCAPE.sub("", _REDRAW.sub("", text)))
    for path, name in names:
        text = text.replace(path, name) if path else text
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


def first_error(stdout: str, stderr: str, exit_code: int | None) -> str:
    """The question that is asked, else the first error line, else the success line, else nothing."""
    if question := _question(stdout):
        return question
    if error := _error(stdout, stderr, exit_code):
        return error
    success = None if exit_code else SUCCESS.search(stdout)
    return success[1] if success else ""


def outcome(stdout: str, stderr: str, exit_code: int | None) -> Outcome:
    """Whether the command did its work, was blocked, or asked a question."""
    if _question(stdout):
        return Outcome.ASKS
    blocked = exit_code != 0 or _error(stdout, stderr, exit_code)
    return Outcome.BLOCKED if blocked else Outcome.PASSES


def _error(stdout: str, stderr: str, exit_code: int | None) -> str:
    lines = [*stderr.split("\n"), *stdout.split("\n")]
    for line in lines:
        if ERROR.search(line):
            return line.strip()
    # 0.31.11 prints a bare message, without the name of the error, when check fails.
    return lines[0].strip() if exit_code and stderr else ""


def _question(stdout: str) -> str:
    for pattern in QUESTIONS:
        if found := pattern.search(stdout):
            return found[1]
    return ""
