"""The experiments again with the project's own drizzle-kit, on copies, on a scratch database."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import msgspec

from forensics.adapters.drizzle import launch
from forensics.adapters.drizzle.transcript import Reading, plain, read_output
from forensics.collect.redact import mask_text
from forensics.diagnose import Analysis, Diagnosis
from forensics.errors import ForensicsError
from forensics.facts import Database, ToolUse
from forensics.model import CommandOutcome, DatabaseStep, Step
from forensics.recorded_database import RecordedDump, recorded_dump
from forensics.replay.containment import Containment
from forensics.replay.kit import Kit, find_kit, install_kit
from forensics.replay.postgres import Server
from forensics.replay.project_copy import (
    MODULES,
    ProjectCopy,
    apply,
    copy_project,
    require_as_collected,
    top_of,
)
from forensics.replay.sandbox import WORK, Finished, Job, Sandbox, environment
from forensics.replay.stage import RepairFailed, Stage, build_stage, repaired_stage, was_entered
from forensics.replays import Replay, key

CONNECTING = frozenset({"migrate", "push"})
_SOCKET_FOLDER = f"{WORK}/database"
_NOWHERE = launch.Address(folder=f"{WORK}/nowhere", port=5432, user="nobody", database="none")
# 0.21.4 idles ten seconds at the end of an unanswered push, until its connection pool lets go.
_WORKERS, _IDLERS, _IDLING = 2, 8, "push"
_LOOKS = "push"
"""Reads the catalogue first, whatever the files are like; some releases hide why they fail."""


class Uncontained(ForensicsError):
    """The project's code could reach more than its copy, and nobody allowed that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the experiments of one state start from."""

    fixed: tuple[str, ...]
    """The faults that are repaired, `rule subject` each."""
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be run for one use of the tool."""

    tool: ToolUse
    kit: Kit
    copy: ProjectCopy
    states: tuple[State, ...]
    commands: tuple[str, ...]
    database: Database | None
    dump: RecordedDump | None
    variables: tuple[str, ...]
    """The environment variables that the config reads."""

    @property
    def runs(self) -> int:
        """How often the tool is started."""
        return len(self.states) * len(self.commands)


def plan(
    analysis: Analysis, project: Path, folder: Path, *, kit: Path | None, install: bool
) -> tuple[Plan, ...]:
    """Copy the project into a private folder and say what is to be run; nothing of it is run yet.

    Raises `ProjectDiffers`, `TooLarge`, `NoKit`.
    """
    bundle = analysis.bundle
    top = top_of(bundle, project)
    able = [d for d in analysis.diagnoses if d.facts.tool.config and d.facts.history]
    if not able:
        raise ForensicsError(
            "There is nothing to replay: the bundle has no drizzle-kit with a config of its own. "
            "Collect it with --config FILE."
        )
    copy = copy_project(top, folder / "project")
    for diagnosis in able:
        require_as_collected(bundle, diagnosis.facts.tool, copy.folder)
    plans = []
    for number, diagnosis in enumerate(able):
        tool = diagnosis.facts.tool
        given = install_kit(tool, folder / f"kit-{number}") if install and kit is None else kit
        plans.append(_plan(diagnosis, find_kit(tool, top, given), copy, recorded_dump(bundle)))
    return tuple(plans)


def require_contained(plans: tuple[Plan, ...], containment: Containment, *, accepted: bool) -> None:
    """Refuse where the real database may be within reach; raises `Uncontained`."""
    if containment.contained:
        return
    if not accepted:
        raise Uncontained(
            "Not run: on this system the project's code cannot be cut off from your network and "
            f"files ({containment.gaps[-1]}). Run it where user namespaces are allowed, or, if no "
            "real database is within reach, give --accept-uncontained."
        )
    if fixed := [plan.tool.config for plan in plans if not plan.variables]:
        raise Uncontained(
            f"Not run: {fixed[0]} reads no environment variable, so it may name the real database, "
            "and nothing here would keep it away. Run it where user namespaces are allowed."
        )


def replay(
    plans: tuple[Plan, ...],
    server: Server,
    sandbox: Sandbox,
    folder: Path,
    on_done: Callable[[Replay], None] = lambda replay: None,
) -> tuple[tuple[Replay, ...], tuple[str, ...]]:
    """Run every command of every state; what still runs is ended when this is left.

    Returns with the answers what of the databases could not be made again, in words.
    """
    runs = [_Runs(one, number, server, sandbox, folder) for number, one in enumerate(plans)]
    with _pools(sandbox) as (workers, idlers):
        futures: list[Future[Replay]] = [
            (idlers if command == _IDLING else workers).submit(run.one, state, command)
            for run in runs
            for state in run.staged()
            for command in sorted(run.plan.commands, key=lambda command: command != _IDLING)
        ]
        for future in as_completed(futures):
            on_done(future.result())
    replays = tuple(future.result() for future in futures)
    missing = tuple(dict.fromkeys(what for run in runs for what in run.not_rebuilt))
    strange = {(run.plan.tool, state.steps) for run in runs for state in run.strangers}
    keys = {key(tool, command, steps) for tool, steps in strange for command in CONNECTING}
    return tuple(_without_result(one) if one.key in keys else one for one in replays), missing


@contextmanager
def _pools(sandbox: Sandbox) -> Iterator[tuple[ThreadPoolExecutor, ThreadPoolExecutor]]:
    with ExitStack() as stack:
        pools = tuple(stack.enter_context(ThreadPoolExecutor(size)) for size in (_WORKERS, _IDLERS))
        try:
            yield pools[0], pools[1]
        except BaseException:
            for pool in pools:
                pool.shutdown(wait=False, cancel_futures=True)
            sandbox.close()
            raise


def _plan(diagnosis: Diagnosis, kit: Kit, copy: ProjectCopy, dump: RecordedDump | None) -> Plan:
    bench, scene = diagnosis.bench, diagnosis.scene
    labels = [f"{finding.rule} {finding.subject}" for finding in diagnosis.findings]
    states = {
        bench.steps(fixed): State(
            fixed=tuple(labels[index] for index in sorted(fixed)),
            steps=bench.steps(fixed),
        )
        for fixed, _ in bench.ran()
    }
    return Plan(
        tool=scene.tool,
        kit=kit,
        copy=copy,
        states=tuple(states.values()),
        commands=tuple(
            command
            for command in scene.adapter.commands
            if _has_schema(scene.database) or command not in CONNECTING
        ),
        database=scene.database,
        dump=dump,
        variables=launch.variable_names(scene.tree, scene.tool),
    )


def _has_schema(database: Database | None) -> bool:
    return database is not None and database.schema is not None


@dataclass(frozen=True, slots=True)
class _Staged:
    """A state with its copy of the project, and the database to start from."""

    state: State
    copy: Path
    stage: Stage | None
    trouble: str = ""
    """Why there is no database in this state."""


class _Runs:
    """The runs of one plan; `one` may be called from several threads."""

    def __init__(
        self,
        plan: Plan,
        number: int,
        server: Server,
        sandbox: Sandbox,
        folder: Path,
    ) -> None:
        self.plan = plan
        self._number = number
        self._prefix = f"plan_{number}"
        self._server = server
        self._sandbox = sandbox
        self._folder = folder / self._prefix
        self._numbers = count()
        self.strangers: set[State] = set()
        """States in which the tool did not come to the database that it was given."""
        self._stages: dict[tuple[DatabaseStep, ...], Stage | RepairFailed | None] = {}

    @property
    def not_rebuilt(self) -> tuple[str, ...]:
        """What the databases lack of the collected one, in words."""
        stage = self._stages.get(())
        return stage.not_rebuilt if isinstance(stage, Stage) else ()

    def staged(self) -> Iterator[_Staged]:
        """One copy of the project for each state, repaired as far as the state says."""
        for number, state in enumerate(self.plan.states):
            copy = self._folder / str(number)
            shutil.copytree(self.plan.copy.folder, copy, symlinks=True)
            apply(copy, state.steps)
            stage = self._stage(state.steps)
            if isinstance(stage, RepairFailed):
                yield _Staged(state, copy, None, f"the repair's own SQL fails on a copy: {stage}")
            else:
                yield _Staged(state, copy, stage)

    def one(self, staged: _Staged, command: str) -> Replay:
        """Run one command in one state, on copies of its own."""
        if command not in CONNECTING:
            return self._replay(staged, command, _NOWHERE)
        if staged.stage is None:
            return self._told(staged, command, Reading.unknown(staged.trouble), None)
        name = f"{self._prefix}_run_{next(self._numbers)}"
        staged.stage.copy(name)
        port, role = self._server.port, staged.stage.case.role
        address = launch.Address(folder=_SOCKET_FOLDER, port=port, user=role, database=name)
        try:
            replay = self._replay(staged, command, address)
            if command == _LOOKS and not was_entered(self._server, name):
                self.strangers.add(staged.state)
            return replay
        finally:
            self._server.drop_database(name)

    def _stage(self, steps: tuple[Step, ...]) -> Stage | RepairFailed | None:
        """The database in a state, made when it is first asked for."""
        if self.plan.database is None:
            return None
        wanted = tuple(step for step in steps if isinstance(step, DatabaseStep))
        if wanted not in self._stages:
            self._stages[wanted] = self._new_stage(self.plan.database, wanted)
        return self._stages[wanted]

    def _new_stage(
        self, database: Database, steps: tuple[DatabaseStep, ...]
    ) -> Stage | RepairFailed | None:
        if not steps:
            return build_stage(self._server, self._number, database, self.plan.dump)
        if not isinstance(collected := self._stage(()), Stage):
            return collected
        try:
            return repaired_stage(collected, f"{self._prefix}_stage_{len(self._stages)}", steps)
        except RepairFailed as failed:
            return failed

    def _replay(self, staged: _Staged, command: str, address: launch.Address) -> Replay:
        finished = self._sandbox.run(self._job(staged, command, address))
        names = (
            (f"{WORK}/project", "<project>"),
            (f"{WORK}/kit", "<kit>"),
            (address.url, "<database>"),
            (WORK, "<scratch>"),
        )
        stdout, stderr = plain(finished.stdout, names), plain(finished.stderr, names)
        reading = _judged(finished, read_output(stdout, stderr, finished.exit_code))
        return self._told(staged, command, reading, finished.exit_code)

    def _told(
        self, staged: _Staged, command: str, reading: Reading, exit_code: int | None
    ) -> Replay:
        return Replay(
            key=key(self.plan.tool, command, staged.state.steps),
            folder=self.plan.tool.folder,
            command=command,
            fixed=staged.state.fixed,
            outcome=reading.outcome,
            exit_code=exit_code,
            message=mask_text(reading.message),
            error=reading.error,
            destructive=reading.destructive,
            lines=tuple(mask_text(line) for line in reading.lines),
            tool_version=self.plan.kit.version,
            node_version=self.plan.kit.node_version,
            contained=self._sandbox.contained,
        )

    def _job(self, staged: _Staged, command: str, address: launch.Address) -> Job:
        kit, tool, project = self.plan.kit, self.plan.tool, f"{WORK}/project"
        place = _place_of_kit(self.plan)
        binds = [(source, f"project/{name}") for source, name in self.plan.copy.modules]
        if kit.place is None:
            binds.append((kit.modules, place))
        socket = f".s.PGSQL.{self._server.port}"
        binds.append((self._server.socket_folder / socket, f"database/{socket}"))
        return Job(
            argv=(kit.node, f"{WORK}/{place}/{launch.PROGRAM}", *launch.arguments(tool, command)),
            folder=f"{project}/{tool.working_folder}".rstrip("/"),
            environment=environment(launch.variables(self.plan.variables, address)),
            copies=((staged.copy, "project"),),
            binds=tuple(binds),
        )


def _place_of_kit(plan: Plan) -> str:
    """Where its packages are seen: in the project where that has none, else beside it."""
    if plan.kit.place is not None:
        return f"project/{plan.kit.place}"
    own = f"{plan.tool.working_folder}/{MODULES}".lstrip("/")
    taken = own in {name for _, name in plan.copy.modules}
    return f"kit/{MODULES}" if taken else f"project/{own}"


def _without_result(replay: Replay) -> Replay:
    """Of a state in which the config leads elsewhere than to the database that it was given."""
    if replay.outcome is CommandOutcome.UNKNOWN:
        return replay
    return msgspec.structs.replace(
        replay,
        outcome=CommandOutcome.UNKNOWN,
        exit_code=None,
        message="it did not reach the scratch database: its config seems to name another one",
        error=None,
        destructive=False,
    )


def _judged(finished: Finished, reading: Reading) -> Reading:
    """A run that was stopped, or did not find the scratch database, says nothing of the tool."""
    why = finished.stopped
    if not why and not reading.reached:
        why = f"it did not reach the scratch database: {reading.message}"
    if not why:
        return reading
    return Reading.unknown(why, reading.lines)
