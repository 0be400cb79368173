"""The words of the contract: outcomes, grades, roles, and the two nouns all others use."""

from __future__ import annotations

from enum import StrEnum

import msgspec

Scalar = str | int | float | bool | None
"""A value as a database row or a JSON file holds it."""


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all data types: frozen, encoded and decoded by one codec.

    msgspec does not inherit `kw_only`, and type checkers not `frozen`: every subclass states both.
    """


def field_names() -> frozenset[str]:
    """The keys that values of ours have as JSON, of all types that are loaded."""
    found: set[str] = {"type"}
    types = [Record]
    while types:
        type_ = types.pop()
        types += type_.__subclasses__()
        found.update(type_.__struct_encode_fields__)
    return frozenset(found)


class Outcome(StrEnum):
    """What came of one attempt to read something; only `COLLECTED` has content."""

    COLLECTED = "collected"
    ABSENT = "absent"
    DENIED = "denied"
    FAILED = "failed"
    TIMED_OUT = "timed-out"
    SKIPPED = "skipped"


class Obstacle(StrEnum):
    """What kept something from being read, where more follows from that than from the outcome."""

    IS_A_FOLDER = "is-a-folder"
    """Where a file should be."""
    NO_PERMISSION = "no-permission"
    NO_PROGRAM = "no-program"
    """The program that reads it is not installed."""


class Severity(StrEnum):
    """How bad an issue is, by the contract's written rule; ordered by `rank`."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """4 for critical down to 0 for note."""
        return len(Severity) - 1 - list(Severity).index(self)


class Role(StrEnum):
    """What part an issue plays.

    At most one per report is primary: of all that block a command, the one that endangers data,
    else the one that shows last, when the others are fixed. What was captured does not change it.
    """

    PRIMARY = "primary"
    BLOCKING = "blocking"
    CONTRIBUTING = "contributing"
    LATENT = "latent"


class Certainty(StrEnum):
    """How a statement is known: a field, not a tone of voice."""

    OBSERVED = "observed"
    REPLAYED = "replayed"
    PREDICTED = "predicted"
    INFERRED = "inferred"


class CommandOutcome(StrEnum):
    """What a command of the migration tool does in a given state."""

    PASSES = "passes"
    BLOCKED = "blocked"
    SILENTLY_WRONG = "silently-wrong"
    ASKS = "asks"
    UNKNOWN = "unknown"


class Safety(StrEnum):
    """How far a fix may be trusted; distrust is the default."""

    SAFE = "safe"
    REVIEW = "review"
    DESTRUCTIVE = "destructive"


class Artefact(StrEnum):
    """A thing that a migration tool reads, and that can therefore be broken."""

    CONFIG = "config"
    JOURNAL = "journal"
    MIGRATION_ORDER = "migration-order"
    MIGRATION_FILE = "migration-file"
    SNAPSHOT = "snapshot"
    TRACKING_TABLE = "tracking-table"
    RECORDED_HASH = "recorded-hash"
    DATABASE_SCHEMA = "database-schema"
    PRIVILEGES = "privileges"


class FileDeed(StrEnum):
    """What a fix does to a file."""

    RESTORED = "restored"
    CHANGED = "changed"
    DELETED = "deleted"
    BY_COMMAND = "by-command"
    """What a program does that the user runs."""


class Topic(StrEnum):
    """What an open question is about."""

    RULE = "rule"
    """Whether the issue of one rule is there."""
    ORIGIN = "origin"
    """Where issues come from; of the state itself, all was judged."""
    CONFIG = "config"
    """What the tool's config says; of the files, all was judged."""
    FOLDER = "folder"
    """Everything about a migration folder of which nothing could be read."""
    SYMPTOM = "symptom"
    """How a captured output came about."""
    COMMAND = "command"
    """What one command would do, or why it fails."""
    SCHEMA_CODE = "schema code"
    """What only running the project's code could tell, which is never done unless requested."""
    SCRATCH = "scratch"
    """What a scratch database lacks; where that matters, a command is in question too."""
    MODEL = "behaviour model"
    """Why the behaviour model and the real tool differ."""
    EXCEPTIONS = "exceptions"
    """What a project accepts, which could not be read."""
    RESOURCES = "resources of this computer"
    """A part that stopped because memory, disk, files or processes were used up."""
    TIME = "time"
    """What was left out because the time for the whole collection was over."""
    DEFECT = "defect of forensics"
    """A part of forensics itself that stopped."""


class TableName(Record, frozen=True, kw_only=True, order=True):
    """A schema-qualified table (or sequence, or index) name."""

    schema: str
    """Empty in databases that have no schemas, and of what lies in none."""
    table: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}" if self.schema else self.table


class Evidence(Record, frozen=True, kw_only=True):
    """One thing that was examined, whether or not it was there."""

    id: str
    kind: str
    """`file`, `folder`, `search`, `history`, `database`, `tracking-table`, `catalogue`, ..."""
    locator: str
    outcome: Outcome
    sha256: str | None = None
    note: str = ""
