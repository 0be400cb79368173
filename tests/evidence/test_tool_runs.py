"""The real tool's answer wins, and a difference from the model's is our own defect."""

import msgspec
import pytest

from forensics.adapters.drizzle.command_line import FAMILY, WORDS
from forensics.adapters.drizzle.ledger import LEDGER
from forensics.evidence.tool_runs import Replay, Replays, difference, disagreement, judged, key
from forensics.facts import ToolUse
from forensics.model import (
    Certainty,
    CommandOutcome,
    DeleteFile,
    Prediction,
    RunCommand,
    Topic,
    TrueError,
    WriteFile,
)

TOOL = ToolUse(
    words=WORDS,
    ledger=LEDGER.shape,
    name="drizzle-kit",
    folder="drizzle",
    family=FAMILY,
    config="drizzle.config.ts",
    dialect=None,
    version=None,
)
STEPS = (DeleteFile(path="drizzle/meta/stray"),)
BLOCKED = Prediction(
    command="check",
    outcome=CommandOutcome.BLOCKED,
    exit_code=1,
    message="Error: no",
    error=TrueError(text="no", sqlstate="42P07"),
)
PASSES = Prediction(command="generate", outcome=CommandOutcome.PASSES, exit_code=0)


def replay(
    outcome: CommandOutcome = CommandOutcome.BLOCKED,
    exit_code: int | None = 1,
    message: str = "Error: no",
    lines: tuple[str, ...] = (),
) -> Replay:
    """A run of `check` without the stray file."""
    return Replay(
        key=key(TOOL, "check", STEPS),
        folder="drizzle",
        command="check",
        fixed=("stray-file-in-meta drizzle/meta/stray",),
        outcome=outcome,
        exit_code=exit_code,
        message=message,
        lines=lines or ((message,) if message else ()),
        tool_version="0.31.11",
        node_version="v20.0.0",
    )


def test_what_agrees_is_replayed_and_keeps_the_true_error() -> None:
    """The tool confirms; what it hides, such as the SQLSTATE, stays known."""
    confirmed = judged(BLOCKED, replay())
    assert confirmed == msgspec.structs.replace(BLOCKED, certainty=Certainty.REPLAYED)
    assert disagreement(BLOCKED, replay()) is None


@pytest.mark.parametrize(
    "seen",
    [
        replay(CommandOutcome.PASSES, 0, "fine"),
        replay(exit_code=0),
        replay(message="Error: something else"),
    ],
    ids=["outcome", "exit code", "message"],
)
def test_where_they_differ_the_tool_wins_and_the_defect_is_ours(seen: Replay) -> None:
    """The answer is the tool's own, and the report says that the model was wrong."""
    answer = judged(BLOCKED, seen)
    assert (answer.outcome, answer.exit_code, answer.message) == (
        seen.outcome,
        seen.exit_code,
        seen.message,
    )
    assert answer.certainty is Certainty.REPLAYED
    found = disagreement(BLOCKED, seen)
    assert found is not None
    assert found.topic is Topic.MODEL
    assert "defect of forensics" in found.how_to_get_it
    assert "stray-file-in-meta" in found.lacks


@pytest.mark.parametrize(
    ("model", "node"), [("", " (line 1 column 2)"), (" (line 1 column 2)", "")]
)
def test_a_node_that_names_the_line_says_the_same(model: str, node: str) -> None:
    """Whichever of the two speaks as Node.js 21 or newer; another position is another error."""
    said = "SyntaxError: Expected property name or '}' in JSON at position"
    foretold = msgspec.structs.replace(BLOCKED, message=f"{said} 1{model}")
    assert difference(foretold, replay(message=f"{said} 1{node}")) == ""
    assert difference(foretold, replay(message=f"{said} 2{node}"))
    assert difference(foretold, replay(message=f"{said} 1{node} more"))


def test_the_node_that_ran_is_known_from_the_runs() -> None:
    """Where nothing ran, nothing is."""
    assert Replays([replay()]).node_version == "v20.0.0"
    assert Replays().node_version is None


def test_a_question_that_was_not_foreseen_differs() -> None:
    """A model without a message claims that nothing is asked."""
    asks = msgspec.structs.replace(BLOCKED, message="")
    assert difference(asks, replay())


def test_what_a_passing_command_prints_is_not_claimed() -> None:
    """`generate` names a file that nobody can foresee."""
    seen = replay(CommandOutcome.PASSES, 0, "Your SQL migration file: 0006_brave_hulk.sql")
    assert difference(PASSES, seen) == ""


def test_where_the_model_knew_nothing_the_tool_answers_and_nothing_is_wrong() -> None:
    """To leave a question open is no defect."""
    open_ = Prediction(command="push", outcome=CommandOutcome.UNKNOWN, exit_code=None)
    assert judged(open_, replay()).outcome is CommandOutcome.BLOCKED
    assert disagreement(open_, replay()) is None


def test_a_run_without_a_result_changes_nothing() -> None:
    """One that was stopped, or did not find its database, says nothing about the tool."""
    stopped = replay(CommandOutcome.UNKNOWN, None, "it did not end within 60 seconds")
    assert judged(BLOCKED, stopped) is BLOCKED
    assert disagreement(BLOCKED, stopped) is None


@pytest.mark.parametrize("outcome", [CommandOutcome.PASSES, CommandOutcome.BLOCKED])
def test_what_depends_on_what_the_copy_lacks_is_no_answer(outcome: CommandOutcome) -> None:
    """What the model knows stands, and no defect is seen in it; what it does not stays open."""
    why = "what it does with the rows of public.users: the copy has none"
    seen = msgspec.structs.replace(replay(outcome, 0, "applied"), lacks=why)
    open_ = Prediction(command="migrate", outcome=CommandOutcome.UNKNOWN, exit_code=None)
    assert judged(open_, seen) == msgspec.structs.replace(open_, why=why)
    counted = msgspec.structs.replace(BLOCKED, message="Error: it has NULLs")
    assert judged(counted, seen) == counted
    assert disagreement(counted, seen) is None


def test_a_success_that_is_silently_wrong_stays_the_models_word() -> None:
    """The tool reports success; that something was left out is not seen in what it prints."""
    wrong = msgspec.structs.replace(PASSES, outcome=CommandOutcome.SILENTLY_WRONG)
    seen = replay(CommandOutcome.PASSES, 0, "applied")
    assert judged(wrong, seen).outcome is CommandOutcome.SILENTLY_WRONG
    assert judged(wrong, seen).certainty is Certainty.PREDICTED


def test_an_answer_holds_for_its_own_state_and_command_only() -> None:
    """Replays are named by content, so that an answer cannot be given to another question."""
    replays = Replays([replay()])
    assert replays.get(TOOL, "check", STEPS) is not None
    assert replays.get(TOOL, "check", ()) is None
    assert replays.get(TOOL, "push", STEPS) is None
    other = msgspec.structs.replace(TOOL, folder="other")
    assert replays.get(other, "check", STEPS) is None


def test_a_run_is_found_again_however_its_steps_are_worded() -> None:
    """What a step says of itself is no part of the state that it makes."""
    for one, other in (
        (
            WriteFile(path="a.sql", before=None, after="x", source="commit 1"),
            WriteFile(path="a.sql", before=None, after="x", source="the newest commit"),
        ),
        (RunCommand(argv=("mv", "a", "b"), why="aside"), RunCommand(argv=("mv", "a", "b"), why="")),
    ):
        assert key(TOOL, "check", (one,)) == key(TOOL, "check", (other,))
    moved = RunCommand(argv=("mv", "a", "c"), why="aside")
    assert key(TOOL, "check", (moved,)) != key(TOOL, "check", (one,))
