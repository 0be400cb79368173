"""Replays know no tool: one that is nothing like the first is run, named and read by its own words."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from forensics import limits
from forensics.adapters.drizzle import Drizzle
from forensics.adapters.real_tool import Address, Kit, Preparation, Reading, RealTool
from forensics.evidence.tool_runs import Replay, key
from forensics.evidence.tree import Tree
from forensics.facts import ToolUse
from forensics.model import CommandOutcome, RenameTable, Step, TableName, WriteFile
from forensics.replay.plans import Plan, RunState
from forensics.replay.project_code import replay
from forensics.replay.project_copy import ProjectCopy
from forensics.replay.sandbox import Sandbox
from forensics.scratch.postgres import Server, throw_away_postgres
from forensics.system.private_folder import private_folder
from tests.build import Case, project

pytestmark = pytest.mark.slow

SCRIPT = """
cat prepared
echo "shelly $1 of $PLACE"
[ "$1" = strange ] && echo no-shelly
[ "$1" = verify ] || exit 3
"""


COMMANDS = ("verify", "strange", "deploy", "deploy on an empty database")
RENAMED = RenameTable(table=TableName(schema="public", table="a"), to="b", rows=0)
WRITTEN = WriteFile(path="notes.txt", before=None, after="new\n")


class Shelly(RealTool):
    """A shell script."""

    idle = frozenset({"verify"})
    look_first = frozenset[str]()

    def find(self, tool: ToolUse, top: Path, given: Path | None) -> Kit:
        """Where it was given."""
        assert given is not None
        return Kit(
            modules=given, version="7", runtime="/bin/sh", runtime_version="posix", place=None
        )

    def install(self, tool: ToolUse, folder: Path) -> Path:
        """Nothing is to be installed."""
        return folder

    def argv(self, kit: Kit, packages: str, tool: ToolUse, command: str) -> tuple[str, ...]:
        """The shell and the script."""
        return (kit.runtime, f"{packages}/shelly.sh", command)

    def variables(self, tree: Tree, tool: ToolUse) -> tuple[str, ...]:
        """None."""
        return ()

    def is_address(self, name: str) -> bool:
        """Its one variable."""
        return name == "PLACE"

    def values(self, names: Iterable[str], address: Address) -> Mapping[str, str]:
        """One variable, whatever is asked for."""
        return {"PLACE": address.user}

    def prepare(self, tree: Tree, tool: ToolUse) -> tuple[Preparation, ...]:
        """A file that it reads."""
        return (Preparation(path="prepared", content=b"ready\n", why="it needs a file"),)

    def plain(self, output: bytes, names: Iterable[tuple[str, str]] = ()) -> str:
        """As it is."""
        return output.decode()

    def read(self, stdout: str, stderr: str, exit_code: int | None) -> Reading:
        """By its exit code."""
        outcome = CommandOutcome.BLOCKED if exit_code else CommandOutcome.PASSES
        ours, lines = stdout.startswith("ready\nshelly"), tuple(stdout.splitlines())
        recognized = ours and "no-shelly" not in lines
        return Reading(outcome=outcome, message=lines[-1], lines=lines, recognized=recognized)


class Shell(Drizzle):
    """Its adapter: three commands, of which one needs a database."""

    name = "shelly"
    commands = tuple(
        replace(command, name=name)
        for command, name in zip(
            Drizzle.commands, ("verify", "strange", "deploy", "settle"), strict=False
        )
    )
    real_tool = Shelly()


@pytest.fixture
def server() -> Iterator[Server]:
    """The scratch server."""
    with throw_away_postgres() as running:
        yield running


def plan_of(folder: Path, *states: tuple[Step, ...]) -> Plan:
    """All commands in some states."""
    (folder / "kit").mkdir()
    (folder / "kit/shelly.sh").write_text(SCRIPT)
    (folder / "project").mkdir()
    tool = msgspec.structs.replace(Case(project("0000_a")).scene.tool, name="shelly")
    return Plan(
        adapter=Shell(),
        real_tool=Shell.real_tool,
        tool=tool,
        kit=Shelly().find(tool, folder, folder / "kit"),
        copy=ProjectCopy(folder=folder / "project", modules=(), left_out=(), refused=()),
        states=tuple(
            RunState(fixed=tuple(map(str, steps)), steps=steps, commands=COMMANDS)
            for steps in states
        ),
        database=None,
        dump=None,
        variables=(),
    )


def runs(server: Server, folder: Path) -> dict[str, Replay]:
    """What each command did."""
    plan = plan_of(folder, ())
    replays, _ = replay((plan,), server, Sandbox(folder, contained=True), folder)
    return {each.command: each for each in replays}


def test_another_tool_is_run_and_read_by_what_its_adapter_says(server: Server) -> None:
    """Its program, its variables, its words; what needs a database gets one, or is not known."""
    with private_folder() as private:
        done = runs(server, private.path)
    assert done["verify"].outcome is CommandOutcome.PASSES
    assert done["verify"].lines == ("ready", "shelly verify of nobody")
    assert (done["verify"].tool_version, done["verify"].node_version) == ("7", "posix")
    assert done["deploy"].outcome is CommandOutcome.UNKNOWN
    assert done["deploy"].lines == ()
    fresh = done["deploy on an empty database"]
    assert (fresh.outcome, fresh.exit_code) == (CommandOutcome.BLOCKED, 3)
    assert fresh.message.startswith("shelly deploy of plan_0_run_")
    assert done["strange"].message.startswith("shelly could not be run, because it ended with exit")


def test_what_was_not_begun_in_time_has_no_result(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tool that hangs in every state must not take an hour."""
    monkeypatch.setattr(limits, "PROJECT_CODE_SECONDS", -1.0)
    with private_folder() as private:
        done = runs(server, private.path)
    assert {it.outcome for it in done.values()} == {CommandOutcome.UNKNOWN}
    assert all("minutes for all runs" in it.message for it in done.values())
    assert {it.lines for it in done.values()} == {()}


def test_a_command_runs_once_where_it_gets_to_see_the_same(tmp_path: Path) -> None:
    """A repair of the database is nothing to one that gets no database, or an empty one."""
    plan = plan_of(tmp_path, (), (RENAMED,), (WRITTEN,), (RENAMED, WRITTEN))
    started = Counter(command for command, _ in {plan.given(*it) for it in each_of(plan)})
    assert started == {"verify": 2, "strange": 2, "deploy": 4, "deploy on an empty database": 2}
    assert (plan.runs, plan.answers) == (10, 16)


def each_of(plan: Plan) -> Iterator[tuple[RunState, str]]:
    """Every command of every state."""
    yield from ((state, command) for state in plan.states for command in state.commands)


def test_each_state_has_the_answer_of_the_run_that_it_shares(server: Server) -> None:
    """By its own key and with its own repairs; what is told when it is done is one run."""
    done: list[Replay] = []
    with private_folder() as private:
        plan = plan_of(private.path, (), (RENAMED,))
        sandbox = Sandbox(private.path, contained=True)
        answers, _ = replay((plan,), server, sandbox, private.path, done.append)
    assert len(done) == plan.runs == 5
    plain, renamed = (
        {it.command: it for it in answers if it.fixed == state.fixed} for state in plan.states
    )
    assert plain.keys() == renamed.keys() == set(COMMANDS)
    assert renamed["verify"].key == key(plan.tool, "verify", (RENAMED,)) != plain["verify"].key
    assert renamed["verify"].lines == plain["verify"].lines == ("ready", "shelly verify of nobody")
