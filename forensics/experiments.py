"""Experiments: what every command would do with some faults repaired and others left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

import msgspec

from forensics.adapters.base import Adapter, Hints
from forensics.edits import combined
from forensics.effects import run
from forensics.effects.engine import Engine
from forensics.facts import (
    Column,
    Commits,
    Database,
    Facts,
    GitObjects,
    LiveTable,
    Standing,
    ToolUse,
    TrackingRow,
    TrackingTable,
)
from forensics.mishaps import Mishaps
from forensics.model import (
    CommandOutcome,
    DatabaseStep,
    DeleteFile,
    Finding,
    Outcome,
    Prediction,
    RecordMigrations,
    SetRecordedHash,
    SetRecordedStamp,
    Step,
    TableName,
    Unanswered,
    WriteFile,
)
from forensics.moves import schema_after, target
from forensics.replays import Replays, disagreement, judged
from forensics.tree import OverlayTree, Tree

FAILS = frozenset({CommandOutcome.BLOCKED, CommandOutcome.SILENTLY_WRONG})

Predictions = dict[str, Prediction]
"""Command -> what it would do."""
Pair = tuple[Predictions, Predictions]
"""Without a repair, and with it."""


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
    engine: Engine = run
    """Who says what SQL does."""
    replays: Replays = Replays()
    """What the project's real tool did, where it was asked."""
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
        lost = f"the search for what is lost in {self.tool.folder}"
        search = partial(self.adapter.recover, self.tree, facts, self.objects)
        recovered = self.mishaps.guard(lost, search, None)
        self.mishaps.add(recovered.mishaps if recovered else ())
        return msgspec.structs.replace(
            facts,
            recovered=recovered,
            standing=self.standing(facts),
            attachments=self.database.attachments if self.database else None,
        )

    def standing(self, facts: Facts) -> Standing | None:
        """The database against every state that the list leads through."""
        part = f"the state of the database of {self.tool.folder}"
        return self.mishaps.guard(part, partial(self.adapter.standing, self.tree, facts), None)

    def predict(self, facts: Facts) -> Predictions:
        """What every command would do in the state that the facts describe."""
        return {command: self.foresee(facts, command) for command in self.adapter.commands}

    def foresee(self, facts: Facts, command: str) -> Prediction:
        """What one command would do; unknown where a part of ours breaks."""
        part = f"what `{command}` would do in {self.tool.folder}"
        not_known = Prediction(command=command, outcome=CommandOutcome.UNKNOWN, exit_code=None)
        predict = partial(self.adapter.predict, facts, command, self.engine)
        return self.mishaps.guard(part, predict, not_known)

    def _tool(self, tree: Tree, steps: tuple[Step, ...]) -> ToolUse:
        edited = {step.path for step in steps if isinstance(step, WriteFile)}
        if self.tool.config not in edited:
            return self.tool
        found = self.adapter.detect(tree, self.root, self.hints)
        return next((tool for tool in found if tool.config == self.tool.config), self.tool)


class Bench:
    """Repairs of findings tried on a scene, each state once; findings are named by index."""

    def __init__(self, scene: Scene, findings: Sequence[Finding]) -> None:
        self.scene = scene
        self._repairs = [finding.repair for finding in findings]
        self.groups = _grouped(findings)
        self._predicted: dict[frozenset[int], Predictions] = {}
        self._known: dict[frozenset[int], Predictions] = {}
        self._left: dict[frozenset[int], Predictions] = {}
        self._pairs: dict[frozenset[int], tuple[int, tuple[Pair, ...]]] = {}

    @cached_property
    def everything(self) -> frozenset[int]:
        """All findings that have a repair to try."""
        return frozenset().union(*self.groups)

    def group(self, index: int) -> frozenset[int]:
        """The findings that are tried together with one; empty where it has no repair to try."""
        return next((group for group in self.groups if index in group), frozenset())

    def left(self, index: int) -> Predictions:
        """What every command does when this finding's fault alone is left unrepaired."""
        group = self.group(index)
        if group not in self._left:
            self._left[group] = self.run(self.everything - group)
        return self._left[group]

    def pairs(self, index: int) -> tuple[Pair, ...]:
        """Any two states that were tried and differ in the repair of this finding alone."""
        group, states = self.group(index), len(self._known)
        if self._pairs.get(group, (0, ()))[0] != states:
            found = (
                (predictions, self._known[fixed | group])
                for fixed, predictions in self._known.items()
                if not group & fixed and fixed | group in self._known
            )
            self._pairs[group] = states, tuple(found)
        return self._pairs[group][1]

    def run(self, fixed: frozenset[int] = frozenset()) -> Predictions:
        """What every command does once the findings of these indexes are repaired."""
        if fixed not in self._known:
            steps = self.steps(fixed)
            self._predicted[fixed] = self.scene.predict(self.scene.facts_after(steps))
            self._known[fixed] = {
                command: judged(predicted, self.scene.replays.get(self.scene.tool, command, steps))
                for command, predicted in self._predicted[fixed].items()
            }
        return self._known[fixed]

    def steps(self, fixed: frozenset[int]) -> tuple[Step, ...]:
        """What is done to repair the findings of these indexes."""
        return tuple(step for index in sorted(fixed) for step in self._repairs[index])

    def disagreements(self) -> Iterator[Unanswered]:
        """Where the project's real tool did something else than the model had said."""
        for fixed, predictions in self._predicted.items():
            for command, predicted in predictions.items():
                replay = self.scene.replays.get(self.scene.tool, command, self.steps(fixed))
                if replay is not None and (found := disagreement(predicted, replay)):
                    yield found

    def ran(self) -> tuple[tuple[frozenset[int], Predictions], ...]:
        """Every state that was tried, fewest repairs first."""
        return tuple(sorted(self._known.items(), key=lambda item: (len(item[0]), sorted(item[0]))))


MOST_SINGLE = 12
"""Above this many repairable findings, those of one rule are tried together: the number of states
grows with the groups, not with the findings."""


def _grouped(findings: Sequence[Finding]) -> tuple[frozenset[int], ...]:
    able = [index for index, finding in enumerate(findings) if finding.repair]
    if len(able) <= MOST_SINGLE:
        return tuple(frozenset({index}) for index in able)
    by_rule: dict[str, set[int]] = {}
    for index in able:
        by_rule.setdefault(findings[index].rule, set()).add(index)
    return tuple(frozenset(indexes) for indexes in by_rule.values())


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
        msgspec.structs.replace(row, hash=step.after)
        if row.created_at == step.created_at and row.hash == step.before
        else row
        for row in table.rows
    )
    return msgspec.structs.replace(table, rows=rows)


def _restamped(table: TrackingTable, step: SetRecordedStamp) -> TrackingTable:
    rows = tuple(
        msgspec.structs.replace(row, created_at=step.after)
        if row.hash == step.hash and row.created_at == step.before
        else row
        for row in table.rows
    )
    return msgspec.structs.replace(table, rows=rows)


def _with_rows(table: TrackingTable, step: RecordMigrations) -> TrackingTable:
    rows = tuple(TrackingRow(id=None, hash=it.hash, created_at=it.created_at) for it in step.rows)
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
