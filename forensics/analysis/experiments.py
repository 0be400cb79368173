"""Where experiments take place, and what steps do to the files seen there."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, partial

import msgspec
from msgspec.structs import replace

from forensics.adapters.base import Adapter, Hints, applying, command_of, shown
from forensics.analysis.captured import true_error
from forensics.dialects import dialect_of
from forensics.dialects.effect import Done
from forensics.dialects.engine import Engine
from forensics.evidence.tree import OverlayTree, Tree
from forensics.facts import (
    ApplyFailure,
    Applying,
    Captured,
    CapturedFailure,
    CapturedRun,
    Commits,
    Database,
    Facts,
    GitObjects,
    Landed,
    Rebuilding,
    Recoveries,
    Replaying,
    SqlStatement,
    Standing,
    Syncing,
    ToolUse,
    Transaction,
)
from forensics.model import (
    Artefact,
    Certainty,
    CommandKind,
    CommandOutcome,
    DeleteFile,
    Prediction,
    RunSql,
    Step,
    WriteFile,
)
from forensics.model.edits import combined
from forensics.model.mishaps import Mishaps
from forensics.tracking.apply_steps import apply_to_database
from forensics.tracking.landed import among_the_tools, landed, with_moved

FAILS = frozenset({CommandOutcome.BLOCKED, CommandOutcome.SILENTLY_WRONG})

Predictions = dict[str, Prediction]
"""Command -> what it would do."""


class Scene(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Where experiments take place: one use of one tool, and all that was seen around it."""

    adapter: Adapter
    tool: ToolUse
    tree: Tree
    root: str
    hints: Hints
    database: Database | None
    commits: Commits | None
    captured: CapturedFailure | None = None
    """How the applying command failed, where somebody captured that."""
    objects: GitObjects | None = None
    """What git's whole store had of the hashes that were recorded."""
    outputs: tuple[Captured, ...] = ()
    """The outputs of failing commands that the user gave."""
    mishaps: Mishaps = msgspec.field(default_factory=Mishaps)
    """What of ours broke on the way."""

    def after(self, steps: Iterable[Step]) -> Scene:
        """The scene after some steps; an edited config is read again."""
        steps = tuple(steps)
        if not steps:
            return self
        tree = apply_to_tree(self.tree, steps)
        database = self._acted(apply_to_database(self.database, steps, self.tool), steps)
        return replace(self, tree=tree, tool=self._tool(tree, steps), database=database)

    def facts_after(self, steps: Iterable[Step]) -> Facts:
        """The facts as the adapter reads them after some steps."""
        return self.after(steps).facts

    @cached_property
    def facts(self) -> Facts:
        """The facts as the adapter reads them."""
        database = self.database
        facts = self.adapter.facts(self.tree, self.tool, database, self.commits)
        facts = replace(facts, captured=self.captured)
        if database is None:
            return replace(facts, outputs=self.outputs)
        return replace(
            facts,
            privileges=database.privileges,
            circumstances=database.circumstances,
            replica=database.identity.replica,
            outputs=self.outputs,
            counted=database.counted,
        )

    def _acted(self, database: Database | None, steps: tuple[Step, ...]) -> Database | None:
        """The database with what scripts among the steps do to its schema.

        Where that is not known, as it was before them.
        """
        acts = [it for step in steps if isinstance(step, RunSql) for it in step.acts]
        if database is None or database.schema is None or not acts:
            return database
        effect = dialect_of(self.tool).assumed(database.schema, acts)
        if not isinstance(effect, Done):
            return database
        return replace(database, schema=effect.schema)

    def examined(self, engine: Engine | None = None) -> Facts:
        """The facts as things are, with what came of the search for lost originals.

        `engine` says what pending SQL does; without one, the model of the dialect.
        """
        facts = self.facts
        recovered = self._recovered(facts)
        self.mishaps.add(recovered.mishaps if recovered else ())
        standing, elsewhere = self._in_place(facts)
        return replace(
            facts,
            recovered=recovered,
            applying=self.applying_run(facts, engine),
            replaying=self.replaying(facts, engine),
            syncing=self.syncing(facts),
            rebuilding=self.rebuilding(facts),
            standing=standing,
            landed=elsewhere,
            attachments=self.database.attachments if self.database else None,
            counted=self.database.counted if self.database else None,
        )

    def _recovered(self, facts: Facts) -> Recoveries | None:
        recovers = self.adapter.recovers
        if recovers is None:
            return None
        search = partial(recovers.recover, self.tree, facts, self.objects)
        return self.mishaps.guard(
            f"the search for what is lost in {self.tool.folder}", search, None
        )

    def _in_place(self, facts: Facts) -> tuple[Standing | None, Landed | None]:
        """The standing, with what landed in another schema taken for being where it is meant."""
        standing = self.standing(facts)
        if standing is None or facts.schema is None:
            return standing, None
        search = partial(landed, facts, standing)
        found = self.mishaps.guard("the search for what lies in another schema", search, None)
        if found is None:
            return standing, among_the_tools(facts, standing)
        names = (*found.tables, *found.types)
        schema = with_moved(facts.schema, names, found.meant)
        return self.standing(replace(facts, schema=schema)), found

    def standing(self, facts: Facts) -> Standing | None:
        """The database against every state that the list leads through."""
        compares = self.adapter.compares
        if compares is None:
            return None
        part = f"the state of the database of {self.tool.folder}"
        return self.mishaps.guard(part, partial(compares.standing, self.tree, facts), None)

    def replaying(self, facts: Facts, engine: Engine | None) -> Replaying | None:
        """Where a command stops that runs all files on an empty database first."""
        part = f"the files of {self.tool.folder} on an empty database"
        return self.mishaps.guard(part, partial(self.adapter.replaying, facts, engine), None)

    def rebuilding(self, facts: Facts) -> Rebuilding | None:
        """Where migrations drop a table that others refer to."""
        part = f"what the migrations of {self.tool.folder} do to rows"
        return self.mishaps.guard(part, partial(self.adapter.rebuilding, facts), None)

    def syncing(self, facts: Facts) -> Syncing | None:
        """What a command of kind `SYNC` would take away."""
        syncs = self.adapter.syncs
        if syncs is None:
            return None
        part = f"what the database of {self.tool.folder} has beyond the schema code"
        return self.mishaps.guard(part, partial(syncs.losses, facts), None)

    def predict(self, facts: Facts, engine: Engine | None = None) -> Predictions:
        """What every command would do in the state that the facts describe.

        `engine` says what SQL does; without one, the model of the dialect.
        """
        return {name: self.foresee(facts, name, engine) for name in self.commands}

    def foresee(self, facts: Facts, command: str, engine: Engine | None = None) -> Prediction:
        """What one command would do; unknown where a part of ours breaks."""
        part = f"what `{command}` would do in {self.tool.folder}"
        not_known = Prediction(command=command, outcome=CommandOutcome.UNKNOWN, exit_code=None)
        predict = partial(self.adapter.predict, facts, command, engine)
        told = self.mishaps.guard(part, predict, not_known)
        return self._as_captured(told, facts) if command == self.applying else told

    def applying_run(self, facts: Facts, engine: Engine | None = None) -> Applying | None:
        """What the applying command would send, and where that stops."""
        part = f"what is pending in {self.tool.folder}"
        known = self.mishaps.guard(part, partial(self.adapter.applying, facts, engine), None)
        return known or self._as_seen(facts)

    def _as_seen(self, facts: Facts) -> Applying | None:
        """Without a database: the failure that somebody captured, while its statement is there."""
        seen = self._seen_in(facts)
        if seen is None:
            return None
        statement, run = seen
        following = self.adapter.statements(facts, statement.position)
        failure = ApplyFailure(statement=statement, sent=statement.text, error=true_error(run))
        return Applying(
            evidence=(run.evidence,),
            pending=(statement.position,),
            statements=following,
            transaction=self._transaction(),
            failure=failure,
        )

    def _transaction(self) -> Transaction:
        if self.tool.driver is not None:
            return self.tool.driver.transaction
        return Transaction.ONE if dialect_of(self.tool).transactional_ddl else Transaction.NONE

    def _as_captured(self, told: Prediction, facts: Facts) -> Prediction:
        if told.outcome is not CommandOutcome.UNKNOWN:
            return told
        if (silent := self._silent_run(facts)) is not None:
            return replace(
                told,
                outcome=CommandOutcome.BLOCKED,
                exit_code=silent.exit_code,
                message="",
                why="",
                certainty=Certainty.OBSERVED,
            )
        seen = self._seen_in(facts)
        if seen is None:
            return told
        statement, run = seen
        return replace(
            told,
            outcome=CommandOutcome.BLOCKED,
            exit_code=run.exit_code,
            message=run.message,
            error=true_error(run),
            statement=statement.place,
            certainty=Certainty.OBSERVED,
        )

    def _silent_run(self, facts: Facts) -> CapturedRun | None:
        """The run that was seen to fail without a word, where the database leaves it open."""
        if self.captured is None or not self.captured.silent or facts.schema is None:
            return None
        return self.captured.run

    def _seen_in(self, facts: Facts) -> tuple[SqlStatement, CapturedRun] | None:
        """The statement that was seen to fail, and the run, where no database can say more."""
        captured = self.captured
        if captured is None or captured.statement is None or facts.schema is not None:
            return None
        wanted = captured.statement
        listed = self.adapter.statements(facts, wanted.position)
        same = (it for it in listed if (it.tag, it.text) == (wanted.tag, wanted.text))
        found = next(same, None)
        return (found, captured.run) if found else None

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

    def compares_code(self, name: str) -> bool:
        """Whether the outcome of a command depends on the schema code."""
        command = command_of(self.adapter, name)
        return command is not None and command.compares_code

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
