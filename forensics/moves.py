"""What goes along when a fix renames a table, or moves it into another schema."""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from forensics.effects.types import qualified
from forensics.facts import Column, LiveSchema, LiveTable
from forensics.model import MoveTable, RenameTable, TableName

_LONGEST = 63
"""Bytes of a name; PostgreSQL cuts what is longer (NAMEDATALEN)."""


class Renamed(NamedTuple):
    """The old and the new names of what would clash; `None` where nothing is to be renamed."""

    sequence: tuple[str, str] | None
    primary_key: tuple[str, str] | None


def renamed(step: RenameTable) -> Renamed:
    """The new names of sequence and key: `x_pkey` becomes `x_pkey_retired` where `x` does so."""
    taken = {step.to}
    return Renamed(_new_name(step, step.sequence, taken), _new_name(step, step.primary_key, taken))


def target(step: RenameTable | MoveTable) -> TableName:
    """The name of the table after the step."""
    if isinstance(step, RenameTable):
        return TableName(schema=step.table.schema, table=step.to)
    return TableName(schema=step.to_schema, table=step.table.table)


def schema_after(schema: LiveSchema, step: RenameTable | MoveTable) -> LiveSchema:
    """The catalogue after the step: the table under its new name, and its sequences."""
    held = next((table for table in schema.tables if table.name == step.table), None)
    owned = {column.sequence for column in held.columns if column.sequence} if held else set()
    sequences = {name: _sequence_after(name, step) for name in owned}
    return replace(
        schema,
        schemas=tuple(dict.fromkeys((*schema.schemas, target(step).schema))),
        tables=tuple(
            _table_after(table, step, sequences) if table.name == step.table else table
            for table in schema.tables
        ),
        sequences=tuple(sequences.get(name, name) for name in schema.sequences),
    )


def _table_after(
    table: LiveTable, step: RenameTable | MoveTable, sequences: dict[TableName, TableName]
) -> LiveTable:
    columns = tuple(
        _column_after(column, sequences[column.sequence]) if column.sequence else column
        for column in table.columns
    )
    return replace(table, name=target(step), columns=columns)


def _column_after(column: Column, sequence: TableName) -> Column:
    """A default is kept with the sequence, not with its name: it is printed with the new one."""
    if column.default is None or not column.default.startswith("nextval("):
        return replace(column, sequence=sequence)
    spelled = qualified(sequence).replace("'", "''")
    return replace(column, sequence=sequence, default=f"nextval('{spelled}'::regclass)")


def _sequence_after(name: TableName, step: RenameTable | MoveTable) -> TableName:
    if isinstance(step, MoveTable):
        return TableName(schema=step.to_schema, table=name.table)
    pair = renamed(step).sequence
    return replace(name, table=pair[1]) if pair and pair[0] == name.table else name


def _new_name(step: RenameTable, name: str | None, taken: set[str]) -> tuple[str, str] | None:
    """A name and its new form, cut to what a name may be long, unlike all that are taken."""
    if name is None:
        return None
    table, ending = step.table.table, step.to.removeprefix(step.table.table)
    if ending == step.to:
        swapped = name.startswith(table)
        name_part, ending = (step.to, name.removeprefix(table)) if swapped else (name, "_retired")
    else:
        name_part = name
    new, count = _cut(name_part, ending), 1
    while new in taken or new == name:
        count += 1
        new = _cut(name_part, f"{ending}_{count}")
    taken.add(new)
    return name, new


def _cut(name: str, ending: str) -> str:
    room = max(_LONGEST - len(ending.encode()), 0)
    return name.encode()[:room].decode(errors="ignore") + ending
