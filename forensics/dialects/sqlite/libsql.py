"""Runs a statement in memory, also the one that libSQL has beyond SQLite.

`ALTER TABLE t ALTER COLUMN c TO c type ...` changes a column without a rebuild; rows stay as they
are.
"""

from __future__ import annotations

from collections.abc import Sequence

from forensics.dialects.sqlite.catalogue import written
from forensics.dialects.sqlite.memory import Memory, refused
from forensics.dialects.sqlite.text import (
    SqliteStatement,
    Token,
    by_commas,
    closing,
    quoted,
    statements,
)


def is_alter_column(statement: SqliteStatement) -> bool:
    """Whether a statement is one that libSQL alone has."""
    words = [it.word for it in statement.tokens]
    return (
        words[:2] == ["alter", "table"]
        and words[3:5] == ["alter", "column"]
        and words[6:7] == ["to"]
    )


def ran(opened: Memory, statement: SqliteStatement) -> None:
    """Run one statement; raises `SqliteError` and `NotRun`."""
    if is_alter_column(statement):
        _alter_column(opened, statement.tokens)
    else:
        opened.rows(statement.source)


def _alter_column(opened: Memory, tokens: Sequence[Token]) -> None:
    table, column = tokens[2].name, tokens[5].name
    objects = written(opened.rows)
    held = next(
        (sql for (kind, name), (_, sql) in objects.items() if kind == "table" and name == table),
        None,
    )
    if held is None:
        raise refused(f"no such table: {table}")
    text = " ".join(token.raw for token in tokens[7:])
    made = _with_column(held, column, text)
    if made is None:
        raise refused(f"no such column: {column}")
    beside = [sql for (kind, _), (of, sql) in objects.items() if of == table and kind != "table"]
    opened.rows(f"DROP TABLE {quoted(table)}")
    for statement in (made, *beside):
        opened.rows(statement)


def _with_column(made: str, column: str, text: str) -> str | None:
    """The statement that makes a table, with another definition of one column."""
    [statement] = statements(made)
    found = statement.tokens
    opening = next((n for n, it in enumerate(found) if it.raw == "("), len(found))
    for part in by_commas(found[opening + 1 : closing(found, opening)]):
        if part and part[0].name == column:
            return f"{made[: part[0].start]}{text}{made[part[-1].end :].lstrip()}"
    return None
