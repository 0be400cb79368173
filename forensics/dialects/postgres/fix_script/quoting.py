"""Names and values in a script, in ASCII whatever they hold."""

from __future__ import annotations

import re
from collections.abc import Iterable

from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from forensics.dialects.base import UnsafeName
from forensics.dialects.postgres.tokens import RESERVED, words
from forensics.model import Scalar, TableName
from forensics.model.characters import one_line
from forensics.model.wrapping import wrapped

_LONGEST = 63
"""Bytes in a name: NAMEDATALEN - 1 of an ordinary PostgreSQL build."""


_WORD = re.compile(r"[a-z_]+")
KEYWORDS = RESERVED | words(
    "between bigint bit boolean char character coalesce dec decimal exists extract float greatest "
    "grouping inout int integer interval json json_array json_arrayagg json_exists json_object "
    "json_objectagg json_query json_scalar json_serialize json_table json_value least merge_action "
    "national nchar none normalize nullif numeric out overlay position precision real row setof "
    "smallint substring system_user time timestamp treat trim values varchar xmlattributes "
    "xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize "
    "xmltable"
)
"""Words that mean something else than a column, or nothing, where they stand without quotes."""


class Plain(Composable):
    """SQL text of our own: what an adapter says, or hexadecimal digits and quoted characters."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._text = text

    def as_bytes(self, context: object = None) -> bytes:
        """The text, which is ASCII."""
        return self._text.encode("ascii")


def name(text: str) -> Composable:
    """A quoted identifier; what is not printable ASCII stands as an escape (`U&"..."`).

    So no name can break a line, turn the reading direction, or depend on the client's encoding.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if "\0" in text or not 0 < size <= _LONGEST:
        shown = one_line(text[:80])
        raise UnsafeName(
            f"PostgreSQL cannot hold the name {shown!r}, so it did not come from there: "
            "collect the evidence again."
        )
    return Identifier(text) if _is_plain(text) else Plain(f'U&"{_escaped(text, chr(34))}"')


def table_name(table: TableName) -> Composed:
    """A schema-qualified name."""
    return SQL("{}.{}").format(name(table.schema), name(table.table))


def column(text: str) -> Composable:
    """The name of a column, quoted unless it is a plain word without a meaning in SQL."""
    plain = _WORD.fullmatch(text) and text not in KEYWORDS
    return Plain(text) if plain else name(text)


def columns(names: Iterable[str]) -> Composable:
    """Names of columns in a list."""
    return SQL(", ").join(map(column, names))


def scalar(cell: Scalar) -> Composable:
    """A literal of any type; an integer as the type in which every integer of ours fits."""
    if isinstance(cell, str):
        return value(cell)
    if isinstance(cell, int) and not isinstance(cell, bool):
        return SQL("{}::bigint").format(Literal(cell))
    return Literal(cell)


def value(text: str) -> Composable:
    """A string literal, escaped like a name where it is not plain."""
    if "\0" in text:
        raise UnsafeName("PostgreSQL cannot hold a NUL in a text: collect the evidence again.")
    return Literal(text) if _is_plain(text) else Plain(f"U&'{_escaped(text, chr(39))}'")


def comment(*lines: str) -> str:
    """Comment lines that nothing can leave: ASCII, unseen characters as visible escapes."""
    plain = (one_line(line).encode("ascii", "backslashreplace").decode() for line in lines)
    return "".join(
        f"-- {part}".rstrip() + "\n" for line in plain for part in wrapped(line, 92) or [""]
    )


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _escaped(text: str, quote: str) -> str:
    doubled = {quote: quote * 2, "\\": "\\\\"}
    return "".join(
        doubled.get(character, character) if _is_plain(character) else f"\\+{ord(character):06x}"
        for character in text
    )
