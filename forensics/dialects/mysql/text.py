"""Cuts SQL as MySQL and MariaDB do: text -> tokens -> statements, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from forensics.dialects import lexing
from forensics.dialects.lexing import Kind
from forensics.model import Scalar


class Token(lexing.Token, frozen=True):
    """One token, where it begins in the text."""

    @property
    def name(self) -> str:
        """What it names, without its quotes."""
        return self.raw[1:-1].replace("``", "`") if self.kind is Kind.QUOTED else self.raw

    @property
    def is_name(self) -> bool:
        """Whether it can name something."""
        return self.kind in (Kind.WORD, Kind.QUOTED)

    @property
    def value(self) -> str:
        """What a string holds; of another token, what is written."""
        if self.kind is not Kind.STRING:
            return self.raw
        mark = self.raw[-1]
        inner = self.raw[self.raw.index(mark) + 1 : -1].replace(mark * 2, mark)
        return _ESCAPE.sub(lambda it: _ESCAPED.get(it[1], it[1]), inner)


class MysqlStatement(lexing.Lexed, frozen=True):
    """One statement of a text."""

    tokens: tuple[Token, ...]


_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "0": "\0", "Z": "\x1a"}
# Two dashes begin a comment only before a blank; a double quote is one of a string, unless
# ANSI_QUOTES is set, which no generated migration expects.
_TOKEN = re.compile(
    r"""(?P<skip>\s+|--(?=[\s\x00-\x1f]|\Z)[^\n]*|\#[^\n]*|/\*(?!M?!).*?\*/)
      |(?P<conditional>/\*M?!.*?\*/)
      |(?P<string>[nNxXbB]?'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
      |(?P<quoted>`(?:[^`]|``)*`)
      |(?P<variable>@@?(?:[\w.$]+|`(?:[^`]|``)*`|'(?:[^'\\]|\\.)*')?)
      |(?P<number>0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w$]))
      |(?P<word>[\w$]+)
      |(?P<broken>['"`].*|/\*.*)
      |(?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)


def tokens(text: str) -> Iterator[Token]:
    """All tokens but blanks and comments."""
    return lexing.all_tokens(_TOKEN, Token, text)


@lru_cache(maxsize=2048)  # every experiment asks for the same texts
def statements(text: str) -> tuple[MysqlStatement, ...]:
    """The statements of a text; those of a stored program are part of it."""
    found = lexing.cut(tokens(text), _is_inside_program)
    return tuple(MysqlStatement(each, number) for number, each in enumerate(found, 1))


_PROGRAMS = frozenset({"procedure", "function", "trigger", "event"})
_LOOPS = frozenset({"if", "loop", "while", "repeat"})


def _is_inside_program(here: Sequence[Token]) -> bool:
    words = [token.word for token in here]
    if words[:1] != ["create"] or not _PROGRAMS & set(words[:12]):
        return False
    behind_end = [then for word, then in pairwise([*words, ""]) if word == "end"]
    opened = sum(it in ("begin", "case") for it in words) - behind_end.count("case")
    return opened > sum(it not in _LOOPS for it in behind_end)


def same(before: str, after: str) -> bool:
    """Whether two texts have the same tokens; keywords in any case."""
    return lexing.same(tokens(before), tokens(after))


def spans(text: str) -> tuple[tuple[int, int], ...]:
    """Start and end of each statement."""
    return tuple((it.start, it.end) for it in statements(text))


def quoted(name: str) -> str:
    """A name in backticks."""
    return f"`{name.replace('`', '``')}`"


def literal(value: Scalar) -> str:
    """A value as SQL on one line, whatever is in it and whatever `sql_mode` says of backslashes."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int | float):
        return repr(value)
    if value.isascii() and value.isprintable() and "\\" not in value:
        return "'" + value.replace("'", "''") + "'"
    return f"CONVERT(X'{value.encode().hex().upper()}' USING utf8mb4)"
