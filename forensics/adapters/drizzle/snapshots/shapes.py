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

ORIGIN = "00000000-0000-0000-0000-000000000000"
"""The parent of a first snapshot."""

Names = dict[str, str]
Tables = dict[str, msgspec.Raw]
"""Undecoded: neighbouring snapshots share nearly all of them."""


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An object in which zod accepts no further keys."""


class Loose(msgspec.Struct, frozen=True):
    """An object in which zod drops further keys."""


# --- Parts that several dialects share ----------------------------------------------------------


class ForeignKey(Strict, frozen=True):
    name: str
    tableFrom: str
    columnsFrom: list[str]
    tableTo: str
    columnsTo: list[str]
    onUpdate: str | UnsetType = UNSET
    onDelete: str | UnsetType = UNSET


class NamedColumns(Strict, frozen=True):
    name: str
    columns: list[str]


class Check(Strict, frozen=True):
    name: str
    value: str


class Generated(Loose, frozen=True):
    type: Literal["stored", "virtual"]
    as_: str = msgspec.field(name="as")


class Renames(Loose, frozen=True):
    tables: Names
    columns: Names


class RenamesWithSchemas(Renames, frozen=True, kw_only=True):
    schemas: Names


class ColumnNote(Loose, frozen=True):
    isArray: bool | UnsetType = UNSET
    dimensions: float | UnsetType = UNSET
    rawType: str | UnsetType = UNSET
    isDefaultAnExpression: bool | UnsetType = UNSET
    isExpression: bool | UnsetType = UNSET


class ColumnNotes(Loose, frozen=True):
    columns: dict[str, ColumnNote]


class Notes(Loose, frozen=True):
    tables: dict[str, ColumnNotes] | UnsetType = UNSET
    indexes: dict[str, ColumnNotes] | UnsetType = UNSET


# --- PostgreSQL ---------------------------------------------------------------------------------


class PgForeignKey(ForeignKey, frozen=True):
    schemaTo: str | UnsetType = UNSET


class PgIndexColumn(Loose, frozen=True):
    expression: str
    isExpression: bool
    asc: bool
    nulls: str | UnsetType = UNSET
    opclass: str | UnsetType = UNSET


class PgIndex(Strict, frozen=True, kw_only=True):
    name: str
    columns: list[PgIndexColumn]
    isUnique: bool
    with_: dict[str, Any] | UnsetType = msgspec.field(default=UNSET, name="with")
    method: str | UnsetType = UNSET
    where: str | UnsetType = UNSET
    concurrently: bool | UnsetType = UNSET


class PgIndexOfNames(Strict, frozen=True, kw_only=True):
    name: str
    columns: list[str]
    isUnique: bool
    with_: Names | UnsetType = msgspec.field(default=UNSET, name="with")
    method: str | UnsetType = UNSET
    where: str | UnsetType = UNSET
    concurrently: bool | UnsetType = UNSET


class PgSequence(Strict, frozen=True, kw_only=True):
    name: str
    schema: str
    increment: str | UnsetType = UNSET
    minValue: str | UnsetType = UNSET
    maxValue: str | UnsetType = UNSET
    startWith: str | UnsetType = UNSET
    cache: str | UnsetType = UNSET
    cycle: bool | UnsetType = UNSET


class PgIdentity(Loose, frozen=True, kw_only=True):
    type: Literal["always", "byDefault"]
    name: str
    schema: str
    increment: str | UnsetType = UNSET
    minValue: str | UnsetType = UNSET
    maxValue: str | UnsetType = UNSET
    startWith: str | UnsetType = UNSET
    cache: str | UnsetType = UNSET
    cycle: bool | UnsetType = UNSET


class PgGenerated(Loose, frozen=True):
    type: Literal["stored"]
    as_: str = msgspec.field(name="as")


class PgPlainColumn(Strict, frozen=True, kw_only=True):
    name: str
    type: str
    typeSchema: str | UnsetType = UNSET
    primaryKey: bool
    notNull: bool
    default: Any = UNSET
    isUnique: Any = UNSET
    uniqueName: str | UnsetType = UNSET
    nullsNotDistinct: bool | UnsetType = UNSET


class PgColumn(PgPlainColumn, frozen=True, kw_only=True):
    generated: PgGenerated | UnsetType = UNSET
    identity: PgIdentity | UnsetType = UNSET


class PgUnique(NamedColumns, frozen=True):
    nullsNotDistinct: bool


class PgPlainPolicy(Strict, frozen=True, kw_only=True):
    name: str
    as_: Literal["PERMISSIVE", "RESTRICTIVE"] | UnsetType = msgspec.field(default=UNSET, name="as")
    for_: Literal["ALL", "SELECT", "INSERT", "UPDATE", "DELETE"] | UnsetType = msgspec.field(
        default=UNSET, name="for"
    )
    to: list[str] | UnsetType = UNSET
    using: str | UnsetType = UNSET
    withCheck: str | UnsetType = UNSET
    on: str | UnsetType = UNSET


class PgPolicy(PgPlainPolicy, frozen=True, kw_only=True):
    schema: str | UnsetType = UNSET


class PgRole(Strict, frozen=True, kw_only=True):
    name: str
    createDb: bool | UnsetType = UNSET
    createRole: bool | UnsetType = UNSET
    inherit: bool | UnsetType = UNSET


class PgTableOfNames(Strict, frozen=True, kw_only=True):
    name: str
    schema: str
    columns: dict[str, PgColumn]
    indexes: dict[str, PgIndexOfNames]
    foreignKeys: dict[str, PgForeignKey]
    compositePrimaryKeys: dict[str, NamedColumns]
    uniqueConstraints: dict[str, PgUnique] | UnsetType = UNSET


class PgTableOfPlainNames(Strict, frozen=True, kw_only=True):
    name: str
    schema: str
    columns: dict[str, PgPlainColumn]
    indexes: dict[str, PgIndexOfNames]
    foreignKeys: dict[str, PgForeignKey]
    compositePrimaryKeys: dict[str, NamedColumns]
    uniqueConstraints: dict[str, PgUnique] | UnsetType = UNSET


class PgTableOf0220(Strict, frozen=True, kw_only=True):
    name: str
    schema: str
    columns: dict[str, PgPlainColumn]
    indexes: dict[str, PgIndex]
    foreignKeys: dict[str, PgForeignKey]
    compositePrimaryKeys: dict[str, NamedColumns]
    uniqueConstraints: dict[str, PgUnique] | UnsetType = UNSET


class PgTableOf0230(Strict, frozen=True, kw_only=True):
    name: str
    schema: str
    columns: dict[str, PgColumn]
    indexes: dict[str, PgIndex]
    foreignKeys: dict[str, PgForeignKey]
    compositePrimaryKeys: dict[str, NamedColumns]
    uniqueConstraints: dict[str, PgUnique] | UnsetType = UNSET


class PgTableOf0260(PgTableOf0230, frozen=True, kw_only=True):
    checkConstraints: dict[str, Check] | UnsetType = UNSET


class PgTableOf0270(PgTableOf0260, frozen=True, kw_only=True):
    policies: dict[str, PgPlainPolicy] | UnsetType = UNSET
    isRLSEnabled: bool | UnsetType = UNSET


class PgTable(PgTableOf0260, frozen=True, kw_only=True):
    policies: dict[str, PgPolicy] | UnsetType = UNSET
    isRLSEnabled: bool | UnsetType = UNSET


class PgViewOptions(Strict, frozen=True, kw_only=True):
    checkOption: Literal["local", "cascaded"] | UnsetType = UNSET
    securityBarrier: bool | UnsetType = UNSET
    securityInvoker: bool | UnsetType = UNSET
    fillfactor: float | UnsetType = UNSET
    toastTupleTarget: float | UnsetType = UNSET
    parallelWorkers: float | UnsetType = UNSET
    autovacuumEnabled: bool | UnsetType = UNSET
    vacuumIndexCleanup: Literal["auto", "off", "on"] | UnsetType = UNSET
    vacuumTruncate: bool | UnsetType = UNSET
    autovacuumVacuumThreshold: float | UnsetType = UNSET
    autovacuumVacuumScaleFactor: float | UnsetType = UNSET
    autovacuumVacuumCostDelay: float | UnsetType = UNSET
    autovacuumVacuumCostLimit: float | UnsetType = UNSET
    autovacuumFreezeMinAge: float | UnsetType = UNSET
    autovacuumFreezeMaxAge: float | UnsetType = UNSET
    autovacuumFreezeTableAge: float | UnsetType = UNSET
    autovacuumMultixactFreezeMinAge: float | UnsetType = UNSET
    autovacuumMultixactFreezeMaxAge: float | UnsetType = UNSET
    autovacuumMultixactFreezeTableAge: float | UnsetType = UNSET
    logAutovacuumMinDuration: float | UnsetType = UNSET
    userCatalogTable: bool | UnsetType = UNSET


class PgView(Strict, frozen=True, kw_only=True):
    name: str
    schema: str
    columns: dict[str, PgColumn]
    definition: str | UnsetType = UNSET
    materialized: bool
    with_: PgViewOptions | UnsetType = msgspec.field(default=UNSET, name="with")
    isExisting: bool
    withNoData: bool | UnsetType = UNSET
    using: str | UnsetType = UNSET
    tablespace: str | UnsetType = UNSET


class EnumOfRecord(Strict, frozen=True):
    name: str
    values: Names


class EnumOfList(Strict, frozen=True):
    name: str
    schema: str
    values: list[str]


class Pg5(Loose, frozen=True, kw_only=True):
    id: str
    prevId: str
    version: Literal["5"]
    dialect: Literal["pg"]
    tables: Tables
    enums: dict[str, EnumOfRecord]
    schemas: Names
    _meta: RenamesWithSchemas = msgspec.field(name="_meta")
    internal: Notes | UnsetType = UNSET


class Pg6(Loose, frozen=True, kw_only=True):
    id: str
    prevId: str
    version: Literal["6"]
    dialect: Literal["postgresql"]
    tables: Tables
    enums: dict[str, EnumOfList]
    schemas: Names
    _meta: RenamesWithSchemas = msgspec.field(name="_meta")
    internal: Notes | UnsetType = UNSET


class Pg7(Loose, frozen=True, kw_only=True):
    id: str
    prevId: str
    version: Literal["7"]
    dialect: Literal["postgresql"]
    tables: Tables
    enums: dict[str, EnumOfList]
    schemas: Names
    views: dict[str, PgView] | UnsetType = UNSET
    sequences: dict[str, PgSequence] | UnsetType = UNSET
    roles: dict[str, PgRole] | UnsetType = UNSET
    policies: dict[str, PgPolicy] | UnsetType = UNSET
    _meta: RenamesWithSchemas = msgspec.field(name="_meta")
    internal: Notes | UnsetType = UNSET


# --- MySQL and SingleStore ----------------------------------------------------------------------


class MySqlIndex(Strict, frozen=True, kw_only=True):
    name: str
    columns: list[str]
    isUnique: bool
    using: Literal["btree", "hash"] | UnsetType = UNSET
    algorithm: Literal["default", "inplace", "copy"] | UnsetType = UNSET
    lock: Literal["default", "none", "shared", "exclusive"] | UnsetType = UNSET


class MySqlColumn(Strict, frozen=True, kw_only=True):
    name: str
    type: str
    primaryKey: bool
    notNull: bool
    autoincrement: bool | UnsetType = UNSET
    default: Any = UNSET
    onUpdate: Any = UNSET
    generated: Generated | UnsetType = UNSET


class MySqlTable(Strict, frozen=True, kw_only=True):
    name: str
    columns: dict[str, MySqlColumn]
    indexes: dict[str, MySqlIndex]
    foreignKeys: dict[str, ForeignKey]
    compositePrimaryKeys: dict[str, NamedColumns]
    uniqueConstraints: dict[str, NamedColumns] | UnsetType = UNSET
    checkConstraint: dict[str, Check] | UnsetType = UNSET


class MySqlView(Strict, frozen=True, kw_only=True):
    name: str
    columns: dict[str, MySqlColumn]
    definition: str | UnsetType = UNSET
    isExisting: bool
    algorithm: Literal["undefined", "merge", "temptable"]
    sqlSecurity: Literal["definer", "invoker"]
    withCheckOption: Literal["local", "cascaded"] | UnsetType = UNSET


class MySql5WithSchemas(Loose, frozen=True, kw_only=True):
    id: str
    prevId: str
    version: Literal["5"]
    dialect: Literal["mysql"]
    tables: Tables
    schemas: Names
    _meta: RenamesWithSchemas = msgspec.field(name="_meta")
    internal: Notes | UnsetType = UNSET


class MySql5(Loose, frozen=True, kw_only=True):
    id: str
    prevId: str
    version: Literal["5"]
    dialect: Literal["mysql"]
    tables: Tables
    views: dict[str, MySqlView] | UnsetType = UNSET
    _meta: Renames = msgspec.field(name="_meta")
    internal: Notes | UnsetType = UNSET


class SingleStoreTable(Strict, frozen=True, kw_only=True):
    name: str
    columns: dict[str, MySqlColumn]
    indexes: dict[str, MySqlIndex]
    compositePrimaryKeys: dict[str, NamedColumns]
    uniqueConstraints: dict[str, NamedColumns] | UnsetType = UNSET


class SingleStore1(Loose, frozen=True, kw_only=True):
    id: str
    prevId: str
    version: Literal["1"]
    dialect: Literal["singlestore"]
    tables: Tables
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


class SqliteColumn(Strict, frozen=True, kw_only=True):
    name: str
    type: str
    primaryKey: bool
    notNull: bool
    autoincrement: bool | UnsetType = UNSET
    default: Any = UNSET
    generated: Generated | UnsetType = UNSET


class SqliteTable(Strict, frozen=True, kw_only=True):
    name: str
    columns: dict[str, SqliteColumn]
    indexes: dict[str, SqliteIndex]
    foreignKeys: dict[str, ForeignKey]
    compositePrimaryKeys: dict[str, SqlitePrimaryKey]
    uniqueConstraints: dict[str, NamedColumns] | UnsetType = UNSET
    checkConstraints: dict[str, Check] | UnsetType = UNSET


class SqliteView(Strict, frozen=True, kw_only=True):
    name: str
    columns: dict[str, SqliteColumn]
    definition: str | UnsetType = UNSET
    isExisting: bool


class Sqlite5(Strict, frozen=True, kw_only=True):
    id: str
    prevId: str
    version: Literal["5"]
    dialect: Literal["sqlite"]
    tables: Tables
    enums: dict[str, Any]
    _meta: Renames = msgspec.field(name="_meta")


class Sqlite6(Strict, frozen=True, kw_only=True):
    id: str
    prevId: str
    version: Literal["6"]
    dialect: Literal["sqlite"]
    tables: Tables
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
