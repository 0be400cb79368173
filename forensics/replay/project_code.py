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
from forensics.causes import USUAL_COMMAND
from forensics.collect.redact import mask_text
from forensics.facts import Database
from forensics.model import CommandOutcome, DatabaseStep, Step
from forensics.questions import FRESH_INSTALL
from forensics.replay.plans import CONNECTING, Plan, State
from forensics.replay.postgres import Server
from forensics.replay.project_copy import apply, switch_off_tls
from forensics.replay.sandbox import WORK, Finished, Job, Sandbox, environment
from forensics.replay.stage import (
    RepairFailed,
    Stage,
    build_stage,
    empty_stage,
    repaired_stage,
    was_entered,
)
from forensics.replays import Replay, key

_SOCKET_FOLDER = f"{WORK}/database"
_NOWHERE = launch.Address(folder=f"{WORK}/nowhere", port=5432, user="nobody", database="none")
# 0.21.4 idles ten seconds at the end of an unanswered push, until its connection pool lets go.
_WORKERS, _IDLERS, _IDLING = 2, 8, "push"
_LOOKS = "push"
"""Reads the catalogue first, whatever the files are like; some releases hide why they fail."""


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
            for command in sorted(state.state.commands, key=lambda command: command != _IDLING)
        ]
        for future in as_completed(futures):
            on_done(future.result())
    replays = tuple(future.result() for future in futures)
    missing = tuple(dict.fromkeys(what for run in runs for what in run.not_rebuilt))
    strange = {(run.plan.tool, state.steps) for run in runs for state in run.strangers}
    connecting = (*CONNECTING, FRESH_INSTALL)
    keys = {key(tool, command, steps) for tool, steps in strange for command in connecting}
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
        self._empty = empty_stage(server, f"{number}_empty")
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
            switch_off_tls(copy, self.plan.tool)
            stage = self._stage(state.steps)
            if isinstance(stage, RepairFailed):
                yield _Staged(state, copy, None, f"the repair's own SQL fails on a copy: {stage}")
            else:
                yield _Staged(state, copy, stage)

    def one(self, staged: _Staged, command: str) -> Replay:
        """Run one command in one state, on copies of its own."""
        if command == FRESH_INSTALL:
            return self._on_database(staged, command, self._empty)
        if command not in CONNECTING:
            return self._replay(staged, command, _NOWHERE)
        if staged.stage is None:
            return self._told(staged, command, Reading.unknown(staged.trouble), None)
        return self._on_database(staged, command, staged.stage)

    def _on_database(self, staged: _Staged, command: str, stage: Stage) -> Replay:
        """On a copy of a database that is gone afterwards."""
        name = f"{self._prefix}_run_{next(self._numbers)}"
        stage.copy(name)
        port, role = self._server.port, stage.case.role
        address = launch.Address(folder=_SOCKET_FOLDER, port=port, user=role, database=name)
        try:
            replay = self._replay(staged, command, address)
            if command == _LOOKS and not was_entered(self._server, name):
                self.strangers.add(staged.state)
            passes = replay.outcome is CommandOutcome.PASSES
            strange = passes and stage is self._empty and not was_entered(self._server, name)
            return _without_result(replay) if strange else replay
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
        usual = USUAL_COMMAND if command == FRESH_INSTALL else command
        kit, tool, project = self.plan.kit, self.plan.tool, f"{WORK}/project"
        place = self.plan.place_of_kit
        binds = [(source, f"project/{name}") for source, name in self.plan.copy.modules]
        if kit.place is None:
            binds.append((kit.modules, place))
        socket = f".s.PGSQL.{self._server.port}"
        binds.append((self._server.socket_folder / socket, f"database/{socket}"))
        return Job(
            argv=(kit.node, f"{WORK}/{place}/{launch.PROGRAM}", *launch.arguments(tool, usual)),
            folder=f"{project}/{tool.working_folder}".rstrip("/"),
            environment=environment(launch.variables(self.plan.variables, address)),
            copies=((staged.copy, "project"),),
            binds=tuple(binds),
        )


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
