"""One row in every table, so that the engine itself shows what a statement does to rows.

All their values are 1: every foreign key points to a row, nothing is NULL, nothing is there twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from forensics.dialects.sqlite.catalogue import read_catalogue
from forensics.dialects.sqlite.memory import Memory, NotRun, SqliteError
from forensics.dialects.sqlite.text import quoted, statements
from forensics.facts import GeneratedKind, LiveTable, RelationKind

_STRICT = {"text": "'1'", "blob": "x'31'"}


def build_with_rows(opened: Memory, made: Sequence[str]) -> None:
    """Make a schema and fill it, before its triggers can see that."""
    tables = [it for it in made if _makes_table(it)]
    opened.build(tables)
    fill(opened, read_catalogue(opened.rows).tables)
    opened.build(it for it in made if not _makes_table(it))


def fill(opened: Memory, tables: Iterable[LiveTable]) -> None:
    """One row each; a table that takes none stays empty."""
    opened.rows("PRAGMA ignore_check_constraints = ON")
    for table in tables:
        if table.kind is RelationKind.TABLE:
            _insert(opened, table)


def _insert(opened: Memory, table: LiveTable) -> None:
    columns = [it for it in table.columns if it.generated is GeneratedKind.NONE]
    names = ", ".join(quoted(it.name) for it in columns)
    strict = "strict" in [
        it.word for s in statements(table.definition or "") for it in s.tokens[-3:]
    ]
    values = ", ".join(_STRICT.get(it.type, "1") if strict else "1" for it in columns)
    try:
        opened.rows(f"INSERT INTO {quoted(table.name.table)} ({names}) VALUES ({values})")
    except (SqliteError, NotRun):
        return


def _makes_table(text: str) -> bool:
    words = [word for statement in statements(text)[:1] for word in statement.words]
    return words[:2] == ["create", "table"]
