"""Secrets among the values of INSERT and COPY, known by the names of their columns."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator

import msgspec

from forensics.redaction.sql import key_of
from forensics.redaction.values import is_reference

HINTS = ("insert", "copy")

_NAMES = r"(?P<names>(?:[\w\s,\"`.\[\]-]|/\*){1,4000})"
_INSERT = re.compile(
    rf"\b(?:INSERT\s{{1,8}}INTO|REPLACE\s{{1,8}}INTO)\s{{1,8}}[^\s(]{{1,200}}\s{{0,8}}\({_NAMES}\)\s{{0,8}}"
    r"(?:OVERRIDING\s+\w+\s+VALUE\s+)?(?P<how>VALUES|SELECT)\b",
    re.IGNORECASE,
)
_COPY = re.compile(
    rf"^COPY\s{{1,8}}\S{{1,200}}\s{{0,8}}\({_NAMES}\)\s{{1,8}}FROM\s{{1,8}}stdin\b[^\n]{{0,200}}\n",
    re.IGNORECASE | re.MULTILINE,
)
_LEXEME = re.compile(
    r"(?P<literal>(?:[Ee]'(?P<escaped>(?:[^'\\]|''|\\.)*)'|(?:[Nn]|[Uu]&)?'(?P<plain>(?:[^']|'')*)'"
    r"|(?P<tag>\$\w{0,30}\$)(?P<quoted>.*?)(?P=tag)))"
    r"|(?P<comment>--[^\n]*|/\*.*?\*/)|(?P<mark>[(),;])|[^\s'$(),;/-]+|\s+|.",
    re.DOTALL,
)
_VALUE = frozenset({"value", "val", "setting_value", "config_value", "content", "data", "setting"})


class Found(msgspec.Struct, frozen=True):
    """A secret by its place in the text."""

    name: str
    start: int
    end: int


class _Row(msgspec.Struct):
    columns: list[str]
    index: int = 0
    depth: int = 0
    announced: bool = False
    """Whether a value of this row names a secret, as in a table of settings."""

    def next_row(self) -> None:
        self.index, self.announced = 0, False

    @property
    def column(self) -> str:
        return self.columns[self.index] if self.index < len(self.columns) else ""


def inserted(text: str) -> Iterator[Found]:
    """The secrets that INSERT and COPY would store."""
    at = 0
    while match := _INSERT.search(text, at):
        columns, at = _columns(match["names"]), match.end()
        if any(_holds_secrets(column) for column in columns):
            values = match["how"].upper() == "VALUES"
            at = yield from _values(text, at, columns, depth=1 if values else 0)
    for match in _COPY.finditer(text):
        yield from _copied(text, match.end(), _columns(match["names"]))


def _columns(names: str) -> list[str]:
    return [name.strip().strip('"`[]').lower() for name in names.split(",")]


def _holds_secrets(column: str) -> bool:
    return key_of(column) or column in _VALUE


def _values(text: str, at: int, columns: list[str], depth: int) -> Generator[Found, None, int]:
    """Rows in parentheses (`depth` 1), or the one of a SELECT (0); returns where they end."""
    row, inside = _Row(columns), depth
    for lexeme in _LEXEME.finditer(text, at):
        mark = lexeme["mark"]
        if mark == ";":
            return lexeme.end()
        if mark is not None:
            _count(row, mark, inside)
        elif lexeme["literal"] is not None and row.depth >= inside:
            yield from _literal(row, lexeme)
    return len(text)


def _count(row: _Row, mark: str, inside: int) -> None:
    if mark == "(":
        row.depth += 1
        if row.depth == inside:
            row.next_row()
    elif mark == ")":
        row.depth -= 1
    elif row.depth == inside:
        row.index += 1


def _literal(row: _Row, lexeme: re.Match[str]) -> Iterator[Found]:
    group = next(name for name in ("escaped", "plain", "quoted") if lexeme[name] is not None)
    value = lexeme[group]
    secret = key_of(row.column) or (row.column in _VALUE and row.announced)
    if secret and value and not is_reference(value):
        yield Found("inserted-value", lexeme.start(group), lexeme.end(group))
    elif key_of(value) and re.fullmatch(r"[\w.\-/]{2,80}", value):
        row.announced = True


def _copied(text: str, at: int, columns: list[str]) -> Iterator[Found]:
    places = [number for number, column in enumerate(columns) if key_of(column)]
    while places and at < len(text) and not text.startswith("\\.", at):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        fields, start = text[at:end].split("\t"), at
        for number, field in enumerate(fields):
            if number in places and field not in ("", "\\N") and not is_reference(field):
                yield Found("copied-value", start, start + len(field))
            start += len(field) + 1
        at = end + 1
