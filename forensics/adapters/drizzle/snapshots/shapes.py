"""What drizzle-kit accepts as a snapshot, per dialect and version: its zod schemas as types.

Source: drizzle-kit 0.31.11, for PostgreSQL all releases since 0.22.0: bin.cjs,
`src/serializer/{pg,mysql,sqlite,singlestore}Schema.ts`. Where
zod says `.strict()` a type here forbids unknown fields; `.optional()` and `.default()` are `UNSET`,
which, as there, does not allow `null`. Two zod objects that are merged keep the strictness of the
second: the top level is strict for sqlite only.
"""

# A table in the form of classes: the names are zod's, and say what a docstring would.
# ruff: noqa: D101

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from forensics.adapters.drizzle.behaviour import Version
from forensics.adapters.drizzle.snapshots.postgres_shapes import (
    Pg5,
    Pg6,
    Pg7,
    PgTable,
    PgTableOf0220,
    PgTableOf0230,
    PgTableOf0260,
    PgTableOf0270,
    PgTableOfNames,
    PgTableOfPlainNames,
)
from forensics.adapters.drizzle.snapshots.shared_shapes import (
    Check,
    ForeignKey,
    Generated,
    Head,
    NamedColumns,
    Names,
    Notes,
    Renames,
    RenamesWithSchemas,
    Strict,
)


class PlainColumn(Strict, frozen=True, kw_only=True):
    name: str
    type: str
    primaryKey: bool
    notNull: bool
    autoincrement: bool | UnsetType = UNSET
    default: Any = UNSET
    generated: Generated | UnsetType = UNSET


# --- MySQL and SingleStore ----------------------------------------------------------------------


class MySqlIndex(Strict, frozen=True, kw_only=True):
    name: str
    columns: list[str]
    isUnique: bool
    using: Literal["btree", "hash"] | UnsetType = UNSET
    algorithm: Literal["default", "inplace", "copy"] | UnsetType = UNSET
    lock: Literal["default", "none", "shared", "exclusive"] | UnsetType = UNSET


class MySqlColumn(PlainColumn, frozen=True, kw_only=True):
    onUpdate: Any = UNSET


class SingleStoreTable(Strict, frozen=True, kw_only=True):
    name: str
    columns: dict[str, MySqlColumn]
    indexes: dict[str, MySqlIndex]
    compositePrimaryKeys: dict[str, NamedColumns]
    uniqueConstraints: dict[str, NamedColumns] | UnsetType = UNSET


class MySqlTable(SingleStoreTable, frozen=True, kw_only=True):
    foreignKeys: dict[str, ForeignKey]
    checkConstraint: dict[str, Check] | UnsetType = UNSET


class MySqlView(Strict, frozen=True, kw_only=True):
    name: str
    columns: dict[str, MySqlColumn]
    definition: str | UnsetType = UNSET
    isExisting: bool
    algorithm: Literal["undefined", "merge", "temptable"]
    sqlSecurity: Literal["definer", "invoker"]
    withCheckOption: Literal["local", "cascaded"] | UnsetType = UNSET


class MySql5WithSchemas(Head, frozen=True, kw_only=True):
    version: Literal["5"]
    dialect: Literal["mysql"]
    schemas: Names
    _meta: RenamesWithSchemas = msgspec.field(name="_meta")
    internal: Notes | UnsetType = UNSET


class MySql5(Head, frozen=True, kw_only=True):
    version: Literal["5"]
    dialect: Literal["mysql"]
    views: dict[str, MySqlView] | UnsetType = UNSET
    _meta: Renames = msgspec.field(name="_meta")
    internal: Notes | UnsetType = UNSET


class SingleStore1(Head, frozen=True, kw_only=True):
    version: Literal["1"]
    dialect: Literal["singlestore"]
    _meta: Renames = msgspec.field(name="_meta")
    internal: Notes | UnsetType = UNSET


# --- SQLite -------------------------------------------------------------------------------------


class SqliteIndex(Strict, frozen=True, kw_only=True):
    name: str
    columns: list[str]
    where: str | UnsetType = UNSET
    isUnique: bool


class SqlitePrimaryKey(Strict, frozen=True, kw_only=True):
    columns: list[str]
    name: str | UnsetType = UNSET


class SqliteTable(Strict, frozen=True, kw_only=True):
    name: str
    columns: dict[str, PlainColumn]
    indexes: dict[str, SqliteIndex]
    foreignKeys: dict[str, ForeignKey]
    compositePrimaryKeys: dict[str, SqlitePrimaryKey]
    uniqueConstraints: dict[str, NamedColumns] | UnsetType = UNSET
    checkConstraints: dict[str, Check] | UnsetType = UNSET


class SqliteView(Strict, frozen=True, kw_only=True):
    name: str
    columns: dict[str, PlainColumn]
    definition: str | UnsetType = UNSET
    isExisting: bool


class Sqlite5(Head, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: Literal["5"]
    dialect: Literal["sqlite"]
    enums: dict[str, Any]
    _meta: Renames = msgspec.field(name="_meta")


class Sqlite6(Head, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: Literal["6"]
    dialect: Literal["sqlite"]
    views: dict[str, SqliteView] | UnsetType = UNSET
    enums: dict[str, Any]
    _meta: Renames = msgspec.field(name="_meta")
    internal: Notes | UnsetType = UNSET


AnySnapshot = Pg5 | Pg6 | Pg7 | MySql5 | MySql5WithSchemas | SingleStore1 | Sqlite5 | Sqlite6


class Shape(NamedTuple):
    """A kind of snapshot and, since they are checked one by one, the kind of its tables."""

    snapshot: type[AnySnapshot]
    table: type[msgspec.Struct]


_SQLITE = (Shape(Sqlite6, SqliteTable), Shape(Sqlite5, SqliteTable))

ACCEPTED: dict[str, tuple[Shape, ...]] = {
    "postgresql": (Shape(Pg7, PgTable), Shape(Pg6, PgTableOfNames), Shape(Pg5, PgTableOfNames)),
    "mysql": (Shape(MySql5, MySqlTable), Shape(MySql5WithSchemas, MySqlTable)),
    "singlestore": (Shape(SingleStore1, SingleStoreTable),),
    "sqlite": _SQLITE,
    "turso": _SQLITE,
}
"""Dialect of the config -> the shapes of which a snapshot must have one."""

_TABLES_OF_VERSION_7: tuple[tuple[Version, type[msgspec.Struct]], ...] = (
    ((0, 27, 2), PgTable),
    ((0, 27, 0), PgTableOf0270),
    ((0, 26, 0), PgTableOf0260),
    ((0, 23, 0), PgTableOf0230),
    ((0, 22, 0), PgTableOf0220),
    ((0, 0, 0), PgTable),  # knows no version 7, and says so instead
)
"""Release -> what it takes for a table; whatever a later one adds makes a snapshot malformed."""
_GENERATED_COLUMNS: Version = (0, 23, 0)


def accepted(dialect: str, release: Version | None) -> tuple[Shape, ...]:
    """The shapes of which a snapshot must have one; of an unknown release those of 0.31.11."""
    if dialect != "postgresql" or release is None:
        return ACCEPTED.get(dialect, ())
    of_7 = next(table for since, table in _TABLES_OF_VERSION_7 if release >= since)
    of_names = PgTableOfNames if release >= _GENERATED_COLUMNS else PgTableOfPlainNames
    return (Shape(Pg7, of_7), Shape(Pg6, of_names), Shape(Pg5, of_names))


LATEST = {"postgresql": 7, "mysql": 5, "singlestore": 1, "sqlite": 6, "turso": 6}
"""Dialect -> the version that 0.31 writes; a greater one is "unsupported", not malformed."""
