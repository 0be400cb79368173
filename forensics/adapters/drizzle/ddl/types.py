"""Which types drizzle-kit holds for PostgreSQL's own, and so writes without quotes."""

from __future__ import annotations

import re

from forensics.adapters.drizzle.ddl.style import Style
from forensics.adapters.drizzle.snapshots.postgres_shapes import PgColumn
from forensics.adapters.drizzle.snapshots.schema import given

_ARRAY = re.compile(r"\[\d*(?:\[\d*\])*\]")
_INTERVALS = (
    *("year", "month", "day", "hour", "minute", "second", "year to month", "day to hour"),
    *("day to minute", "day to second", "hour to minute", "hour to second", "minute to second"),
)
_NATIVE = frozenset(
    {"uuid", "smallint", "integer", "bigint", "boolean", "text", "varchar", "serial", "bigserial"}
    | {"decimal", "numeric", "real", "json", "jsonb", "time", "time with time zone"}
    | {"time without time zone", "timestamp", "timestamp with time zone"}
    | {"timestamp without time zone", "date", "interval", "double precision"}
    | {f"interval {part}" for part in _INTERVALS}
)
_LATER_NATIVE = ("char", "vector", "geometry")
_NEWEST_NATIVE = ("halfvec", "sparsevec", "bit")
_WITH_ARGUMENT = tuple(
    f"{name.replace(' ', '')}("
    for name in ("varchar", "char", "numeric", "timestamp", *(f"interval{it}" for it in _INTERVALS))
)
_ARRAY_OF_WORD = re.compile(r"(\w+)(\[\d*])+\Z", re.ASCII)


def type_name(style: Style, prefix: str, name: str) -> str:
    """A type, quoted behind its schema's prefix unless the tool takes it for a built-in one."""
    if style.exact_types:
        compact = name.replace(" ", "")
        native = name in _NATIVE or compact.startswith(_WITH_ARGUMENT)
        return name if native or _ARRAY_OF_WORD.match(name) else f'{prefix}"{name}"'
    known = (*_NATIVE, *_LATER_NATIVE, *(_NEWEST_NATIVE if style.types_by_kind else ()))
    array, bare = "".join(_ARRAY.findall(name)), _ARRAY.sub("", name)
    return f"{bare}{array}" if name.startswith(known) else f'{prefix}"{bare}"{array}'


def without_array(name: str) -> str:
    """The type of an array's elements."""
    return _ARRAY.sub("", name)


def column_type(style: Style, column: PgColumn) -> str:
    """The type of a column where it is declared."""
    schema = given(column.typeSchema)
    return type_name(style, f'"{schema}".' if schema and schema != "public" else "", column.type)
