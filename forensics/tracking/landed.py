"""Objects that landed in another schema than the code means: found there, and so not lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from forensics.facts import (
    TABLE_KINDS,
    Aspect,
    Difference,
    Facts,
    Landed,
    LiveSchema,
    LiveTable,
    ObjectKind,
    Standing,
)
from forensics.model import TableName
from forensics.tracking.matching import recorded_rows


def landed(facts: Facts, standing: Standing) -> Landed | None:
    """The tables of recorded migrations that are missing, where one other schema has them.

    Each with all the columns that the migrations give it, and once only: where several schemas
    have such a table, nobody knows which one is meant.
    """
    if facts.schema is None or facts.history is None:
        return None
    lost = _lost(facts, standing)
    columns = _columns(facts, standing)
    made = {it.name for it in _touched(standing)}
    found: dict[TableName, list[LiveTable]] = {
        name: [
            it
            for it in facts.schema.tables
            if _is_it(it, name, columns.get(name, set())) and it.name not in made
        ]
        for name in lost
    }
    places = {it.name.schema for tables in found.values() for it in tables}
    meant = {name.schema for name, tables in found.items() if tables}
    if len(places) != 1 or len(meant) != 1:
        return None
    tables = sorted((it for each in found.values() for it in each), key=lambda it: it.name)
    return _told(facts.schema, tables, meant.pop(), lost)


def among_the_tools(facts: Facts, standing: Standing) -> Landed | None:
    """The tables of recorded migrations that lie in the schema of the tracking table.

    Only where the role that looked looks there first, and somewhere else next: nobody means that.
    A schema that the SQL names itself counts like one that is searched.
    """
    table, schema = facts.tool.tracking, facts.schema
    if table is None or schema is None or facts.history is None or len(schema.search_path) < 2:
        return None
    home, meant = schema.search_path[:2]
    if home != table.schema:
        return None
    made = {
        it.name: tag
        for tag, it in _recorded(facts, standing)
        if it.kind is ObjectKind.TABLE and it.aspect is Aspect.EXTRA and it.name.schema == home
    }
    tables = sorted((it for it in schema.tables if it.name in made), key=lambda it: it.name)
    if not tables:
        return None
    lost = {TableName(schema=meant, table=name.table): tag for name, tag in made.items()}
    return replace(_told(schema, tables, meant, lost), in_path=True)


def with_moved(schema: LiveSchema, names: Iterable[TableName], to: str) -> LiveSchema:
    """The catalogue with some tables and types in another schema, their sequences with them."""
    moved = {name: TableName(schema=to, table=name.table) for name in names}
    for table in schema.tables:
        if table.name in moved:
            owned = (it.sequence for it in table.columns if it.sequence is not None)
            moved |= {it: TableName(schema=to, table=it.table) for it in owned}
    return replace(
        schema,
        tables=tuple(_renamed(it, moved) for it in schema.tables),
        enums=tuple(replace(it, name=moved.get(it.name, it.name)) for it in schema.enums),
        sequences=tuple(moved.get(it, it) for it in schema.sequences),
    )


def _told(
    schema: LiveSchema, tables: list[LiveTable], meant: str, lost: Mapping[TableName, str]
) -> Landed:
    place = tables[0].name.schema
    types = tuple(
        enum.name
        for enum in schema.enums
        if enum.name.schema == place and any(_uses(table, enum.name) for table in tables)
    )
    first = TableName(schema=meant, table=tables[0].name.table)
    return Landed(
        evidence=schema.evidence,
        schema=place,
        meant=meant,
        tables=tuple(it.name for it in tables),
        types=types,
        owner=tables[0].owner or "",
        migration=lost[first],
    )


def _recorded(facts: Facts, standing: Standing) -> Iterator[tuple[str, Difference]]:
    """What recorded migrations touch, each with its migration."""
    assert facts.history is not None
    recorded = recorded_rows(facts.history, facts.files, facts.tool, facts.tracking)
    for migration in standing.migrations:
        if migration.position in recorded:
            for said in migration.statements:
                yield from ((migration.tag, it) for it in said.touches)


def _lost(facts: Facts, standing: Standing) -> dict[TableName, str]:
    """The tables that they make and that are not there, each with its migration."""
    found: dict[TableName, str] = {}
    for tag, touched in _recorded(facts, standing):
        if touched.kind is ObjectKind.TABLE and touched.aspect is Aspect.MISSING:
            found[touched.name] = tag
        elif touched.kind is ObjectKind.TABLE:
            found.pop(touched.name, None)
    return found


def _columns(facts: Facts, standing: Standing) -> dict[TableName, set[str]]:
    """Those that they give each table, without what they changed or dropped afterwards."""
    found: dict[TableName, set[str]] = {}
    for _, it in _recorded(facts, standing):
        if it.kind is ObjectKind.COLUMN and it.aspect is Aspect.MISSING:
            found.setdefault(it.name, set()).add(it.part)
        elif it.kind is ObjectKind.COLUMN:
            found.get(it.name, set()).discard(it.part)
    return found


def _touched(standing: Standing) -> Iterator[Difference]:
    for migration in standing.migrations:
        for said in migration.statements:
            yield from said.touches


def _is_it(table: LiveTable, name: TableName, columns: set[str]) -> bool:
    elsewhere = table.name.table == name.table and table.name.schema != name.schema
    held = {column.name for column in table.columns}
    return elsewhere and table.kind in TABLE_KINDS and bool(columns) and columns <= held


def _uses(table: LiveTable, type_: TableName) -> bool:
    return any(column.type.removesuffix("[]") == str(type_) for column in table.columns)


# --- Moved --------------------------------------------------------------------------------------


def _renamed(table: LiveTable, moved: Mapping[TableName, TableName]) -> LiveTable:
    def text(written: str) -> str:
        for old, new in moved.items():
            written = written.replace(str(old), str(new))
        return written

    return replace(
        table,
        name=moved.get(table.name, table.name),
        columns=tuple(
            replace(
                it,
                type=text(it.type),
                default=it.default and text(it.default),
                sequence=it.sequence and moved.get(it.sequence, it.sequence),
            )
            for it in table.columns
        ),
        constraints=tuple(replace(it, definition=text(it.definition)) for it in table.constraints),
    )
