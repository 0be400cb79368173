"""Cuts SQL by a dialect's table of tokens: text -> tokens -> statements, each with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import TypeVar

import msgspec

from forensics.dialects.base import on_one_line


class Kind(StrEnum):
    """What a token is; a group of that name in the dialect's expression finds it."""

    WORD = "word"
    NUMBER = "number"
    STRING = "string"
    QUOTED = "quoted"
    """A name in quotes; SQLite may take one in double quotes for a string."""
    VARIABLE = "variable"
    CONDITIONAL = "conditional"
    """A comment that some releases of MySQL execute: `/*!50001 ... */`."""
    SIGN = "sign"
    BROKEN = "broken"
    """A quote or comment that nobody closes."""


class Token(msgspec.Struct, frozen=True):
    """One token, where it begins in the text."""

    kind: Kind
    raw: str
    start: int

    @property
    def end(self) -> int:
        """Behind it."""
        return self.start + len(self.raw)

    @property
    def word(self) -> str:
        """In lower case, where it may be a keyword."""
        return self.raw.lower() if self.kind is Kind.WORD else ""


class Lexed(msgspec.Struct, frozen=True):
    """One statement of a text."""

    tokens: tuple[Token, ...]
    number: int
    """Within the text, counted from 1."""

    @property
    def start(self) -> int:
        """Where its first token begins."""
        return self.tokens[0].start

    @property
    def end(self) -> int:
        """Behind its last token, before the semicolon."""
        return self.tokens[-1].end

    @property
    def written(self) -> str:
        """In one line, without comments."""
        return on_one_line(self.tokens)


T = TypeVar("T", bound=Token)


def all_tokens(
    pattern: re.Pattern[str], make: Callable[[Kind, str, int], T], text: str, start: int = 0
) -> Iterator[T]:
    """All tokens but blanks and comments, which are the group `skip`."""
    for match in pattern.finditer(text, start):
        kind = match.lastgroup or ""
        if kind != "skip":
            yield make(Kind(kind), match[0], match.start())


def cut(tokens: Iterator[T], inside: Callable[[Sequence[T]], bool]) -> Iterator[tuple[T, ...]]:
    """The tokens of each statement; a semicolon `inside` of what came before it is part of it."""
    here: list[T] = []
    for token in tokens:
        if token.raw != ";" or inside(here):
            here.append(token)
        elif here:
            yield tuple(here)
            here = []
    if here:
        yield tuple(here)


def same(before: Iterator[T], after: Iterator[T]) -> bool:
    """Whether these are the same tokens; keywords in any case."""
    return list(map(_normal, before)) == list(map(_normal, after))


def _normal(token: Token) -> str:
    return token.word or token.raw
