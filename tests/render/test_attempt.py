"""The verdict on an action, as it is printed."""

import json

import msgspec

from forensics.analysis.attempt import Attempt, AttemptVerdict
from forensics.model import Certainty, CommandOutcome, CommandState
from forensics.render.attempt import render_attempt

MIGRATE = CommandState(
    tool="drizzle-kit",
    folder="drizzle",
    command="migrate",
    compares_code=False,
    outcome=CommandOutcome.BLOCKED,
    destructive=False,
    exit_code=1,
    message="error: \x1b[31mcolumn",
    error=None,
    blocked_by=(),
    certainty=Certainty.PREDICTED,
)
ATTEMPT = Attempt(
    action="TRUNCATE x",
    verdict=AttemptVerdict.DESTROYS,
    certainty=Certainty.PREDICTED,
    commands=(MIGRATE,),
    lost=("6 tracking rows",),
    why="what is lost exists nowhere else",
    tool="drizzle-kit",
    folder="apps/api/drizzle",
)


def test_the_verdict_comes_first() -> None:
    """One line tells whether to run it."""
    assert render_attempt(ATTEMPT, "text").splitlines()[0] == "destroys (6 tracking rows)"


def test_the_state_afterwards_follows_without_control_characters() -> None:
    """Messages of tools are evidence, and evidence may be hostile."""
    text = render_attempt(ATTEMPT, "text")
    assert "migrate    BLOCKED: error:" in text
    assert "\x1b" not in text


def test_it_says_which_folder_it_is_about_and_which_not() -> None:
    """A bundle may hold several uses of the tool."""
    several = msgspec.structs.replace(ATTEMPT, other_folders=("apps/web/drizzle",))
    assert "  about      drizzle-kit in apps/api/drizzle\n" in render_attempt(ATTEMPT, "text")
    assert "; not about apps/web/drizzle\n" in render_attempt(several, "text")


def test_many_losses_are_listed_below_the_verdict() -> None:
    """The first line stays one line."""
    many = msgspec.structs.replace(ATTEMPT, lost=("a", "b", "c", "d\x1b"))
    lines = render_attempt(many, "text").splitlines()
    assert lines[0] == "destroys (a, b and 2 more)"
    assert [line.split() for line in lines if "lost  " in line][-1] == ["lost", "d\\x1b"]


def test_what_got_worse_is_no_hidden_fault() -> None:
    """On a healthy project there is none to hide."""
    worse = msgspec.structs.replace(
        ATTEMPT, verdict=AttemptVerdict.HIDES, lost=(), worse=("migrate", "push")
    )
    assert render_attempt(worse, "text").splitlines()[0] == "makes it worse (migrate and push)"


def test_long_lines_go_on_below() -> None:
    """Set in, so that labels stay visible."""
    long = msgspec.structs.replace(ATTEMPT, why="word " * 40)
    lines = render_attempt(long, "text").splitlines()
    assert max(map(len, lines)) <= 100
    assert lines[2].startswith(" " * 15 + "word")


def test_it_says_how_it_is_known() -> None:
    """Whether a server answered, and what stands for code that was not run."""
    assert "  basis      predicted; nothing real was touched\n" in render_attempt(ATTEMPT, "text")
    push = msgspec.structs.replace(
        MIGRATE, command="push", compares_code=True, outcome=CommandOutcome.PASSES
    )
    ran = msgspec.structs.replace(ATTEMPT, server_version="15.18", commands=(push,))
    assert (
        "predicted, the SQL ran on a scratch PostgreSQL 15.18; schema code assumed to match the "
        "newest snapshot; nothing real was touched"
    ) in " ".join(render_attempt(ran, "text").split())


def test_json_has_the_fields_of_the_contract() -> None:
    """Checks from outside rely on them."""
    told = json.loads(render_attempt(ATTEMPT, "json"))
    assert {"action", "verdict", "certainty", "commands", "lost"} <= told.keys()
    assert told["verdict"] == "destroys"
