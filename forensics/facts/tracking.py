"""The tables in which migration tools record what they applied."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from forensics.model import Cell, NewColumn, Outcome, Record, Scalar, TableName

_STORED_AS = {"key": "name", "checksum": "hash", "at": "created_at", "transaction": "xmin"}
"""How bundles have always spelled the fields of a row."""


class RowState(StrEnum):
    """What a row says of its migration."""

    APPLIED = "applied"
    FAILED = "failed"
    ROLLED_BACK = "rolled-back"
    STARTED = "started"
    """Begun, and not said to have ended."""


UNFINISHED = frozenset({RowState.FAILED, RowState.STARTED})


class TrackingRow(Record, frozen=True, kw_only=True, rename=_STORED_AS):
    """One migration, as a tool recorded it."""

    id: int | None
    """`None` where it has none, or one that is not an integer."""
    checksum: str
    """Of the migration's bytes; empty where the tool records none."""
    at: int | None
    """The number by which the tool orders what it applied, such as milliseconds since 1970."""
    key: str | None = None
    """What the tool calls the migration; `None` where it records no name."""
    state: RowState = RowState.APPLIED
    transaction: str | None = None
    """The id of the transaction that wrote it, where the database tells."""
    log: str = ""
    """What the tool wrote down of a failure."""
    begun: str = ""
    """When it began, as the database prints it."""
    text: str = ""
    """The SQL that the tool wrote down of it; empty where it writes none."""
    title: str = ""
    """What a migration is called, of a tool that has another key."""
    ran: bool = True
    """False where the row says that the tool never ran it, but was told that it had run."""


class Match(StrEnum):
    """By what a row is known to be that of a migration."""

    BY_KEY = "key"
    BY_CHECKSUM = "checksum"
    """Of the migration's file."""
    BY_STAMP = "stamp"
    """By the number that the list has for it."""


class LedgerShape(Record, frozen=True, kw_only=True):
    """Which columns a tool's tracking table has, and what each of them holds."""

    columns: tuple[NewColumn, ...]
    """As the tool makes the table, in order."""
    identified_by: tuple[Match, ...]
    """What identifies the migration of a row, the most telling first; all together tell more."""
    id: str | None = None
    """The column of `TrackingRow.id`; the database fills it in."""
    key: str | None = None
    """The column of `TrackingRow.key`; like the next three `None` where the tool has none."""
    checksum: str | None = None
    at: str | None = None
    state: str | None = None
    row_id: str | None = None
    """A column with a text that tells rows apart, and says nothing of migrations."""
    finished: str | None = None
    """The column of the time at which a run ended well; NULL says that it did not."""
    undone: str | None = None
    """The column of the time at which somebody said that a failed run does not count."""
    compares_undone: bool = False
    """Whether the tool compares a file with that row too, where it is the oldest of its name."""
    log: str | None = None
    begun: str | None = None
    text: str | None = None
    """The columns of `TrackingRow.text` and `TrackingRow.title`."""
    title: str | None = None
    steps: str | None = None
    """The column that counts what the tool ran; 0 where it was told that it had run."""
    later: tuple[str, ...] = ()
    """Columns that other releases of the tool add; any of the above may be one of them."""
    constants: tuple[Cell, ...] = ()
    """What the tool writes into every row."""

    @property
    def fields(self) -> dict[str, str]:
        """Column -> the field of `TrackingRow` that it holds."""
        columns = {
            "id": self.id,
            "key": self.key,
            "checksum": self.checksum,
            "at": self.at,
            "state": self.state,
        }
        return {column: field for field, column in columns.items() if column is not None}

    @property
    def made(self) -> frozenset[str]:
        """The names of the columns that the table has when it is made."""
        return frozenset(column.name for column in self.columns)

    @property
    def identity(self) -> tuple[str, ...]:
        """The columns needed to know the migration of a row."""
        columns = {
            Match.BY_KEY: self.key,
            Match.BY_CHECKSUM: self.checksum,
            Match.BY_STAMP: self.at,
        }
        found = (columns[by] for by in self.identified_by)
        return tuple(column for column in found if column is not None)


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
    is_lock: bool = False
    """Whether it holds no migrations, but the lock of a tool; its rows stand in `raw_rows`."""
    problem: str = ""
    """Why else it could not be read, and what to do: who locks it, for instance."""

    @property
    def applied(self) -> tuple[TrackingRow, ...]:
        """The rows that say that their migration was applied."""
        return tuple(row for row in self.rows if row.state is RowState.APPLIED)

    @property
    def unfinished(self) -> tuple[TrackingRow, ...]:
        """The rows that say that a run failed, or did not end."""
        return tuple(row for row in self.rows if row.state in UNFINISHED)

    @property
    def newest(self) -> int | None:
        """The greatest `TrackingRow.at`, `None` where there is no row with one."""
        return max((row.at for row in self.rows if row.at is not None), default=None)


class TrackingTables(Record, frozen=True, kw_only=True):
    """All tracking tables of all schemas of one database."""

    tables: tuple[TrackingTable, ...]
    evidence: str
    """The search that found them, and found no others."""

    def get(self, name: TableName | None) -> TrackingTable | None:
        """The table of that name, if there is one; none has no name."""
        return next((table for table in self.tables if table.name == name), None)

    def of_tool(self, tool: str) -> Iterator[TrackingTable]:
        """The tables that have the shape of one tool's, without its locks."""
        return (it for it in self.tables if it.tool == tool and not it.is_lock)
