"""What a command that makes the database like the schema code would take away."""

from __future__ import annotations

from forensics.model import Record, TableName, WriteFile


class SyncLoss(Record, frozen=True, kw_only=True):
    """What one table would lose, without a question being asked about it."""

    table: TableName
    policies: tuple[str, ...] = ()
    row_security: bool = False
    """Whether its row level security would be switched off."""
    columns: tuple[str, ...] = ()
    """Columns that it would lose as well; the command may ask about those."""
    by_migrations: bool = False
    """Whether listed migrations made all of it, only the schema code does not have it."""
    code: str = ""
    """What the schema code would have to say to keep it."""
    declared: tuple[WriteFile, ...] = ()
    """What stands for the schema code, as if that had the policies and the security."""


class Syncing(Record, frozen=True, kw_only=True):
    """One run of the command on the database as it is."""

    evidence: tuple[str, ...]
    losses: tuple[SyncLoss, ...]
