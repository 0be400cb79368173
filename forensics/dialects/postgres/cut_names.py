"""Names that PostgreSQL cuts to one and the same, so that the second object is never made.

A generated name is often longer than PostgreSQL keeps, and a statement that does nothing where its
name is taken then makes nothing, without an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.dialects.losses import Swallowed, Texts
from forensics.dialects.postgres.tokens import NAME_BYTES, cut
from forensics.facts import LiveSchema

_NAME = r'"(?P<name>[^"]+)"'
_TABLE = r'(?P<table>"[^"]+"(?:\."[^"]+")?)'
_CONSTRAINT = re.compile(
    rf"ALTER TABLE {_TABLE} ADD CONSTRAINT {_NAME} (?P<rest>[^;]+);\s*EXCEPTION\s+WHEN "
    r"duplicate_object\b",
    re.IGNORECASE,
)
_INDEX = re.compile(
    rf"CREATE (?:UNIQUE )?INDEX IF NOT EXISTS {_NAME} ON {_TABLE} (?P<rest>[^;]+);?", re.IGNORECASE
)
_FREES = re.compile(r"\b(?:DROP|RENAME)\b", re.IGNORECASE)

_Made = dict[tuple[str, str], tuple[str, str]]
"""Table, empty of an index, and cut name -> the name as written, and its table."""


def swallowed(texts: Texts, schema: LiveSchema | None) -> Iterator[Swallowed]:
    """In the order of the list; what was dropped or renamed in between does not count.

    Nor does what the database has under another name.
    """
    made: _Made = {}
    for migration, text in texts:
        at = 0
        for found, kind in _made(text):
            made = _left(made, text[at : found.start()])
            at = found.end()
            name = found["name"]
            place = (found["table"] if kind == "constraint" else "", cut(name))
            before, _ = made.setdefault(place, (name, found["table"]))
            if before != name and not (schema and _is_there(found, schema)):
                yield Swallowed(
                    migration=migration,
                    line=text.count("\n", 0, found.start()) + 1,
                    kind=kind,
                    name=name,
                    cut=cut(name),
                    most=NAME_BYTES,
                    taken_by=before,
                    renamed=_renamed(found),
                )
        made = _left(made, text[at:])


def _left(made: _Made, text: str) -> _Made:
    """Without what a text drops or renames."""
    freed = [it for it in text.split(";") if _FREES.search(it)]
    return {
        place: (name, table)
        for place, (name, table) in made.items()
        if not any(place[1] in it or table in it for it in freed)
    }


def _made(text: str) -> list[tuple[re.Match[str], str]]:
    found = [(it, "constraint") for it in _CONSTRAINT.finditer(text)]
    found += [(it, "index") for it in _INDEX.finditer(text)]
    return sorted(found, key=lambda it: it[0].start())


def _renamed(found: re.Match[str]) -> str:
    plain = " ".join(found[0].partition(";")[0].split()).replace("IF NOT EXISTS ", "")
    return plain.replace(f'"{found["name"]}"', '"A_SHORTER_NAME"', 1)


def _is_there(lost: re.Match[str], schema: LiveSchema) -> bool:
    """Whether the database has one that does the same under another name."""
    wanted = _plain(lost["rest"])
    name = lost["table"].replace('"', "").rpartition(".")[2]
    for table in schema.tables:
        if table.name.table == name:
            definitions = [it.definition for it in table.constraints]
            definitions += [it.definition for it in table.index_definitions]
            return any(_same(_plain(it), wanted) for it in definitions)
    return False


def _same(found: str, wanted: str) -> bool:
    """By the columns at the beginning: `FOREIGN KEY (a)` or `USING btree (a)`."""
    begin = wanted.partition(")")[0]
    return bool(begin) and found.partition(")")[0] == begin


def _plain(text: str) -> str:
    return "".join(text.replace('"', "").split()).lower()
