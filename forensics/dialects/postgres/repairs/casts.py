"""A change of a column's type that says how its values are converted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres.cursor import Name
from forensics.dialects.postgres.repairs.lenient import only
from forensics.dialects.postgres.repairs.ways import way_between
from forensics.dialects.postgres.tokens import Kind
from forensics.facts import Column, EnumType, LiveSchema, LiveTable

Named = TypeVar("Named", LiveTable, EnumType)


def with_using(text: str, schema: LiveSchema) -> tuple[str, ...]:
    """The statements instead of one that changes a type without USING; none where we know none.

    `schema` is the catalogue before it. A default that is a literal is dropped first and set again
    as one of the new type: the server converts values by USING, and defaults not at all.
    """
    found = _change(text)
    if found is None or found[1].rest:
        return ()
    command, action = found
    column = _column(schema, command.name, action.name)
    wanted = _type_as_written(text, action)
    way = way_between(column.type, _plain(action), schema) if column else None
    if column is None or way is None:
        return ()
    changed = f"{text.rstrip()} USING {quoted(action.name)}{way}::{wanted}"
    if column.default is None:
        return (changed,)
    value = _literal(column.default)
    if value is None:
        return ()
    table = _as_written(command.name)
    of = f"ALTER TABLE {table} ALTER COLUMN {quoted(action.name)}"
    return (f"{of} DROP DEFAULT", changed, f"{of} SET DEFAULT {value}::{wanted}")


def changes_type(text: str) -> str | None:
    """The column whose type it changes, where it changes nothing else."""
    found = _change(text)
    return found[1].name if found else None


def _change(text: str) -> tuple[sql.AlterTable, sql.AlterColumn] | None:
    statement = only(text)
    if statement is None or not isinstance(statement.command, sql.AlterTable):
        return None
    command = statement.command
    if len(command.actions) != 1 or not isinstance(command.actions[0], sql.AlterColumn):
        return None
    action = command.actions[0]
    return (command, action) if action.type is not None else None


def quoted(name: str) -> str:
    """A name in quotes."""
    return '"' + name.replace('"', '""') + '"'


def meant(schema: LiveSchema, name: Name, things: Iterable[Named]) -> Named | None:
    """The thing that a name means, by the search path where it says no schema."""
    places = (name.schema,) if name.schema is not None else schema.search_path
    by_name = {(it.name.schema, it.name.table): it for it in things}
    found = (by_name.get((place, name.name)) for place in places)
    return next((it for it in found if it is not None), None)


def _column(schema: LiveSchema, name: Name, column: str) -> Column | None:
    table = meant(schema, name, schema.tables)
    columns = table.columns if table else ()
    return next((it for it in columns if it.name == column), None)


def _plain(action: sql.AlterColumn) -> str:
    assert action.type is not None
    words = " ".join(token.value for token in action.type.tokens if token.value not in ("[", "]"))
    return words + ("[]" if action.type.array else "")


def _type_as_written(text: str, action: sql.AlterColumn) -> str:
    assert action.type is not None
    first, last = action.type.tokens[0], action.type.tokens[-1]
    # The tokens of the type may end before its brackets.
    array = "[]" if action.type.array and "]" not in text[last.start :] else ""
    return text[first.start : last.start + len(last.raw)] + array


def _as_written(name: Name) -> str:
    return ".".join(quoted(part) for part in (name.schema, name.name) if part is not None)


def _literal(default: str) -> str | None:
    """The literal of a default as the catalogue prints it, without its cast; `None` of others."""
    statement = only(f"SELECT {default}")
    tokens = statement.tokens[1:] if statement else ()
    if not tokens:
        return None
    first = tokens[0]
    literal = first.kind in (Kind.STRING, Kind.NUMBER) or first.word in ("true", "false", "null")
    if not literal or (len(tokens) > 1 and tokens[1].value != "::"):
        return None
    return first.raw
