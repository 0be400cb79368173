"""How the effect of one statement is taken back, and what must hold so that nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forensics.dialects.mysql import commands
from forensics.dialects.mysql import script as sql
from forensics.dialects.mysql.effects import key_is_there
from forensics.dialects.mysql.product import product_of
from forensics.dialects.mysql.text import quoted
from forensics.dialects.mysql.types import (
    CHARACTERS,
    INTEGERS,
    is_null,
    one_default,
    one_type,
    word_of,
)
from forensics.facts import LiveSchema

_NUMBERS = frozenset({*INTEGERS, "decimal", "float", "double"})


class CannotTakeBack(Exception):
    """A statement that destroyed something, or of which nobody can tell what it did."""


@dataclass(frozen=True, slots=True)
class Part:
    """One statement that takes something back, with the checks before it."""

    sql: str
    checks: str = ""

    @property
    def text(self) -> str:
        """Both, for a script."""
        return self.checks + sql.act(self.sql)


def taken_back(command: commands.Command, schema: LiveSchema) -> Iterator[Part]:
    """What takes a statement back, the last first. Raises `CannotTakeBack`.

    What passes again and leaves the same, such as MODIFY, needs nothing.
    """
    match command:
        case commands.CreateTable(name=name, lenient=False):
            yield _without_table(name)
        case commands.CreateView(name=name, replaces=False, lenient=False):
            yield Part(
                f"DROP VIEW {sql.name(name)}", sql.check(f"{name} is a view", sql.is_view(name))
            )
        case commands.RenameTables(pairs=pairs):
            for name, to in reversed(pairs):
                yield _renamed(to, name)
        case commands.AlterTable(name=name, actions=actions):
            yield from _altered(name, actions, schema)
        case commands.Nothing() | commands.Ends():
            return
        case _:
            raise CannotTakeBack


def _without_table(name: str) -> Part:
    checks = sql.check(f"{name} is a table", sql.is_table(name))
    checks += sql.check(f"{name} has no rows", sql.has_rows(name, 0))
    return Part(f"DROP TABLE {sql.name(name)}", checks)


def _renamed(name: str, to: str) -> Part:
    checks = sql.check(f"{name} is there", f"NOT ({sql.is_free(name)})")
    checks += sql.check(f"nothing is called {to}", sql.is_free(to))
    return Part(f"RENAME TABLE {sql.name(name)} TO {sql.name(to)}", checks)


def _altered(
    table: str, actions: tuple[commands.Action, ...], schema: LiveSchema
) -> Iterator[Part]:
    to = next((it.to for it in actions if isinstance(it, commands.RenameTo)), None)
    if to is not None:
        yield _renamed(to, table)
    for action in reversed(actions):
        if not isinstance(action, commands.RenameTo):
            yield from _action(table, action, schema)


def _action(table: str, action: commands.Action, schema: LiveSchema) -> Iterator[Part]:
    match action:
        case commands.AddColumn(column=spec, lenient=False):
            yield _without_column(table, spec, schema)
        case commands.AddKey(key=key, lenient=False):
            yield _without_key(table, key)
        case commands.RenameColumn(name=name, to=to):
            yield _altering(table, f"RENAME COLUMN {quoted(to)} TO {quoted(name)}", to)
        case commands.RenameKey(name=name, to=to):
            change = f"RENAME INDEX {quoted(to)} TO {quoted(name)}"
            checks = sql.check(f"{table} has the index {to}", sql.has_index(table, to))
            yield Part(f"ALTER TABLE {sql.name(table)} {change}", checks)
        case commands.ChangeColumn(name=name, column=spec) if name.lower() == spec.name.lower():
            return
        case commands.SetDefault() | commands.Option():
            return
        case _:
            raise CannotTakeBack


def _altering(table: str, change: str, column: str) -> Part:
    checks = sql.check(f"{table} has the column {column}", sql.has_column(table, column))
    return Part(f"ALTER TABLE {sql.name(table)} {change}", checks)


# --- Columns --------------------------------------------------------------------------------------


def _without_column(table: str, spec: commands.ColumnSpec, schema: LiveSchema) -> Part:
    part = _altering(table, f"DROP COLUMN {quoted(spec.name)}", spec.name)
    filled = _filled(spec, schema)
    query = f"SELECT COUNT(*) FROM {sql.name(table)} WHERE {filled}"
    what = f"no row of {table} has another {spec.name} than a new column has"
    return Part(part.sql, part.checks + sql.check(what, sql.none(query)))


def _filled(spec: commands.ColumnSpec, schema: LiveSchema) -> str:
    """Of which rows a value would be lost: those in which it is not what ADD COLUMN left there."""
    column, type_ = quoted(spec.name), one_type(spec.type, product_of(schema))
    if spec.generated:
        return "FALSE"
    if spec.auto_increment or spec.type == "serial":
        raise CannotTakeBack
    if spec.default is not None and not is_null(spec.default):
        told = one_default(spec.default, type_)
        if told is None or told.startswith("current_timestamp"):
            raise CannotTakeBack  # each row has a value of its own
        return f"NOT ({column} <=> {told})"
    if spec.null is not False:
        return f"{column} IS NOT NULL"
    if word_of(type_) in _NUMBERS:
        return f"{column} <> 0"
    if word_of(type_) in CHARACTERS - {"enum", "set"}:
        return f"{column} <> ''"
    raise CannotTakeBack


# --- Keys -----------------------------------------------------------------------------------------


_DROPPED = {
    commands.KeyKind.FOREIGN: "FOREIGN KEY {name}",
    commands.KeyKind.CHECK: "CONSTRAINT {name}",
    commands.KeyKind.PRIMARY: "PRIMARY KEY",
    **dict.fromkeys(commands.INDEXES, "INDEX {name}"),
}


def _without_key(table: str, key: commands.Key) -> Part:
    if key.name is None or key.kind not in _DROPPED:
        raise CannotTakeBack
    what = _DROPPED[key.kind].format(name=quoted(key.name))
    checks = sql.check(*key_is_there(table, key.kind, key.name))
    return Part(f"ALTER TABLE {sql.name(table)} DROP {what}", checks)
