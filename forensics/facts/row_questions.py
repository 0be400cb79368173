"""Pending statements whose outcome depends on rows: what decides it, and what was counted."""

from __future__ import annotations

from enum import StrEnum

from forensics.model import Record, TableName, TrueError


class RowKind(StrEnum):
    """What a statement demands of the rows that are there."""

    NEW_COLUMN = "new-column"
    """No rows at all, since a new column would be NULL in each."""
    NOT_NULL = "not-null"
    UNIQUE = "unique"
    PRIMARY_KEY = "primary-key"
    FOREIGN_KEY = "foreign-key"
    CHECK = "check"
    EXCLUSION = "exclusion"
    CONVERSION = "conversion"
    """Values that the new type takes."""


class RowQuestion(Record, frozen=True, kw_only=True):
    """What the rows must be like so that one statement passes."""

    kind: RowKind
    table: TableName
    """Whose rows decide."""
    other: TableName | None = None
    """The table that a foreign key points to."""
    columns: tuple[str, ...] = ()
    type: str = ""
    """Of a new column, or the new one of a conversion."""
    name: str = ""
    """Of the constraint or index, where the statement names it."""
    demand: str
    """What must hold, as a clause: `public.users has no rows`."""
    query: str = ""
    """One SELECT that counts what violates it; empty where none can be written for the rows as
    they are now."""
    changed_by: str = ""
    """The pending statement, on one line, that changes these rows before: then there is no query,
    since nobody knows what it leaves."""
    runs_no_code: bool = False
    """Whether the query calls nothing but the system's own functions and operators."""
    exact: bool = True
    """Whether a count above 0 means failure; 0 always means that it passes."""
    error: TrueError
    """What the database says where it is violated."""
    instead: tuple[str, ...] = ()
    """What could be written where the rows violate it: statements, without their semicolons."""


class RowCount(Record, frozen=True, kw_only=True):
    """The answer of one query; never a value of a row."""

    query: str
    violations: int | None
    """`None` where it could not be counted."""
    why: str = ""
    """Why not, as a reason."""


class RowCounts(Record, frozen=True, kw_only=True):
    """What was counted in the database, in one read-only transaction."""

    evidence: str = ""
    counts: tuple[RowCount, ...] = ()

    def of(self, query: str) -> RowCount | None:
        """The answer of a query, if it was asked."""
        return next((it for it in self.counts if it.query == query), None)
