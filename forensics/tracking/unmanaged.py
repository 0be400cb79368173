"""Tables that no migration makes."""

from __future__ import annotations

from forensics.facts import TABLE_KINDS, LiveSchema, Standing
from forensics.model import TableName


def unmanaged_tables(
    schema: LiveSchema | None, standing: Standing | None, ledger: TableName
) -> list[TableName]:
    """Those in the schema of the tracking table that no statement of a migration touches.

    Views and foreign tables are none.
    """
    made = {
        it.name
        for migration in (standing.migrations if standing else ())
        for statement in migration.statements
        for it in statement.touches
    }
    return [
        it.name
        for it in (schema.tables if schema else ())
        if it.name.schema == ledger.schema and it.kind in TABLE_KINDS
        if it.name != ledger and it.name not in made
    ]
