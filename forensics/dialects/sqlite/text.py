"""Cuts SQL as SQLite does: text -> tokens -> statements, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import lru_cache

import msgspec

from forensics.dialects.base import on_one_line
from forensics.model import Scalar


class Kind(StrEnum):
    """What a token is."""

    WORD = "word"
    NUMBER = "number"
    STRING = "string"
    QUOTED = "quoted"
    """A name in backticks, brackets or double quotes; the last may be taken for a string."""
    SIGN = "sign"
    BROKEN = "broken"
    """A quote that nobody closes."""


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

    @property
    def name(self) -> str:
        """What it names, without its quotes."""
        if self.kind not in (Kind.QUOTED, Kind.STRING):
            return self.raw
        closing = self.raw[-1]
        inner = self.raw[1:-1]
        return inner if closing == "]" else inner.replace(closing * 2, closing)


class SqliteStatement(msgspec.Struct, frozen=True):
    """One statement of a text."""

    tokens: tuple[Token, ...]
    number: int
    """Within the text, counted from 1."""
    source: str
    """As it stands there, with its comments."""

    @property
    def start(self) -> int:
        """Where its first token begins."""
        return self.tokens[0].start

    @property
    def end(self) -> int:
        """Behind its last token; a semicolon is not part of it."""
        return self.tokens[-1].end

    @property
    def written(self) -> str:
        """On one line, without comments."""
        return on_one_line(self.tokens)

    @property
    def words(self) -> tuple[str, ...]:
        """Its first four keywords."""
        return tuple(token.word for token in self.tokens[:4])


_TOKEN = re.compile(
    r"""(?P<skip>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
      |(?P<string>[xX]?'(?:[^']|'')*')
      |(?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
      |(?P<word>[^\W\d][\w$]*)
      |(?P<number>\.?\d[\w.]*)
      |(?P<broken>['"`\[].*)
      |(?P<sign><<|<=|<>|<|>>|>=|>|==|!=|\|\||->>|->|.)""",
    re.VERBOSE | re.DOTALL,
)


def tokens(text: str) -> Iterator[Token]:
    """All tokens but blanks and comments; a byte order mark at the beginning is a blank."""
    start = 1 if text.startswith("\ufeff") else 0
    for found in _TOKEN.finditer(text, start):
        kind = found.lastgroup or ""
        if kind != "skip":
            yield Token(Kind(kind), found[0], found.start())


@lru_cache(maxsize=2048)  # every experiment asks for the same texts
def statements(text: str) -> tuple[SqliteStatement, ...]:
    """The statements of a text; those of a trigger's body are part of it."""
    found: list[SqliteStatement] = []
    here: list[Token] = []
    for token in tokens(text):
        if token.raw == ";" and not _inside_trigger(here):
            _close(found, here, text)
            here = []
        else:
            here.append(token)
    _close(found, here, text)
    return tuple(found)


def _close(found: list[SqliteStatement], here: list[Token], text: str) -> None:
    if here:
        source = text[here[0].start : here[-1].end]
        found.append(SqliteStatement(tuple(here), len(found) + 1, source))


def _inside_trigger(here: list[Token]) -> bool:
    words = [token.word for token in here]
    if words[1:2] in (["temp"], ["temporary"]):
        del words[1]
    if words[:2] != ["create", "trigger"]:
        return False
    opened = sum(word in ("begin", "case") for word in words)
    return opened == 0 or opened > words.count("end")


def same(before: str, after: str) -> bool:
    """Whether two texts have the same tokens; keywords in any case."""
    return list(map(_normal, tokens(before))) == list(map(_normal, tokens(after)))


def _normal(token: Token) -> str:
    return token.word or token.raw


def spans(text: str) -> tuple[tuple[int, int], ...]:
    """Start and end of each statement."""
    return tuple((it.start, it.end) for it in statements(text))


@lru_cache(maxsize=2048)
def names_only(text: str) -> str:
    """The text for a library that takes nothing in double quotes for a string."""
    parts, at = [], 0
    for token in tokens(text):
        if token.kind is Kind.QUOTED and token.raw[0] == '"':
            parts += [text[at : token.start], quoted(token.name, "`")]
            at = token.end
    return "".join((*parts, text[at:]))


def quoted(name: str, mark: str = '"') -> str:
    """A name in quotes."""
    return f"{mark}{name.replace(mark, mark * 2)}{mark}"


def literal(value: Scalar) -> str:
    """A value as SQL; a text on one line, whatever is in it."""
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return repr(value)
    escaped = value.replace("'", "''")
    odd = sorted({c for c in escaped if not c.isprintable() or ord(c) > 126})
    if not odd:
        return f"'{escaped}'"
    pieces = re.split(r"([^ -~])", escaped)
    return " || ".join(_piece(it) for it in pieces if it)


def _piece(text: str) -> str:
    alone = len(text) == 1 and (not text.isprintable() or ord(text) > 126)
    return f"char({ord(text)})" if alone else f"'{text}'"


def name_after(found: Iterable[Token], *words: str) -> str | None:
    """The name behind some keywords, `IF [NOT] EXISTS` and a schema skipped."""
    rest = list(found)
    wanted = list(words)
    while rest and wanted:
        if rest.pop(0).word == wanted[0]:
            wanted.pop(0)
    while rest and rest[0].word in ("if", "not", "exists"):
        rest.pop(0)
    if len(rest) > 2 and rest[1].raw == ".":
        rest = rest[2:]
    named = rest[:1] and rest[0].kind in (Kind.WORD, Kind.QUOTED, Kind.STRING)
    return rest[0].name if named and not wanted else None
