"""Runs a statement in memory, also the one that libSQL has beyond SQLite.

`ALTER TABLE t ALTER COLUMN c TO c type ...` changes a column without a rebuild; rows stay as they
are.
"""

from __future__ import annotations

from collections.abc import Sequence

from forensics.dialects.sqlite.catalogue import written
from forensics.dialects.sqlite.memory import Memory, refused
from forensics.dialects.sqlite.text import SqliteStatement, Token, quoted, statements


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
    depth, start = 0, 0
    for place, token in enumerate(statement.tokens):
        if depth == 1 and start == place and token.name == column:
            end = _end(statement.tokens, place)
            return f"{made[: token.start]}{text}{made[statement.tokens[end].start :]}"
        depth += (token.raw == "(") - (token.raw == ")")
        if (depth == 1 and token.raw in ("(", ",")) or depth == 0:
            start = place + 1
    return None


def _end(tokens: Sequence[Token], place: int) -> int:
    """Which token is behind the definition that begins at a place."""
    depth = 0
    for at in range(place, len(tokens)):
        raw = tokens[at].raw
        if depth == 0 and raw in (",", ")"):
            return at
        depth += (raw == "(") - (raw == ")")
    return len(tokens) - 1
