"""The bench: repairs in groups, and every state read from answers, never tried while reading."""

import pytest

from forensics.analysis.bench import MOST_SINGLE, Bench
from forensics.analysis.rounds import try_repairs
from forensics.dialects.postgres.effects import run
from forensics.evidence.tool_runs import Replays
from forensics.model import DeleteFile
from tests.build import Case, fix, project
from tests.support.faults import finding

STRAY = "drizzle/meta/stray.txt"
REMOVE = DeleteFile(path=STRAY)


def scene() -> Case:
    """A project with a stray file."""
    return Case(project("0000_a", **{STRAY: "x"}))


def test_a_state_is_read_once_however_often_it_is_asked_for() -> None:
    """`left` is all but one; both are states like any other."""
    bench = try_repairs(
        Bench(scene().scene, [finding("stray", REMOVE), finding("none")]), run, Replays()
    )
    assert bench.everything == {0}
    assert bench.left(0) is bench.after()
    assert bench.left(1) is bench.after(bench.everything)
    assert [fixed for fixed, _ in bench.ran()] == [frozenset(), frozenset({0})]
    assert bench.after()["check"] != bench.after(bench.everything)["check"]


def test_what_nobody_planned_is_not_made_up() -> None:
    """Reading runs nothing: a state without answers is a mistake of ours, and says so."""
    bench = Bench(scene().scene, [finding("stray", REMOVE)])
    with pytest.raises(KeyError):
        bench.after()


def test_only_what_has_an_offered_repair_is_recommended() -> None:
    """A repair that is only tried is not, nor one that changes nothing that can be tried."""
    tried, offered = finding("tried", REMOVE), finding("offered", fix=fix(REMOVE))
    assert Bench(scene().scene, [tried, offered, finding("none")]).recommended == {1}


def test_findings_are_tried_one_by_one_while_they_are_few() -> None:
    """Above that, those of one rule are tried together, and one without repair never."""
    case = Case(project("0000_a"))
    few = [finding("a", DeleteFile(path=f"{n}")) for n in range(MOST_SINGLE)]
    assert [len(group) for group in Bench(case.scene, few).groups] == [1] * MOST_SINGLE
    many = [*few, finding("b", DeleteFile(path="x")), finding("b")]
    bench = Bench(case.scene, many)
    assert bench.groups == (frozenset(range(MOST_SINGLE)), frozenset({MOST_SINGLE}))
    assert bench.group(MOST_SINGLE + 1) == frozenset()
