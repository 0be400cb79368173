"""PostgreSQL statements as data: what they say, not what they do to a database."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from forensics.dialects.postgres.cursor import Name
from forensics.dialects.postgres.tokens import Token
from forensics.facts import ConstraintKind

Tokens = tuple[Token, ...]
ANY_ERROR = "others"
"""What `swallowed` has where a handler takes every error."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement is in its file: number and line from 1, offsets in characters from 0."""

    number: int = 1
    line: int = 1
    """Of its first character."""
    start: int = 0
    end: int = 0
    """Behind its last character, without the semicolon."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: its command, its place and its tokens."""

    command: Command
    tokens: Tokens
    place: Place

    @property
    def written(self) -> str:
        """The statement in one line, without comments."""
        return " ".join(token.raw for token in self.tokens)


# --- Columns and constraints --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TypeName:
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


@dataclass(frozen=True, slots=True)
class TableConstraint:
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


@dataclass(frozen=True, slots=True)
class Generated:
    """GENERATED AS IDENTITY, with the name that it gives its sequence, or AS (expression)."""

    identity: bool
    sequence: str | None = None
    expression: Tokens = ()


@dataclass(frozen=True, slots=True)
class Column:
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


@dataclass(frozen=True, slots=True)
class Unread:
    """A statement, or a part of one, that we could not read; PostgreSQL perhaps can."""

    why: str
    tokens: Tokens = ()


# --- Tables -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CreateTable:
    """CREATE TABLE; `items` is `None` where the columns come from elsewhere."""

    name: Name
    items: tuple[Column | TableConstraint | Unread, ...] | None
    lenient: bool = False
    """Whether it says IF NOT EXISTS."""
    temporary: bool = False
    unlogged: bool = False
    rest: Tokens = ()
    """What follows the columns: PARTITION BY, INHERITS, WITH."""


@dataclass(frozen=True, slots=True)
class AddColumn:
    """ADD COLUMN."""

    column: Column
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class AddConstraint:
    """ADD CONSTRAINT."""

    constraint: TableConstraint


@dataclass(frozen=True, slots=True)
class DropPart:
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


@dataclass(frozen=True, slots=True)
class AlterColumn:
    """ALTER COLUMN."""

    name: str
    change: Change
    default: Tokens = ()
    type: TypeName | None = None
    rest: Tokens = ()
    """USING and COLLATE of a type."""


@dataclass(frozen=True, slots=True)
class Option:
    """An action that changes no column and no constraint, as OWNER TO."""

    what: str


@dataclass(frozen=True, slots=True)
class Validate:
    """VALIDATE CONSTRAINT."""

    name: str


@dataclass(frozen=True, slots=True)
class Switch:
    """ENABLE or DISABLE TRIGGER; without a name, all of the table."""

    name: str | None
    on: bool


Action = AddColumn | AddConstraint | DropPart | AlterColumn | Validate | Switch | Option | Unread


@dataclass(frozen=True, slots=True)
class AlterTable:
    """ALTER TABLE, but for renames and moves."""

    name: Name
    actions: tuple[Action, ...]
    lenient: bool = False


# --- Other objects ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IndexKey:
    """One key of an index: a column, or `None` and an expression; then ordering and class."""

    column: str | None
    expression: Tokens = ()
    options: Tokens = ()


@dataclass(frozen=True, slots=True)
class CreateIndex:
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


@dataclass(frozen=True, slots=True)
class CreateEnum:
    """CREATE TYPE ... AS ENUM."""

    name: Name
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddLabel:
    """ALTER TYPE ... ADD VALUE."""

    name: Name
    label: str
    lenient: bool = False
    beside: str | None = None
    before: bool = False


@dataclass(frozen=True, slots=True)
class RenameLabel:
    """ALTER TYPE ... RENAME VALUE."""

    name: Name
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Create:
    """CREATE of anything else; `table` is what a trigger or policy belongs to."""

    what: str
    name: Name
    lenient: bool = False
    replaces: bool = False
    temporary: bool = False
    table: Name | None = None
    rest: Tokens = ()


@dataclass(frozen=True, slots=True)
class Alter:
    """ALTER of something in a way that we do not read in detail."""

    what: str
    name: Name
    rest: Tokens = ()


@dataclass(frozen=True, slots=True)
class Rename:
    """RENAME; `part` is a column, constraint, policy or trigger of the relation `name`."""

    what: str
    name: Name
    new: str
    part: str = ""
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class SetSchema:
    """SET SCHEMA."""

    what: str
    name: Name
    schema: str
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class Drop:
    """DROP; `table` is what a trigger or policy belongs to."""

    what: str
    names: tuple[Name, ...]
    lenient: bool = False
    cascade: bool = False
    concurrently: bool = False
    table: Name | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """COMMENT ON TABLE or COLUMN."""

    table: Name
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """A statement on rows; it changes the catalogue only through functions that it calls."""

    verb: str
    tables: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class Transaction:
    """BEGIN, COMMIT, ROLLBACK, SAVEPOINT ..."""

    verb: str


@dataclass(frozen=True, slots=True)
class Unseen:
    """A statement that changes nothing which a catalogue of ours shows: GRANT, ANALYZE, SET."""

    verb: str
    setting: str = ""
    """The parameter that SET or RESET changes."""


# --- Blocks -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Exists:
    """EXISTS (SELECT ... FROM source WHERE column = 'value' AND ...)."""

    source: str
    wanted: tuple[tuple[str, str], ...]
    """Columns, each with its value."""


@dataclass(frozen=True, slots=True)
class If:
    """IF [NOT] EXISTS (...) THEN ... END IF."""

    exists: Exists
    negated: bool
    then: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """BEGIN ... END; errors of the SQLSTATEs in `swallowed` undo it and are forgotten."""

    steps: tuple[Statement | If, ...]
    swallowed: frozenset[str] = frozenset()

    def swallows(self, sqlstate: str) -> bool:
        """Whether a handler takes such an error."""
        return sqlstate in self.swallowed or ANY_ERROR in self.swallowed


@dataclass(frozen=True, slots=True)
class Do:
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
