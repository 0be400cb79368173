"""Reads the statement that copies the rows of a table into another: INSERT ... SELECT."""

from __future__ import annotations

import msgspec

from forensics.dialects.lexing import Kind
from forensics.dialects.sqlite.text import SqliteStatement, Token, by_commas


class Copied(msgspec.Struct, frozen=True):
    """One column of the new table."""

    column: str
    source: Token | None
    """The column that is copied, as it is written; `None` for anything else."""


class Copy(msgspec.Struct, frozen=True):
    """All rows of one table, into another."""

    target: str
    source: str
    columns: tuple[Copied, ...]


def read_copy(statement: SqliteStatement) -> Copy | None:
    """What a statement copies; `None` if it has another form."""
    rest = list(statement.tokens)
    if [it.word for it in rest[:2]] != ["insert", "into"]:
        return None
    target, rest = _name(rest[2:])
    columns, rest = _listed(rest)
    if target is None or columns is None or not rest or rest[0].word != "select":
        return None
    words = [it.word for it in rest]
    if words.count("from") != 1:
        return None
    at = words.index("from")
    items = _items(rest[1:at])
    source, rest = _name(rest[at + 1 :])
    if source is None or rest or len(items) != len(columns):
        return None
    return Copy(
        target,
        source,
        tuple(Copied(name, item) for name, item in zip(columns, items, strict=True)),
    )


def _name(rest: list[Token]) -> tuple[str | None, list[Token]]:
    if len(rest) > 2 and rest[1].raw == ".":
        rest = rest[2:]
    if not rest or rest[0].kind not in (Kind.WORD, Kind.QUOTED):
        return None, rest
    return rest[0].name, rest[1:]


def _listed(rest: list[Token]) -> tuple[list[str] | None, list[Token]]:
    if not rest or rest[0].raw != "(":
        return None, rest
    raws = [it.raw for it in rest]
    if ")" not in raws:
        return None, rest
    end = raws.index(")")
    inside = rest[1:end]
    plain = all(it.kind in (Kind.WORD, Kind.QUOTED) for it in inside[::2])
    commas = all(it.raw == "," for it in inside[1::2])
    names = [it.name for it in inside[::2]]
    return (names if plain and commas and inside else None), rest[end + 1 :]


def _items(tokens: list[Token]) -> list[Token | None]:
    """A plain column each, `None` where it is anything else."""
    return [
        it[0] if len(it) == 1 and it[0].kind in (Kind.WORD, Kind.QUOTED) else None
        for it in by_commas(tokens)
    ]
