"""A collected database without some of its tables, as it is after an action."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from forensics.facts import Database
from forensics.model import TableName


def without_schema(database: Database, schema: str) -> Database:
    """Without anything in one schema."""
    assert database.schema is not None and database.tracking is not None
    live = msgspec.structs.replace(
        database.schema,
        tables=tuple(it for it in database.schema.tables if it.name.schema != schema),
        enums=tuple(it for it in database.schema.enums if it.name.schema != schema),
        sequences=tuple(it for it in database.schema.sequences if it.schema != schema),
    )
    left = tuple(it for it in database.tracking.tables if it.name.schema != schema)
    tracking = msgspec.structs.replace(database.tracking, tables=left)
    return msgspec.structs.replace(database, schema=live, tracking=tracking)


def counted_runs(database: Database | None, doomed: Sequence[TableName]) -> Iterator[str]:
    """The sequences that go with their tables, and that have counted something."""
    tables = database.tracking.tables if database and database.tracking else ()
    for table in tables:
        if table.name in doomed and table.sequence and table.sequence.is_called:
            yield f"the id sequence of {table.name}, which is at {table.sequence.last_value}"


def without_tables(database: Database | None, doomed: Sequence[TableName]) -> Database | None:
    """Without these tables, and what goes with them."""
    if database is None or database.tracking is None or database.schema is None:
        return database
    tracking = msgspec.structs.replace(
        database.tracking,
        tables=tuple(t for t in database.tracking.tables if t.name not in doomed),
    )
    gone = [table for table in database.schema.tables if table.name in doomed]
    owned = {column.sequence for table in gone for column in table.columns}
    schema = msgspec.structs.replace(
        database.schema,
        tables=tuple(t for t in database.schema.tables if t.name not in doomed),
        sequences=tuple(name for name in database.schema.sequences if name not in owned),
    )
    return msgspec.structs.replace(database, tracking=tracking, schema=schema)
