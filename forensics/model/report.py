"""The report, from which every format is rendered."""

from __future__ import annotations

from enum import StrEnum

from forensics.model.behaviour import CopyChange, Prediction, StatementPlace, TrueError
from forensics.model.findings import Exhibit, Origin, Spell, Unanswered
from forensics.model.fixes import Fix
from forensics.model.words import (
    Certainty,
    CommandOutcome,
    Evidence,
    FileDeed,
    Record,
    Role,
    Severity,
)


class Project(Record, frozen=True, kw_only=True):
    """Where the project lies below the git top level, and what commit was examined."""

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
    evidence: tuple[str, ...] = ()
    """The items that were found; not those that were missing."""


class DatabaseName(Record, frozen=True, kw_only=True):
    """A database that was examined, without its credentials."""

    name: str
    dialect: str = "postgresql"
    """The kind of database: `postgresql`, `sqlite`."""
    server: str
    role: str
    source: str = "collected"
    evidence: tuple[str, ...] = ()


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
    compares_code: bool = False
    """Whether its outcome depends on the schema code, for which the newest snapshot stands in."""
    outcome: CommandOutcome
    destructive: bool
    exit_code: int | None
    message: str
    error: TrueError | None
    statement: StatementPlace | None = None
    blocked_by: tuple[int, ...]
    certainty: Certainty
    stand_ins: tuple[str, ...] = ()
    """What of the real server was only stood in for where this was tried: `type vector`."""
    changed: tuple[CopyChange, ...] = ()
    """What the project's own tool changed on a copy, where it was run there."""


class Issue(Record, frozen=True, kw_only=True):
    """One issue as the reader meets it: symptom, root cause, mechanism, evidence, fix."""

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
    role_reason: str = ""
    """Why this issue is the primary one; empty for all others."""
    exhibits: tuple[Exhibit, ...] = ()
    others: tuple[str, ...] = ()
    """Further subjects of the same kind that the one cause is about."""
    goes_with: tuple[int, ...] = ()
    """The issues whose fixes resolve this one, which has none of its own: it was looked for again
    where only they are fixed, and is gone."""
    accepted: str = ""
    """Why the project accepts it, in its own words; empty where it does not."""


class Refuted(Record, frozen=True, kw_only=True):
    """A plausible explanation that an experiment or the evidence contradicts."""

    hypothesis: str
    why: str
    evidence: tuple[str, ...]


class Experiment(Record, frozen=True, kw_only=True):
    """One command in one state: which issues were fixed before it ran, and what came of it."""

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
    evidence: tuple[str, ...] = ()


class TimelineEntry(Record, frozen=True, kw_only=True):
    """One event with the clock that dates it."""

    at: str
    clock: str
    event: str
    evidence: tuple[str, ...]


class FileChange(Record, frozen=True, kw_only=True):
    """A file that the recommended fix changes."""

    path: str
    what: FileDeed
    source: str = ""
    """Where a text that is written comes from; of a command, what it does, in words."""
    command: str = ""
    """The program that is run, where it is not a patch that changes the file."""
    in_git: bool = True
    """Whether git knows the file: else its deletion is not part of a commit."""
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
    compares_code: bool = False
    """Whether its outcome depends on the schema code, for which the newest snapshot stands in."""
    folder: str
    before: Prediction
    after: Prediction
    discriminates: bool
    certainty: Certainty


class Presence(StrEnum):
    """Whether something is in a place."""

    YES = "yes"
    NO = "no"
    ELSEWHERE = "elsewhere"
    """Recorded, but in a table that the tool does not read."""
    UNKNOWN = "unknown"


class MigrationState(Record, frozen=True, kw_only=True):
    """One migration, and where it is present. Shown as a picture; not part of report.json."""

    folder: str
    key: str
    listed: Presence
    file: Presence
    snapshot: Presence
    recorded: Presence
    issues: tuple[int, ...] = ()


class SnapshotLink(Record, frozen=True, kw_only=True):
    """One snapshot and the one that it follows. Shown as a picture; not part of report.json."""

    folder: str
    name: str
    id: str
    parent: str
    issues: tuple[int, ...] = ()


class Effects(StrEnum):
    """Whether what a migration does is in a database."""

    PRESENT = "present"
    ABSENT = "absent"
    PARTLY = "partly"
    UNKNOWN = "unknown"


class MigrationThere(Record, frozen=True, kw_only=True):
    """One migration in one environment."""

    folder: str
    key: str
    recorded: Presence
    effects: Effects


class IssueThere(Record, frozen=True, kw_only=True):
    """One issue in one environment, by what stays the same of it."""

    rule: str
    subject: str
    folder: str
    severity: Severity
    title: str


class EnvironmentState(Record, frozen=True, kw_only=True):
    """One of several environments: a bundle of its own, judged for itself."""

    name: str
    database: DatabaseName | None
    bundle_sha256: str
    head: str | None
    """The commit of the project that was examined there."""
    collected_at: str
    issues: tuple[IssueThere, ...]
    migrations: tuple[MigrationThere, ...]
    """Every listed migration, in the order of its list."""


class Lesson(Record, frozen=True, kw_only=True):
    """What to change so that the issue does not come back."""

    text: str
    issues: tuple[int, ...]


class Report(Record, frozen=True, kw_only=True):
    """Everything a report says; every format is a rendering of this one value."""

    case: Case
    summary: str
    data: str
    """Whether data is lost, in sentences of their own."""
    data_evidence: tuple[str, ...] = ()
    """What these sentences rest on."""
    commands: tuple[CommandState, ...]
    issues: tuple[Issue, ...]
    refuted: tuple[Refuted, ...]
    unanswered: tuple[Unanswered, ...]
    limitations: tuple[str, ...] = ()
    """What it cannot say, whatever it found: sentences."""
    experiments: tuple[Experiment, ...]
    do_not_run: tuple[DoNotRun, ...]
    timeline: tuple[TimelineEntry, ...]
    history: tuple[Spell, ...] = ()
    """Issues of the migration folders at any commit of HEAD's line, oldest first; empty if the
    history was not read."""
    files_changed: tuple[FileChange, ...]
    database_changes: tuple[DatabaseChange, ...]
    verification: tuple[Verification, ...]
    lessons: tuple[Lesson, ...]
    commit_messages: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    migrations: tuple[MigrationState, ...] = ()
    snapshots: tuple[SnapshotLink, ...] = ()
    environments: tuple[EnvironmentState, ...] = ()
    """All of them, this one first; none if only one was examined."""
