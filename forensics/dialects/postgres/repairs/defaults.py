"""Defaults that keep a type in use after their column has got another one."""

from __future__ import annotations

from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres.effects.catalogue import Catalogue
from forensics.dialects.postgres.effects.types import printed_type
from forensics.dialects.postgres.fix_script.quoting import name, table_name
from forensics.dialects.postgres.repairs.lenient import only
from forensics.facts import LiveSchema

FreedDefault = tuple[str, str, str]
"""The column, what drops its default, and what sets that again as a plain text."""


def in_the_way(text: str, schema: LiveSchema) -> tuple[FreedDefault, ...]:
    """Of a DROP TYPE: the constant defaults of that enum, in columns of another type."""
    statement = only(text)
    if statement is None or not isinstance(statement.command, sql.Drop):
        return ()
    command, catalogue = statement.command, Catalogue.of(schema)
    if command.what != "type" or len(command.names) != 1:
        return ()
    enum = catalogue.find_enum(command.names[0])
    found = []
    for table in schema.tables:
        for column in table.columns:
            constant, cast, of = (column.default or "").rpartition("::")
            if not cast or not constant.endswith("'") or enum is None:
                continue
            same = printed_type(of, catalogue).enum == enum
            if same and printed_type(column.type, catalogue).enum != enum:
                at = f"ALTER TABLE {table_name(table.name).as_string()} ALTER COLUMN "
                at += name(column.name).as_string()
                dropped, again = f"{at} DROP DEFAULT", f"{at} SET DEFAULT {constant}"
                found.append((column.name, dropped, again))
    return tuple(found)
