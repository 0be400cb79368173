"""By what the catalogue shows that a statement took effect: conditions for scripts."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.dialects.mysql import commands as sql
from forensics.dialects.mysql import script
from forensics.dialects.mysql.product import product_of
from forensics.dialects.mysql.text import literal
from forensics.dialects.mysql.types import one_type, shown_type
from forensics.facts import LiveSchema

Told = tuple[str, str]
"""What holds, in words and as SQL."""


def conditions(command: sql.Command, schema: LiveSchema) -> tuple[Told, ...]:
    """What holds once a statement took effect; empty where the catalogue cannot tell."""
    return tuple(_made(command, schema))


def lacks(command: sql.Command, schema: LiveSchema) -> tuple[Told, ...]:
    """What holds as long as it did not, of statements that make something."""
    if not _is_maker(command):
        return ()
    made = _made(command, schema)
    return tuple((f"not yet true that {what}", f"NOT ({holds})") for what, holds in made)


def _is_maker(command: sql.Command) -> bool:
    if isinstance(command, sql.AlterTable):
        return all(isinstance(it, sql.AddColumn | sql.AddKey) for it in command.actions)
    return isinstance(command, sql.CreateTable | sql.CreateView)


def _made(command: sql.Command, schema: LiveSchema) -> Iterator[Told]:
    match command:
        case sql.CreateTable(name=name):
            yield f"{name} is a table", script.is_table(name)
        case sql.CreateView(name=name):
            yield f"{name} is a view", script.is_view(name)
        case sql.DropTables(names=names) | sql.DropViews(names=names):
            for name in names:
                yield f"nothing is called {name}", script.is_free(name)
        case sql.RenameTables(pairs=pairs):
            for name, to in pairs:
                yield f"{to} is there", f"NOT ({script.is_free(to)})"
                yield f"nothing is called {name}", script.is_free(name)
        case sql.AlterTable(name=name, actions=actions):
            yield from _altered(name, actions, schema)


def _altered(table: str, actions: tuple[sql.Action, ...], schema: LiveSchema) -> Iterator[Told]:
    renamed = [it.to for it in actions if isinstance(it, sql.RenameTo)]
    if renamed:
        yield f"{renamed[0]} is there", f"NOT ({script.is_free(renamed[0])})"
        table = renamed[0]
    for action in actions:
        yield from _column(table, action, schema)
        yield from _of_keys(table, action)


def _column(table: str, action: sql.Action, schema: LiveSchema) -> Iterator[Told]:
    match action:
        case sql.AddColumn(column=spec):
            yield f"{table} has the column {spec.name}", script.has_column(table, spec.name)
        case sql.DropColumn(name=name):
            yield f"{table} has no column {name}", f"NOT ({script.has_column(table, name)})"
        case sql.RenameColumn(to=to):
            yield f"{table} has the column {to}", script.has_column(table, to)
        case sql.ChangeColumn(column=spec):
            shown = shown_type(one_type(spec.type, product_of(schema)), product_of(schema))
            same = f"COLUMN_TYPE = {literal(shown)}"
            what = f"{spec.name} of {table} is {shown}"
            yield what, script.has_column(table, spec.name, same)


def _of_keys(table: str, action: sql.Action) -> Iterator[Told]:
    match action:
        case sql.AddKey(key=key):
            yield from _key(table, key)
        case sql.DropKey(kind=kind, name=name):
            for what, holds in _dropped(table, kind, name):
                yield f"no longer true that {what}", f"NOT ({holds})"
        case sql.RenameKey(to=to):
            yield f"{table} has the index {to}", script.has_index(table, to)


def _key(table: str, key: sql.Key) -> Iterator[Told]:
    """Of a key without a name only its column tells, and that is not enough."""
    if key.name is not None:
        yield key_is_there(table, key.kind, key.name)


def key_is_there(table: str, kind: sql.KeyKind, name: str) -> Told:
    """What holds while a key of a table is there."""
    if kind is sql.KeyKind.FOREIGN:
        return f"{table} has the foreign key {name}", script.has_foreign_key(table, name)
    if kind is sql.KeyKind.CHECK:
        return f"{table} has the check {name}", script.has_check(table, name)
    return f"{table} has the index {name}", script.has_index(table, name)


def _dropped(table: str, kind: sql.KeyKind, name: str) -> Iterator[Told]:
    if kind in (*sql.INDEXES, sql.KeyKind.PRIMARY, sql.KeyKind.FOREIGN):
        yield key_is_there(table, kind, name)
        return
    for holds in (script.has_index, script.has_foreign_key, script.has_check):
        yield f"{table} has the constraint {name}", holds(table, name)
