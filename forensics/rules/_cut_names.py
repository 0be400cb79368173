"""Names that PostgreSQL cuts to one and the same, so that the second object is never made.

PostgreSQL keeps 63 bytes of a name. A generated name is often longer, and a statement that does
nothing where its name is taken then makes nothing, without an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.dialects import dialect_of
from forensics.dialects.postgres.tokens import cut
from forensics.facts import Files, History, LiveSchema, Migration, ToolUse
from forensics.model import Record

_OF_CUT_NAMES = "postgresql"
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


class Swallowed(Record, frozen=True, kw_only=True):
    """A constraint or an index that was not made, because its cut name was taken."""

    tag: str
    path: str
    line: int
    table: str
    """As the statement writes it."""
    kind: str
    """`constraint` or `index`."""
    name: str
    """As it was written."""
    rest: str
    """What follows the name, or the table of an index."""
    statement: str
    """On one line."""
    taken_by: str
    """The longer name of what was made before."""

    @property
    def renamed(self) -> str:
        """The statement with a placeholder for the name, which fails where that is taken."""
        plain = self.statement.replace("IF NOT EXISTS ", "")
        return plain.replace(f'"{self.name}"', '"A_SHORTER_NAME"', 1)


def swallowed(tool: ToolUse, history: History, files: Files) -> Iterator[Swallowed]:
    """In the order of the list; what was dropped or renamed in between does not count."""
    if dialect_of(tool).name != _OF_CUT_NAMES:
        return
    made: _Made = {}
    for migration in history.migrations:
        file = files.get(migration.path)
        text = (file.text or "") if file else ""
        at = 0
        for found, kind in _made(text):
            made = _left(made, text[at : found.start()])
            at = found.end()
            place = (found["table"] if kind == "constraint" else "", cut(found["name"]))
            before, _ = made.setdefault(place, (found["name"], found["table"]))
            if before != found["name"]:
                yield _lost(migration, text, found, kind, before)
        made = _left(made, text[at:])


def _left(made: _Made, text: str) -> _Made:
    """Without what a text drops or renames."""
    freed = [it for it in text.split(";") if _FREES.search(it)]
    return {
        place: (name, table)
        for place, (name, table) in made.items()
        if not any(place[1] in it or table in it for it in freed)
    }


def _lost(
    migration: Migration, text: str, found: re.Match[str], kind: str, before: str
) -> Swallowed:
    return Swallowed(
        tag=migration.key,
        path=migration.path,
        line=text.count("\n", 0, found.start()) + 1,
        table=found["table"],
        kind=kind,
        name=found["name"],
        rest=" ".join(found["rest"].split()),
        statement=" ".join(found[0].partition(";")[0].split()),
        taken_by=before,
    )


def _made(text: str) -> list[tuple[re.Match[str], str]]:
    found = [(it, "constraint") for it in _CONSTRAINT.finditer(text)]
    found += [(it, "index") for it in _INDEX.finditer(text)]
    return sorted(found, key=lambda it: it[0].start())


def is_there(lost: Swallowed, schema: LiveSchema) -> bool:
    """Whether the database has one that does the same under another name."""
    wanted = _plain(lost.rest)
    name = lost.table.replace('"', "").rpartition(".")[2]
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
