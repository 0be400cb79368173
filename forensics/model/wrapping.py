"""Greedy line breaking between words, for every text that people read in a fixed width."""

from __future__ import annotations

from collections.abc import Iterable


def wrapped(text: str, width: int) -> list[str]:
    """The words of a text as lines of at most `width` characters; a longer word stands alone."""
    return fill(text.split(), width)


def fill(words: Iterable[str], width: int) -> list[str]:
    """Words (which may hold spaces) as lines; no line for no words."""
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
