"""Tool-neutral facts about a migration folder and its database: what rules reason on."""

from __future__ import annotations

from forensics.facts.applying import ApplyDoubt as ApplyDoubt
from forensics.facts.applying import ApplyFailure as ApplyFailure
from forensics.facts.applying import Applying as Applying
from forensics.facts.applying import MissingRight as MissingRight
from forensics.facts.applying import OddPiece as OddPiece
from forensics.facts.applying import PendingRows as PendingRows
from forensics.facts.applying import PieceEffect as PieceEffect
from forensics.facts.applying import ReadOnly as ReadOnly
from forensics.facts.applying import Replaying as Replaying
from forensics.facts.applying import RoleRights as RoleRights
from forensics.facts.applying import SqlStatement as SqlStatement
from forensics.facts.applying import Unrecorded as Unrecorded
from forensics.facts.attachments import Attached as Attached
from forensics.facts.attachments import Attachments as Attachments
from forensics.facts.attachments import TableAttachments as TableAttachments
from forensics.facts.captured import CapturedError as CapturedError
from forensics.facts.captured import CapturedFailure as CapturedFailure
from forensics.facts.captured import CapturedRun as CapturedRun
from forensics.facts.circumstances import SETTINGS as SETTINGS
from forensics.facts.circumstances import Circumstances as Circumstances
from forensics.facts.circumstances import HeldLock as HeldLock
from forensics.facts.circumstances import RoleSetting as RoleSetting
from forensics.facts.commits import Blob as Blob
from forensics.facts.commits import Commit as Commit
from forensics.facts.commits import Commits as Commits
from forensics.facts.commits import FoundObject as FoundObject
from forensics.facts.commits import GitChange as GitChange
from forensics.facts.commits import GitObjects as GitObjects
from forensics.facts.commits import PathState as PathState
from forensics.facts.compiled import CompiledSchema as CompiledSchema
from forensics.facts.database import COLLECTED as COLLECTED
from forensics.facts.database import SUPPLIED as SUPPLIED
from forensics.facts.database import BlockedRead as BlockedRead
from forensics.facts.database import Column as Column
from forensics.facts.database import Constraint as Constraint
from forensics.facts.database import Database as Database
from forensics.facts.database import DatabaseIdentity as DatabaseIdentity
from forensics.facts.database import EnumType as EnumType
from forensics.facts.database import Extension as Extension
from forensics.facts.database import Index as Index
from forensics.facts.database import LiveSchema as LiveSchema
from forensics.facts.database import LiveTable as LiveTable
from forensics.facts.database import OtherObject as OtherObject
from forensics.facts.database import Policy as Policy
from forensics.facts.database import Trigger as Trigger
from forensics.facts.folder import Branches as Branches
from forensics.facts.folder import EarlierList as EarlierList
from forensics.facts.folder import Fault as Fault
from forensics.facts.folder import Files as Files
from forensics.facts.folder import History as History
from forensics.facts.folder import Malformed as Malformed
from forensics.facts.folder import Migration as Migration
from forensics.facts.folder import MigrationFile as MigrationFile
from forensics.facts.folder import NewestSchema as NewestSchema
from forensics.facts.folder import Pinned as Pinned
from forensics.facts.folder import Rejoined as Rejoined
from forensics.facts.folder import Snapshot as Snapshot
from forensics.facts.folder import SnapshotFormat as SnapshotFormat
from forensics.facts.folder import Snapshots as Snapshots
from forensics.facts.folder import Stale as Stale
from forensics.facts.folder import Unjudged as Unjudged
from forensics.facts.folder import Unmade as Unmade
from forensics.facts.folder_run import FolderRun as FolderRun
from forensics.facts.kinds import COLUMN_KINDS as COLUMN_KINDS
from forensics.facts.kinds import INDEXED_KINDS as INDEXED_KINDS
from forensics.facts.kinds import KEY_KINDS as KEY_KINDS
from forensics.facts.kinds import TABLE_KINDS as TABLE_KINDS
from forensics.facts.kinds import VIEW_KINDS as VIEW_KINDS
from forensics.facts.kinds import ConstraintKind as ConstraintKind
from forensics.facts.kinds import GeneratedKind as GeneratedKind
from forensics.facts.kinds import IdentityKind as IdentityKind
from forensics.facts.kinds import RelationKind as RelationKind
from forensics.facts.privileges import Captured as Captured
from forensics.facts.privileges import Privileges as Privileges
from forensics.facts.privileges import Right as Right
from forensics.facts.privileges import Secured as Secured
from forensics.facts.rebuilds import Danger as Danger
from forensics.facts.rebuilds import Rebuilding as Rebuilding
from forensics.facts.rebuilds import RowDeed as RowDeed
from forensics.facts.rebuilds import UnknownSource as UnknownSource
from forensics.facts.recovered import ListPlace as ListPlace
from forensics.facts.recovered import Recovered as Recovered
from forensics.facts.recovered import Recoveries as Recoveries
from forensics.facts.recovered import RecoveryVerdict as RecoveryVerdict
from forensics.facts.recovered import Stranger as Stranger
from forensics.facts.row_questions import RowCount as RowCount
from forensics.facts.row_questions import RowCounts as RowCounts
from forensics.facts.row_questions import RowKind as RowKind
from forensics.facts.row_questions import RowQuestion as RowQuestion
from forensics.facts.standing import Aspect as Aspect
from forensics.facts.standing import Difference as Difference
from forensics.facts.standing import Landed as Landed
from forensics.facts.standing import MadeBy as MadeBy
from forensics.facts.standing import MigrationStanding as MigrationStanding
from forensics.facts.standing import Object as Object
from forensics.facts.standing import ObjectKind as ObjectKind
from forensics.facts.standing import Presence as Presence
from forensics.facts.standing import Standing as Standing
from forensics.facts.standing import StatementStanding as StatementStanding
from forensics.facts.syncing import Syncing as Syncing
from forensics.facts.syncing import SyncLoss as SyncLoss
from forensics.facts.tool import CodeExample as CodeExample
from forensics.facts.tool import ConfigEdit as ConfigEdit
from forensics.facts.tool import ConfigVersion as ConfigVersion
from forensics.facts.tool import Driver as Driver
from forensics.facts.tool import Family as Family
from forensics.facts.tool import MigratorCall as MigratorCall
from forensics.facts.tool import Opener as Opener
from forensics.facts.tool import Option as Option
from forensics.facts.tool import ToolUse as ToolUse
from forensics.facts.tool import ToolWords as ToolWords
from forensics.facts.tool import Transaction as Transaction
from forensics.facts.tool import Unread as Unread
from forensics.facts.tracking import LedgerShape as LedgerShape
from forensics.facts.tracking import Match as Match
from forensics.facts.tracking import RowState as RowState
from forensics.facts.tracking import SequenceState as SequenceState
from forensics.facts.tracking import TrackingRow as TrackingRow
from forensics.facts.tracking import TrackingTable as TrackingTable
from forensics.facts.tracking import TrackingTables as TrackingTables
from forensics.model import Record


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
    replaying: Replaying | None = None
    """Filled in likewise; `None` also where no command does that, or nothing stops it."""
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

    def text_of(self, migration: Migration) -> str | None:
        """The text of a migration's file; `None` where there is none, or none was read."""
        file = self.files.get(migration.path) if self.files else None
        return file.text if file else None
