"""An action tried with the project's real tool: every command before it and after it, on copies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from forensics.adapters.base import shown
from forensics.analysis.attempt import Attempt
from forensics.analysis.diagnose import diagnose
from forensics.analysis.experiments import Predictions, Scene
from forensics.evidence.bundle import Bundle
from forensics.evidence.recorded_database import recorded_dump
from forensics.evidence.tool_runs import Replay, difference, judged
from forensics.facts import ToolUse
from forensics.model import DeleteFile, Outcome, Step, WriteFile
from forensics.replay.plans import Plan, RunState
from forensics.replay.project_code import replay
from forensics.replay.rehearsal import Rehearsal, project_of, rehearsal, require_server
from forensics.replay.sandbox import Limits, Sandbox
from forensics.system.node import node_version
from forensics.trying.actions import Action
from forensics.trying.changed_tree import ChangedTree
from forensics.trying.file_changes import CannotTry
from forensics.trying.on_the_model import Foreseen, foreseen, judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Tryout:
    """Everything is ready, and nothing of the project was run yet."""

    ready: Rehearsal
    seen: Foreseen

    @property
    def announcement(self) -> tuple[str, ...]:
        """What will run, where, and how it is contained: to be said before `run`."""
        return tuple(self.ready.announcement())

    def run(self, on_done: Callable[[Replay], None] = lambda one: None) -> Attempt:
        """Run every command in both states; where the tool differs from the model, it wins."""
        ready = self.ready
        held = ready.containment.contained
        sandbox = Sandbox(ready.folder, contained=held, limits=ready.limits)
        try:
            replays, _ = replay(ready.plans, ready.server, sandbox, ready.folder, on_done)
        finally:
            sandbox.close()
        half = ready.plans[0].answers
        states = (self.seen.before, replays[:half]), (self.seen.after, replays[half:])
        (before, wrong), (after, wrong_after) = (_held(*state) for state in states)
        defects = (*(f"before it, {d}" for d in wrong), *(f"after it, {d}" for d in wrong_after))
        return judgement(replace(self.seen, before=before, after=after), defects)


@contextmanager
def tryout(
    bundle: Bundle,
    action: Action,
    project: Path | None,
    *,
    kit: Path | None = None,
    install: bool = False,
    accept_uncontained: bool = False,
    limits: Limits | None = None,
) -> Iterator[Tryout]:
    """Foresee an action, and prepare to hold that against the real tool.

    What the action itself does to files and database is the model's word, done to both copies; what
    follows from it, the tool says. Raises as `rehearsal` and `attempt` do.
    """
    require_server(bundle)
    place = project_of(bundle, project)
    analysis = diagnose(bundle, node_version=node_version())
    seen = foreseen(analysis.diagnoses, action, recorded_dump(bundle))
    with rehearsal(
        bundle,
        place,
        kit=kit,
        install=install,
        accept_uncontained=accept_uncontained,
        limits=limits,
    ) as ready:
        plans = [one for one in ready.plans if _place(one.tool) == _place(seen.scene.tool)]
        if not plans:
            raise CannotTry(f"{seen.scene.tool.folder} has no config of its own to run with.")
        yield Tryout(ready=replace(ready, plans=_both(plans[0], seen)), seen=seen)


def _place(tool: ToolUse) -> tuple[str, str | None]:
    return tool.folder, tool.config


def _both(plan: Plan, seen: Foreseen) -> tuple[Plan, Plan]:
    """The project and its database as they are, and as the action leaves them."""
    return _of(plan, seen.scene, ()), _of(plan, seen.done.scene, tuple(_steps(seen.done.scene)))


def _of(plan: Plan, scene: Scene, steps: tuple[Step, ...]) -> Plan:
    seen = scene.database is not None and scene.database.schema is not None
    commands = tuple(c.name for c in shown(scene.adapter) if seen or not c.connects)
    # The recorded dump is of the database as it was collected.
    dump = plan.dump if not steps and scene.database == plan.database else None
    state = RunState(fixed=(), steps=steps, commands=commands)
    return replace(plan, states=(state,), database=scene.database, dump=dump, tool=scene.tool)


def _steps(scene: Scene) -> Iterator[Step]:
    """The changes of files, as steps that are done to the copy."""
    tree = scene.tree
    assert isinstance(tree, ChangedTree)
    for path in sorted(tree.deleted):
        below = [p for p in tree.base_files(path) if tree.read(p).outcome is Outcome.ABSENT]
        yield from (DeleteFile(path=p) for p in below)
    for path, read in sorted(tree.written.items()):
        if read.text is None:
            raise CannotTry(f"What {path} would hold is not known, so the tool cannot be run.")
        yield WriteFile(path=path, before=None, after=read.text)


def _held(said: Predictions, replays: tuple[Replay, ...]) -> tuple[Predictions, tuple[str, ...]]:
    """The predictions, confirmed or overruled, and what was wrong with them."""
    known = {one.command: one for one in replays}
    wrong = tuple(
        f"`{command}`: {what}"
        for command, predicted in said.items()
        if command in known
        and not known[command].lacks
        and (what := difference(predicted, known[command]))
    )
    return {c: judged(predicted, known.get(c)) for c, predicted in said.items()}, wrong
