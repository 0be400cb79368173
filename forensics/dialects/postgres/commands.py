"""PostgreSQL statements as data: what they say, not what they do to a database."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from forensics.dialects.postgres.cursor import Name
from forensics.dialects.postgres.tokens import Token, spelled
from forensics.facts import ConstraintKind

Tokens = tuple[Token, ...]
ANY_ERROR = "others"
"""What `swallowed` has where a handler takes every error."""


class Place(msgspec.Struct, frozen=True):
    """Where a statement is in its file: number and line from 1, offsets in characters from 0."""

    number: int = 1
    line: int = 1
    """Of its first character."""
    start: int = 0
    end: int = 0
    """Behind its last character, without the semicolon."""


class Statement(msgspec.Struct, frozen=True):
    """One statement: its command, its place and its tokens."""

    command: Command
    tokens: Tokens
    place: Place

    @property
    def written(self) -> str:
        """The statement in one line, without comments."""
        return spelled(self.tokens)


# --- Columns and constraints --------------------------------------------------------------------


class TypeName(msgspec.Struct, frozen=True):
    """A type as written; `fields` are those of `interval day to second`."""

    name: Name
    tokens: Tokens
    modifiers: tuple[str, ...] = ()
    array: bool = False
    quoted: bool = False
    fields: bool = False

    @property
    def word(self) -> str:
        """The name if it can be one of the grammar's own types; else empty."""
        return "" if self.quoted or self.name.schema is not None else self.name.name


class TableConstraint(msgspec.Struct, frozen=True):
    """A constraint of a table or column as written."""

    name: str | None
    kind: ConstraintKind
    columns: tuple[str, ...] = ()
    target: Name | None = None
    target_columns: tuple[str, ...] = ()
    condition: Tokens = ()
    nulls_distinct: bool = True
    options: Tokens = ()
    """What else it says: DEFERRABLE, MATCH, NOT VALID, INCLUDE and the like."""


class Generated(msgspec.Struct, frozen=True):
    """GENERATED AS IDENTITY, with the name that it gives its sequence, or AS (expression)."""

    identity: bool
    sequence: str | None = None
    expression: Tokens = ()


class Column(msgspec.Struct, frozen=True):
    """A column of CREATE TABLE or ADD COLUMN."""

    name: str
    type: TypeName
    not_null: bool = False
    default: Tokens | None = None
    generated: Generated | None = None
    collation: Name | None = None
    constraints: tuple[TableConstraint, ...] = ()
    rest: Tokens = ()
    """What we could not read."""


class Unread(msgspec.Struct, frozen=True):
    """A statement, or a part of one, that we could not read; PostgreSQL perhaps can."""

    why: str
    tokens: Tokens = ()


# --- Tables -------------------------------------------------------------------------------------


class CreateTable(msgspec.Struct, frozen=True):
    """CREATE TABLE; `items` is `None` where the columns come from elsewhere."""

    name: Name
    items: tuple[Column | TableConstraint | Unread, ...] | None
    lenient: bool = False
    """Whether it says IF NOT EXISTS."""
    temporary: bool = False
    unlogged: bool = False
    rest: Tokens = ()
    """What follows the columns: PARTITION BY, INHERITS, WITH."""


class AddColumn(msgspec.Struct, frozen=True):
    """ADD COLUMN."""

    column: Column
    lenient: bool = False


class AddConstraint(msgspec.Struct, frozen=True):
    """ADD CONSTRAINT."""

    constraint: TableConstraint


class DropPart(msgspec.Struct, frozen=True):
    """DROP COLUMN or DROP CONSTRAINT."""

    what: str
    name: str
    lenient: bool = False
    cascade: bool = False


class Change(StrEnum):
    """What ALTER COLUMN changes."""

    SET_DEFAULT = "set default"
    DROP_DEFAULT = "drop default"
    SET_NOT_NULL = "set not null"
    DROP_NOT_NULL = "drop not null"
    TYPE = "type"
    ADD_IDENTITY = "add generated"
    DROP_IDENTITY = "drop identity"
    DROP_EXPRESSION = "drop expression"
    OPTION = "set"
    """STATISTICS, STORAGE, options of an identity."""


class AlterColumn(msgspec.Struct, frozen=True):
    """ALTER COLUMN."""

    name: str
    change: Change
    default: Tokens = ()
    type: TypeName | None = None
    rest: Tokens = ()
    """USING and COLLATE of a type."""


class Option(msgspec.Struct, frozen=True):
    """An action that changes no column and no constraint, as OWNER TO."""

    what: str


class Validate(msgspec.Struct, frozen=True):
    """VALIDATE CONSTRAINT."""

    name: str


class Switch(msgspec.Struct, frozen=True):
    """ENABLE or DISABLE TRIGGER; without a name, all of the table."""

    name: str | None
    on: bool


Action = AddColumn | AddConstraint | DropPart | AlterColumn | Validate | Switch | Option | Unread


class AlterTable(msgspec.Struct, frozen=True):
    """ALTER TABLE, but for renames and moves."""

    name: Name
    actions: tuple[Action, ...]
    lenient: bool = False


# --- Other objects ------------------------------------------------------------------------------


class IndexKey(msgspec.Struct, frozen=True):
    """One key of an index: a column, or `None` and an expression; then ordering and class."""

    column: str | None
    expression: Tokens = ()
    options: Tokens = ()


class CreateIndex(msgspec.Struct, frozen=True):
    """CREATE INDEX; the name is `None` where PostgreSQL chooses it."""

    name: str | None
    table: Name
    keys: tuple[IndexKey, ...]
    unique: bool = False
    method: str = "btree"
    lenient: bool = False
    concurrently: bool = False
    where: Tokens | None = None
    rest: Tokens = ()
    """INCLUDE, WITH, TABLESPACE, NULLS NOT DISTINCT."""


class CreateEnum(msgspec.Struct, frozen=True):
    """CREATE TYPE ... AS ENUM."""

    name: Name
    labels: tuple[str, ...]


class AddLabel(msgspec.Struct, frozen=True):
    """ALTER TYPE ... ADD VALUE."""

    name: Name
    label: str
    lenient: bool = False
    beside: str | None = None
    before: bool = False


class RenameLabel(msgspec.Struct, frozen=True):
    """ALTER TYPE ... RENAME VALUE."""

    name: Name
    old: str
    new: str


class Create(msgspec.Struct, frozen=True):
    """CREATE of anything else; `table` is what a trigger or policy belongs to."""

    what: str
    name: Name
    lenient: bool = False
    replaces: bool = False
    temporary: bool = False
    table: Name | None = None
    rest: Tokens = ()


class Alter(msgspec.Struct, frozen=True):
    """ALTER of something in a way that we do not read in detail."""

    what: str
    name: Name
    rest: Tokens = ()


class Rename(msgspec.Struct, frozen=True):
    """RENAME; `part` is a column, constraint, policy or trigger of the relation `name`."""

    what: str
    name: Name
    new: str
    part: str = ""
    lenient: bool = False


class SetSchema(msgspec.Struct, frozen=True):
    """SET SCHEMA."""

    what: str
    name: Name
    schema: str
    lenient: bool = False


class Drop(msgspec.Struct, frozen=True):
    """DROP; `table` is what a trigger or policy belongs to."""

    what: str
    names: tuple[Name, ...]
    lenient: bool = False
    cascade: bool = False
    concurrently: bool = False
    table: Name | None = None


class Comment(msgspec.Struct, frozen=True):
    """COMMENT ON TABLE or COLUMN."""

    table: Name
    column: str | None = None


class Rows(msgspec.Struct, frozen=True):
    """A statement on rows; it changes the catalogue only through functions that it calls."""

    verb: str
    tables: tuple[Name, ...] = ()


class Transaction(msgspec.Struct, frozen=True):
    """BEGIN, COMMIT, ROLLBACK, SAVEPOINT ..."""

    verb: str


class Unseen(msgspec.Struct, frozen=True):
    """A statement that changes nothing which a catalogue of ours shows: GRANT, ANALYZE, SET."""

    verb: str
    setting: str = ""
    """The parameter that SET or RESET changes."""


# --- Blocks -------------------------------------------------------------------------------------


class Exists(msgspec.Struct, frozen=True):
    """EXISTS (SELECT ... FROM source WHERE column = 'value' AND ...)."""

    source: str
    wanted: tuple[tuple[str, str], ...]
    """Columns, each with its value."""


class If(msgspec.Struct, frozen=True):
    """IF [NOT] EXISTS (...) THEN ... END IF."""

    exists: Exists
    negated: bool
    then: tuple[Statement, ...]


class Block(msgspec.Struct, frozen=True):
    """BEGIN ... END; errors of the SQLSTATEs in `swallowed` undo it and are forgotten."""

    steps: tuple[Statement | If, ...]
    swallowed: frozenset[str] = frozenset()

    def swallows(self, sqlstate: str) -> bool:
        """Whether a handler takes such an error."""
        return sqlstate in self.swallowed or ANY_ERROR in self.swallowed


class Do(msgspec.Struct, frozen=True):
    """DO; the block is `None` where it does more than we follow."""

    block: Block | None
    tokens: Tokens
    """Those of the block's text; empty where it does not lex."""


Command = (
    CreateTable
    | AlterTable
    | CreateIndex
    | CreateEnum
    | AddLabel
    | RenameLabel
    | Create
    | Alter
    | Rename
    | SetSchema
    | Drop
    | Comment
    | Rows
    | Transaction
    | Unseen
    | Do
    | Unread
)
