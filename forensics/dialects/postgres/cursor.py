"""A position in the tokens of one statement, and the small parsers that all statements share."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from forensics.dialects.postgres.errors import PostgresError, Unsure
from forensics.dialects.postgres.tokens import RESERVED, Kind, Token

_END = Token(Kind.SIGN, "", "")


class Name(msgspec.Struct, frozen=True):
    """A name as written: the schema is `None` where the search path decides."""

    schema: str | None
    name: str

    def __str__(self) -> str:
        return self.name if self.schema is None else f"{self.schema}.{self.name}"


class Cursor(msgspec.Struct):
    """Reads tokens from left to right; what does not fit the known shapes is `Unsure`."""

    tokens: tuple[Token, ...]
    at: int = 0

    @property
    def here(self) -> Token:
        """The token under the cursor; an empty sign at the end."""
        return self.tokens[self.at] if self.at < len(self.tokens) else _END

    @property
    def ended(self) -> bool:
        """Whether all tokens were read."""
        return self.at >= len(self.tokens)

    def sees(self, *words: str) -> bool:
        """Whether these words or signs come next."""
        at, tokens = self.at, self.tokens
        if at + len(words) > len(tokens):
            return False
        for word in words:  # asked too often for a generator
            if tokens[at].mark != word:
                return False
            at += 1
        return True

    def took(self, *words: str) -> bool:
        """Read these words or signs if they come next."""
        if not self.sees(*words):
            return False
        self.at += len(words)
        return True

    def take(self, *words: str) -> None:
        """Read these words or signs; `Unsure` where something else stands there."""
        if not self.took(*words):
            raise self.unknown()

    def next(self) -> Token:
        """Read whatever comes."""
        token = self.here
        self.at += 1
        return token

    def name(self) -> str:
        """Read one name, quoted or no reserved word."""
        if self.here.word in RESERVED:
            raise self.unknown()
        return self._any_name()

    def _any_name(self) -> str:
        token = self.next()
        if token.kind not in (Kind.WORD, Kind.QUOTED):
            raise self.unknown(back=1)
        return token.value

    def qualified(self) -> Name:
        """Read a name with or without a schema."""
        first = self.name()
        if not self.took("."):
            return Name(None, first)
        return Name(first, self._any_name())

    def string(self) -> str:
        """Read one string."""
        token = self.next()
        if token.kind is not Kind.STRING:
            raise self.unknown(back=1)
        return token.value

    def names(self) -> tuple[str, ...]:
        """Read a list of names in parentheses."""
        self.take("(")
        found = [self.name()]
        while self.took(","):
            found.append(self.name())
        self.take(")")
        return tuple(found)

    def group(self) -> tuple[Token, ...]:
        """Read a balanced group in parentheses; its inside."""
        self.take("(")
        start, depth = self.at, 1
        while depth:
            if self.ended:
                raise self.unknown()
            token = self.next()
            if token.kind is Kind.SIGN:
                depth += (token.value == "(") - (token.value == ")")
        return self.tokens[start : self.at - 1]

    def until(self, *words: str) -> tuple[Token, ...]:
        """Read up to one of these words or signs outside parentheses, or to the end."""
        start, depth = self.at, 0
        while not self.ended and (depth or not any(self.sees(word) for word in words)):
            token = self.next()
            if token.kind is Kind.SIGN:
                depth += (token.value in ("(", "[")) - (token.value in (")", "]"))
            if depth < 0:
                self.at -= 1
                break
        return self.tokens[start : self.at]

    def items(self) -> Iterator[Cursor]:
        """Cursors over what is between commas, up to the end; none at the end."""
        while not self.ended:
            yield Cursor(self.until(","))
            if not self.took(","):
                self.end()
            elif self.ended:
                raise self.unknown()

    def remaining(self) -> tuple[Token, ...]:
        """Read all that is left."""
        found = self.tokens[self.at :]
        self.at = len(self.tokens)
        return found

    def end(self) -> None:
        """Nothing may follow."""
        if not self.ended:
            raise self.unknown()

    def syntax_error(self) -> PostgresError:
        """The grammar's own complaint about the token under the cursor."""
        if self.ended:
            return PostgresError("42601", "syntax error at end of input")
        return PostgresError("42601", f'syntax error at or near "{self.here.raw}"')

    def unknown(self, *, back: int = 0) -> Unsure:
        """Not a shape that we know; whether PostgreSQL knows it stays open."""
        self.at -= back
        return Unsure(
            f"a form of statement that we do not model, at {self.here.raw or 'its end'!r}"
        )
