"""Every trap of PostgreSQL and drizzle-kit 0.x: predicted as the real tool behaves, and no wrong rule."""

import os
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest

from forensics.cli import cli
from forensics.model import CommandOutcome, Prediction, TrueError
from forensics.scratch.postgres import Server
from tests.lab.fixing import repair
from tests.lab.investigation import Investigation
from tests.lab.situations import APP, QUICK
from tests.lab.test_differential import difference
from tests.lab.transcript import Outcome
from tests.lab.traps.observe import Seen, State, measured, recorded
from tests.lab.traps.restore import open_store, restore_project, restored_database
from tests.lab.traps.stories import TRAPS
from tests.lab.traps.trap import Trap
from tests.lab.traps.workshop import without_ids
from tests.support.sampling import FULL

pytestmark = pytest.mark.lab

STATES = {(state.trap, state.kit): state for state in recorded()}
CASES = [(trap, kit) for trap in TRAPS for kit in trap.kits]


def _did(trap: Trap, kit: str) -> object:
    """What can be told apart: outcomes, exit codes, words, errors of the server, what was left out."""
    return [
        (it.command, it.run.outcome, it.run.exit_code, without_ids(it.run.first_error))
        + (it.raised, it.sqlstate, it.lacks)
        for it in STATES[trap.name, kit].seen
    ]


def _is_judged(trap: Trap, kit: str) -> bool:
    """The newest kit always; an older one where it did something else, or where all are asked for."""
    newest = trap.kits[-1]
    return bool(os.environ.get(FULL)) or kit == newest or _did(trap, kit) != _did(trap, newest)


JUDGED = [case for case in CASES if _is_judged(*case)]
FAILS = ("blocked", "silently-wrong")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of all traps, with their histories."""
    return open_store(tmp_path_factory.mktemp("traps") / "store")


@pytest.mark.sample(4)
@pytest.mark.parametrize(
    ("trap", "kit"), JUDGED, ids=[f"{trap.name}-{kit}" for trap, kit in JUDGED]
)
def test_a_trap_is_predicted_and_told_as_it_is(
    trap: Trap, kit: str, server: Server, store: Path, tmp_path: Path
) -> None:
    """The whole of `investigate`: commands, rules, open questions; and its repair hides nothing."""
    state = STATES[trap.name, kit]
    project = restore_project(state, store, tmp_path / "project")
    with restored_database(state, server) as name:
        found = _investigated(project / APP, tmp_path / "out", server.url(name))
        repair(server, name, project / APP, found.folder, project / APP)
    _is_predicted_as_the_real_tool_behaves(trap, state, found)
    _fires_the_right_rules_and_no_wrong_one(trap, found)
    _calls_nothing_healthy_that_does_not_work(trap, found)


def _investigated(project: Path, output: Path, url: str) -> Investigation:
    """`forensics investigate`, run in this process."""
    given = ["investigate", str(project), "--output", str(output), "--database-url", url]
    try:
        cli([*given, *QUICK, "--quiet"], standalone_mode=False)
    except SystemExit as end:
        code = int(str(end.code or 0))
    except click.exceptions.Exit as end:
        code = end.exit_code
    return Investigation(exit_code=code, stdout="", stderr="", folder=output)


def _is_predicted_as_the_real_tool_behaves(trap: Trap, state: State, found: Investigation) -> None:
    """Outcome, exit code, message, the true error and its SQLSTATE, of every command observed."""
    said = {seen.command: found.command(seen.command) for seen in state.seen}
    if trap.unjudged:
        assert {command["outcome"] for command in said.values()} == {"unknown"}
        assert found.exit_code == 3
        return
    differs = {seen.command: _difference(said[seen.command], seen) for seen in state.seen}
    assert {command: text for command, text in differs.items() if text} == {}


def _fires_the_right_rules_and_no_wrong_one(trap: Trap, found: Investigation) -> None:
    """Those that the trap is for, and at most those that are right there as well."""
    fired = {issue["rule"] for issue in found.report["issues"]}
    assert trap.required <= fired <= trap.required | trap.allowed


def _calls_nothing_healthy_that_does_not_work(trap: Trap, found: Investigation) -> None:
    """A command that fails or deceives is explained by an issue, or it stands open that it is not."""
    report = found.report
    failing = [c for c in report["commands"] if c["outcome"] in FAILS]
    if trap.healthy:
        assert (found.exit_code, failing) == (0, [])
        return
    open_questions = {question["rule"] for question in report["unanswered"]}
    unexplained = {f"command {c['command']}" for c in failing if not c["blocked_by"]}
    assert unexplained <= open_questions
    if failing:
        assert found.exit_code in (1, 3)
    if unexplained and not [i for i in report["issues"] if i["severity"] != "note"]:
        assert found.exit_code == 3
    if any(command["destructive"] for command in report["commands"]):
        assert [one for one in report["do_not_run"] if "push" in one["action"]]


def _difference(said: dict[str, Any], seen: Seen) -> str:
    """How what the report says of a command differs from what the real one did."""
    predicted = Prediction(
        command=seen.command,
        outcome=CommandOutcome(said["outcome"]),
        exit_code=said["exit_code"],
        message=said["message"],
        error=msgspec.convert(said["error"], TrueError | None),
    )
    run = seen.run
    if (
        run.outcome is Outcome.ASKS and run.exit_code is None
    ):  # stopped in a terminal; with pipes: 0
        run = msgspec.structs.replace(run, exit_code=0)
    if seen.lacks:
        if predicted.outcome is not CommandOutcome.SILENTLY_WRONG:
            return f"{predicted.outcome}, though it leaves out {seen.lacks}"
        predicted = msgspec.structs.replace(predicted, outcome=CommandOutcome.PASSES)
    return difference(predicted, run) or _other_error(predicted.error, seen)


def _other_error(error: TrueError | None, seen: Seen) -> str:
    """How the true error differs from what the server logged."""
    if not seen.raised:
        return ""
    raised = seen.raised.split(" at character ")[0]
    same = error is not None and (error.text, error.sqlstate) == (raised, seen.sqlstate)
    return "" if same else f"{error} but {raised} {seen.sqlstate}"


# --- What is kept is true -------------------------------------------------------------------------


def test_every_trap_was_built() -> None:
    """Whoever adds a trap builds it: python -m tests.lab.traps.observe."""
    assert set(STATES) == {(trap.name, kit) for trap, kit in CASES}
    commands = {key: tuple(seen.command for seen in state.seen) for key, state in STATES.items()}
    assert commands == {(trap.name, kit): trap.commands for trap, kit in CASES}


@pytest.mark.night
def test_what_is_kept_is_what_a_sample_shows_when_it_is_built_again(tmp_path: Path) -> None:
    """Every thirtieth trap is built anew by the real tool: database, commands, what they leave out."""
    again = measured(CASES[4::30], tmp_path, tmp_path / "store")
    differences = [
        (state, kept)
        for state in again
        if _essence(state) != _essence(kept := STATES[state.trap, state.kit])
    ]
    assert differences == []


def _essence(state: State) -> tuple[object, ...]:
    """What must not differ: ids of snapshots are random."""
    return (
        state.columns,
        state.rows,
        tuple(
            (seen.command, without_ids(seen.run.first_error), seen.run.outcome, seen.run.changed)
            for seen in state.seen
        ),
        tuple((seen.raised, seen.sqlstate, seen.lacks) for seen in state.seen),
    )
