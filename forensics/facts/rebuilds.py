"""Where migrations drop or rebuild a table that others refer to, so that rows are lost."""

from __future__ import annotations

from enum import StrEnum

from forensics.facts.applying import SqlStatement
from forensics.facts.tool import CodeExample
from forensics.model import Record, TableName


class RowDeed(StrEnum):
    """What becomes of the rows that referred to those of a table that is dropped."""

    DELETED = "deleted"
    SET_NULL = "set to NULL"
    SET_DEFAULT = "set to the default"


class Danger(Record, frozen=True, kw_only=True):
    """A table that is dropped while a foreign key acts on the rows of another."""

    statement: SqlStatement
    """The DROP TABLE."""
    dropped: TableName
    rebuilt: bool
    """Whether another table takes its name in the same migration."""
    table: TableName
    """Whose rows are lost, or lose what they refer to."""
    through: TableName
    """The table that it refers to: the dropped one, or one whose rows go with that one's."""
    columns: tuple[str, ...]
    deed: RowDeed
    writable: tuple[str, ...] = ()
    """The columns of that table that can be written; empty where all can."""
    emptied: bool = False
    """Of one that is applied: whether the table had rows once, and has none now."""
    query: str
    """Counts the rows that it concerns; of one that is applied, rows that were once there and are
    not. Empty where none can be written."""


class UnknownSource(Record, frozen=True, kw_only=True):
    """A rebuild that copies a column which the old table does not have."""

    statement: SqlStatement
    table: TableName
    column: str


class Rebuilding(Record, frozen=True, kw_only=True):
    """All such places in the listed migrations."""

    evidence: tuple[str, ...]
    pending: tuple[Danger, ...] = ()
    applied: tuple[Danger, ...] = ()
    sources: tuple[UnknownSource, ...] = ()
    """Of pending migrations."""
    texts: tuple[str, ...] = ()
    """What is sent of the pending migrations, in order."""
    examples: tuple[CodeExample, ...] = ()
    """How the code that applies migrations would switch foreign keys off before."""
    script: str = ""
    """What applies all that is pending with no row lost, for the database's own shell."""
    always: bool = False
    """Whether nothing can switch them off, so that a file itself has to keep the rows."""
    enforced: bool | None = None
    """Whether foreign keys are watched while migrations are applied; `None` where not known."""
    why: str = ""
    """How that is known, as sentences."""
