"""What could be written instead of ADD COLUMN where a table has rows: a rebuild, or a default."""

from __future__ import annotations

import re
from collections.abc import Iterable

from forensics.dialects.sqlite.keys import referring
from forensics.dialects.sqlite.text import quoted
from forensics.facts import LiveSchema, LiveTable

_ADD = re.compile(r"ALTER TABLE (?:`[^`]+`|\"[^\"]+\"|\w+) ADD (?:COLUMN )?(?P<column>.+)", re.I)
_OPENS = re.compile(r"^CREATE TABLE\s+(?:`[^`]+`|\"[^\"]+\"|\w+)\s*\((?=\s*[`\"\w])", re.I)
_NOT_CONSTANT = " column with non-constant default"
_NULL = " NULL column with default value NULL"
_INDEX = re.compile(r"CREATE (?:UNIQUE )?INDEX\b", re.I)
_IN_THE_WAY = re.compile(r"CREATE (?:TEMP(?:ORARY)? )?(?:TRIGGER|VIEW)\b", re.I)


def new_column(written: str, said: str, name: str, schema: LiveSchema) -> tuple[str, ...]:
    """Statements without their semicolons, by the error; none where we know none.

    `written` is the statement on one line, `name` its table.
    """
    found = _ADD.fullmatch(written)
    table = next((it for it in schema.tables if it.name.table == name), None)
    if found is None or table is None:
        return ()
    if said.endswith(_NULL):
        return (f"{written} DEFAULT /* the value for the rows that are there */",)
    return _rebuilt(found["column"], table, schema) if said.endswith(_NOT_CONSTANT) else ()


def _rebuilt(column: str, table: LiveTable, schema: LiveSchema) -> tuple[str, ...]:
    """Not of a table to which others refer, and not where a view or a trigger uses it."""
    name = table.name.table
    opened = _OPENS.match(table.definition or "")
    alone = not any(True for _ in referring(schema, name))
    if opened is None or table.definition is None or not alone:
        return ()
    if _mentioning(table, schema.statements, _IN_THE_WAY):
        return ()
    new = quoted(f"__new_{name}")
    columns = ", ".join(quoted(it.name) for it in table.columns)
    return (
        f"CREATE TABLE {new} ({column}, {table.definition[opened.end() :].strip()}",
        f"INSERT INTO {new} ({columns}) SELECT {columns} FROM {quoted(name)}",
        f"DROP TABLE {quoted(name)}",
        f"ALTER TABLE {new} RENAME TO {quoted(name)}",
        *_indexes(table, schema.statements),
    )


def _mentioning(table: LiveTable, statements: Iterable[str], kinds: re.Pattern[str]) -> list[str]:
    word = re.compile(rf"(?<![\w$]){re.escape(table.name.table)}(?![\w$])", re.I)
    return [it for it in statements if kinds.match(it) and word.search(it)]


def _indexes(table: LiveTable, statements: Iterable[str]) -> list[str]:
    """They go with the table; the name stands behind ON."""
    on = re.compile(rf"\bON\s+[`\"\[]?{re.escape(table.name.table)}[`\"\]]?\s*\(", re.I)
    return [it for it in statements if _INDEX.match(it) and on.search(it)]
