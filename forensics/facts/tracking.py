"""The tables in which migration tools record what they applied."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from forensics.model import Outcome, Record, Scalar, TableName

STORED_AS = {"key": "name", "checksum": "hash", "at": "created_at", "transaction": "xmin"}
"""How bundles have always spelled the fields of a row."""
FIELDS = {stored: field for field, stored in STORED_AS.items()}
"""The other way round."""


class RowState(StrEnum):
    """What a row says of its migration."""

    APPLIED = "applied"
    FAILED = "failed"
    ROLLED_BACK = "rolled-back"
    STARTED = "started"
    """Begun, and not said to have ended."""


class TrackingRow(Record, frozen=True, kw_only=True, rename=STORED_AS):
    """One migration, as a tool recorded it."""

    id: int | None
    checksum: str
    """Of the migration's bytes; empty where the tool records none."""
    at: int | None
    """The number by which the tool orders what it applied, such as milliseconds since 1970."""
    key: str | None = None
    """What the tool calls the migration; `None` where it records no name."""
    state: RowState = RowState.APPLIED
    transaction: str | None = None
    """The id of the transaction that wrote it, where the database tells."""


class SequenceState(Record, frozen=True, kw_only=True):
    """A sequence that hands out the ids of a tracking table."""

    name: TableName
    last_value: int | None
    is_called: bool | None


class TrackingTable(Record, frozen=True, kw_only=True):
    """A table in which a migration tool records what it applied, with all its rows."""

    name: TableName
    tool: str
    evidence: str
    outcome: Outcome = Outcome.COLLECTED
    owner: str | None = None
    columns: tuple[str, ...] = ()
    rows: tuple[TrackingRow, ...] = ()
    raw_rows: tuple[tuple[Scalar, ...], ...] = ()
    """The rows as collected, in the order of `columns`; for tables of other tools."""
    sequence: SequenceState | None = None
    primary_key: str | None = None
    grant: str | None = None
    """The GRANT to ask for where it could not be read."""
    problem: str = ""
    """Why else it could not be read, and what to do: who locks it, for instance."""

    @property
    def newest(self) -> int | None:
        """The greatest `created_at`, `None` where there is no row with one."""
        return max((row.at for row in self.rows if row.at is not None), default=None)


class TrackingTables(Record, frozen=True, kw_only=True):
    """All tracking tables of all schemas of one database."""

    tables: tuple[TrackingTable, ...]
    evidence: str
    """The search that found them, and found no others."""

    def get(self, name: TableName) -> TrackingTable | None:
        """The table of that name, if there is one."""
        return next((table for table in self.tables if table.name == name), None)

    def of_tool(self, tool: str) -> Iterator[TrackingTable]:
        """The tables that have the shape of one tool's."""
        return (table for table in self.tables if table.tool == tool)
