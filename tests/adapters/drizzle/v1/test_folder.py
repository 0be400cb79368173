"""What the commands of 1.0 read in the folder, and where they stop."""

from pathlib import Path

import pytest

from forensics.adapters.drizzle.v1.folder import read_history
from forensics.collect.tree import WorkingTree
from forensics.model import CommandOutcome
from tests.build import JOURNAL, Case, tool
from tests.folders import NAMES, folders, path, recorded, row, snapshot

ONE, TWO, THREE = NAMES
ALL = ("check", "generate", "migrate")


def told(files: dict[str, str | bytes], command: str = "check") -> tuple[CommandOutcome, str]:
    """What a command would do, on a database without migrations."""
    case = Case(files, recorded())
    prediction = case.scene.adapter.predict(case.facts, command)
    return prediction.outcome, prediction.message


@pytest.mark.parametrize("command", ALL)
def test_a_folder_of_0_x_stops_every_command(command: str) -> None:
    """Even one that has the new layout as well."""
    both = folders(*NAMES, changes={JOURNAL: '{"entries":[]}'})
    assert told(both, command)[0] is CommandOutcome.BLOCKED
    assert "run drizzle-kit up" in told(both, command)[1]


def test_a_folder_without_sql_is_passed_over() -> None:
    """Without a word, so `migrate` is silently wrong."""
    files = folders(*NAMES, changes={path(TWO): None})
    assert told(files, "migrate")[0] is CommandOutcome.SILENTLY_WRONG
    assert told(files)[0] is CommandOutcome.PASSES


def test_an_empty_folder_is_what_a_deletion_left(tmp_path: Path) -> None:
    """Git has none; with any file in it, the migration is missing."""
    tree = WorkingTree(tmp_path)
    for name in NAMES[:2]:
        (tmp_path / "drizzle" / name).mkdir(parents=True)
    (tmp_path / path(ONE, "down.sql")).write_text("")
    of_1_0 = tool(folder="drizzle")
    assert [it.key for it in read_history(tree, of_1_0, None, None).migrations] == [ONE]


def test_the_names_decide_what_is_pending() -> None:
    """Not their order, nor the newest row."""
    case = Case(folders(*NAMES), recorded(row(1, THREE), live=["public.three"]))
    found = case.scene.adapter.applying(case.facts)
    assert found is not None and found.pending == (0, 1)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({path(TWO, "snapshot.json"): "{"}, "data is malformed"),
        ({path(TWO, "snapshot.json"): snapshot(TWO, ONE, version="8")}, "not of the latest"),
        ({path(TWO, "snapshot.json"): snapshot(TWO, ONE, version="10")}, "unsupported version"),
        ({path(TWO, "snapshot.json"): snapshot(TWO, THREE)}, "sorts before its parent"),
        ({path(TWO, "snapshot.json"): snapshot(TWO, "gone")}, "snapshot gone is missing"),
        ({path(THREE, "snapshot.json"): snapshot(THREE)}, "two base snapshots"),
    ],
)
def test_a_snapshot_stops_every_command(changes: dict[str, str | None], says: str) -> None:
    """`migrate` too, before it connects."""
    for command in ALL:
        outcome, message = told(folders(*NAMES, changes=changes), command)
        assert outcome is CommandOutcome.BLOCKED and says in message


def test_of_branches_rc_4_says_nothing_that_we_know() -> None:
    """It has no footprints; without branches it is known."""
    old = {path(it, "snapshot.json"): snapshot(it, ONE, version="8") for it in (TWO, THREE)}
    first = {path(ONE, "snapshot.json"): snapshot(ONE, version="8")}
    forked = folders(*NAMES, kit="1.0.0-rc.4", changes={**first, **old})
    assert told(forked)[0] is CommandOutcome.UNKNOWN
    last = {path(THREE, "snapshot.json"): snapshot(THREE, TWO, version="8")}
    straight = folders(*NAMES, kit="1.0.0-rc.4", changes={**first, **old, **last})
    assert told(straight)[0] is CommandOutcome.PASSES


@pytest.mark.parametrize("kit", ["1.0.0-beta.12", "1.0.0", "1.0.0-rc.6", "1.0.0-rc.5-169397b"])
def test_of_other_releases_nothing_is_claimed(kit: str) -> None:
    """Formats changed with each of them."""
    case = Case(folders(*NAMES, kit=kit), recorded())
    assert case.scene.tool.later_layout and case.scene.tool.unread
    for command in ALL:
        assert case.scene.adapter.predict(case.facts, command).outcome is CommandOutcome.UNKNOWN
