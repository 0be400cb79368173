"""A statement without the words that PostgreSQL refuses, where it is known what was meant."""

from __future__ import annotations

import re

from forensics.dialects.postgres.effects.types import quoted
from forensics.dialects.postgres.repairs.extensions import lacking
from forensics.dialects.repairing import Reworded
from forensics.facts import LiveSchema

_WRONG_CLASS = re.compile(r'operator class "[^"]+" does not accept data type ')
_CLASSES = re.compile(
    r"(?<=[\w\")]) +(?:int[248]|oid|bool|text|varchar|bpchar|char|name|uuid|numeric|float[48]|money"
    r"|date|time|timetz|timestamp|timestamptz|interval|inet|cidr|macaddr|bytea|bit|varbit|enum"
    r"|array|range|jsonb|tsvector|record)_ops\b"
)
"""Each is the default one of a type in a B-tree."""
_OTHER_METHOD = re.compile(r"\bUSING\s+(?!btree\b)\w+", re.IGNORECASE)


def reworded(text: str, message: str, schema: LiveSchema) -> Reworded | None:
    """By the error: a class of another type, or a name whose extension is not in the path."""
    if _WRONG_CLASS.match(message):
        return _without_classes(text)
    return _qualified(text, message, schema)


def _without_classes(text: str) -> Reworded | None:
    changed = _CLASSES.sub("", text)
    if changed == text or _OTHER_METHOD.search(text):
        return None
    return Reworded(
        text=changed,
        why="The operator classes of the index are on columns of other types. Without them, each "
        "column gets the default class of its type.",
        title="Take the operator classes out of {}",
        note="Take them out of the schema code, too: some tools that read a database write them "
        "in another order than that of the columns.",
    )


def _qualified(text: str, message: str, schema: LiveSchema) -> Reworded | None:
    found = lacking(message)
    homes = {it.name: it.schema for it in schema.extensions}
    home = homes.get(found[1]) if found else None
    if found is None or home is None or home in schema.search_path:
        return None
    name, extension = found
    full = f"{quoted(home)}.{name}"
    changed = re.sub(rf"(?<![\w.'$\"]){re.escape(name)}\b", lambda _: full, text)
    if changed == text:
        return None
    return Reworded(
        text=changed,
        why=f"The extension {extension} is installed, but in the schema {home}, which the search "
        f"path of this session does not have ({', '.join(schema.search_path) or 'it is empty'}).",
        title=f"Name the schema {home} in {{}}",
        note=f"Every database to which it is applied must have {extension} in that schema. "
        "PostgreSQL 13 and newer have gen_random_uuid() without any extension."
        if name.startswith("uuid_generate")
        else f"Every database to which it is applied must have {extension} in that schema.",
    )
