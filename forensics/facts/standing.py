"""At which migration's state the database really is, and which effects of which are there."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property

from forensics.model import Record, TableName


class ObjectKind(StrEnum):
    """A kind of object that a catalogue shows."""

    SCHEMA = "schema"
    TABLE = "table"
    COLUMN = "column"
    TYPE = "type"
    SEQUENCE = "sequence"
    VIEW = "view"
    INDEX = "index"
    CONSTRAINT = "constraint"
    EXTENSION = "extension"
    FUNCTION = "function"
    TRIGGER = "trigger"
    POLICY = "policy"
    ROW_SECURITY = "row level security"


class Aspect(StrEnum):
    """In which respect an object is not what it should be."""

    MISSING = "missing"
    EXTRA = "extra"
    TYPE = "type"
    NULLS = "nulls"
    DEFAULT = "default"
    IDENTITY = "identity"
    GENERATED = "generated"
    LABELS = "labels"
    COLUMNS = "columns"
    INVALID = "validity"
    """It is there, but not valid, not validated, or disabled."""
    CHANGED = "changed"
    """In some respect, by a statement."""


Object = tuple[ObjectKind, TableName, str]
"""A kind of object, its name or that of its table, and the name of a part."""


class Difference(Record, frozen=True, kw_only=True):
    """One respect in which the database is not in a state."""

    kind: ObjectKind
    name: TableName
    """Of a column or constraint, its table."""
    aspect: Aspect
    part: str = ""
    """The name of a column or constraint."""
    expected: str = ""
    found: str = ""
    required: bool = False
    """Of a column that is beyond the state: whether a row cannot be inserted without a value."""

    @property
    def object(self) -> Object:
        """Which object it is about."""
        return self.kind, self.name, self.part

    @property
    def subject(self) -> str:
        """`public.users.phone`, `public` of a schema, `citext` of an extension."""
        part = "" if self.kind is ObjectKind.ROW_SECURITY else self.part
        return ".".join(filter(None, (self.name.schema, self.name.table, part)))


class Presence(StrEnum):
    """Whether the effect of something is in the catalogue."""

    PRESENT = "present"
    ABSENT = "absent"
    PARTLY = "partly"
    UNDECIDABLE = "undecidable"


class StatementStanding(Record, frozen=True, kw_only=True):
    """One statement of a migration, compared with the catalogue."""

    text: str
    """As written, on one line."""
    presence: Presence
    rows: bool = False
    """Whether it works on rows, of which no catalogue tells."""
    commits: bool = False
    """Whether it ends the transaction, so that what stands before it stays whatever follows."""
    open: bool = False
    """Whether it does something of which no catalogue shows if it was done, or was done last."""
    touches: tuple[Difference, ...] = ()
    """The objects that it makes, `extra` (to the state before it) where they are there, else
    `missing`; those that are there but not valid, `validity`; and those that it changes or drops,
    `changed`."""


class MigrationStanding(Record, frozen=True, kw_only=True, dict=True):
    """One listed migration, and the state after it, compared with the catalogue."""

    position: int
    tag: str
    statements: tuple[StatementStanding, ...] = ()
    differences: tuple[Difference, ...] = ()
    """From the state after it; only such as the snapshot and the SQL agree upon."""
    compared: bool = False
    """Whether that was examined; not for states that the database cannot be in."""
    known: bool = True
    """Whether the state after it is known, from every statement up to it."""
    why_unknown: str = ""
    lacks: tuple[Object, ...] = ()
    """Of the state after it by its SQL: what is not there, or not so; only where compared."""
    may_lack: tuple[Object, ...] = ()
    """The same, where a statement that we do not read may have taken it away."""
    evidence: tuple[str, ...] = ()

    @cached_property
    def presence(self) -> Presence:
        """Of its statements together, those left out that the catalogue does not decide."""
        told = {it.presence for it in self.statements} - {Presence.UNDECIDABLE}
        if not told:
            return Presence.UNDECIDABLE
        return told.pop() if len(told) == 1 else Presence.PARTLY

    @property
    def unproven(self) -> tuple[str, ...]:
        """The statements of which the catalogue does not show that all of their effect is there."""
        return tuple(
            it.text
            for it in self.statements
            if it.open or it.presence in (Presence.ABSENT, Presence.PARTLY)
        )


class MadeBy(StrEnum):
    """Which tool the order of columns points to."""

    MIGRATIONS = "migrations"
    SYNC = "sync"
    """A command of kind `SYNC`."""
    UNKNOWN = "unknown"


class Standing(Record, frozen=True, kw_only=True):
    """The database compared with every state that the list of migrations leads through."""

    evidence: str
    """The catalogue."""
    before: tuple[Difference, ...] = ()
    """From the state before the first migration: what the migrations make, and is there."""
    migrations: tuple[MigrationStanding, ...] = ()
    made_by: MadeBy = MadeBy.UNKNOWN

    def differences(self, position: int) -> tuple[Difference, ...]:
        """From the state after the migration at a position; -1 is before the first."""
        return self.before if position < 0 else self.migrations[position].differences

    def compared(self, position: int) -> bool:
        """Whether the state after a migration is known, and was compared with the database."""
        return position < 0 or self.migrations[position].compared


class Landed(Record, frozen=True, kw_only=True):
    """Tables that recorded migrations made, in another schema than where they are looked up."""

    evidence: str
    """The catalogue."""
    schema: str
    """Where they are."""
    meant: str
    tables: tuple[TableName, ...]
    """As they are found."""
    types: tuple[TableName, ...] = ()
    """Those that they use, and that lie next to them."""
    owner: str = ""
    """Of the first table."""
    in_path: bool = False
    """Whether the role that looked finds them there, since it looks there first itself."""
    migration: str = ""
    """That makes the first table."""
