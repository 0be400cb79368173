"""The experiments again with the project's own tool, on copies, on a scratch database."""

from __future__ import annotations

import shlex
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

import msgspec
import psycopg

from forensics import limits
from forensics.adapters.base import applying, named
from forensics.adapters.real_tool import Address, Reading
from forensics.evidence.tool_runs import Replay, key
from forensics.facts import Database, Privileges
from forensics.model import CommandKind, CommandOutcome, DatabaseStep, RunCommand, Step
from forensics.model.mishaps import Mishaps
from forensics.redaction.redactor import mask_text
from forensics.replay.catalogue_changes import changes
from forensics.replay.differing import Copied
from forensics.replay.judging import judged, without_result
from forensics.replay.lent_rights import NotReplayed
from forensics.replay.plans import Given, Plan, RunState
from forensics.replay.project_copy import apply, prepare
from forensics.replay.sandbox import WORK, Job, Sandbox, environment
from forensics.replay.stage import (
    EMPTY,
    Growth,
    RepairFailed,
    Stage,
    Visits,
    build_stage,
    copied_catalogue,
    empty_stage,
    prepare_lending,
    repaired_stage,
)
from forensics.scratch.postgres import Server
from forensics.scratch.stand_ins import StandIns
from forensics.system.interruption import shielded

_SOCKET_FOLDER = f"{WORK}/database"
_NOWHERE = Address(
    folder=f"{WORK}/nowhere", port=5432, user="nobody", database="none", password="none-given"
)
_WORKERS, _IDLERS = 2, 8
"""Runs at a time, of commands that work and of those that mostly wait."""
_PATIENCE = 0.2
"""Seconds that a signal may have to wait."""
_LATE = (
    f"the {limits.PROJECT_CODE_SECONDS / 60:.0f} minutes for all runs of the project's own tool "
    "were over"
)


def replay(
    plans: tuple[Plan, ...],
    server: Server,
    sandbox: Sandbox,
    folder: Path,
    on_done: Callable[[Replay], None] = lambda replay: None,
    mishaps: Mishaps | None = None,
) -> tuple[tuple[Replay, ...], tuple[str, ...]]:
    """Run every command of every state, once where it gets to see the same in several.

    What still runs is ended when this is left.

    A run in which a part of ours breaks says nothing of the tool, and is told to `mishaps`. Returns
    with the answers what of the databases could not be made again, in words.
    """
    prepare_lending(server)
    broken = mishaps or Mishaps()
    runs = [_Runs(one, number, server, sandbox, folder) for number, one in enumerate(plans)]
    with _pools(sandbox) as (workers, idlers):
        started: dict[tuple[_Runs, Given], Future[Replay]] = {}
        answers = []
        for run, state, command in _in_order(runs):
            what = run, run.plan.given(state.state, command)
            if what not in started:
                pool = idlers if run.idles(command) else workers
                started[what] = pool.submit(run.guarded, state, command, broken)
            answers.append((run, state.state, started[what]))
        for future in _as_completed(list(started.values())):
            on_done(future.result())
    replays = tuple(run.answer_in(state, future.result()) for run, state, future in answers)
    missing = tuple(dict.fromkeys(what for run in runs for what in run.not_rebuilt))
    keys = {
        key(run.plan.tool, command, state.steps)
        for run in runs
        for state in run.strangers
        for command in run.plan.connecting
    }
    return tuple(without_result(one) if one.key in keys else one for one in replays), missing


def _in_order(runs: list[_Runs]) -> Iterator[tuple[_Runs, _Staged, str]]:
    """Every command of every state, those that mostly wait first."""
    for run in runs:
        for state in run.staged():
            for command in sorted(state.state.commands, key=run.idles, reverse=True):
                yield run, state, command


def _as_completed(futures: list[Future[Replay]]) -> Iterator[Future[Replay]]:
    """Each one when it is done.

    A signal in the middle of waiting would leave the lock that is waited for in a state of its own,
    so it comes between two waits.
    """
    left = set(futures)
    while left:
        with shielded():
            done, left = wait(left, timeout=_PATIENCE, return_when=FIRST_COMPLETED)
        yield from done


@contextmanager
def _pools(sandbox: Sandbox) -> Iterator[tuple[ThreadPoolExecutor, ThreadPoolExecutor]]:
    pools = tuple(ThreadPoolExecutor(size) for size in (_WORKERS, _IDLERS))
    try:
        yield pools[0], pools[1]
    finally:
        with shielded():
            sandbox.close()
            for pool in pools:
                pool.shutdown(cancel_futures=True)


@dataclass(frozen=True, slots=True)
class _Staged:
    """A state with its copy of the project, and the database to start from."""

    state: RunState
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
        self._deadline = time.monotonic() + limits.PROJECT_CODE_SECONDS
        self._stand_ins = _stand_ins(server, plan)
        self._empty = empty_stage(server, f"{number}_empty")
        self.strangers: set[RunState] = set()
        """States in which the tool did not come to the database that it was given."""
        self._stages: dict[tuple[DatabaseStep, ...], Stage | RepairFailed | None] = {}

    @property
    def not_rebuilt(self) -> tuple[str, ...]:
        """What the databases lack of the collected one, in words."""
        stage = self._stages.get(())
        return stage.not_rebuilt if isinstance(stage, Stage) else ()

    def idles(self, command: str) -> bool:
        """Whether a command mostly waits."""
        return command in self.plan.real_tool.idle

    def staged(self) -> Iterator[_Staged]:
        """One copy of the project for each state, fixed as far as the state says."""
        for number, state in enumerate(self.plan.states):
            copy = self._folder / str(number)
            shutil.copytree(self.plan.copy.folder, copy, symlinks=True)
            apply(copy, state.steps)
            prepare(copy, self.plan.real_tool, self.plan.tool)
            stage = self._stage(state.steps)
            if isinstance(stage, RepairFailed):
                yield _Staged(state, copy, None, f"the SQL of the fix fails on a copy: {stage}")
            else:
                yield _Staged(state, copy, stage)

    def answer_in(self, state: RunState, replay: Replay) -> Replay:
        """The answer of a run in a state in which the command got to see the same."""
        its_key = key(self.plan.tool, replay.command, state.steps)
        return msgspec.structs.replace(replay, key=its_key, fixed=state.fixed)

    def guarded(self, staged: _Staged, command: str, mishaps: Mishaps) -> Replay:
        """Run one command in one state; where a part of ours breaks, it has no result."""
        if time.monotonic() > self._deadline:
            return self._told(staged, command, Reading.unknown(_LATE), None)
        part = f"a run of `{command}` in {self.plan.tool.folder}"
        nothing = Reading.unknown("a part of forensics broke, see the report")
        otherwise = self._told(staged, command, nothing, None)
        return mishaps.guard(part, partial(self.one, staged, command), otherwise)

    def one(self, staged: _Staged, command: str) -> Replay:
        """Run one command in one state, on copies of its own."""
        if command == self.plan.fresh_install:
            return self._on_database(staged, command, self._empty)
        if command not in self.plan.connecting:
            return self._replay(staged, command, _NOWHERE)
        if staged.stage is None:
            return self._told(staged, command, Reading.unknown(staged.trouble), None)
        return self._on_database(staged, command, staged.stage)

    def _on_database(self, staged: _Staged, command: str, stage: Stage) -> Replay:
        """On a copy of a database that is gone afterwards."""
        name = f"{self._prefix}_run_{next(self._numbers)}"
        try:
            rights = None if stage is self._empty else self.plan.rights(staged.state)
            try:
                rights = self._lent(stage, name, rights)
                return self._on_lent(staged, command, stage, name, rights)
            finally:
                stage.take_back(name)
        except psycopg.Error as error:
            said = (str(error).splitlines() or [type(error).__name__])[0]
            why = f"the scratch server gave no database for it: {said}"
            return self._told(staged, command, Reading.unknown(why), None)

    def _lent(self, stage: Stage, name: str, rights: Privileges | None) -> Privileges | None:
        """A copy with these rights; with all of them where they cannot be granted there."""
        try:
            stage.lend(name, rights)
        except NotReplayed:
            stage.take_back(name)
            stage.lend(name)
            return None
        return rights

    def _on_lent(
        self, staged: _Staged, command: str, stage: Stage, name: str, rights: Privileges | None
    ) -> Replay:
        address = Address(
            folder=_SOCKET_FOLDER,
            port=self._server.port,
            user=name,
            database=name,
            password=self._server.password(name),
        )
        if stage is not self._empty and (why := self._refused(staged, address)):
            return self._told(staged, command, Reading.unknown(why), None)
        syncs = command in named(self.plan.adapter, CommandKind.SYNC)
        before = copied_catalogue(stage, name) if syncs else None
        visits = Visits(self._server, name)
        copied = Copied(stage.case, name, self._stand_ins, self.plan.database, rights)
        grown = Growth(self._server, name, self._sandbox.limits.database)
        answer = self._replay(staged, command, address, grown.why)
        came = visits.were_made()  # before we look at the copy ourselves
        replay = copied.weighed(answer)
        if before is not None and came:
            changed = changes(before, copied_catalogue(stage, name))
            replay = msgspec.structs.replace(replay, changed=changed)
        if command in self.plan.real_tool.look_first and not came:
            self.strangers.add(staged.state)
        passes = replay.outcome is CommandOutcome.PASSES
        strange = passes and stage is self._empty and not came
        return without_result(replay) if strange else replay

    def _refused(self, staged: _Staged, address: Address) -> str:
        """Let the tool do what a fix has it told; why it does not, empty where it does."""
        for step in staged.state.steps:
            if not isinstance(step, RunCommand) or step.marks is None:
                continue
            typed = self.plan.adapter.typed(list(step.argv))
            if typed is None:
                return f"{shlex.join(step.argv)} does not call the tool"
            words = " ".join(filter(None, (typed.command, typed.migration)))
            finished = self._sandbox.run(self._typed(staged, words, address))
            if finished.exit_code != 0:
                return f"the tool refuses {shlex.join(step.argv)}, which the fix has it told"
        return ""

    def _stage(self, steps: tuple[Step, ...]) -> Stage | RepairFailed | None:
        """The database in a state, made when it is first requested."""
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
            return build_stage(
                self._server, self._number, database, self.plan.dump, self._stand_ins
            )
        if not isinstance(collected := self._stage(()), Stage):
            return collected
        try:
            return repaired_stage(collected, f"{self._prefix}_stage_{len(self._stages)}", steps)
        except RepairFailed as failed:
            return failed

    def _replay(
        self,
        staged: _Staged,
        command: str,
        address: Address,
        limit_met: Callable[[], str] = lambda: "",
    ) -> Replay:
        finished = self._sandbox.run(self._job(staged, command, address), limit_met)
        names = (
            (f"{WORK}/project", "<project>"),
            (f"{WORK}/kit", "<kit>"),
            (address.url, "<database>"),
            (address.password, "<password>"),
            (WORK, "<scratch>"),
        )
        real = self.plan.real_tool
        stdout, stderr = real.plain(finished.stdout, names), real.plain(finished.stderr, names)
        said = real.read(stdout, stderr, finished.exit_code)
        reading = judged(self.plan.tool.name, finished, said)
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
            node_version=self.plan.kit.runtime_version,
            contained=self._sandbox.contained,
        )

    def _job(self, staged: _Staged, command: str, address: Address) -> Job:
        fresh = command == self.plan.fresh_install
        return self._typed(staged, applying(self.plan.adapter) if fresh else command, address)

    def _typed(self, staged: _Staged, typed: str, address: Address) -> Job:
        """The tool, told this."""
        plan, kit, project = self.plan, self.plan.kit, f"{WORK}/project"
        place = plan.place_of_kit
        binds = [(source, f"project/{name}") for source, name in plan.copy.modules]
        if kit.place is None:
            binds.append((kit.modules, place))
        socket = f".s.PGSQL.{self._server.port}"
        binds.append((self._server.socket_folder / socket, f"database/{socket}"))
        return Job(
            argv=plan.real_tool.argv(kit, f"{WORK}/{place}", plan.tool, typed),
            folder=f"{project}/{plan.tool.working_folder}".rstrip("/"),
            environment=environment(
                {
                    **plan.real_tool.environment(kit, f"{WORK}/{place}"),
                    **plan.real_tool.values(plan.variables, address),
                }
            ),
            copies=((staged.copy, "project"),),
            binds=tuple(binds),
        )


def _stand_ins(server: Server, plan: Plan) -> StandIns:
    """Ready for all that the migrations name."""
    real = plan.database.privileges if plan.database else None
    found = StandIns(server=server, real=real)
    found.prepare(EMPTY, plan.texts)
    return found
