"""Walks over the tokens of one statement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from forensics.dialects.base import on_one_line
from forensics.dialects.lexing import Kind
from forensics.dialects.mysql.text import Token

T = TypeVar("T")


class Unread(Exception):
    """What a statement says is not read here; the text says of which part."""


class Cursor:
    """A place in the tokens of one statement."""

    def __init__(self, found: Sequence[Token]) -> None:
        self._tokens = found
        self.at = 0

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self.at >= len(self._tokens)

    def peek(self, ahead: int = 0) -> str:
        """A token as it is written, keywords in lower case; empty behind the end."""
        place = self.at + ahead
        if place >= len(self._tokens):
            return ""
        return self._tokens[place].word or self._tokens[place].raw

    def take(self) -> Token:
        """The next token, and go on."""
        if self.done:
            raise Unread("it ends too early")
        self.at += 1
        return self._tokens[self.at - 1]

    def accept(self, *words: str) -> bool:
        """Whether these come next, and then go on behind them."""
        if tuple(map(self.peek, range(len(words)))) != words:
            return False
        self.at += len(words)
        return True

    def any_of(self, *words: str) -> str:
        """The one of these that comes next, and go on behind it; empty for none."""
        return self.take().raw.lower() if self.peek() in words and not self.done else ""

    def expect(self, *words: str) -> None:
        """Go on behind these. Raises `Unread` where something else comes."""
        if not self.accept(*words):
            raise Unread(f"{' '.join(words).upper()} was expected, not {self.peek() or 'the end'}")

    def name(self) -> str:
        """A name."""
        if self.done or not self._tokens[self.at].is_name:
            raise Unread(f"a name was expected, not {self.peek() or 'the end'}")
        return self.take().name

    def table(self) -> str:
        """The name of a table of this database. Raises `Unread` for one of another."""
        found = self.name()
        if self.accept("."):
            raise Unread(f"{found}.{self.name()} may lie in another database")
        return found

    def listed(self, read: Callable[[Cursor], T]) -> tuple[T, ...]:
        """What is read one by one, with commas between."""
        found = [read(self)]
        while self.accept(","):
            found.append(read(self))
        return tuple(found)

    def names(self) -> tuple[str, ...]:
        """Names in brackets."""
        self.expect("(")
        found = self.listed(Cursor.name)
        self.expect(")")
        return found

    def group(self) -> str:
        """What is in brackets, without them."""
        return on_one_line(self.grouped())

    def grouped(self) -> Sequence[Token]:
        """The same as tokens."""
        start = self.at + 1
        self.skip_group()
        return self._tokens[start : self.at - 1]

    def skip_group(self) -> None:
        """Go on behind what is in brackets."""
        self.expect("(")
        depth = 1
        while depth:
            raw = self.take().raw
            depth += (raw == "(") - (raw == ")")

    def primary(self) -> str:
        """A literal, a call, or an expression in brackets, as it is written."""
        start = self.at
        if self.peek() == "(":
            return f"({self.group()})"
        if self.peek() in ("-", "+"):
            self.take()
        token = self.take()
        if token.kind is Kind.SIGN:
            raise Unread(f"a value was expected, not {token.raw}")
        if self.peek() == "(":
            self.skip_group()
        return on_one_line(self._tokens[start : self.at])

    def rest(self) -> str:
        """All that is left."""
        found = on_one_line(self._tokens[self.at :])
        self.at = len(self._tokens)
        return found
