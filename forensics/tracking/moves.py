"""What goes along when a fix renames a table, or moves it into another schema."""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from forensics.facts import LiveSchema
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
    """The catalogue after the step.

    What the columns say of their sequence stays as it was found: by that the table is known again.
    An owned sequence lies in the schema of its table, whatever stands there (PostgreSQL moves it
    along, AlterSeqNamespaces).
    """
    tables = tuple(
        replace(table, name=target(step)) if table.name == step.table else table
        for table in schema.tables
    )
    schemas = tuple(dict.fromkeys((*schema.schemas, target(step).schema)))
    return replace(schema, tables=tables, schemas=schemas)


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
