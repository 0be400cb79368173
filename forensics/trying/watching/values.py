"""Values to plant: for each type two that differ, and that show when something of them is lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

ROWS = (1, 2)
"""The rows that are planted in each table."""
_HIGH = 1_000_000
"""Numbers that no sequence of the copy gives out."""
_HIGH_SMALL = 30_000
_LONGEST = 100
_HEADER = 4
"""What PostgreSQL adds to the length of a text in its type modifier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnType:
    """What a column can hold; a domain counts as its base type."""

    name: str
    """As `pg_type` has it: `int4`."""
    modifier: int = -1
    labels: Sequence[str] = ()
    """Of an enum."""
    element: ColumnType | None = None
    """Of an array."""


def sample(type_: ColumnType, row: int) -> str | None:
    """The value for a row as text, `None` for a type that we do not know.

    The same for columns of the same type, so that planted rows refer to each other.
    """
    if type_.element is not None:
        one = sample(type_.element, row)
        return None if one is None else '{"' + re.sub(r'(["\\])', r"\\\1", one) + '"}'
    if type_.labels:
        return type_.labels[(row - 1) % len(type_.labels)]
    make = _SAMPLES.get(type_.name)
    return make(type_, row) if make is not None else None


def _number(type_: ColumnType, row: int) -> str:
    """With digits that a shorter type would cut off."""
    if type_.modifier < _HEADER:
        return f"{_HIGH}.0{row}"
    precision, scale = divmod(type_.modifier - _HEADER, 1 << 16)
    scale &= 0x7FF
    if scale == 0:
        return str(_HIGH + row if precision > len(str(_HIGH)) else row)
    return f"{1 if precision > scale else 0}.{row:0{scale}}"


def _text(type_: ColumnType, row: int) -> str:
    """As long as the column allows, and different at its end only."""
    length = type_.modifier - _HEADER if type_.modifier >= _HEADER else len("planted row 1")
    length = min(length, _LONGEST)
    return ("planted row " + "." * _LONGEST)[: length - 1] + str(row)


def _bits(type_: ColumnType, row: int) -> str:
    return f"{row:0{max(type_.modifier, 2)}b}"[: type_.modifier if type_.modifier > 0 else None]


def _of(pattern: str) -> Callable[[ColumnType, int], str]:
    return lambda _, row: pattern.replace("#", str(row))


def _whole(first: int) -> Callable[[ColumnType, int], str]:
    return lambda _, row: str(first + row)


_SAMPLES: Mapping[str, Callable[[ColumnType, int], str]] = {
    **dict.fromkeys(("int4", "int8", "oid"), _whole(_HIGH)),
    "int2": _whole(_HIGH_SMALL),
    "numeric": _number,
    **dict.fromkeys(("float4", "float8"), _of("1.#")),
    "money": _of("1.0#"),
    **dict.fromkeys(("text", "varchar", "bpchar", "citext", "name"), _text),
    "char": _of("#"),
    "bool": lambda _, row: "true" if row % 2 else "false",
    "date": _of("2001-01-0#"),
    **dict.fromkeys(("timestamp", "timestamptz"), _of("2001-01-01 00:00:0#")),
    **dict.fromkeys(("time", "timetz"), _of("00:00:0#")),
    "interval": _of("# seconds"),
    "uuid": _of("00000000-0000-4000-8000-00000000000#"),
    **dict.fromkeys(("json", "jsonb"), _of('{"planted": #}')),
    "xml": _of('<planted row="#"/>'),
    "bytea": _of("\\x0#"),
    **dict.fromkeys(("bit", "varbit"), _bits),
    **dict.fromkeys(("inet", "cidr"), _of("10.0.0.#")),
    "macaddr": _of("00:00:00:00:00:0#"),
    "macaddr8": _of("00:00:00:00:00:00:00:0#"),
    "point": _of("(#,#)"),
    **dict.fromkeys(("box", "lseg", "path", "polygon"), _of("(#,#),(0,0)")),
    "circle": _of("<(0,0),#>"),
    "line": _of("{1,1,#}"),
    "tsvector": _of("planted:#"),
    "tsquery": _of("planted#"),
    "pg_lsn": _of("0/#"),
    "hstore": _of("planted=>#"),
    "ltree": _of("planted.#"),
    **dict.fromkeys(("int4range", "int8range", "numrange"), _of("[#,#]")),
    "daterange": _of("[2001-01-0#,2001-01-0#]"),
    **dict.fromkeys(("tsrange", "tstzrange"), _of("[2001-01-01 00:00:0#,2001-01-01 00:00:0#]")),
}
