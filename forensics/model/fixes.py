"""Fixes: operations as data."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from forensics.model.words import Record, Safety, Scalar, TableName

Cell = tuple[str, Scalar]
"""A column and the value that a row has there."""


class WriteFile(Record, frozen=True, kw_only=True, tag="write-file"):
    """Create or change a text file; `before` is `None` where there was none."""

    path: str
    before: str | None
    after: str
    source: str = ""
    """Where `after` comes from, for instance the commit that last held the file."""


class DeleteFile(Record, frozen=True, kw_only=True, tag="delete-file"):
    """Remove a file; only a file known to git, whose text we hold, can be part of a patch."""

    path: str
    before: str | None = None
    in_git: bool = False


class MarkedRow(Record, frozen=True, kw_only=True):
    """What a tool is told of a migration: that it was applied, or that its failed run is undone."""

    table: TableName
    key: str
    applied: bool
    checksum: str = ""
    """Of its file; for a row that is written."""
    forgets: bool = False
    """Whether the rows of the migration go."""


class RunCommand(Record, frozen=True, kw_only=True, tag="run-command"):
    """A step for the shell, relative to the project's top level."""

    argv: tuple[str, ...]
    why: str
    marks: MarkedRow | None = None
    """What it does to tracking rows, so that the step can be tried."""


class ByHand(Record, frozen=True, kw_only=True, tag="by-hand"):
    """An edit of a file that needs a decision, so that only a person can make it."""

    path: str
    line: int
    """Where it begins, counted from 1; 0 of a file that is to be made behind all other steps."""
    now: str
    """What stands there, on one line; empty of such a file."""
    instead: str
    """What could stand there: an example, with the open decisions as SQL comments."""
    why: str
    """What is to be decided, as a sentence."""


class DeletedRow(Record, frozen=True, kw_only=True):
    """A row of a tracking table that a person removes."""

    table: TableName
    cells: tuple[Cell, ...]
    """What its columns hold."""


class SecuredKind(StrEnum):
    """What rights are held on."""

    DATABASE = "database"
    SCHEMA = "schema"
    RELATION = "relation"
    TYPE = "type"


class Grant(Record, frozen=True, kw_only=True, tag="grant"):
    """A right that the deploying role gets; in experiments alone, `RunSql` has the statement."""

    kind: SecuredKind
    name: TableName
    """Of a schema, the schema alone; of a database, the table alone."""
    right: str


class MoveObjects(Record, frozen=True, kw_only=True, tag="move-objects"):
    """Tables and types in another schema; in experiments alone, `RunSql` has the statements."""

    names: tuple[TableName, ...]
    to_schema: str


class RenameTable(Record, frozen=True, kw_only=True, tag="rename-table"):
    """Rename a table inside its schema, with the sequence and the key index that would clash."""

    table: TableName
    to: str
    rows: int
    """How many rows it must hold when the fix runs."""
    sequence: str | None = None
    primary_key: str | None = None


class MoveTable(Record, frozen=True, kw_only=True, tag="move-table"):
    """Move a table with its rows, ids, sequence and indexes into another schema."""

    table: TableName
    to_schema: str
    rows: int
    newest: tuple[str, int] | None
    """A column, and the greatest value that it must hold when the fix runs."""


class UpdateRow(Record, frozen=True, kw_only=True, tag="update-row"):
    """Overwrite one cell of one row of a tracking table."""

    table: TableName
    column: str
    before: Scalar
    after: Scalar
    where: tuple[Cell, ...]
    """Which row it is, together with `before`: there must be exactly one."""
    why: str = ""
    """What that is good for, as an order: `give the row the timestamp of its migration`."""


class NewRow(Record, frozen=True, kw_only=True):
    """A row of a tracking table as the tool itself would write it."""

    key: str
    """What the tool calls the migration."""
    cells: tuple[Cell, ...]
    """Columns that the database fills in are left out."""


class NewColumn(Record, frozen=True, kw_only=True):
    """A column of a table as a tool makes it."""

    name: str
    type: str
    """As the catalogue shows it: `integer`, `text`, `bigint`."""
    definition: str
    """What stands behind the name in CREATE TABLE: `SERIAL PRIMARY KEY`."""


class InsertRows(Record, frozen=True, kw_only=True, tag="insert-rows"):
    """Add the rows of migrations whose effects are in the database; its inverse removes them."""

    table: TableName
    rows: tuple[NewRow, ...]
    """All with cells of the same columns."""
    identity: tuple[str, ...]
    """The columns of a cell that no row of the table may have already; none of them is NULL."""
    held: int | None
    """How many rows the table must hold when the fix runs; `None` where it has to be made."""
    owner: str | None = None
    """To whom a table that is made shall belong."""
    columns: tuple[NewColumn, ...] = ()
    """Those of a table that is made."""
    unproven: tuple[str, ...] = ()
    """Statements of these migrations, each with its migration, of which no catalogue shows
    whether they ran: after this step the tool never runs them."""


class RunSql(Record, frozen=True, kw_only=True, tag="run-sql"):
    """A statement that a person runs in the database, at its place among the steps.

    For what no guarded transaction can do: CONCURRENTLY, or what has to be decided in between.
    """

    text: str
    why: str
    removes: TableName | None = None
    """The index that is gone afterwards, so that the step can be tried."""
    whole: bool = False
    """Whether it is a script that guards itself: it is `fix.sql` where no other step makes one."""
    deletes: DeletedRow | None = None
    """The row that is gone afterwards, likewise."""
    acts: tuple[str, ...] = ()
    """Its statements that change the schema, without the checks around them, likewise."""
    inserts: InsertRows | None = None
    """The rows that it adds to the tracking table, likewise."""
    undo: str = ""
    """The script that takes it back: `rollback.sql` where it is `fix.sql`; empty where none is."""


FileStep = WriteFile | DeleteFile
DatabaseStep = RenameTable | MoveTable | UpdateRow | InsertRows
Step = FileStep | RunCommand | ByHand | RunSql | Grant | MoveObjects | DatabaseStep


class SeenThing(Record, frozen=True, kw_only=True):
    """A trigger, rule, policy or the like that was there when the evidence was collected."""

    kind: str
    name: str
    sha256: str
    """Of its definition."""


class SeenTable(Record, frozen=True, kw_only=True):
    """What was seen of a table that a fix touches, and may run code when that happens."""

    table: TableName
    owner: str | None = None
    schema_owner: str | None = None
    things: tuple[SeenThing, ...] = ()


class Seen(Record, frozen=True, kw_only=True):
    """What may run code when a fix is applied: all of it, as far as the evidence goes."""

    tables: tuple[SeenTable, ...] = ()
    event_triggers: tuple[SeenThing, ...] = ()

    def get(self, table: TableName) -> SeenTable | None:
        """What was seen of a table."""
        return next((each for each in self.tables if each.table == table), None)


def database_steps(steps: Iterable[Step]) -> tuple[DatabaseStep, ...]:
    """Those steps that SQL makes."""
    return tuple(step for step in steps if isinstance(step, DatabaseStep))


def deed(step: Step) -> Step:
    """The step without what is said of it: two steps that do the same are then equal."""
    match step:
        case WriteFile():
            return msgspec.structs.replace(step, source="")
        case RunCommand() | ByHand() | RunSql() | UpdateRow():
            return msgspec.structs.replace(step, why="")
        case _:
            return step


class HoldsIn(Record, frozen=True, kw_only=True):
    """What a fix does in one of several environments."""

    environment: str
    holds: bool | None
    """Whether the issue is gone, or never existed, and nothing is worse; `None` if unknown."""
    why: str = ""
    """A few words, without a full stop."""


class Fix(Record, frozen=True, kw_only=True):
    """A list of steps with what must hold for them to be right."""

    title: str
    steps: tuple[Step, ...]
    safety: Safety = Safety.REVIEW
    """A fix is safe only where its rule says so."""
    safety_note: str = ""
    """When it is safe, when it is not, in one or two sentences."""
    needed: bool = True
    seen: Seen | None = None
    """`None` where nobody looked, or no step is for the database."""
    environments: tuple[HoldsIn, ...] = ()
    """Every environment that was read, where there are several."""
