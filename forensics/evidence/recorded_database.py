"""What was seen of the database, rebuilt from the bundle: the same value that the collector had."""

from __future__ import annotations

from collections.abc import Iterable

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
    """The names that were searched for, besides tables of any name with a tool's columns."""
    found: tuple[TableName, ...]
    passed_over: tuple[PassedOver, ...] = ()


class RecordedDump(Record, frozen=True, kw_only=True):
    """What `pg_dump --schema-only` printed of the database."""

    text: str
    masked: int = 0
    """How many secrets in it were masked."""


def recorded_database(bundle: Bundle) -> Database | None:
    """The database as it was collected, `None` where there was none or it could not be entered.

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
                attachments=_attachments(bundle),
                counted=_counted(bundle),
                privileges=_privileges(bundle),
                circumstances=_circumstances(bundle),
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


def _attachments(bundle: Bundle) -> Attachments | None:
    for item in bundle.of_kind(EvidenceKind.ATTACHMENTS):
        if item.outcome is Outcome.COLLECTED:
            return msgspec.structs.replace(bundle.value(item, Attachments), evidence=item.id)
    return None


def _counted(bundle: Bundle) -> RowCounts | None:
    for item in bundle.of_kind(EvidenceKind.ROW_COUNTS):
        if item.outcome is Outcome.COLLECTED:
            return msgspec.structs.replace(bundle.value(item, RowCounts), evidence=item.id)
    return None


def _privileges(bundle: Bundle) -> Privileges | None:
    for item in bundle.of_kind(EvidenceKind.PRIVILEGES):
        if item.outcome is Outcome.COLLECTED:
            return msgspec.structs.replace(bundle.value(item, Privileges), evidence=item.id)
    return None


def _circumstances(bundle: Bundle) -> Circumstances | None:
    for item in bundle.of_kind(EvidenceKind.CIRCUMSTANCES):
        if item.outcome is Outcome.COLLECTED:
            return msgspec.structs.replace(bundle.value(item, Circumstances), evidence=item.id)
    return None
