"""Cuts SQL as SQLite does: text -> tokens -> statements, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from forensics.dialects import lexing
from forensics.dialects.lexing import Kind
from forensics.model import Scalar


class Token(lexing.Token, frozen=True):
    """One token, where it begins in the text."""

    @property
    def name(self) -> str:
        """What it names, without its quotes."""
        if self.kind not in (Kind.QUOTED, Kind.STRING):
            return self.raw
        closing = self.raw[-1]
        inner = self.raw[1:-1]
        return inner if closing == "]" else inner.replace(closing * 2, closing)


class SqliteStatement(lexing.Lexed, frozen=True):
    """One statement of a text."""

    tokens: tuple[Token, ...]
    source: str
    """As it stands there, with its comments."""

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
    return lexing.all_tokens(_TOKEN, Token, text, start)


@lru_cache(maxsize=2048)  # every experiment asks for the same texts
def statements(text: str) -> tuple[SqliteStatement, ...]:
    """The statements of a text; those of a trigger's body are part of it."""
    found = lexing.cut(tokens(text), _inside_trigger)
    return tuple(
        SqliteStatement(each, number, text[each[0].start : each[-1].end])
        for number, each in enumerate(found, 1)
    )


def _inside_trigger(here: Sequence[Token]) -> bool:
    words = [token.word for token in here]
    if words[1:2] in (["temp"], ["temporary"]):
        del words[1]
    if words[:2] != ["create", "trigger"]:
        return False
    opened = sum(word in ("begin", "case") for word in words)
    return opened == 0 or opened > words.count("end")


def same(before: str, after: str) -> bool:
    """Whether two texts have the same tokens; keywords in any case."""
    return lexing.same(tokens(before), tokens(after))


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


def closing(found: Sequence[Token], opening: int) -> int | None:
    """The place of the bracket that closes the one at a place."""
    depth = 0
    for place in range(opening, len(found)):
        depth += (found[place].raw == "(") - (found[place].raw == ")")
        if depth == 0:
            return place
    return None


def by_commas(found: Iterable[Token]) -> list[list[Token]]:
    """What is between the commas that stand in no brackets."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in found:
        depth += (token.raw == "(") - (token.raw == ")")
        if token.raw == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts
