"""What could be written instead of ADD COLUMN and DROP COLUMN, and what keeps rows meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from forensics.dialects.sqlite.keys import referring
from forensics.dialects.sqlite.text import Token, by_commas, closing, quoted, tokens
from forensics.facts import GeneratedKind, LiveSchema, LiveTable

_ADD = re.compile(r"ALTER TABLE (?:`[^`]+`|\"[^\"]+\"|\w+) ADD (?:COLUMN )?(?P<column>.+)", re.I)
_NAME = r"(?:`([^`]+)`|\"?(\w+)\"?)"
_DROP = re.compile(rf"ALTER TABLE {_NAME} DROP (?:COLUMN )?{_NAME}", re.I)
_IN_FOREIGN_KEY = re.compile(r"after drop column: unknown column .* in foreign key definition")
_UNIQUE = "cannot drop UNIQUE column"
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


def without_column(written: str, said: str, schema: LiveSchema) -> tuple[str, ...]:
    """The table rebuilt without a column that a foreign key or UNIQUE has."""
    found = _DROP.fullmatch(written)
    if found is None or not (_IN_FOREIGN_KEY.search(said) or said.startswith(_UNIQUE)):
        return ()
    name, column = found[1] or found[2], found[3] or found[4]
    table = next((it for it in schema.tables if it.name.table == name), None)
    body = _body(table.definition or "", column) if table is not None else None
    if table is None or body is None:
        return ()
    return _remade(body, table, schema, without=column)


def keeping_rows(
    tables: Mapping[str, Sequence[str]],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Statements that copy the rows of tables, and those that give them back.

    Table -> the columns that can be written; none where all can. An INSERT that gives a value to a
    generated column fails, and takes the transaction back.
    """
    before: list[str] = []
    after: list[str] = []
    for table, columns in tables.items():
        kept, name = quoted(f"__kept_{table}"), quoted(table)
        names = ", ".join(map(quoted, columns))
        before.append(f"CREATE TABLE {kept} AS SELECT {names or '*'} FROM {name}")
        into = f"{name} ({names})" if names else name
        after += [f"INSERT INTO {into} SELECT * FROM {kept}", f"DROP TABLE {kept}"]
    return tuple(before), tuple(after)


def _rebuilt(column: str, table: LiveTable, schema: LiveSchema) -> tuple[str, ...]:
    opened = _OPENS.match(table.definition or "")
    if opened is None or table.definition is None:
        return ()
    body = f"{column}, {table.definition[opened.end() :].strip()}"
    return _remade(body, table, schema)


def _remade(
    body: str, table: LiveTable, schema: LiveSchema, *, without: str = ""
) -> tuple[str, ...]:
    """Not of a table to which others refer, and not where a view or a trigger uses it.

    `body` is what stands behind the opening parenthesis of CREATE TABLE.
    """
    name = table.name.table
    if any(True for _ in referring(schema, name)):
        return ()
    if _mentioning(table, schema.statements, _IN_THE_WAY):
        return ()
    copied = (it.name for it in table.columns if it.generated is GeneratedKind.NONE)
    kept = (it for it in copied if it.lower() != without.lower())
    new, columns = quoted(f"__new_{name}"), ", ".join(map(quoted, kept))
    indexes = _indexes(table, schema.statements)
    return (
        f"CREATE TABLE {new} ({body}",
        f"INSERT INTO {new} ({columns}) SELECT {columns} FROM {quoted(name)}",
        f"DROP TABLE {quoted(name)}",
        f"ALTER TABLE {new} RENAME TO {quoted(name)}",
        *(it for it in indexes if not without or not _names(it, without)),
    )


def _names(text: str, column: str) -> bool:
    return any(it.name.lower() == column.lower() for it in tokens(text))


def _body(definition: str, column: str) -> str | None:
    """What stands in the parentheses, without the column and what is on it alone or with others.

    `None` where the text cannot be cut, or where a check or a generated column names it.
    """
    found = list(tokens(definition))
    first = next((n for n, it in enumerate(found) if it.raw == "("), len(found))
    last = closing(found, first)
    parts = by_commas(found[first + 1 : last])
    if last is None or not all(parts):
        return None
    left = [it for it in parts if it[0].name.lower() != column.lower() and not _is_on(it, column)]
    texts = [definition[it[0].start : it[-1].end] for it in left]
    if not left or any(_names(it, column) for it in texts):
        return None
    return f"{', '.join(texts)}{definition[found[last].start :]}"


def _is_on(part: Sequence[Token], column: str) -> bool:
    """Whether a constraint of the table is on a column."""
    words = {it.word for it in part[:4]}
    if part[0].word not in ("constraint", "foreign", "unique") or not words & {"foreign", "unique"}:
        return False
    opens = next((n for n, it in enumerate(part) if it.raw == "("), 0)
    closes = next((n for n, it in enumerate(part) if it.raw == ")"), 0)
    return any(it.name.lower() == column.lower() for it in part[opens:closes])


def _mentioning(table: LiveTable, statements: Iterable[str], kinds: re.Pattern[str]) -> list[str]:
    word = re.compile(rf"(?<![\w$]){re.escape(table.name.table)}(?![\w$])", re.I)
    return [it for it in statements if kinds.match(it) and word.search(it)]


def _indexes(table: LiveTable, statements: Iterable[str]) -> list[str]:
    """They go with the table; the name stands behind ON."""
    on = re.compile(rf"\bON\s+[`\"\[]?{re.escape(table.name.table)}[`\"\]]?\s*\(", re.I)
    return [it for it in statements if _INDEX.match(it) and on.search(it)]
