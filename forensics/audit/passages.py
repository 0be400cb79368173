"""Takes a write-up in Markdown apart: paragraphs, list items, rows of tables, fenced blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

_EMPHASIS = re.compile(r"\*+")
_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A piece of a write-up that is read as one."""

    line: int
    """Where it begins, counted from 1."""
    text: str
    """Without emphasis; code stays between backticks. Of a fenced block, its content."""
    fence: str | None = None
    """The language of a fenced block, in lower case; `None` of all else."""
    cells: tuple[str, ...] = ()
    """Of a row of a table."""
    heading: bool = False

    @property
    def codes(self) -> list[str]:
        """What stands in code format, in order."""
        return [] if self.fence is not None else _CODE.findall(self.text)


def passages(markdown: str) -> Iterator[Passage]:
    """Every passage in the order of the text; raw HTML is left out."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    number = 0
    while number < len(tokens):
        token = tokens[number]
        if token.type == "fence":
            language = token.info.split(maxsplit=1)[0].lower() if token.info.strip() else ""
            yield Passage(line=_line(token) + 1, text=token.content, fence=language)
        elif token.type == "code_block":
            yield Passage(line=_line(token), text=token.content, fence="")
        elif token.type == "tr_open":
            end = next(n for n in range(number, len(tokens)) if tokens[n].type == "tr_close")
            yield _row(token, tokens[number:end])
            number = end
        elif token.type == "inline":
            heading = tokens[number - 1].type == "heading_open"
            yield Passage(line=_line(token), text=_plain(token.content), heading=heading)
        number += 1


def _row(row: Token, tokens: list[Token]) -> Passage:
    head = any(token.type == "th_open" for token in tokens)
    cells = tuple(_plain(token.content) for token in tokens if token.type == "inline")
    return Passage(line=_line(row), text=" | ".join(cells), cells=cells, heading=head)


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 0


def _plain(text: str) -> str:
    """As one line without asterisks of emphasis."""
    parts = _CODE.split(" ".join(text.split()))
    return "".join(
        f"`{part}`" if number % 2 else _EMPHASIS.sub("", part) for number, part in enumerate(parts)
    )
