"""A PostgreSQL snapshot of any version as the newest release sees it: version 7 with defaults."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TypeVar

import msgspec
from msgspec import UnsetType
from msgspec.structs import replace

from forensics.adapters.drizzle.snapshots import postgres_shapes as shapes
from forensics.adapters.drizzle.snapshots.shared_shapes import Tables

T = TypeVar("T")

Key = str
"""`schema.name`, as the tool keys tables, enums and sequences."""


class SnapshotError(ValueError):
    """A text that is not a PostgreSQL snapshot of version 5, 6 or 7."""


class Schema(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the differ compares; dicts keep the snapshot's order."""

    tables: dict[Key, shapes.PgTable] = {}
    enums: dict[Key, shapes.EnumOfList] = {}
    schemas: dict[str, str] = {}
    sequences: dict[Key, shapes.PgSequence] = {}
    views: dict[Key, shapes.PgView] = {}
    roles: dict[str, shapes.PgRole] = {}
    policies: dict[str, shapes.PgPolicy] = {}


@lru_cache(maxsize=8)
def parse(text: str | None) -> Schema:
    """The snapshot in a text, nothing for `None`; raises `SnapshotError`."""
    if text is None:
        return Schema()
    data = text.encode("utf-8", errors="replace")
    for decode in (_seven, _six, _five):
        try:
            return decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
    raise SnapshotError("not a PostgreSQL snapshot of version 5, 6 or 7")


def keyed(schema: str | None, name: str) -> Key:
    """The tool's key of something: no schema is `public`."""
    return f"{schema or 'public'}.{name}"


def given(value: T | UnsetType) -> T | None:
    """A field that may be missing; the tool tells `null` apart from that nowhere it matters."""
    return None if isinstance(value, UnsetType) else value


def _seven(data: bytes) -> Schema:
    found = msgspec.json.decode(data, type=shapes.Pg7)
    tables = (msgspec.json.decode(raw, type=shapes.PgTable) for raw in found.tables.values())
    return Schema(
        tables=_tables(tables),
        enums=found.enums,
        schemas=found.schemas,
        sequences=given(found.sequences) or {},
        views=given(found.views) or {},
        roles=given(found.roles) or {},
        policies=given(found.policies) or {},
    )


def _six(data: bytes) -> Schema:
    found = msgspec.json.decode(data, type=shapes.Pg6)
    return Schema(tables=_named(found.tables), enums=found.enums, schemas=found.schemas)


def _five(data: bytes) -> Schema:
    """As updateUpToV6 does: enums move to `public`, their values become a list."""
    found = msgspec.json.decode(data, type=shapes.Pg5)
    enums = {
        f"public.{enum.name}": shapes.EnumOfList(
            name=enum.name, schema="public", values=list(enum.values.values())
        )
        for enum in found.enums.values()
    }
    return Schema(tables=_named(found.tables), enums=enums, schemas=found.schemas)


def _named(raw: Tables) -> dict[Key, shapes.PgTable]:
    """As updateUpToV7 does: an index of names becomes one of ordered expressions."""
    decoded = (msgspec.json.decode(table, type=shapes.PgTableOfNames) for table in raw.values())
    return _tables(
        shapes.PgTable(
            name=table.name,
            schema=table.schema,
            columns=table.columns,
            indexes={key: _index(index) for key, index in table.indexes.items()},
            foreignKeys=table.foreignKeys,
            compositePrimaryKeys=table.compositePrimaryKeys,
            uniqueConstraints=table.uniqueConstraints,
        )
        for table in decoded
    )


def _tables(tables: Iterable[shapes.PgTable]) -> dict[Key, shapes.PgTable]:
    return {keyed(table.schema, table.name): _filled(table) for table in tables}


def _filled(table: shapes.PgTable) -> shapes.PgTable:
    """With zod's defaults, so that two tables that say the same are equal."""
    return replace(
        table,
        indexes={
            key: replace(
                index,
                with_=given(index.with_) or {},
                method=given(index.method) or "btree",
                concurrently=given(index.concurrently) or False,
            )
            for key, index in table.indexes.items()
        },
        foreignKeys={
            key: replace(
                foreign,
                schemaTo=given(foreign.schemaTo) or "public",
                onUpdate=given(foreign.onUpdate) or "",
                onDelete=given(foreign.onDelete) or "",
            )
            for key, foreign in table.foreignKeys.items()
        },
        uniqueConstraints=given(table.uniqueConstraints) or {},
        policies=given(table.policies) or {},
        checkConstraints=given(table.checkConstraints) or {},
        isRLSEnabled=given(table.isRLSEnabled) or False,
    )


def _index(index: shapes.PgIndexOfNames) -> shapes.PgIndex:
    return shapes.PgIndex(
        name=index.name,
        columns=[
            shapes.PgIndexColumn(expression=name, isExpression=False, asc=True, nulls="last")
            for name in index.columns
        ],
        isUnique=index.isUnique,
        with_=dict(given(index.with_) or {}),
        method=index.method,
        where=index.where,
        concurrently=index.concurrently,
    )
