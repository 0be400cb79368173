"""Cuts SQL text into PostgreSQL's tokens and statements."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from forensics.dialects.postgres.errors import Unsure


def words(text: str) -> frozenset[str]:
    """A set of words, written as a sentence of them."""
    return frozenset(text.split())


RESERVED = words(
    "all analyse analyze and any array as asc asymmetric authorization binary both case cast check "
    "collate collation column concurrently constraint create cross current_catalog current_date "
    "current_role current_schema current_time current_timestamp current_user default deferrable "
    "desc distinct do else end except false fetch for foreign freeze from full grant group having "
    "ilike in initially inner intersect into is isnull join lateral leading left like limit "
    "localtime localtimestamp natural not notnull null offset on only or order outer overlaps "
    "placing primary references returning right select session_user similar some symmetric table "
    "tablesample then to trailing true union unique user using variadic verbose when where window "
    "with"
)
"""Words that name no column and no relation unless in quotes (pg_get_keywords, R and T)."""
NAME_BYTES = 63
"""NAMEDATALEN - 1: PostgreSQL cuts longer names, as generated ones of foreign keys often are."""


class Kind(StrEnum):
    """What a token is."""

    WORD = "word"
    QUOTED = "quoted"
    STRING = "string"
    NUMBER = "number"
    PARAMETER = "parameter"
    """`$1`: a value that is sent apart from the statement, which no migration does."""
    SIGN = "sign"


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `value` is the folded word, the name without quotes, or the string's content."""

    kind: Kind
    value: str
    raw: str
    start: int = field(default=0, compare=False)
    """Offset of its first character in the text."""

    @property
    def word(self) -> str:
        """The folded word, empty for everything that is not an unquoted word."""
        return self.value if self.kind is Kind.WORD else ""

    @property
    def mark(self) -> str:
        """The folded word or the sign, empty for everything that the grammar has no name for."""
        return self.value if self.kind in (Kind.WORD, Kind.SIGN) else ""


# The lexical rules of scan.l (PostgreSQL 15); a letter is anything above ASCII too, a BOM included.
# Written as what a character is not: classes with characters above 255 take long to compile.
_NO_LETTER = r"\x00-\x40\x5b-\x5e\x60\x7b-\x7f"
_NOT_OF_TAG = r"\x00-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f"
_NOT_OF_WORD = r"\x00-\x23\x25-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f"
_PATTERN = re.compile(
    rf"""
    (?P<space>[ \t\r\n\f\v]+ | --[^\r\n]*)
  | (?P<comment>/\*)
  | (?P<escape>[eE]'(?:[^'\\]|''|\\.)*')
  | (?P<string>[nN]?'(?:[^']|'')*')
  | (?P<quoted>"(?:[^"]|"")+")
  | (?P<dollar>\$(?P<tag>(?:[^{_NO_LETTER}][^{_NOT_OF_TAG}]*)?)\$)
  | (?P<word>[^{_NO_LETTER}][^{_NOT_OF_WORD}]*)
  | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)? | \.\d+(?:[eE][+-]?\d+)?)
  | (?P<parameter>\$\d+)
  | (?P<sign>:: | [-+*/<>=~!@\#%^&|`?]+ | [,()\[\].;:])
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_UPPER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def statements(sql: str) -> Iterator[tuple[Token, ...]]:
    """The statements of a text without their semicolons; comments and empty ones left out.

    Raises `Unsure` where the text does not lex, for instance in an unterminated string, and where
    it cannot reach a server as it is: with NUL, or with half a character.
    """
    _require_sendable(sql)
    current: list[Token] = []
    for token in _tokens(sql):
        if token.kind is Kind.SIGN and token.value == ";":
            if current:
                yield tuple(current)
            current = []
        else:
            current.append(token)
    if current:
        yield tuple(current)


def same(before: str, after: str) -> bool:
    """Whether two texts have the same statements; false where either does not lex."""
    said = _said(before)
    return said is not None and said == _said(after)


@lru_cache(maxsize=256)
def _said(sql: str) -> tuple[tuple[tuple[Kind, str], ...], ...] | None:
    try:
        found = list(statements(sql))
    except Unsure:
        return None
    return tuple(tuple((token.kind, token.value) for token in tokens) for tokens in found)


def spelled(tokens: Iterable[Token]) -> str:
    """Tokens as they were written, with one space between."""
    return " ".join(token.raw for token in tokens)


def cut(name: str) -> str:
    """A name as the catalogue holds it: at most 63 bytes, never half a character."""
    return name.encode()[:NAME_BYTES].decode("utf-8", "ignore")


def _require_sendable(sql: str) -> None:
    if "\0" in sql:
        raise Unsure("a NUL in the text, at which drivers may cut it")
    try:
        sql.encode()
    except UnicodeEncodeError:
        raise Unsure("half a character (a lone surrogate) in the text") from None


def _tokens(sql: str) -> Iterator[Token]:
    at = 0
    while at < len(sql):
        found = _PATTERN.match(sql, at)
        if found is None:
            raise Unsure(f"the text at {sql[at : at + 20]!r} is not SQL that we can read")
        end = found.end()
        if found.lastgroup == "comment":
            end = _comment_end(sql, end)
        elif found["dollar"] is not None:
            end = _dollar_end(sql, found)
            content = sql[found.end() : end - len(found[0])]
            yield Token(Kind.STRING, content, sql[at:end], at)
        elif found["space"] is None:
            yield _token(found)
        at = end


def _comment_end(sql: str, at: int) -> int:
    """Comments nest."""
    depth = 1
    while depth:
        edge = _COMMENT_EDGE.search(sql, at)
        if edge is None:
            raise Unsure("a comment does not end")
        depth += 1 if edge[0] == "/*" else -1
        at = edge.end()
    return at


def _dollar_end(sql: str, start: re.Match[str]) -> int:
    end = sql.find(start[0], start.end())
    if end < 0:
        raise Unsure("a dollar-quoted string does not end")
    return end + len(start[0])


_ESCAPE = re.compile(
    r"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL
)
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def _unescaped(text: str) -> str:
    """The content of E'...': bytes above ASCII may be half a character, so they are in doubt."""

    def one(found: re.Match[str]) -> str:
        octal, hexadecimal, *points, letter = found.groups()
        if letter is not None:
            return _LETTERS.get(letter, letter)
        number = int(octal, 8) if octal else int(hexadecimal or points[0] or points[1], 16)
        surrogate = 0xD800 <= number <= 0xDFFF
        if number == 0 or surrogate or number > (0x7F if octal or hexadecimal else 0x10FFFF):
            raise Unsure("a string with escaped bytes")
        return chr(number)

    return _ESCAPE.sub(one, text)


def _token(found: re.Match[str]) -> Token:
    raw = found[0]
    kind, value = _kind_and_value(found.lastgroup or "", raw)
    return Token(kind, value, raw, found.start())


def _kind_and_value(group: str, raw: str) -> tuple[Kind, str]:
    match group:
        case "word":
            return Kind.WORD, cut(raw.translate(_UPPER))
        case "quoted":
            return Kind.QUOTED, cut(raw[1:-1].replace('""', '"'))
        case "string":
            return Kind.STRING, raw[raw.index("'") + 1 : -1].replace("''", "'")
        case "escape":
            return Kind.STRING, _unescaped(raw[2:-1].replace("''", "'"))
        case "number":
            return Kind.NUMBER, raw
        case "parameter":
            return Kind.PARAMETER, raw
        case _:
            return Kind.SIGN, raw
