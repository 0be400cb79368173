"""What drizzle-kit accepts as a snapshot of PostgreSQL, of each version; see `shapes`."""

# A table in the form of classes: the names are zod's, and say what a docstring would.
# ruff: noqa: D101

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from forensics.adapters.drizzle.snapshots.shared_shapes import (
    Check,
    ForeignKey,
    Head,
    Loose,
    NamedColumns,
    Names,
    Notes,
    RenamesWithSchemas,
    Strict,
)


class PgForeignKey(ForeignKey, frozen=True):
    schemaTo: str | UnsetType = UNSET


class PgIndexColumn(Loose, frozen=True):
    expression: str
    isExpression: bool
    asc: bool
    nulls: str | UnsetType = UNSET
    opclass: str | UnsetType = UNSET


class _Index(Strict, frozen=True, kw_only=True):
    name: str
    isUnique: bool
    method: str | UnsetType = UNSET
    where: str | UnsetType = UNSET
    concurrently: bool | UnsetType = UNSET


class PgIndex(_Index, frozen=True, kw_only=True):
    columns: list[PgIndexColumn]
    with_: dict[str, Any] | UnsetType = msgspec.field(default=UNSET, name="with")


class PgIndexOfNames(_Index, frozen=True, kw_only=True):
    columns: list[str]
    with_: Names | UnsetType = msgspec.field(default=UNSET, name="with")


class PgSequence(Strict, frozen=True, kw_only=True):
    name: str
    schema: str
    increment: str | UnsetType = UNSET
    minValue: str | UnsetType = UNSET
    maxValue: str | UnsetType = UNSET
    startWith: str | UnsetType = UNSET
    cache: str | UnsetType = UNSET
    cycle: bool | UnsetType = UNSET


class PgIdentity(PgSequence, frozen=True, kw_only=True, forbid_unknown_fields=False):
    type: Literal["always", "byDefault"]


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


class _Table(Strict, frozen=True, kw_only=True):
    name: str
    schema: str
    foreignKeys: dict[str, PgForeignKey]
    compositePrimaryKeys: dict[str, NamedColumns]
    uniqueConstraints: dict[str, PgUnique] | UnsetType = UNSET


class PgTableOfNames(_Table, frozen=True, kw_only=True):
    columns: dict[str, PgColumn]
    indexes: dict[str, PgIndexOfNames]


class PgTableOfPlainNames(_Table, frozen=True, kw_only=True):
    columns: dict[str, PgPlainColumn]
    indexes: dict[str, PgIndexOfNames]


class PgTableOf0220(_Table, frozen=True, kw_only=True):
    columns: dict[str, PgPlainColumn]
    indexes: dict[str, PgIndex]


class PgTableOf0230(_Table, frozen=True, kw_only=True):
    columns: dict[str, PgColumn]
    indexes: dict[str, PgIndex]


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


class _Snapshot(Head, frozen=True, kw_only=True):
    schemas: Names
    _meta: RenamesWithSchemas = msgspec.field(name="_meta")
    internal: Notes | UnsetType = UNSET


class Pg5(_Snapshot, frozen=True, kw_only=True):
    version: Literal["5"]
    dialect: Literal["pg"]
    enums: dict[str, EnumOfRecord]


class Pg6(_Snapshot, frozen=True, kw_only=True):
    version: Literal["6"]
    dialect: Literal["postgresql"]
    enums: dict[str, EnumOfList]


class Pg7(_Snapshot, frozen=True, kw_only=True):
    version: Literal["7"]
    dialect: Literal["postgresql"]
    enums: dict[str, EnumOfList]
    views: dict[str, PgView] | UnsetType = UNSET
    sequences: dict[str, PgSequence] | UnsetType = UNSET
    roles: dict[str, PgRole] | UnsetType = UNSET
    policies: dict[str, PgPolicy] | UnsetType = UNSET
