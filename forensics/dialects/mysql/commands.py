"""What statements say, as data."""

from __future__ import annotations

from enum import StrEnum

import msgspec

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


class Part(msgspec.Struct, frozen=True):
    """A part of an index: a column, or an expression."""

    column: str | None
    expression: str = ""
    length: int | None = None
    descends: bool = False


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """To where a foreign key points."""

    table: str
    columns: tuple[str, ...] = ()
    on_delete: str = ""
    on_update: str = ""


class Key(msgspec.Struct, frozen=True, kw_only=True):
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


class ColumnSpec(msgspec.Struct, frozen=True, kw_only=True):
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


class AddColumn(msgspec.Struct, frozen=True):
    """ADD a column."""

    column: ColumnSpec
    lenient: bool = False


class DropColumn(msgspec.Struct, frozen=True):
    """DROP a column."""

    name: str
    lenient: bool = False


class ChangeColumn(msgspec.Struct, frozen=True):
    """MODIFY or CHANGE a column."""

    name: str
    column: ColumnSpec
    lenient: bool = False


class RenameColumn(msgspec.Struct, frozen=True):
    """RENAME COLUMN."""

    name: str
    to: str


class SetDefault(msgspec.Struct, frozen=True):
    """ALTER COLUMN ... SET DEFAULT; `None` drops it."""

    name: str
    default: str | None


class AddKey(msgspec.Struct, frozen=True):
    """ADD a key."""

    key: Key
    lenient: bool = False


class DropKey(msgspec.Struct, frozen=True):
    """DROP a key."""

    kind: KeyKind
    name: str
    lenient: bool = False


class RenameKey(msgspec.Struct, frozen=True):
    """RENAME INDEX."""

    name: str
    to: str


class RenameTo(msgspec.Struct, frozen=True):
    """RENAME TO."""

    to: str


class Option(msgspec.Struct, frozen=True):
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


class CreateTable(msgspec.Struct, frozen=True, kw_only=True):
    """CREATE TABLE."""

    name: str
    columns: tuple[ColumnSpec, ...] = ()
    keys: tuple[Key, ...] = ()
    options: str = ""
    lenient: bool = False


class DropTables(msgspec.Struct, frozen=True):
    """DROP TABLE."""

    names: tuple[str, ...]
    lenient: bool = False


class RenameTables(msgspec.Struct, frozen=True):
    """RENAME TABLE: pairs of names, in order."""

    pairs: tuple[tuple[str, str], ...]


class AlterTable(msgspec.Struct, frozen=True):
    """ALTER TABLE, also as CREATE INDEX and DROP INDEX."""

    name: str
    actions: tuple[Action, ...]


class CreateView(msgspec.Struct, frozen=True):
    """CREATE VIEW."""

    name: str
    replaces: bool = False
    lenient: bool = False


class DropViews(msgspec.Struct, frozen=True):
    """DROP VIEW."""

    names: tuple[str, ...]
    lenient: bool = False


class Rows(msgspec.Struct, frozen=True):
    """A statement on rows."""

    verb: str


class Ends(msgspec.Struct, frozen=True):
    """COMMIT, ROLLBACK, BEGIN, LOCK TABLES ...: what begins or ends a transaction."""

    verb: str


class Nothing(msgspec.Struct, frozen=True):
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
