"""Takes an output apart into the runs of commands that it holds, in their order."""

from __future__ import annotations

import re
from collections.abc import Sequence

from forensics.collect.captured.words import Words

_PROMPT = re.compile(
    r"^(?:(?:\S{0,80}[$%❯➜]|[$>+%❯➜]) +\S"
    r"|(?:\S{0,80}#) +(?:npx|npm|pnpm|yarn|bunx?|node|tsx|deno|docker|kubectl|make)\b)"
)
"""A line on which a command was typed, and those on which package managers say what they run."""
_QUIET = re.compile(r"^\s*$|^yarn run v|^\[\d/\d\]|^npm (?:warn|notice)\b|^\(node:\d+\)")
"""Lines that say nothing of how a command went."""
_CODE = r"(?P<code>\d{1,3})\b"
_EXIT_CODES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"ELIFECYCLE[^\n]{{0,200}}?\bexit code {_CODE}",
        rf"^npm (?:ERR!|error) code {_CODE}",
        r"\b(?:failed|exited|finished|completed|terminated) with (?:an? )?(?:exit )?code:? "
        + _CODE,
        rf"\bexit (?:code|status)[: =]{{1,3}}{_CODE}",
        rf"[(\[]exit:? {_CODE}[)\]]$",
        rf"\bexited \({_CODE}\)",
    )
)
_END = re.compile(r"^Node\.js v\d|[(\[]exit:? \d{1,3}[)\]]$")
"""The last line of a process."""
_AFTER = re.compile(
    r"^(?:npm (?:ERR!|error|warn|notice)|error Command failed|error: script|info Visit|\s)"
    r"|ERR_PNPM|\bELIFECYCLE\b|^\s*$",
    re.IGNORECASE,
)
"""What package managers add after a process has ended."""


def runs_in(text: str, words: Words) -> list[list[str]]:
    """The lines of each run; a text without any mark of a command is one run."""
    runs: list[list[str]] = [[]]
    spoken = ended = False
    for line in text.split("\n"):
        if _begins(line, words, spoken=spoken, ended=ended):
            runs.append([])
            spoken = ended = False
        runs[-1].append(line)
        spoken = spoken or not _is_quiet(line, words)
        ended = ended or _END.search(line) is not None
    return [run for run in runs if any(line.strip() for line in run)]


def exit_code(lines: Sequence[str]) -> int | None:
    """The exit code that a run's lines name, by whoever is surest to know it."""
    for pattern in _EXIT_CODES:
        for line in lines:
            if found := pattern.search(line):
                return int(found["code"])
    return None


def _begins(line: str, words: Words, *, spoken: bool, ended: bool) -> bool:
    if ended and not _AFTER.search(line) and not _END.search(line) and exit_code([line]) is None:
        return True
    return spoken and (_PROMPT.match(line) is not None or words.begins.match(line) is not None)


def _is_quiet(line: str, words: Words) -> bool:
    known = _QUIET.match(line) or _PROMPT.match(line) or words.begins.match(line)
    return known is not None
