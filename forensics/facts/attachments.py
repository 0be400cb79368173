"""What is attached to tracking tables: what may run code when somebody touches them."""

from __future__ import annotations

from forensics.facts.kinds import RelationKind
from forensics.model import Record, TableName


class Attached(Record, frozen=True, kw_only=True):
    """A trigger, rule, default, constraint, policy or the like."""

    kind: str
    """In words: `trigger`, `check constraint`, `column type` ..."""
    name: str
    """Of a default or a column type, the name of the column."""
    definition: str
    """As PostgreSQL prints it, with the functions that it calls and the SHA-256 of each."""
    sha256: str
    """Of the definition before masking."""
    inert: bool
    """Whether it runs no code but that of PostgreSQL itself: a primary key, for instance."""


class TableAttachments(Record, frozen=True, kw_only=True):
    """All that is attached to one tracking table."""

    table: TableName
    kind: RelationKind
    owner: str
    schema_owner: str
    row_security: bool
    forced_row_security: bool
    """Whether row-level security also applies to the owner."""
    attached: tuple[Attached, ...] = ()


class Attachments(Record, frozen=True, kw_only=True):
    """All that is attached to the tracking tables of a database, and its event triggers."""

    evidence: str = ""
    tables: tuple[TableAttachments, ...] = ()
    event_triggers: tuple[Attached, ...] = ()

    def get(self, name: TableName) -> TableAttachments | None:
        """What is attached to a table, `None` where that was not looked at."""
        return next((each for each in self.tables if each.table == name), None)
