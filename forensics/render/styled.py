"""Colours and links for a terminal, put on escaped text; every colour has a word too."""

from __future__ import annotations

import re
from pathlib import Path

_BOLD, _RED, _GREEN, _YELLOW, _RESET = "\x1b[1m", "\x1b[1;31m", "\x1b[32m", "\x1b[33m", "\x1b[0m"
_COLOURS = {
    "BLOCKED": _RED,
    "SILENTLY WRONG": _RED,
    "ASKS, DESTRUCTIVE": _RED,
    "ASKS": _YELLOW,
    "UNKNOWN": _YELLOW,
    "PASS": _GREEN,
    "critical": _RED,
    "high": _RED,
    "medium": _YELLOW,
    "low": _YELLOW,
}
_WORD = re.compile(rf"\b(?:{'|'.join(_COLOURS)})\b(?!-)")


def bold(text: str) -> str:
    """Stands out."""
    return f"{_BOLD}{text}{_RESET}" if text.strip() else text


def coloured(text: str) -> str:
    """The words for outcomes and severities in their colours."""
    return _WORD.sub(lambda word: f"{_COLOURS[word[0]]}{word[0]}{_RESET}", text)


def link(text: str, path: Path) -> str:
    r"""A text that opens a file where the terminal knows OSC 8, and is just text elsewhere."""
    return f"\x1b]8;;{path.absolute().as_uri()}\x1b\\{text}\x1b]8;;\x1b\\"
