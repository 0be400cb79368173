"""Walks through SQL, and tells where it drops a table whose rows others refer to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from forensics.dialects.sqlite.catalogue import read_catalogue
from forensics.dialects.sqlite.copying import read_copy
from forensics.dialects.sqlite.keys import ForeignKey, referring
from forensics.dialects.sqlite.libsql import ran
from forensics.dialects.sqlite.memory import ConstraintFailed, Memory, NotRun, SqliteError
from forensics.dialects.sqlite.text import (
    SqliteStatement,
    name_after,
    names_only,
    quoted,
    statements,
)
from forensics.facts import GeneratedKind, LiveSchema, LiveTable, RowDeed

_DEEDS = {
    "CASCADE": RowDeed.DELETED,
    "SET NULL": RowDeed.SET_NULL,
    "SET DEFAULT": RowDeed.SET_DEFAULT,
}
_ENDS = ("commit", "end", "rollback")
BEGIN_OR_END = frozenset({"begin", *_ENDS, "savepoint", "release"})
"""The first words of statements that begin or end a transaction, or a part of one."""
_OF_ROWS = frozenset({"insert", "update", "delete", "replace", "select", "with", "pragma"})
"""What changes no catalogue, so that the walk goes on where it fails."""
_DEEPEST = 8
"""Tables that refer to each other in a row."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One table whose rows a DROP TABLE acts on."""

    position: int
    """Which of the texts, counted from 0."""
    number: int
    """Which statement of that text, counted from 1."""
    dropped: str
    table: str
    through: str
    columns: tuple[str, ...]
    deed: RowDeed
    query: str
    writable: tuple[str, ...]
    """The columns of `table` that an INSERT can name; empty where it can name all."""
    numbered: bool
    """Whether SQLite keeps the number of rows that were ever there (AUTOINCREMENT)."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A copy that names a column which is not there."""

    position: int
    number: int
    table: str
    column: str


def walk(opened: Memory, texts: Iterable[str]) -> Iterator[Hit | Unknown]:
    """Everything that is found on the way, up to a statement that cannot be followed.

    The texts begin in a transaction, with foreign keys on.
    """
    enforced = inside = True
    for position, text in enumerate(texts):
        for statement in statements(names_only(text)):
            verb = statement.words[0]
            if verb in BEGIN_OR_END:
                inside = verb == "begin" if verb in ("begin", *_ENDS) else inside
                continue
            if not inside and statement.words[:2] == ("pragma", "foreign_keys"):
                enforced = statement.tokens[-1].raw.lower() in ("on", "true", "yes", "1")
            found = _found(statement, opened, position)
            yield from (it for it in found if enforced or isinstance(it, Unknown))
            try:
                ran(opened, statement)
            except ConstraintFailed:
                continue
            except (SqliteError, NotRun):
                if statement.words[0] not in _OF_ROWS:
                    return


def renames_to(text: str, table: str) -> bool:
    """Whether a text gives a table that name."""
    for statement in statements(text):
        tokens = statement.tokens
        words = [it.word for it in tokens]
        renames = words[:2] == ["alter", "table"] and words[-3:-1] == ["rename", "to"]
        if renames and tokens[-1].name.lower() == table.lower():
            return True
    return False


def _found(statement: SqliteStatement, opened: Memory, position: int) -> Iterator[Hit | Unknown]:
    if statement.words[:2] == ("drop", "table"):
        table = name_after(statement.tokens, "table")
        if table is not None:
            schema = read_catalogue(opened.rows)
            yield from _hits(schema, table, statement, position)
    elif (copy := read_copy(statement)) is not None:
        schema = read_catalogue(opened.rows)
        held = {it.name.table.lower(): it for it in schema.tables}.get(copy.source.lower())
        names = {it.name.lower() for it in held.columns} | {"rowid"} if held else set()
        for each in copy.columns:
            if held and each.source is not None and each.source.name.lower() not in names:
                yield Unknown(position, statement.number, copy.source, each.source.name)


def _hits(
    schema: LiveSchema, dropped: str, statement: SqliteStatement, position: int
) -> Iterator[Hit]:
    left = [(dropped, "")]
    seen = {dropped.lower()}
    while left:
        table, condition = left.pop(0)
        for child, key in referring(schema, table):
            name = child.name.table
            if not key.acts or name.lower() in seen:
                continue
            seen.add(name.lower())
            concerned = _concerned(key, table, condition)
            yield Hit(
                position=position,
                number=statement.number,
                dropped=dropped,
                table=name,
                through=table,
                columns=key.columns,
                deed=_DEEDS[key.on_delete],
                query=f"SELECT count(*) FROM {quoted(name)} WHERE {concerned}" if concerned else "",
                writable=_writable(child),
                numbered=is_numbered(child),
            )
            if _DEEDS[key.on_delete] is RowDeed.DELETED and len(seen) < _DEEPEST:
                left.append((name, concerned))


def _writable(table: LiveTable) -> tuple[str, ...]:
    """See `Hit.writable`: a generated column is computed, and refuses a value."""
    names = tuple(it.name for it in table.columns if it.generated is GeneratedKind.NONE)
    return names if len(names) < len(table.columns) else ()


def _concerned(key: ForeignKey, parent: str, condition: str) -> str:
    """Which rows refer to one that goes; all that refer to any, where the whole table goes."""
    there = " AND ".join(f"{quoted(it)} IS NOT NULL" for it in key.columns)
    if not condition or len(key.columns) != 1 or len(key.targets) != 1:
        return there
    target = quoted(key.targets[0])
    return f"{quoted(key.columns[0])} IN (SELECT {target} FROM {quoted(parent)} WHERE {condition})"


def is_numbered(table: LiveTable) -> bool:
    """Whether SQLite remembers the greatest number that it gave to a row."""
    return "autoincrement" in (table.definition or "").lower()
