"""Statements with a word more or less: IF NOT EXISTS, CONCURRENTLY."""

from __future__ import annotations

from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres.errors import PostgresError, Unsure
from forensics.dialects.postgres.statements import statements
from forensics.dialects.postgres.transactions import concurrently, refused


def only(text: str) -> sql.Statement | None:
    """The one statement of a text; `None` where there are others, or it cannot be read."""
    try:
        found = statements(text)
    except (PostgresError, Unsure):
        return None
    return found[0] if len(found) == 1 else None


def refused_in_transaction(text: str) -> str:
    """What the server calls it in its error; empty where it runs in a transaction."""
    statement = only(text)
    return refused(statement.tokens) if statement else ""


def allowed_in_transaction(text: str) -> str | None:
    """The index made or dropped without CONCURRENTLY; `None` of anything else."""
    statement = only(text)
    if statement is None or not isinstance(statement.command, sql.CreateIndex | sql.Drop):
        return None
    word = concurrently(statement.tokens)
    if word is None:
        return None
    rest = text[word.start + len(word.raw) :].lstrip()
    return text[: word.start] + rest


def lenient(text: str) -> str | None:
    """The statement with IF NOT EXISTS, unchanged where it says so; `None` where it cannot."""
    statement = only(text)
    if statement is None:
        return None
    making = _making(statement.command)
    words = _before_guard(making)
    before = [token for token in statement.tokens if token.word in words]
    if not before or getattr(making, "lenient", False):
        return text if before else None
    end = before[-1].start + len(before[-1].raw)
    return f"{text[:end]} IF NOT EXISTS{text[end:]}"


def _making(command: sql.Command) -> object:
    """What makes something: of ALTER TABLE its only action."""
    match command:
        case sql.AlterTable(actions=actions):
            return actions[0] if len(actions) == 1 else None
        case _:
            return command


def _before_guard(making: object) -> frozenset[str]:
    """The words of which the last stands right before IF NOT EXISTS; none where that cannot be."""
    match making:
        case sql.AddColumn():
            return frozenset({"column"})
        case sql.CreateTable():
            return frozenset({"table"})
        case sql.CreateIndex(name=str()):
            return frozenset({"index", "concurrently"})
        case sql.Create(what="schema" | "extension" | "sequence" as what):
            return frozenset({what})
        case sql.AddLabel():
            return frozenset({"value"})
        case _:
            return frozenset()


def makes_schema(text: str) -> str | None:
    """The name of the schema that it makes without IF NOT EXISTS."""
    statement = only(text)
    if statement is None or not isinstance(statement.command, sql.Create):
        return None
    command = statement.command
    return command.name.name if command.what == "schema" and not command.lenient else None


def makes_table(text: str) -> tuple[str | None, str] | None:
    """Schema, as written, and name of the table that it makes without IF NOT EXISTS."""
    statement = only(text)
    if statement is None or not isinstance(statement.command, sql.CreateTable):
        return None
    command = statement.command
    return None if command.lenient else (command.name.schema, command.name.name)


def names_made(text: str) -> tuple[str, ...]:
    """The names, without a schema, of what the statement makes."""
    statement = only(text)
    if statement is None:
        return ()
    match statement.command:
        case sql.CreateTable(name=name) | sql.CreateEnum(name=name) | sql.Create(name=name):
            return (name.name,)
        case sql.CreateIndex(name=str(index)):
            return (index,)
        case sql.Rename(new=new):
            return (new,)
        case sql.AlterTable(actions=actions):
            return tuple(it.column.name for it in actions if isinstance(it, sql.AddColumn))
        case _:
            return ()
