"""Fixes: operations as data."""

from __future__ import annotations

import msgspec

from forensics.model.words import Record, Safety, Scalar, TableName


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


class RunCommand(Record, frozen=True, kw_only=True, tag="run-command"):
    """A step for the shell, relative to the project's top level."""

    argv: tuple[str, ...]
    why: str


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
    newest: int | None
    """The greatest `created_at` that it must hold when the fix runs."""


class SetRecordedHash(Record, frozen=True, kw_only=True, tag="set-recorded-hash"):
    """Overwrite the hash that a tracking row holds."""

    table: TableName
    created_at: int
    before: str
    after: str


class SetRecordedStamp(Record, frozen=True, kw_only=True, tag="set-recorded-stamp"):
    """Overwrite the `created_at` that a tracking row holds; `before` is `None` for NULL."""

    table: TableName
    hash: str
    """Which row it is, together with `before`."""
    before: int | None
    after: int


class NewRow(Record, frozen=True, kw_only=True):
    """A row of a tracking table as the tool itself would write it."""

    key: str
    """What the tool calls the migration."""
    cells: tuple[tuple[str, Scalar], ...]
    """Column and value; columns that the database fills in are left out."""


class NewColumn(Record, frozen=True, kw_only=True):
    """A column of a table as a tool makes it."""

    name: str
    type: str
    """As the catalogue shows it: `integer`, `text`, `bigint`."""
    definition: str
    """What stands behind the name in CREATE TABLE: `SERIAL PRIMARY KEY`."""


class RecordedMigration(Record, frozen=True, kw_only=True):
    """A row of a tracking table that the tool itself would have written."""

    tag: str
    hash: str
    """SHA-256 of the file's bytes."""
    created_at: int
    """The stamp of the list, in milliseconds."""


class RecordMigrations(Record, frozen=True, kw_only=True, tag="record-migrations"):
    """Add the rows of migrations whose effects are in the database; its inverse removes them."""

    table: TableName
    rows: tuple[RecordedMigration, ...]
    held: int | None
    """How many rows the table must hold when the fix runs; `None` where it has to be made."""
    owner: str | None = None
    """To whom a table that is made shall belong."""


FileStep = WriteFile | DeleteFile
DatabaseStep = RenameTable | MoveTable | SetRecordedHash | SetRecordedStamp | RecordMigrations
Step = FileStep | RunCommand | DatabaseStep


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


def deed(step: Step) -> Step:
    """The step without what is said of it: two steps that do the same are then equal."""
    match step:
        case WriteFile():
            return msgspec.structs.replace(step, source="")
        case RunCommand():
            return msgspec.structs.replace(step, why="")
        case _:
            return step


class Fix(Record, frozen=True, kw_only=True):
    """A list of steps with what must hold for them to be right."""

    title: str
    steps: tuple[Step, ...]
    safety: Safety = Safety.REVIEW
    safety_note: str = ""
    """When it is safe, when it is not, in one or two sentences."""
    needed: bool = True
    seen: Seen | None = None
    """`None` where nobody looked, or no step is for the database."""
