"""Which schema the address names, where the project does not say it: as the database shows it."""

from __future__ import annotations

from msgspec.structs import replace

from forensics.facts import Database, ToolUse


def settled(tool: ToolUse, database: Database | None) -> ToolUse:
    """The use with the table that exists, where there is one alone and nothing told another."""
    if tool.tracking_source != "default" or database is None or database.tracking is None:
        return tool
    tables = list(database.tracking.of_tool(tool.name))
    if len(tables) != 1 or tables[0].name == tool.tracking:
        return tool
    name = tables[0].name
    filtered = (name.schema,) if tool.schema_filter == ("public",) else tool.schema_filter
    return replace(
        tool, tracking=name, tracking_source="the only table there is", schema_filter=filtered
    )
