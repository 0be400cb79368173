"""A column that is there already, just as a statement adds it."""

from __future__ import annotations

import re

from msgspec.structs import replace

from forensics.dialects.effect import Done
from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres.effects import run
from forensics.dialects.postgres.repairs.lenient import only
from forensics.dialects.postgres.standing.spelling import one_default
from forensics.facts import LiveSchema, LiveTable

_ADD = re.compile(r"\bADD\s+(?:COLUMN\s+)?", re.IGNORECASE)


def if_missing(text: str, schema: LiveSchema) -> str | None:
    """ADD COLUMN with IF NOT EXISTS; `None` where the column differs, or more is added with it."""
    statement = only(text)
    command = statement.command if statement else None
    if not isinstance(command, sql.AlterTable) or len(command.actions) != 1:
        return None
    [added] = command.actions
    table = next((it for it in schema.tables if _is(it, command, schema)), None)
    if table is None or not isinstance(added, sql.AddColumn) or added.lenient:
        return None
    others = tuple(it for it in table.columns if it.name != added.column.name)
    without = replace(table, columns=others, constraints=(), indexes=(), index_definitions=())
    effect = run(replace(schema, tables=(without,)), (text,))
    made = effect.schema.tables[0] if isinstance(effect, Done) else None
    there = [it for it in table.columns if it not in others]
    if made is None or _spelled(made) != _spelled(replace(without, columns=(*others, *there))):
        return None
    return _ADD.sub("ADD COLUMN IF NOT EXISTS ", text, count=1)


def _spelled(table: LiveTable) -> LiveTable:
    """With defaults in one spelling: the catalogue prints `'none'::text`."""
    return replace(
        table,
        columns=tuple(
            replace(it, default=it.default and (one_default(it.default, it.type) or it.default))
            for it in table.columns
        ),
    )


def _is(table: LiveTable, command: sql.AlterTable, schema: LiveSchema) -> bool:
    """Whether it is the table of the statement, as the search path finds it."""
    places = [command.name.schema] if command.name.schema else list(schema.search_path)
    return table.name.table == command.name.name and table.name.schema in places
