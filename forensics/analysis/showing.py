"""Which issue's error shows first, and which states must be tried so that causes can be read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import msgspec

from forensics.analysis.bench import Bench
from forensics.analysis.experiments import FAILS
from forensics.model import Certainty, CommandOutcome, Prediction

MOST_IN_ALL_SUBSETS = 4
"""Fixes of which every subset is tried: 16 states; above it, the states grow with the fixes."""

NOTHING: frozenset[int] = frozenset()
"""The state in which nothing is fixed."""


def next_states(bench: Bench) -> tuple[frozenset[int], ...]:
    """The states to try next; none when everything is known that causes are read from.

    What comes next depends on the answers so far: where nothing fails little is tried, and above
    `MOST_IN_ALL_SUBSETS` fixes the errors are followed one by one, as they show.
    """
    for plan in (_first, _neighbours, _behind):
        states = dict.fromkeys(plan(bench))
        if missing := tuple(fixed for fixed in states if not bench.was_tried(fixed)):
            return missing
    return ()


def shown(bench: Bench, command: str) -> tuple[list[frozenset[int]], frozenset[int] | None]:
    """The groups whose errors show one by one as each is fixed, and the state to try next.

    That is `None` once the command is known to the end.
    """
    order: list[frozenset[int]] = []
    fixed = NOTHING
    while is_bad(bench.after(fixed)[command]):
        showing, unknown = _showing(bench, fixed, command)
        if unknown is not None or not showing:
            return order, unknown
        order += showing
        fixed = fixed.union(*showing)
        if not bench.was_tried(fixed):
            return order, fixed
    return order, None


def is_telling(bench: Bench) -> bool:
    """Whether anything can be found: a command fails, or the fix of everything changes one."""
    now, healed = bench.after(), bench.after(bench.everything)
    return fails(bench) or any(not same(now[command], healed[command]) for command in now)


def fails(bench: Bench) -> bool:
    """Whether a command fails as things are."""
    return any(is_bad(prediction) for prediction in bench.after().values())


def is_bad(prediction: Prediction) -> bool:
    """Whether a command fails, or would lose data if one went on."""
    return prediction.outcome in FAILS or endangers(prediction)


def endangers(prediction: Prediction) -> bool:
    """Whether a command would lose data if one went on."""
    return prediction.outcome is CommandOutcome.ASKS and prediction.destructive


def same(one: Prediction, other: Prediction) -> bool:
    """Whether a command does the same twice; what it says while it passes does not count."""
    if one.outcome is other.outcome is CommandOutcome.PASSES:
        return one.exit_code == other.exit_code
    return claim(one) == claim(other)


def claim(prediction: Prediction) -> Prediction:
    """What it says, however that is known: some states are replayed, and others are not."""
    return msgspec.structs.replace(prediction, certainty=Certainty.PREDICTED, why="")


def _first(bench: Bench) -> Iterator[frozenset[int]]:
    yield NOTHING
    yield bench.everything


def _neighbours(bench: Bench) -> Iterator[frozenset[int]]:
    """Each fix alone and all but each; while there are few, every subset."""
    if not is_telling(bench):
        return
    groups, few = bench.groups, len(bench.groups) <= MOST_IN_ALL_SUBSETS
    sizes = range(len(groups) + 1) if few else (1, len(groups) - 1)
    for size in sizes:
        for chosen in combinations(groups, size):
            yield frozenset().union(*chosen)


def _behind(bench: Bench) -> Iterator[frozenset[int]]:
    """What shows behind the errors that are fixed already."""
    for command in bench.scene.commands:
        _, unknown = shown(bench, command)
        if unknown is not None:
            yield unknown


def _showing(
    bench: Bench, fixed: frozenset[int], command: str
) -> tuple[list[frozenset[int]], frozenset[int] | None]:
    """Whose error is seen in a state: the issue whose fix changes it.

    Issues with one message hide each other: then all that show it by themselves. With it comes a
    state that must be tried first, if there is one.
    """
    now = bench.after(fixed)[command]
    left = [group for group in bench.groups if not group <= fixed]
    for group in left:
        if not bench.was_tried(fixed | group):
            return [], fixed | group
        if not same(bench.after(fixed | group)[command], now):
            return [group], None
    return [g for g in left if same(bench.after(bench.everything - g)[command], now)], None
