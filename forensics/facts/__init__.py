"""Tool-neutral facts about a migration folder and its database: what rules reason on."""

from __future__ import annotations

from forensics.facts.applying import (
    ApplyDoubt,
    ApplyFailure,
    Applying,
    MissingRight,
    OddPiece,
    PendingRows,
    PieceEffect,
    ReadOnly,
    RoleRights,
    SqlStatement,
    Unrecorded,
)
from forensics.facts.attachments import Attached, Attachments, TableAttachments
from forensics.facts.captured import CapturedError, CapturedFailure, CapturedRun
from forensics.facts.circumstances import (
    SETTINGS,
    Circumstances,
    HeldLock,
    RoleSetting,
)
from forensics.facts.commits import (
    Blob,
    Commit,
    Commits,
    FoundObject,
    GitChange,
    GitObjects,
    PathState,
)
from forensics.facts.compiled import CompiledSchema, ScriptEdit
from forensics.facts.database import (
    COLLECTED,
    SUPPLIED,
    BlockedRead,
    Column,
    Constraint,
    Database,
    DatabaseIdentity,
    EnumType,
    Extension,
    Index,
    LiveSchema,
    LiveTable,
    OtherObject,
    Policy,
    Trigger,
)
from forensics.facts.folder import (
    Branches,
    EarlierList,
    Fault,
    Files,
    History,
    Malformed,
    Migration,
    MigrationFile,
    NewestSchema,
    Pinned,
    Rejoined,
    Snapshot,
    SnapshotFormat,
    Snapshots,
    Stale,
    Unjudged,
    Unmade,
)
from forensics.facts.folder_run import FolderRun
from forensics.facts.kinds import (
    COLUMN_KINDS,
    INDEXED_KINDS,
    KEY_KINDS,
    TABLE_KINDS,
    VIEW_KINDS,
    ConstraintKind,
    GeneratedKind,
    IdentityKind,
    RelationKind,
)
from forensics.facts.privileges import Captured, Privileges, Right, Secured
from forensics.facts.rebuilds import Danger, Rebuilding, RowDeed, UnknownSource
from forensics.facts.recovered import ListPlace, Recovered, Recoveries, RecoveryVerdict, Stranger
from forensics.facts.row_questions import RowCount, RowCounts, RowKind, RowQuestion
from forensics.facts.standing import (
    Aspect,
    Difference,
    Landed,
    MadeBy,
    MigrationStanding,
    Object,
    ObjectKind,
    Presence,
    Standing,
    StatementStanding,
)
from forensics.facts.syncing import Syncing, SyncLoss
from forensics.facts.tool import (
    ConfigEdit,
    ConfigVersion,
    Driver,
    Family,
    LockExample,
    MigratorCall,
    Opener,
    Option,
    ToolUse,
    ToolWords,
    Transaction,
    Unread,
)
from forensics.facts.tracking import (
    LedgerShape,
    Match,
    RowState,
    SequenceState,
    TrackingRow,
    TrackingTable,
    TrackingTables,
)
from forensics.model import Record

__all__ = [
    "COLLECTED",
    "SUPPLIED",
    "ApplyDoubt",
    "OddPiece",
    "PieceEffect",
    "ApplyFailure",
    "Unrecorded",
    "Applying",
    "Captured",
    "Circumstances",
    "HeldLock",
    "RoleSetting",
    "SETTINGS",
    "MissingRight",
    "Privileges",
    "ReadOnly",
    "Right",
    "RoleRights",
    "Secured",
    "SqlStatement",
    "Aspect",
    "Attached",
    "Attachments",
    "Blob",
    "CapturedError",
    "CapturedFailure",
    "CapturedRun",
    "BlockedRead",
    "GitChange",
    "Column",
    "Commit",
    "Commits",
    "CompiledSchema",
    "ConfigEdit",
    "ConfigVersion",
    "Constraint",
    "Database",
    "DatabaseIdentity",
    "Driver",
    "Difference",
    "Branches",
    "EarlierList",
    "EnumType",
    "Extension",
    "Facts",
    "Family",
    "Fault",
    "Files",
    "FoundObject",
    "GitObjects",
    "FolderRun",
    "History",
    "Index",
    "Landed",
    "LedgerShape",
    "LiveSchema",
    "LiveTable",
    "LockExample",
    "MadeBy",
    "Malformed",
    "Match",
    "Migration",
    "MigrationFile",
    "MigrationStanding",
    "Opener",
    "MigratorCall",
    "NewestSchema",
    "Object",
    "ObjectKind",
    "Option",
    "OtherObject",
    "PathState",
    "Pinned",
    "Policy",
    "ListPlace",
    "Presence",
    "Recovered",
    "Recoveries",
    "PendingRows",
    "RowCount",
    "RowCounts",
    "Danger",
    "Rebuilding",
    "RowDeed",
    "UnknownSource",
    "RowKind",
    "RowQuestion",
    "RowState",
    "SequenceState",
    "Snapshot",
    "ScriptEdit",
    "SnapshotFormat",
    "Snapshots",
    "Stale",
    "Standing",
    "StatementStanding",
    "Stranger",
    "SyncLoss",
    "Syncing",
    "TableAttachments",
    "ToolUse",
    "ToolWords",
    "TrackingRow",
    "TrackingTable",
    "TrackingTables",
    "Transaction",
    "Trigger",
    "Unjudged",
    "Unmade",
    "Unread",
    "RecoveryVerdict",
    "Rejoined",
    "COLUMN_KINDS",
    "INDEXED_KINDS",
    "KEY_KINDS",
    "TABLE_KINDS",
    "VIEW_KINDS",
    "ConstraintKind",
    "GeneratedKind",
    "IdentityKind",
    "RelationKind",
]


class Facts(Record, frozen=True, kw_only=True):
    """All that is known about one use of one tool; `None` where it was unavailable."""

    tool: ToolUse
    history: History | None = None
    files: Files | None = None
    unjudged: Unjudged | None = None
    """In the place of both, where the release is not modelled."""
    snapshots: Snapshots | None = None
    tracking: TrackingTables | None = None
    schema: LiveSchema | None = None
    attachments: Attachments | None = None
    """What runs code when a tracking table is touched; `None` where nobody looked."""
    privileges: Privileges | None = None
    """What the role that looked may do; `None` where nobody looked."""
    circumstances: Circumstances | None = None
    """What a session of that role begins with; `None` likewise."""
    replica: bool = False
    """Whether the database that was examined is one that only reads."""
    outputs: tuple[Captured, ...] = ()
    """What the user captured of failing commands."""
    commits: Commits | None = None
    config_edits: tuple[ConfigEdit, ...] = ()
    compiled: CompiledSchema | None = None
    """What the config reads of build output that no script makes first."""
    config_versions: tuple[ConfigVersion, ...] = ()
    """Of the commits on HEAD that touched the config, newest first; those that could be read."""
    recovered: Recoveries | None = None
    """Filled in once, before rules are asked; experiments do not need it."""
    applying: Applying | None = None
    """Filled in likewise: what the applying command would send; `None` where that is not known."""
    syncing: Syncing | None = None
    """Filled in likewise: what a command of kind `SYNC` would take away."""
    standing: Standing | None = None
    """Filled in likewise: at which migration's state the database is."""
    captured: CapturedFailure | None = None
    """What somebody captured of the applying command; no experiment changes that."""
    counted: RowCounts | None = None
    """What was counted of the rows that pending statements depend on; `None` where nobody did."""
    rebuilding: Rebuilding | None = None
    """Filled in likewise: where migrations drop a table that others refer to."""
    folder_run: FolderRun | None = None
    """Of a runner that goes by the files of the folder, where its own table was seen."""
    landed: Landed | None = None
    """Filled in likewise: what lies in another schema; `standing` takes it for being in place."""
