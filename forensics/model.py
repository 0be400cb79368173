"""The nouns of the whole pipeline: evidence, findings, fixes, experiments, the report."""

from __future__ import annotations

from enum import StrEnum

import msgspec

Scalar = str | int | float | bool | None
"""A value as a database row or a JSON file holds it."""


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all data types: frozen, encoded and decoded by one codec.

    msgspec does not inherit `kw_only`, and type checkers not `frozen`: every subclass states both.
    """


class Outcome(StrEnum):
    """What came of one attempt to read something; only `COLLECTED` has content."""

    COLLECTED = "collected"
    ABSENT = "absent"
    DENIED = "denied"
    FAILED = "failed"
    TIMED_OUT = "timed-out"
    SKIPPED = "skipped"


class Severity(StrEnum):
    """How bad a fault is, by the contract's written rule; ordered by `rank`."""

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
    """What part a fault plays; at most one per report is primary."""

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


class TableName(Record, frozen=True, kw_only=True, order=True):
    """A schema-qualified table (or sequence, or index) name."""

    schema: str
    table: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}"


class Evidence(Record, frozen=True, kw_only=True):
    """One thing that was looked at, whether or not it was there."""

    id: str
    kind: str
    """`file`, `folder`, `search`, `history`, `database`, `tracking-table`, `catalogue`, ..."""
    locator: str
    outcome: Outcome
    sha256: str | None = None
    note: str = ""


# --- Fixes: operations as data ------------------------------------------------------------------


class WriteFile(Record, frozen=True, kw_only=True, tag="write-file"):
    """Create or change a text file; `before` is `None` where there was none."""

    path: str
    before: str | None
    after: str
    source: str = ""
    """Where `after` comes from, for instance the commit that last held the file."""


class DeleteFile(Record, frozen=True, kw_only=True, tag="delete-file"):
    """Remove a file; only a file known to git, whose text we hold, can be part of a patch."""

    path: str
    before: str | None = None
    in_git: bool = False


class RunCommand(Record, frozen=True, kw_only=True, tag="run-command"):
    """A step for the shell, relative to the project's top level."""

    argv: tuple[str, ...]
    why: str


class RenameTable(Record, frozen=True, kw_only=True, tag="rename-table"):
    """Rename a table inside its schema, with the sequence and the key index that would clash."""

    table: TableName
    to: str
    rows: int
    """How many rows it must hold when the fix runs."""
    sequence: str | None = None
    primary_key: str | None = None


class MoveTable(Record, frozen=True, kw_only=True, tag="move-table"):
    """Move a table with its rows, ids, sequence and indexes into another schema."""

    table: TableName
    to_schema: str
    rows: int
    newest: int | None
    """The greatest `created_at` that it must hold when the fix runs."""


class SetRecordedHash(Record, frozen=True, kw_only=True, tag="set-recorded-hash"):
    """Overwrite the hash that a tracking row holds."""

    table: TableName
    created_at: int
    before: str
    after: str


FileStep = WriteFile | DeleteFile
DatabaseStep = RenameTable | MoveTable | SetRecordedHash
Step = WriteFile | DeleteFile | RunCommand | RenameTable | MoveTable | SetRecordedHash


class Fix(Record, frozen=True, kw_only=True):
    """A list of steps with what must hold for them to be right."""

    title: str
    steps: tuple[Step, ...]
    safety: Safety = Safety.REVIEW
    safety_note: str = ""
    """When it is safe, when it is not, in one or two sentences."""
    needed: bool = True


# --- Findings -----------------------------------------------------------------------------------


class Finding(Record, frozen=True, kw_only=True):
    """A fault that stands in the evidence, before anything is said about what it causes."""

    rule: str
    artefact: Artefact
    subject: str
    title: str
    root_cause: str
    """What is wrong and how that came about, as far as the evidence goes: sentences, plain text."""
    evidence: tuple[str, ...]
    severity: Severity
    """What it is worth if no command is affected."""
    certainty: Certainty = Certainty.OBSERVED
    cosmetic: bool = False
    fix: Fix | None = None
    alternatives: tuple[Fix, ...] = ()
    counterfactual: tuple[Step, ...] = ()
    """For experiments, where no real fix is known or it is one for the shell: the state as if the
    fault were not there."""
    folklore: str = ""
    """The popular claim of what this fault causes; refuted where no experiment bears it out."""
    paths: tuple[str, ...] = ()
    """The files whose history belongs into the timeline."""
    origin: Origin | None = None
    """The commit that brought the fault in, where the history shows it."""

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"a finding of {self.rule} without evidence")

    @property
    def repair(self) -> tuple[Step, ...]:
        """The steps that an experiment applies to see the state without this fault."""
        if self.counterfactual or self.fix is None:
            return self.counterfactual
        return self.fix.steps


class Unanswered(Record, frozen=True, kw_only=True):
    """A question that could not be asked or answered, and how to get the answer."""

    rule: str
    lacks: str
    how_to_get_it: str


# --- Behaviour ----------------------------------------------------------------------------------


class TrueError(Record, frozen=True, kw_only=True):
    """The error behind what a tool prints, with the SQLSTATE where a database raised it."""

    text: str
    sqlstate: str | None = None


class Prediction(Record, frozen=True, kw_only=True):
    """What one command of a tool would do in a given state."""

    command: str
    outcome: CommandOutcome
    exit_code: int | None
    message: str = ""
    """What the tool prints first; may be empty, since some releases hide their errors."""
    error: TrueError | None = None
    destructive: bool = False
    certainty: Certainty = Certainty.PREDICTED


# --- Report (schema version 1 of the contract) --------------------------------------------------


class Project(Record, frozen=True, kw_only=True):
    """Where the project lies below the git top level, and what commit was looked at."""

    root: str
    head: str | None
    branch: str | None


class Tool(Record, frozen=True, kw_only=True):
    """One migration tool at work in one folder."""

    name: str
    version: str | None
    orm_version: str | None
    dialect: str | None
    folder: str
    runner: str | None


class DatabaseName(Record, frozen=True, kw_only=True):
    """A database that was looked at, without its credentials."""

    name: str
    server: str
    role: str
    source: str = "collected"


class Case(Record, frozen=True, kw_only=True):
    """The header of a report."""

    title: str
    date: str
    severity: Severity | None
    related_work: tuple[str, ...]
    project: Project
    tools: tuple[Tool, ...]
    databases: tuple[DatabaseName, ...]
    collected_at: str
    bundle_sha256: str


class CommandState(Record, frozen=True, kw_only=True):
    """What a command does now, and which issues stand in its way, in the order they show."""

    tool: str
    folder: str
    command: str
    outcome: CommandOutcome
    destructive: bool
    exit_code: int | None
    message: str
    error: TrueError | None
    blocked_by: tuple[int, ...]
    certainty: Certainty


class Origin(Record, frozen=True, kw_only=True):
    """The commit that brought a fault in."""

    commit: str
    date: str
    subject: str
    branch: str | None = None


class Issue(Record, frozen=True, kw_only=True):
    """One fault as the reader meets it: symptom, root cause, mechanism, evidence, fix."""

    number: int
    rule: str
    subject: str
    folder: str
    title: str
    severity: Severity
    role: Role
    cosmetic: bool
    certainty: Certainty
    symptom: str
    root_cause: str
    mechanism: str
    evidence: tuple[str, ...]
    origin: Origin | None
    fix: Fix | None
    alternatives: tuple[Fix, ...]


class Refuted(Record, frozen=True, kw_only=True):
    """A plausible explanation that an experiment or the evidence contradicts."""

    hypothesis: str
    why: str
    evidence: tuple[str, ...]


class Experiment(Record, frozen=True, kw_only=True):
    """One command in one state: which issues were repaired before it ran, and what came of it."""

    folder: str
    command: str
    fixed: tuple[int, ...]
    outcome: CommandOutcome
    exit_code: int | None
    message: str
    error: TrueError | None
    certainty: Certainty
    destructive: bool = False


class DoNotRun(Record, frozen=True, kw_only=True):
    """Something that people would try, and what it would do."""

    action: str
    why: str


class TimelineEntry(Record, frozen=True, kw_only=True):
    """One event with the clock that dates it."""

    at: str
    clock: str
    event: str
    evidence: tuple[str, ...]


class FileChange(Record, frozen=True, kw_only=True):
    """A file that the recommended fix changes."""

    path: str
    change: str
    issue: int


class DatabaseChange(Record, frozen=True, kw_only=True):
    """A change that the recommended fix makes in the database, and what undoes it."""

    change: str
    purpose: str
    rows: int
    undo: str
    issue: int


class Verification(Record, frozen=True, kw_only=True):
    """One command before and after the fix, and whether it can tell the two apart."""

    command: str
    folder: str
    before: str
    after: str
    discriminates: bool
    certainty: Certainty


class Lesson(Record, frozen=True, kw_only=True):
    """What to change so that the fault does not come back."""

    text: str
    issues: tuple[int, ...]


class Report(Record, frozen=True, kw_only=True):
    """Everything a report says; every format is a rendering of this one value."""

    schema_version: int = 1
    case: Case
    summary: str
    commands: tuple[CommandState, ...]
    issues: tuple[Issue, ...]
    refuted: tuple[Refuted, ...]
    unanswered: tuple[Unanswered, ...]
    experiments: tuple[Experiment, ...]
    do_not_run: tuple[DoNotRun, ...]
    timeline: tuple[TimelineEntry, ...]
    files_changed: tuple[FileChange, ...]
    database_changes: tuple[DatabaseChange, ...]
    verification: tuple[Verification, ...]
    lessons: tuple[Lesson, ...]
    commit_messages: tuple[str, ...]
    evidence: tuple[Evidence, ...]
