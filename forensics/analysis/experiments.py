"""Where experiments take place, and what steps do to the files and the database seen there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

import msgspec

from forensics.adapters.base import Adapter, Hints, applying, command_of, shown
from forensics.dialects.postgres.effects import run
from forensics.dialects.postgres.effects.engine import Engine
from forensics.evidence.tree import OverlayTree, Tree
from forensics.facts import (
    Column,
    Commits,
    Database,
    Facts,
    GitObjects,
    LiveTable,
    Recoveries,
    Standing,
    ToolUse,
    TrackingRow,
    TrackingTable,
)
from forensics.model import (
    Artefact,
    CommandKind,
    CommandOutcome,
    DatabaseStep,
    DeleteFile,
    Outcome,
    Prediction,
    RecordMigrations,
    SetRecordedHash,
    SetRecordedStamp,
    Step,
    TableName,
    WriteFile,
)
from forensics.model.edits import combined
from forensics.model.mishaps import Mishaps
from forensics.tracking.moves import schema_after, target

FAILS = frozenset({CommandOutcome.BLOCKED, CommandOutcome.SILENTLY_WRONG})

Predictions = dict[str, Prediction]
"""Command -> what it would do."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Where experiments take place: one use of one tool, and all that was seen around it."""

    adapter: Adapter
    tool: ToolUse
    tree: Tree
    root: str
    hints: Hints
    database: Database | None
    commits: Commits | None
    objects: GitObjects | None = None
    """What git's whole store had of the hashes that were recorded."""
    mishaps: Mishaps = field(default_factory=Mishaps, compare=False)
    """What of ours broke on the way."""

    def facts_after(self, steps: Iterable[Step] = ()) -> Facts:
        """The facts as the adapter reads them after some steps; an edited config is read anew."""
        steps = tuple(steps)
        tree = apply_to_tree(self.tree, steps)
        database = apply_to_database(self.database, steps)
        return self.adapter.facts(tree, self._tool(tree, steps), database, self.commits)

    def examined(self) -> Facts:
        """The facts as things are, with what came of the search for lost originals."""
        facts = self.facts_after()
        recovered = self._recovered(facts)
        self.mishaps.add(recovered.mishaps if recovered else ())
        return msgspec.structs.replace(
            facts,
            recovered=recovered,
            standing=self.standing(facts),
            attachments=self.database.attachments if self.database else None,
        )

    def _recovered(self, facts: Facts) -> Recoveries | None:
        recovers = self.adapter.recovers
        if recovers is None:
            return None
        search = partial(recovers.recover, self.tree, facts, self.objects)
        return self.mishaps.guard(
            f"the search for what is lost in {self.tool.folder}", search, None
        )

    def standing(self, facts: Facts) -> Standing | None:
        """The database against every state that the list leads through."""
        compares = self.adapter.compares
        if compares is None:
            return None
        part = f"the state of the database of {self.tool.folder}"
        return self.mishaps.guard(part, partial(compares.standing, self.tree, facts), None)

    def predict(self, facts: Facts, engine: Engine = run) -> Predictions:
        """What every command would do in the state that the facts describe.

        `engine` says what SQL does.
        """
        return {name: self.foresee(facts, name, engine) for name in self.commands}

    def foresee(self, facts: Facts, command: str, engine: Engine = run) -> Prediction:
        """What one command would do; unknown where a part of ours breaks."""
        part = f"what `{command}` would do in {self.tool.folder}"
        not_known = Prediction(command=command, outcome=CommandOutcome.UNKNOWN, exit_code=None)
        predict = partial(self.adapter.predict, facts, command, engine)
        return self.mishaps.guard(part, predict, not_known)

    @property
    def commands(self) -> tuple[str, ...]:
        """The commands of which reports say what they would do."""
        return tuple(command.name for command in shown(self.adapter))

    @property
    def applying(self) -> str:
        """The command that runs pending migrations.

        Production depends on it, and the user is taken to have run it where no captured output
        says otherwise.
        """
        return applying(self.adapter)

    def kind(self, name: str) -> CommandKind:
        """What a command is for; raises `KeyError` for one that the tool does not have."""
        command = command_of(self.adapter, name)
        if command is None:
            raise KeyError(name)
        return command.kind

    def reads(self, name: str) -> frozenset[Artefact]:
        """The artefacts on which the outcome of a command can depend."""
        command = command_of(self.adapter, name)
        return command.reads if command else frozenset()

    def _tool(self, tree: Tree, steps: tuple[Step, ...]) -> ToolUse:
        edited = {step.path for step in steps if isinstance(step, WriteFile)}
        if self.tool.config not in edited:
            return self.tool
        found = self.adapter.detect(tree, self.root, self.hints)
        return next((tool for tool in found if tool.config == self.tool.config), self.tool)


def apply_to_tree(tree: Tree, steps: Iterable[Step]) -> Tree:
    """The tree after the file steps; steps for the shell or the database do not count."""
    written: dict[str, list[WriteFile]] = {}
    deleted: set[str] = set()
    for step in steps:
        if isinstance(step, WriteFile):
            written.setdefault(step.path, []).append(step)
            deleted.discard(step.path)
        elif isinstance(step, DeleteFile):
            written.pop(step.path, None)
            deleted.add(step.path)
    texts = {path: combined(edits) for path, edits in written.items()}
    return OverlayTree(tree, written=texts, deleted=deleted) if texts or deleted else tree


def apply_to_database(database: Database | None, steps: Iterable[Step]) -> Database | None:
    """What would be seen of the database after the database steps.

    Hashes first: a step names its table as it was found, whichever order the findings have.
    """
    for step in sorted(steps, key=lambda step: not isinstance(step, SetRecordedHash)):
        if database is not None and isinstance(step, DatabaseStep):
            database = _apply(database, step)
    return database


def without_table(database: Database | None, name: TableName) -> Database | None:
    """What would be seen of the database once a tracking table is dropped."""
    if database is None or database.tracking is None:
        return database
    left = tuple(table for table in database.tracking.tables if table.name != name)
    tracking = msgspec.structs.replace(database.tracking, tables=left)
    if database.schema is None:
        return msgspec.structs.replace(database, tracking=tracking)
    tables = tuple(table for table in database.schema.tables if table.name != name)
    schema = msgspec.structs.replace(database.schema, tables=tables)
    return msgspec.structs.replace(database, tracking=tracking, schema=schema)


def _apply(database: Database, step: DatabaseStep) -> Database:
    if isinstance(step, SetRecordedHash):
        return _with_tracking(database, step.table, lambda table: _rehashed(table, step))
    if isinstance(step, SetRecordedStamp):
        return _with_tracking(database, step.table, lambda table: _restamped(table, step))
    if isinstance(step, RecordMigrations):
        there = _with_table(database, step.table, step.owner) if step.held is None else database
        return _with_tracking(there, step.table, lambda table: _with_rows(table, step))
    moved = _with_tracking(database, step.table, lambda table: _named(table, target(step)))
    if moved.schema is None:
        return moved
    return msgspec.structs.replace(moved, schema=schema_after(moved.schema, step))


def _with_tracking(
    database: Database, name: TableName, change: Callable[[TrackingTable], TrackingTable]
) -> Database:
    if database.tracking is None:
        return database
    tables = tuple(
        change(table) if table.name == name else table for table in database.tracking.tables
    )
    tracking = msgspec.structs.replace(database.tracking, tables=tables)
    return msgspec.structs.replace(database, tracking=tracking)


def _rehashed(table: TrackingTable, step: SetRecordedHash) -> TrackingTable:
    rows = tuple(
        msgspec.structs.replace(row, checksum=step.after)
        if row.at == step.created_at and row.checksum == step.before
        else row
        for row in table.rows
    )
    return msgspec.structs.replace(table, rows=rows)


def _restamped(table: TrackingTable, step: SetRecordedStamp) -> TrackingTable:
    rows = tuple(
        msgspec.structs.replace(row, at=step.after)
        if row.checksum == step.hash and row.at == step.before
        else row
        for row in table.rows
    )
    return msgspec.structs.replace(table, rows=rows)


def _with_rows(table: TrackingTable, step: RecordMigrations) -> TrackingTable:
    rows = tuple(TrackingRow(id=None, checksum=it.hash, at=it.created_at) for it in step.rows)
    return msgspec.structs.replace(table, rows=(*table.rows, *rows))


def _with_table(database: Database, name: TableName, owner: str | None) -> Database:
    """With an empty tracking table, as the tool makes it."""
    if database.tracking is None or database.tracking.get(name) is not None:
        return database
    types = {"id": "integer", "hash": "text", "created_at": "bigint"}
    table = TrackingTable(
        name=name,
        tool="drizzle-kit",
        evidence=database.tracking.evidence,
        outcome=Outcome.COLLECTED,
        owner=owner,
        columns=tuple(types),
    )
    tracking = msgspec.structs.replace(database.tracking, tables=(*database.tracking.tables, table))
    schema = database.schema
    if schema is not None:
        columns = tuple(Column(name=name_, type=type_) for name_, type_ in types.items())
        schema = msgspec.structs.replace(
            schema,
            schemas=tuple(dict.fromkeys((*schema.schemas, name.schema))),
            tables=(*schema.tables, LiveTable(name=name, columns=columns)),
        )
    return msgspec.structs.replace(database, tracking=tracking, schema=schema)


def _named(table: TrackingTable, name: TableName) -> TrackingTable:
    return msgspec.structs.replace(table, name=name)
