"""Tool-neutral facts about a migration folder and its database: what rules reason on."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from functools import cached_property

from forensics.model import Outcome, Record, Scalar, TableName, WriteFile


class Fault(StrEnum):
    """In which way a file that should hold data does not."""

    EMPTY = "empty"
    NOT_JSON = "not-json"
    CONFLICT_MARKERS = "conflict-markers"
    WRONG_SHAPE = "wrong-shape"
    IS_A_FOLDER = "is-a-folder"
    UNREADABLE = "unreadable"


class Malformed(Record, frozen=True, kw_only=True):
    """A file that could not be understood: a finding in waiting, not a crash."""

    fault: Fault
    message: str
    """What the tool's own parser says of it, for JSON in the words of V8 (Node 20)."""
    preview: str = ""
    """The first characters, for the reader; never more than 80."""


# --- The tool and its files ---------------------------------------------------------------------


class ToolUse(Record, frozen=True, kw_only=True):
    """One configuration of a migration tool: what runs, in which version, on which folder."""

    name: str
    """`drizzle-kit`."""
    folder: str
    """The migration folder, relative to the tree's top, with `/`."""
    config: str | None
    """Path of the config file, if there is one."""
    dialect: str | None
    version: str | None
    """The version that most likely runs: installed, else locked, else declared."""
    version_source: str = ""
    orm_version: str | None = None
    orm_version_source: str = ""
    runner: str | None = None
    """What applies the migrations, e.g. `drizzle-kit migrate (package.json: db:migrate)`."""
    runner_reads_folder: bool = False
    """True where the runner applies the .sql files of the folder without asking the journal."""
    migrator_calls: tuple[MigratorCall, ...] = ()
    tracking: TableName | None = None
    """The table it reads; `None` where the config was not read or the dialect has no schemas."""
    tracking_source: str = ""
    """`config`, `code`, `default`, or `option`."""
    schema_filter: tuple[str, ...] = ("public",)
    """Schemas that `push` compares."""
    tables_filter: tuple[str, ...] = ()
    working_folder: str = ""
    """The folder in which the tool runs (that of the config); `` is the tree's top."""
    out: str = "drizzle"
    """The migration folder as the config spells it; the tool's messages repeat it."""
    unread: tuple[Unread, ...] = ()
    config_evidence: str = ""
    evidence: tuple[str, ...] = ()
    """Everything that was looked at to know all this."""


class MigratorCall(Record, frozen=True, kw_only=True):
    """A place in the code that runs `migrate(...)`, and where it keeps its rows."""

    path: str
    line: int
    folder: str | None
    tracking: TableName | None
    evidence: str


class Unread(Record, frozen=True, kw_only=True):
    """Something of the config that could not be understood without running it."""

    what: str
    how_to_get_it: str


class Migration(Record, frozen=True, kw_only=True):
    """One entry of the list of migrations, in the list's order."""

    position: int
    index: int | None
    tag: str
    path: str
    """Where its .sql should be."""
    when: int | None
    """The journal's stamp, in milliseconds since 1970."""
    snapshot_path: str | None = None
    stamp: tuple[int, int] | None = None
    """Where the digits of `when` stand in `History.text`, as character offsets."""


class History(Record, frozen=True, kw_only=True):
    """The list of migrations as the tool reads it."""

    path: str
    evidence: str
    outcome: Outcome
    problem: Malformed | None = None
    migrations: tuple[Migration, ...] = ()
    version: str | None = None
    dialect: str | None = None
    text: str | None = None
    sha256: str | None = None


class MigrationFile(Record, frozen=True, kw_only=True):
    """A .sql file that is listed, or lies in the folder, or both."""

    path: str
    evidence: str
    outcome: Outcome
    sha256: str | None = None
    size: int | None = None
    text: str | None = None
    """Decoded content where it was kept; secrets are masked, so hash `sha256`, never this."""
    encoding: str = ""
    line_ends: str = ""


class Files(Record, frozen=True, kw_only=True, dict=True):
    """The migration files of one folder."""

    folder: str
    evidence: str
    outcome: Outcome
    files: tuple[MigrationFile, ...] = ()

    def get(self, path: str) -> MigrationFile | None:
        """The file at a path that was looked at, present or not."""
        return self._by_path.get(path)

    @cached_property
    def _by_path(self) -> dict[str, MigrationFile]:
        return {file.path: file for file in reversed(self.files)}


class Snapshot(Record, frozen=True, kw_only=True):
    """An entry of the snapshot folder: a snapshot, or something that does not belong there."""

    path: str
    name: str
    evidence: str
    ignored: bool = False
    """True where the tool does not look at it (drizzle: names that begin with `_`)."""
    named_as_snapshot: bool = True
    problem: Malformed | None = None
    id: str | None = None
    parent: str | None = None
    version: str | None = None
    dialect: str | None = None
    sha256: str | None = None
    text: str | None = None


class Snapshots(Record, frozen=True, kw_only=True):
    """The snapshot folder, entries in the order in which the tool lists them."""

    folder: str
    evidence: str
    outcome: Outcome
    entries: tuple[Snapshot, ...] = ()
    newest: NewestSchema | None = None


class NewestSchema(Record, frozen=True, kw_only=True):
    """Table -> column names of the newest snapshot, for comparison with the live schema."""

    tables: tuple[tuple[TableName, tuple[str, ...]], ...] = ()


# --- The database -------------------------------------------------------------------------------


class TrackingRow(Record, frozen=True, kw_only=True):
    """One applied migration, as recorded."""

    id: int | None
    hash: str
    created_at: int | None
    name: str | None = None
    xmin: str | None = None


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
        return max(
            (row.created_at for row in self.rows if row.created_at is not None), default=None
        )


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


class Column(Record, frozen=True, kw_only=True):
    """A column as the catalogue has it."""

    name: str
    type: str
    not_null: bool = False
    default: str | None = None
    identity: str = ""
    """`a` generated always, `d` by default as identity."""
    generated: str = ""
    """`s` stored, `v` virtual: then `default` is the expression."""
    sequence: TableName | None = None
    """The sequence that it owns, of a serial or an identity column."""


class Index(Record, frozen=True, kw_only=True):
    """What an index is, behind the name of its table: `USING btree (email)`."""

    name: str
    unique: bool = False
    definition: str = ""
    """Empty where its table was locked."""


class Constraint(Record, frozen=True, kw_only=True):
    """A constraint: `p` primary key, `u` unique, `f` foreign key, `c` check, `x` exclusion."""

    name: str
    kind: str
    definition: str = ""


class LiveTable(Record, frozen=True, kw_only=True):
    """A table, view or other relation with columns."""

    name: TableName
    kind: str = "r"
    owner: str | None = None
    columns: tuple[Column, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[str, ...] = ()
    index_definitions: tuple[Index, ...] = ()
    """As collected, whatever experiments do to `indexes`."""
    definition: str | None = None
    """The query of a view."""
    inherits: bool = False
    """Whether it is a partition or a child of another table."""


class OtherObject(Record, frozen=True, kw_only=True):
    """An object of which no more than its name was collected."""

    kind: str
    """`function`, `domain`, `composite type`, `range type`, `trigger`, `rule`, `policy` ..."""
    name: TableName


class Extension(Record, frozen=True, kw_only=True):
    """An installed extension and the schema of its objects."""

    name: str
    schema: str


class EnumType(Record, frozen=True, kw_only=True):
    """An enumerated type with its labels in order."""

    name: TableName
    labels: tuple[str, ...] = ()


class LiveSchema(Record, frozen=True, kw_only=True):
    """The catalogue of the database, without the system's own schemas."""

    evidence: str
    schemas: tuple[str, ...] = ()
    tables: tuple[LiveTable, ...] = ()
    enums: tuple[EnumType, ...] = ()
    sequences: tuple[TableName, ...] = ()
    search_path: tuple[str, ...] = ("public",)
    """The schemas in which an unqualified name is looked up, for the role that looked."""
    extensions: tuple[Extension, ...] = ()
    others: tuple[OtherObject, ...] = ()
    """What belongs to no extension and is of no kind above."""


class BlockedRead(Record, frozen=True, kw_only=True):
    """Something that the role may not read, and the GRANT that would allow it."""

    what: str
    grant: str
    evidence: str


class DatabaseIdentity(Record, frozen=True, kw_only=True):
    """Which database it is: everything but the password."""

    database: str
    server: str
    """host:port, or `a local socket`."""
    server_version: str
    role: str
    superuser: bool = False
    replica: bool = False
    pooler: str | None = None
    evidence: str = ""


class Database(Record, frozen=True, kw_only=True):
    """What was seen of one database."""

    identity: DatabaseIdentity
    tracking: TrackingTables | None = None
    schema: LiveSchema | None = None
    blocked: tuple[BlockedRead, ...] = ()


# --- Git ----------------------------------------------------------------------------------------


class Change(Record, frozen=True, kw_only=True):
    """What one commit did to one path; blob ids are full, `None` where there is none."""

    path: str
    status: str
    """`A` added, `M` modified, `D` deleted, `R` renamed, `T` type changed."""
    old_path: str | None = None
    blob: str | None = None
    old_blob: str | None = None


class Commit(Record, frozen=True, kw_only=True):
    """A commit that touched a path of interest."""

    id: str
    parents: tuple[str, ...]
    authored: str
    """ISO 8601, UTC."""
    committed: str
    subject: str
    changes: tuple[Change, ...] = ()
    on_head: bool = True
    """Whether HEAD contains it."""
    refs: tuple[str, ...] = ()
    """Branches, tags, `stash` or `reflog` that lead to it where HEAD does not."""


class Blob(Record, frozen=True, kw_only=True):
    """A file's content as git holds it."""

    id: str
    sha256: str | None
    size: int | None = None
    text: str | None = None
    """Kept only where a claim can use it."""


class PathState(Record, frozen=True, kw_only=True):
    """What git thinks of a path in the working tree."""

    path: str
    state: str
    """`tracked`, `untracked` or `ignored`."""
    rule: str | None = None
    """`.gitignore:3: tmp-*` for an ignored path."""


class Commits(Record, frozen=True, kw_only=True, dict=True):
    """The history of the paths that matter, newest first."""

    evidence: str
    head: str | None
    branch: str | None
    whole: bool
    """False for a shallow, partial or broken history: then nothing was "never committed"."""
    gap: str = ""
    """Why the history is not whole, in words."""
    partial: bool = False
    """Whether git fetches contents that are missing here when it is asked for them."""
    remedy: str = ""
    """How to get the rest of a history that is not whole."""
    commits: tuple[Commit, ...] = ()
    blobs: tuple[Blob, ...] = ()
    states: tuple[PathState, ...] = ()
    recent_subjects: tuple[str, ...] = ()
    """Subjects of the newest commits on HEAD, whatever they touched: they name related work."""

    def of(self, path: str) -> Iterator[tuple[Commit, Change]]:
        """The commits that touched a path, newest first, each with its change."""
        return iter(self._by_path.get(path, ()))

    def blob(self, blob_id: str | None) -> Blob | None:
        """A blob by its id, `None` where it is not in the history that was collected."""
        return None if blob_id is None else self._by_blob.get(blob_id)

    def state(self, path: str) -> PathState | None:
        """Whether git tracks, ignores or merely sees a path."""
        return self._state_of.get(path)

    @cached_property
    def _by_path(self) -> dict[str, list[tuple[Commit, Change]]]:
        found: dict[str, list[tuple[Commit, Change]]] = {}
        for commit in self.commits:
            for change in commit.changes:
                for path in {change.path, change.old_path or change.path}:
                    found.setdefault(path, []).append((commit, change))
        return found

    @cached_property
    def _by_blob(self) -> dict[str, Blob]:
        return {blob.id: blob for blob in reversed(self.blobs)}

    @cached_property
    def _state_of(self) -> dict[str, PathState]:
        return {state.path: state for state in reversed(self.states)}


class FoundObject(Record, frozen=True, kw_only=True):
    """Something in git's store that has a hash that was asked for, or a variant of it has."""

    blob: Blob
    where: str
    """`unreachable`, or a path under which a commit holds it."""


class GitObjects(Record, frozen=True, kw_only=True):
    """The search of git's whole store for contents that were recorded as applied."""

    evidence: str
    wanted: tuple[str, ...]
    """SHA-256."""
    found: tuple[FoundObject, ...] = ()
    looked_at: int = 0
    """How many objects were read."""
    gap: str = ""
    """Why it was broken off, in words."""


# --- Recovery -----------------------------------------------------------------------------------


class Verdict(StrEnum):
    """What recovery came to, in the words of the contract."""

    PROVEN = "proven"
    RECONSTRUCTED = "reconstructed"
    NOT_FOUND = "not-found"


class Recovered(Record, frozen=True, kw_only=True):
    """What is known of the original of a migration whose file is gone, or is not what ran."""

    position: int
    tag: str
    path: str
    verdict: Verdict
    recorded: str | None
    """The SHA-256 in the tracking row; `None` where there is no such row."""
    text: str | None = None
    """The bytes; `None` where only their place is known (they were masked, or too large)."""
    sha256: str | None = None
    source: str = ""
    """Where they come from, for the end of a sentence."""
    as_found: str | None = None
    """What was found there, where it differs in line ends, byte order mark or final newlines."""
    checked: str = ""
    """What a reconstruction was held against, in words."""
    tried: tuple[str, ...] = ()
    """Where was looked, with what came of it."""
    evidence: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    """What prints the bytes, where we do not hold them as they are."""


class Recoveries(Record, frozen=True, kw_only=True, dict=True):
    """The originals that were looked for, in the order of the list of migrations."""

    items: tuple[Recovered, ...] = ()

    def get(self, position: int) -> Recovered | None:
        """What came of one migration; `None` where nothing had to be looked for."""
        return self._by_position.get(position)

    @cached_property
    def _by_position(self) -> dict[int, Recovered]:
        return {item.position: item for item in reversed(self.items)}


class ConfigEdit(Record, frozen=True, kw_only=True):
    """The change of the config, in the file's own style, that makes the tool read another table."""

    tracking: TableName
    step: WriteFile


class ConfigVersion(Record, frozen=True, kw_only=True):
    """Which table an earlier version of the config made the tool read, as a commit left it."""

    commit: str
    tracking: TableName | None


class Facts(Record, frozen=True, kw_only=True):
    """All that is known about one use of one tool; `None` where it could not be had."""

    tool: ToolUse
    history: History | None = None
    files: Files | None = None
    snapshots: Snapshots | None = None
    tracking: TrackingTables | None = None
    schema: LiveSchema | None = None
    commits: Commits | None = None
    config_edits: tuple[ConfigEdit, ...] = ()
    config_versions: tuple[ConfigVersion, ...] = ()
    """Of the commits on HEAD that touched the config, newest first; those that could be read."""
    recovered: Recoveries | None = None
    """Filled in once, before rules are asked; experiments do not need it."""
