"""What the database steps of a fix do to what was seen of a database."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from forensics.facts import (
    Circumstances,
    Column,
    Database,
    LedgerShape,
    LiveTable,
    Privileges,
    Right,
    ToolUse,
    TrackingRow,
    TrackingTable,
)
from forensics.model import (
    Cell,
    DatabaseStep,
    DeletedRow,
    Grant,
    InsertRows,
    MarkedRow,
    MoveObjects,
    Outcome,
    RunCommand,
    RunSql,
    Step,
    TableName,
    UpdateRow,
)
from forensics.tracking.deploying import READ_ONLY
from forensics.tracking.landed import with_moved
from forensics.tracking.ledgers import is_meant, with_cells
from forensics.tracking.marking import marked
from forensics.tracking.moves import schema_after, target


def in_order(steps: Iterable[Step]) -> list[Step]:
    """Cells first: a step names its table as it was found, whichever order the issues have."""
    return sorted(steps, key=lambda step: not isinstance(step, UpdateRow))


def apply_to_database(
    database: Database | None, steps: Iterable[Step], tool: ToolUse
) -> Database | None:
    """What would be seen of the database after the database steps of one tool."""
    for step in in_order(steps):
        if database is not None:
            database = _after(database, step, tool)
    return database


def _after(database: Database, step: Step, tool: ToolUse) -> Database:
    if isinstance(step, DatabaseStep):
        return _apply(database, step, tool)
    if isinstance(step, RunSql) and step.inserts is not None:
        return _apply(database, step.inserts, tool)
    if isinstance(step, RunSql) and step.removes is not None:
        return _without_index(database, step.removes)
    if isinstance(step, RunSql) and step.deletes is not None:
        gone = step.deletes
        return _with_tracking(database, gone.table, lambda it: _without_row(it, gone, tool.ledger))
    if isinstance(step, RunCommand) and step.marks is not None:
        return with_mark(database, step.marks, tool)
    if isinstance(step, MoveObjects) and database.schema is not None:
        moved = with_moved(database.schema, step.names, step.to_schema)
        return msgspec.structs.replace(database, schema=moved)
    return _given(database, step) if isinstance(step, Grant) else database


def with_mark(database: Database, mark: MarkedRow, tool: ToolUse) -> Database:
    """What would be seen once the tool was told how a migration stands; it makes its table."""
    made = InsertRows(
        table=mark.table, rows=(), identity=(), held=None, columns=tool.ledger.columns
    )
    return _with_tracking(
        _with_table(database, made, tool), mark.table, lambda table: marked(table, mark)
    )


def _given(database: Database, grant: Grant) -> Database:
    if grant.right == Right.WRITE:
        seen = database.circumstances and _writable(database.circumstances)
        return msgspec.structs.replace(database, circumstances=seen)
    rights = database.privileges and _with_right(database.privileges, grant)
    return msgspec.structs.replace(database, privileges=rights)


def _without_row(table: TrackingTable, gone: DeletedRow, ledger: LedgerShape) -> TrackingTable:
    left = tuple(row for row in table.rows if not is_meant(ledger, row, gone.cells))
    return msgspec.structs.replace(table, rows=left)


def _without_index(database: Database, name: TableName) -> Database:
    if database.schema is None:
        return database
    tables = tuple(
        msgspec.structs.replace(
            table,
            indexes=tuple(it for it in table.indexes if it != name.table),
            index_definitions=tuple(it for it in table.index_definitions if it.name != name.table),
        )
        if table.name.schema == name.schema
        else table
        for table in database.schema.tables
    )
    schema = msgspec.structs.replace(database.schema, tables=tables)
    return msgspec.structs.replace(database, schema=schema)


def without_table(database: Database | None, name: TableName) -> Database | None:
    """What would be seen of the database once a tracking table is dropped."""
    if database is None or database.tracking is None:
        return database
    left = tuple(table for table in database.tracking.tables if table.name != name)
    tracking = msgspec.structs.replace(database.tracking, tables=left)
    if database.schema is None:
        return msgspec.structs.replace(database, tracking=tracking)
    tables = tuple(table for table in database.schema.tables if table.name != name)
    schema = msgspec.structs.replace(database.schema, tables=tables)
    return msgspec.structs.replace(database, tracking=tracking, schema=schema)


def _apply(database: Database, step: DatabaseStep, tool: ToolUse) -> Database:
    if isinstance(step, UpdateRow):
        return _with_tracking(database, step.table, lambda it: _updated(it, step, tool.ledger))
    if isinstance(step, InsertRows):
        there = _with_table(database, step, tool) if step.held is None else database
        return _with_tracking(there, step.table, lambda it: _with_rows(it, step, tool.ledger))
    moved = _with_tracking(database, step.table, lambda table: _named(table, target(step)))
    if moved.schema is None:
        return moved
    return msgspec.structs.replace(moved, schema=schema_after(moved.schema, step))


def _writable(seen: Circumstances) -> Circumstances:
    """Whose transactions write, unless they say otherwise."""
    settings = dict(seen.settings) | {READ_ONLY: "off"}
    return msgspec.structs.replace(seen, settings=tuple(settings.items()))


def _with_right(privileges: Privileges, grant: Grant) -> Privileges:
    """What the role may do once it was given a right; an owner may do everything."""
    more = tuple(Right) if grant.right == Right.OWNER else (grant.right,)
    return msgspec.structs.replace(
        privileges,
        objects=tuple(
            msgspec.structs.replace(it, rights=tuple(dict.fromkeys((*it.rights, *more))))
            if (it.kind, it.name) == (grant.kind, grant.name)
            else it
            for it in privileges.objects
        ),
    )


def _with_tracking(
    database: Database, name: TableName, change: Callable[[TrackingTable], TrackingTable]
) -> Database:
    if database.tracking is None:
        return database
    tables = tuple(
        change(table) if table.name == name else table for table in database.tracking.tables
    )
    tracking = msgspec.structs.replace(database.tracking, tables=tables)
    return msgspec.structs.replace(database, tracking=tracking)


def _updated(table: TrackingTable, step: UpdateRow, ledger: LedgerShape) -> TrackingTable:
    """With the cell set in the row that is meant; a column that nothing is known of has no row."""
    meant = (*step.where, (step.column, step.before))
    if not {column for column, _ in meant} <= ledger.fields.keys():
        return table
    rows = tuple(
        with_cells(ledger, row, ((step.column, step.after),)) if _has(ledger, row, meant) else row
        for row in table.rows
    )
    return msgspec.structs.replace(table, rows=rows)


def _has(ledger: LedgerShape, row: TrackingRow, cells: tuple[Cell, ...]) -> bool:
    return all(getattr(row, ledger.fields[column]) == value for column, value in cells)


def _with_rows(table: TrackingTable, step: InsertRows, ledger: LedgerShape) -> TrackingTable:
    empty = TrackingRow(id=None, checksum="", at=None)
    rows = tuple(with_cells(ledger, empty, row.cells) for row in step.rows)
    return msgspec.structs.replace(table, rows=(*table.rows, *rows))


def _with_table(database: Database, step: InsertRows, tool: ToolUse) -> Database:
    """With an empty tracking table, as the tool makes it."""
    name = step.table
    if database.tracking is None or database.tracking.get(name) is not None:
        return database
    table = TrackingTable(
        name=name,
        tool=tool.name,
        evidence=database.tracking.evidence,
        outcome=Outcome.COLLECTED,
        owner=step.owner,
        columns=tuple(column.name for column in step.columns),
    )
    tracking = msgspec.structs.replace(database.tracking, tables=(*database.tracking.tables, table))
    schema = database.schema
    if schema is not None:
        columns = tuple(Column(name=column.name, type=column.type) for column in step.columns)
        schema = msgspec.structs.replace(
            schema,
            schemas=tuple(dict.fromkeys((*schema.schemas, name.schema))),
            tables=(*schema.tables, LiveTable(row_security=False, name=name, columns=columns)),
        )
    return msgspec.structs.replace(database, tracking=tracking, schema=schema)


def _named(table: TrackingTable, name: TableName) -> TrackingTable:
    return msgspec.structs.replace(table, name=name)
