"""What statements say, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from forensics.facts import GeneratedKind


class KeyKind(StrEnum):
    """What a key of a table is."""

    PRIMARY = "primary"
    UNIQUE = "unique"
    INDEX = "index"
    FULLTEXT = "fulltext"
    SPATIAL = "spatial"
    FOREIGN = "foreign"
    CHECK = "check"
    ANY = "any"
    """Of one that is dropped as a constraint: any of them."""


INDEXES = frozenset({KeyKind.UNIQUE, KeyKind.INDEX, KeyKind.FULLTEXT, KeyKind.SPATIAL})


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an index: a column, or an expression."""

    column: str | None
    expression: str = ""
    length: int | None = None
    descends: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """To where a foreign key points."""

    table: str
    columns: tuple[str, ...] = ()
    on_delete: str = ""
    on_update: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key, an index or a constraint."""

    kind: KeyKind
    name: str | None = None
    parts: tuple[Part, ...] = ()
    reference: Reference | None = None
    check: str = ""

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Its columns; `None` where it has more than plain ones."""
        if any(it.column is None or it.length is not None for it in self.parts):
            return None
        return tuple(it.column for it in self.parts if it.column is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSpec:
    """A column as it is written."""

    name: str
    type: str
    """As it is written, in lower case: `varchar(80)`, `int unsigned`, `serial`."""
    null: bool | None = None
    """Whether NULL is allowed; `None` where it says nothing."""
    default: str | None = None
    auto_increment: bool = False
    primary: bool = False
    unique: bool = False
    on_update: bool = False
    generated: GeneratedKind = GeneratedKind.NONE
    expression: str = ""
    checks: tuple[Key, ...] = ()
    reference: Reference | None = None
    collation: str = ""
    charset: str = ""
    place: str | None = None
    """The column behind which it stands; empty for the first place, `None` for the last."""


# --- What ALTER TABLE does ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AddColumn:
    """ADD a column."""

    column: ColumnSpec
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class DropColumn:
    """DROP a column."""

    name: str
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class ChangeColumn:
    """MODIFY or CHANGE a column."""

    name: str
    column: ColumnSpec
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class RenameColumn:
    """RENAME COLUMN."""

    name: str
    to: str


@dataclass(frozen=True, slots=True)
class SetDefault:
    """ALTER COLUMN ... SET DEFAULT; `None` drops it."""

    name: str
    default: str | None


@dataclass(frozen=True, slots=True)
class AddKey:
    """ADD a key."""

    key: Key
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class DropKey:
    """DROP a key."""

    kind: KeyKind
    name: str
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class RenameKey:
    """RENAME INDEX."""

    name: str
    to: str


@dataclass(frozen=True, slots=True)
class RenameTo:
    """RENAME TO."""

    to: str


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a table, of which the catalogue here shows nothing."""

    text: str


Action = (
    AddColumn
    | DropColumn
    | ChangeColumn
    | RenameColumn
    | SetDefault
    | AddKey
    | DropKey
    | RenameKey
    | RenameTo
    | Option
)


# --- Statements -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTable:
    """CREATE TABLE."""

    name: str
    columns: tuple[ColumnSpec, ...] = ()
    keys: tuple[Key, ...] = ()
    options: str = ""
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class DropTables:
    """DROP TABLE."""

    names: tuple[str, ...]
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class RenameTables:
    """RENAME TABLE: pairs of names, in order."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AlterTable:
    """ALTER TABLE, also as CREATE INDEX and DROP INDEX."""

    name: str
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class CreateView:
    """CREATE VIEW."""

    name: str
    replaces: bool = False
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class DropViews:
    """DROP VIEW."""

    names: tuple[str, ...]
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """A statement on rows."""

    verb: str


@dataclass(frozen=True, slots=True)
class Ends:
    """COMMIT, ROLLBACK, BEGIN, LOCK TABLES ...: what begins or ends a transaction."""

    verb: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """What leaves no trace in a catalogue: SET, ANALYZE, GRANT ..."""

    verb: str


Command = (
    CreateTable
    | DropTables
    | RenameTables
    | AlterTable
    | CreateView
    | DropViews
    | Rows
    | Ends
    | Nothing
)
