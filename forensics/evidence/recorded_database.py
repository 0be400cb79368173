"""What was seen of the database, rebuilt from the bundle: the same value that the collector had."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from forensics.evidence.bundle import Bundle
from forensics.evidence.kinds import EvidenceKind
from forensics.facts import (
    Attachments,
    BlockedRead,
    Circumstances,
    Database,
    DatabaseIdentity,
    LiveSchema,
    Privileges,
    RowCounts,
    TrackingTable,
    TrackingTables,
)
from forensics.model import Outcome, Record, TableName


class PassedOver(Record, frozen=True, kw_only=True):
    """A relation with the name or the column names of a tracking table that is none."""

    name: TableName
    why: str


class TrackingSearch(Record, frozen=True, kw_only=True):
    """The search for tracking tables in all schemas: content of the `tracking-search` item."""

    names: tuple[str, ...]
    """The names that were searched for, in addition to tables of any name with a tool's columns."""
    found: tuple[TableName, ...]
    passed_over: tuple[PassedOver, ...] = ()


class RecordedDump(Record, frozen=True, kw_only=True):
    """What `pg_dump --schema-only` printed of the database."""

    text: str
    masked: int = 0
    """How many secrets in it were masked."""


def recorded_database(bundle: Bundle) -> Database | None:
    """The database as it was collected, `None` without one that could be read.

    Raises `BundleError` where an item does not hold what its kind says.
    """
    for item in bundle.of_kind(EvidenceKind.DATABASE):
        if item.outcome is Outcome.COLLECTED:
            identity = bundle.value(item, DatabaseIdentity)
            tracking = _tracking(bundle)
            return Database(
                identity=msgspec.structs.replace(identity, evidence=item.id),
                tracking=tracking,
                schema=_schema(bundle),
                blocked=blocked_reads(tracking.tables if tracking else ()),
                attachments=_looked_at(bundle, EvidenceKind.ATTACHMENTS, Attachments),
                counted=_looked_at(bundle, EvidenceKind.ROW_COUNTS, RowCounts),
                privileges=_looked_at(bundle, EvidenceKind.PRIVILEGES, Privileges),
                circumstances=_looked_at(bundle, EvidenceKind.CIRCUMSTANCES, Circumstances),
            )
    return None


def recorded_dump(bundle: Bundle) -> RecordedDump | None:
    """The dump of the schema, `None` where none could be taken."""
    for item in bundle.of_kind(EvidenceKind.DUMP):
        if (data := bundle.content(item)) is not None:
            return RecordedDump(text=data.decode("utf-8", "replace"), masked=item.masked)
    return None


def blocked_reads(tables: Iterable[TrackingTable]) -> tuple[BlockedRead, ...]:
    """What the role may not read of the tracking tables, with the GRANT that would allow it."""
    return tuple(
        BlockedRead(what=_blocked(table), grant=table.grant, evidence=table.evidence)
        for table in tables
        if table.grant
    )


def table_locator(name: TableName) -> str:
    """Under what locator a table is recorded: `schema.table`, quoted where that is ambiguous."""
    if "." in name.schema or "." in name.table:
        return ".".join('"' + part.replace('"', '""') + '"' for part in (name.schema, name.table))
    return str(name)


def _blocked(table: TrackingTable) -> str:
    if table.outcome is Outcome.DENIED:
        return str(table.name)
    return f"the sequence of {table.name}"


def _tracking(bundle: Bundle) -> TrackingTables | None:
    for item in bundle.of_kind(EvidenceKind.TRACKING_SEARCH):
        if item.outcome is Outcome.COLLECTED:
            search = bundle.value(item, TrackingSearch)
            tables = [_table(bundle, name) for name in search.found]
            return TrackingTables(
                tables=tuple(table for table in tables if table is not None), evidence=item.id
            )
    return None


def _table(bundle: Bundle, name: TableName) -> TrackingTable | None:
    item = bundle.find(EvidenceKind.TRACKING_TABLE, table_locator(name))
    if item is None or item.content is None:
        return None
    return msgspec.structs.replace(bundle.value(item, TrackingTable), evidence=item.id)


def _schema(bundle: Bundle) -> LiveSchema | None:
    for item in bundle.of_kind(EvidenceKind.CATALOGUE):
        if item.outcome is Outcome.COLLECTED:
            return msgspec.structs.replace(bundle.value(item, LiveSchema), evidence=item.id)
    return None


Looked = TypeVar("Looked", Attachments, RowCounts, Privileges, Circumstances)
"""What one look at the database gave, with the id of its evidence."""


def _looked_at(bundle: Bundle, kind: EvidenceKind, type_: type[Looked]) -> Looked | None:
    for item in bundle.of_kind(kind):
        if item.outcome is Outcome.COLLECTED:
            return msgspec.structs.replace(bundle.value(item, type_), evidence=item.id)
    return None
