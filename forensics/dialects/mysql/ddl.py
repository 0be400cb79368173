"""Writes the statements that make a catalogue again."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.dialects.mysql.text import quoted
from forensics.facts import (
    Column,
    Constraint,
    ConstraintKind,
    GeneratedKind,
    IdentityKind,
    Index,
    LiveTable,
)


def create_table(table: LiveTable) -> str:
    """A table without its foreign keys."""
    lines = [column_sql(it) for it in table.columns]
    lines += [index_sql(it) for it in table.index_definitions]
    lines += [
        constraint_sql(it) for it in table.constraints if it.kind is not ConstraintKind.FOREIGN_KEY
    ]
    inner = ",\n  ".join(lines)
    return (
        f"CREATE TABLE {quoted(table.name.table)} (\n  {inner}\n) {table.definition or ''}".rstrip()
    )


def foreign_keys_of(table: LiveTable) -> Iterator[str]:
    """What adds its foreign keys, once all tables are there."""
    for it in table.constraints:
        if it.kind is ConstraintKind.FOREIGN_KEY:
            yield f"ALTER TABLE {quoted(table.name.table)} ADD {constraint_sql(it)}"


def column_sql(column: Column) -> str:
    """The definition of a column, its name first."""
    text = f"{quoted(column.name)} {column.type}"
    if column.generated is not GeneratedKind.NONE:
        word = "STORED" if column.generated is GeneratedKind.STORED else "VIRTUAL"
        return f"{text} GENERATED ALWAYS AS ({column.default}) {word}"
    text += " NOT NULL" if column.not_null else " NULL"
    text += "" if column.default is None else f" DEFAULT {column.default}"
    return text + (" AUTO_INCREMENT" if column.identity is not IdentityKind.NONE else "")


def index_sql(index: Index) -> str:
    """An index, as CREATE TABLE has it."""
    word, bracket, parts = index.definition.partition("(")
    kind = "UNIQUE " if index.unique else word
    return f"{kind}KEY {quoted(index.name)} {bracket}{parts}"


def constraint_sql(constraint: Constraint) -> str:
    """A key or a check, as CREATE TABLE has it."""
    if constraint.kind is ConstraintKind.PRIMARY_KEY:
        return constraint.definition
    return f"CONSTRAINT {quoted(constraint.name)} {constraint.definition}"
