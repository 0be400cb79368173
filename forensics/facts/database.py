"""What was seen of one database: which it is, its catalogue, what could not be read."""

from __future__ import annotations

from forensics.facts.attachments import Attachments
from forensics.facts.circumstances import Circumstances
from forensics.facts.kinds import ConstraintKind, GeneratedKind, IdentityKind, RelationKind
from forensics.facts.privileges import Privileges
from forensics.facts.row_questions import RowCounts
from forensics.facts.tracking import TrackingTables
from forensics.model import Record, TableName


class Column(Record, frozen=True, kw_only=True):
    """A column as the catalogue has it."""

    name: str
    type: str
    not_null: bool = False
    default: str | None = None
    identity: IdentityKind = IdentityKind.NONE
    generated: GeneratedKind = GeneratedKind.NONE
    """Where it is computed, `default` is the expression."""
    sequence: TableName | None = None
    """The sequence that it owns, of a serial or an identity column."""


class Index(Record, frozen=True, kw_only=True):
    """What an index is, behind the name of its table: `USING btree (email)`."""

    name: str
    unique: bool = False
    definition: str = ""
    """Empty where its table was locked."""
    valid: bool = True
    """Whether it holds all rows that it should; if not, no query uses it."""
    ready: bool = True
    """Whether it is kept up to date with new rows."""
    live: bool = True
    """False while it is being dropped."""
    maybe_building: bool = False
    """Whether a session held the lock on its table that CREATE INDEX CONCURRENTLY takes."""

    @property
    def usable(self) -> bool:
        """Whether it does what an index is for."""
        return self.valid and self.ready and self.live


class Constraint(Record, frozen=True, kw_only=True):
    """A constraint of a table."""

    name: str
    kind: ConstraintKind
    definition: str = ""
    validated: bool = True
    """Whether the rows that were there before it were checked."""


class Trigger(Record, frozen=True, kw_only=True):
    """A trigger of a table, without those of foreign keys."""

    name: str
    enabled: bool = True
    """Whether it fires in an ordinary session."""


class Policy(Record, frozen=True, kw_only=True):
    """A policy of row level security."""

    name: str
    command: str = "ALL"
    """`ALL`, `SELECT`, `INSERT`, `UPDATE` or `DELETE`."""
    permissive: bool = True
    roles: tuple[str, ...] = ("public",)
    using: str | None = None
    check: str | None = None


class LiveTable(Record, frozen=True, kw_only=True):
    """A table, view or other relation with columns."""

    name: TableName
    kind: RelationKind = RelationKind.TABLE
    owner: str | None = None
    columns: tuple[Column, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[str, ...] = ()
    index_definitions: tuple[Index, ...] = ()
    """As collected, whatever experiments add to `indexes`."""
    definition: str | None = None
    """The query of a view; in SQLite, the statement that made it."""
    inherits: bool = False
    """Whether it is a partition or a child of another table."""
    row_security: bool | None = None
    """`None` where that, its triggers and its policies were not read, as in earlier bundles."""
    forced_row_security: bool = False
    """Whether it also holds for the owner."""
    triggers: tuple[Trigger, ...] = ()
    policies: tuple[Policy, ...] = ()


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
    statements: tuple[str, ...] = ()
    """Those that make it again, in order, where the database itself keeps them, as SQLite does."""
    emptied: tuple[TableName, ...] = ()
    """Tables that gave numbers to rows once, and have none now; only SQLite is asked."""
    others: tuple[OtherObject, ...] = ()
    """What belongs to no extension and has none of the kinds above."""


class BlockedRead(Record, frozen=True, kw_only=True):
    """Something that the role may not read, and the GRANT that would allow it."""

    what: str
    grant: str
    evidence: str


class DatabaseIdentity(Record, frozen=True, kw_only=True):
    """Which database it is: everything but the password."""

    database: str
    dialect: str = "postgresql"
    """By its name in `DIALECTS`; bundles of earlier versions have one kind alone."""
    server: str
    """host:port, `a local socket`, or `a local file`."""
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
    attachments: Attachments | None = None
    """`None` where they were not looked at, as in bundles of earlier versions."""
    counted: RowCounts | None = None
    """`None` where nobody requested that."""
    privileges: Privileges | None = None
    """What the role may do; `None` likewise."""
    circumstances: Circumstances | None = None
    """Settings and locks; `None` likewise."""
