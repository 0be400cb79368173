"""The kinds of evidence: what an item of a bundle is a look at."""

from __future__ import annotations

from enum import StrEnum


class EvidenceKind(StrEnum):
    """What was examined; the values are what bundles and reports have always stored."""

    FILE = "file"
    """A file of the project, as it was read."""
    FOLDER = "folder"
    """A listing."""
    SEARCH = "search"
    """The paths that match some patterns."""
    GIT = "git"
    """Why there is no history."""
    HISTORY = "history"
    """The commits that touch the migration folder: `facts.Commits`."""
    OBJECTS = "object-search"
    """What git's whole store has of recorded checksums: `facts.GitObjects`."""
    SYMPTOM = "symptom"
    """A captured output: `recorded.Symptom`."""
    HINTS = "hints"
    """What the user said on the command line: `adapters.base.Hints`."""
    DATABASE = "database"
    """Which database it is: `facts.DatabaseIdentity`; or why it could not be entered."""
    TRACKING_SEARCH = "tracking-search"
    """The search for tracking tables: `recorded_database.TrackingSearch`."""
    TRACKING_TABLE = "tracking-table"
    """One of them, with its rows: `facts.TrackingTable`."""
    ATTACHMENTS = "attachments"
    """What may run code when a tracking table is changed: `facts.Attachments`."""
    PRIVILEGES = "privileges"
    """What the role may do: `facts.Privileges`."""
    CIRCUMSTANCES = "circumstances"
    """Settings and locks: `facts.Circumstances`."""
    CATALOGUE = "catalogue"
    """The schema of the database: `facts.LiveSchema`."""
    ROW_COUNTS = "row-counts"
    """How many rows violate what pending statements demand: `facts.RowCounts`."""
    DUMP = "schema-dump"
    """The schema as the database's own program writes it: text."""
    EXPERIMENTS = "experiments"
    """The second layer, which lies next to the manifest: `experiments_file.Experiments`."""
    REDACTIONS = "redactions"
    """What was masked where: `redactions.Redactions`."""
    MISHAP = "mishap"
    """A part of ours that broke: `model.Unanswered`."""
    RECEIPT = "receipt"
    """That nothing was written: `receipt.FilesReceipt`, `receipt.TransactionReceipt`."""


DATABASE_KINDS = frozenset(
    {
        EvidenceKind.DATABASE,
        EvidenceKind.TRACKING_SEARCH,
        EvidenceKind.TRACKING_TABLE,
        EvidenceKind.ATTACHMENTS,
        EvidenceKind.PRIVILEGES,
        EvidenceKind.CIRCUMSTANCES,
        EvidenceKind.CATALOGUE,
    }
)
"""What is read of a database in one look."""
