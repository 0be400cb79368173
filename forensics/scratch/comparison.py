"""What a scratch database lacks of a wanted schema, and what it has too much, by our own reader."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from forensics.facts import LiveSchema, LiveTable, OtherObject, RelationKind
from forensics.model import TableName
from forensics.scratch.rebuild import ROW_SECURITY, part_of

_DROPPED_AS = {
    RelationKind.VIEW: sql.SQL("VIEW"),
    RelationKind.MATERIALIZED_VIEW: sql.SQL("MATERIALIZED VIEW"),
    RelationKind.FOREIGN: sql.SQL("FOREIGN TABLE"),
}
_KINDS = {
    RelationKind.VIEW: "view",
    RelationKind.MATERIALIZED_VIEW: "view",
    RelationKind.PARTITIONED: "partitioned table",
    RelationKind.FOREIGN: "foreign table",
}


def lacking(wanted: LiveSchema, found: LiveSchema) -> tuple[OtherObject, ...]:
    """What of the wanted schema is not there, under the names that `rebuild` gives its parts."""
    return tuple(dict.fromkeys(_lacking(wanted, found)))


def too_much(wanted: LiveSchema, found: LiveSchema) -> tuple[sql.Composed, ...]:
    """The statements that take away what exists and is not wanted, or is another one."""
    return tuple(_too_much(wanted, found))


def is_near(wanted: LiveSchema, collected: LiveSchema) -> bool:
    """Whether a schema is the collected one but for some tables: then its dump is a good start.

    Of functions and the like no more than the name is known, so none of them may have gone.
    """
    if not set(collected.others) <= set(wanted.others):
        return False
    names = {table.name for table in wanted.tables}
    return sum(table.name in names for table in collected.tables) * 2 >= len(collected.tables)


def _lacking(wanted: LiveSchema, found: LiveSchema) -> Iterator[OtherObject]:
    extensions = {extension.name for extension in found.extensions}
    missing = [e.name for e in wanted.extensions if e.name not in extensions]
    yield from (_outside("schema", s) for s in wanted.schemas if s not in found.schemas)
    yield from (_outside("extension", name) for name in missing)
    enums, sequences, others = set(found.enums), set(found.sequences), set(found.others)
    yield from (_named("enum", enum.name) for enum in wanted.enums if enum not in enums)
    yield from (_named("sequence", s) for s in wanted.sequences if s not in sequences)
    tables = {table.name: table for table in found.tables}
    for table in wanted.tables:
        yield from _lacking_of(table, tables.get(table.name))
    yield from (other for other in wanted.others if other not in others)


def _named(kind: str, name: TableName) -> OtherObject:
    return OtherObject(kind=kind, name=name)


def _outside(kind: str, name: str) -> OtherObject:
    return _named(kind, TableName(schema="", table=name))


def _lacking_of(wanted: LiveTable, found: LiveTable | None) -> Iterator[OtherObject]:
    if found is None:
        child = wanted.kind is RelationKind.TABLE and wanted.inherits
        kind = "partition or child table" if child else _KINDS.get(wanted.kind, "table")
        yield _named(kind, wanted.name)
        found = LiveTable(name=wanted.name)
    elif _defaults(wanted) - _defaults(found):
        yield _named("default of a table", wanted.name)
    if wanted.row_security and not found.row_security:
        yield _named(ROW_SECURITY, wanted.name)
    there = {constraint.name for constraint in found.constraints}
    keys = [constraint.name for constraint in wanted.constraints]
    yield from (part_of(wanted, "constraint", name) for name in keys if name not in there)
    there = set(found.indexes)
    indexes = [name for name in wanted.indexes if name not in keys]
    yield from (part_of(wanted, "index", name) for name in indexes if name not in there)


def _defaults(table: LiveTable) -> set[str]:
    return {column.name for column in table.columns if column.default is not None}


def _too_much(wanted: LiveSchema, found: LiveSchema) -> Iterator[sql.Composed]:
    tables = {table.name: table for table in wanted.tables}
    for table in found.tables:
        same = tables.get(table.name)
        if same is None or _is_another(same, table):
            yield _drop(_DROPPED_AS.get(table.kind, sql.SQL("TABLE")), table.name)
    sequences, enums = set(wanted.sequences), set(wanted.enums)
    yield from (_drop(sql.SQL("SEQUENCE"), it) for it in found.sequences if it not in sequences)
    yield from (_drop(sql.SQL("TYPE"), it.name) for it in found.enums if it not in enums)
    schemas = [sql.Identifier(name) for name in found.schemas if name not in wanted.schemas]
    yield from (sql.SQL("DROP SCHEMA {} CASCADE").format(name) for name in schemas)


def _is_another(wanted: LiveTable, found: LiveTable) -> bool:
    """Whether it has other columns, or more than is wanted; what it lacks can be added."""
    return (
        _columns(wanted) != _columns(found)
        or bool(found.row_security) > bool(wanted.row_security)
        or bool(set(found.indexes) - set(wanted.indexes))
        or bool({c.name for c in found.constraints} - {c.name for c in wanted.constraints})
    )


def _columns(table: LiveTable) -> list[tuple[str, str, bool]]:
    return [(column.name, column.type, column.not_null) for column in table.columns]


def _drop(what: sql.SQL, name: TableName) -> sql.Composed:
    named = sql.Identifier(name.schema, name.table)
    return sql.SQL("DROP {} IF EXISTS {} CASCADE").format(what, named)
