"""Whether values of one type can be cast to another, and on which way."""

from __future__ import annotations

import re

from forensics.dialects.postgres.tokens import words
from forensics.facts import LiveSchema

_STRINGS = words("text varchar char bpchar character citext name")
_FAMILIES = (
    words(
        "smallint integer bigint numeric decimal real double int2 int4 int8 int float float4 float8"
    ),
    words("boolean bool integer int int4"),
    words("date timestamp timestamptz"),
    words("time timetz interval"),
    words("json jsonb"),
    words("inet cidr"),
)
"""Within each, pg_cast of PostgreSQL 13 to 18 has a cast both ways."""
_FIRST = re.compile(r"[\w.]+")


def way_between(old: str, new: str, schema: LiveSchema) -> str | None:
    """What stands between the column and the cast to the new type: nothing, or a cast to text.

    `None` where the server has no such cast, or we do not know the types. Types are as the
    catalogue prints them, or as written.
    """
    if old.endswith("[]") != new.endswith("[]"):
        return None
    array = "[]" if old.endswith("[]") else ""
    one, other = _name(old), _name(new)
    enums = {enum.name.table for enum in schema.enums}
    if one in _STRINGS or other in _STRINGS:
        return "" if one in _KNOWN | enums and other in _KNOWN | enums else None
    if any({one, other} <= family for family in _FAMILIES):
        return ""
    return f"::text{array}" if {one, other} <= enums else None


_KNOWN = _STRINGS.union(*_FAMILIES) | {"uuid", "bytea", "xml", "macaddr", "point"}


def _name(type_: str) -> str:
    """Its first word, without modifiers and schema."""
    bare = type_.replace('"', "").replace(" . ", ".").removesuffix("[]")
    found = _FIRST.match(bare)
    return found[0].rpartition(".")[2] if found else bare
