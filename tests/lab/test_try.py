"""`forensics try` against reality: each piece of folklore is tried, and done with the real kit."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from forensics.analysis.attempt import Attempt
from forensics.model import CommandOutcome, CommandState, Prediction
from forensics.scratch.postgres import Server, throw_away_postgres
from forensics.trying.actions import parse_action
from forensics.trying.on_the_model import attempt
from tests.lab.advised import TRIED, Cases, Shown, is_ours, recorded, shown, text_of
from tests.lab.deeds import LOG_PREFIX, Seen
from tests.lab.folklore import Advice
from tests.lab.run import KitRun
from tests.lab.test_differential import difference
from tests.lab.transcript import Outcome
from tests.support.sampling import FULL

pytestmark = pytest.mark.lab

ALL = bool(os.environ.get(FULL))
SAMPLE = {(kit, advice.name) for kit, advice in TRIED[:: 1 if ALL else 6]}
"""Done again each time; `make lab-full` does all."""
GIVEN = [it for number, it in enumerate(TRIED) if ALL or is_ours(it[1]) or number % 3 == 0]
"""Tried each time: what a report of ours recommends, and a third of the rest."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server for all cases and their copies."""
    with throw_away_postgres(settings={"log_line_prefix": LOG_PREFIX}) as server:
        yield server


@pytest.fixture(scope="module")
def cases(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Cases:
    """What the advice is for."""
    return Cases(server, tmp_path_factory.mktemp("cases"))


@pytest.mark.sample(9)
@pytest.mark.parametrize(
    ("kit", "advice"), GIVEN, ids=[f"{kit}: {advice.name}" for kit, advice in GIVEN]
)
def test_the_verdict_is_what_the_real_tools_show(
    kit: str, advice: Advice, cases: Cases, tmp_path: Path
) -> None:
    """Verdict, and what every command does afterwards, in outcome, exit code and words.

    What a report of ours recommends is done for real, and a sample of the rest; of what is not
    done, the tools showed it when advised.json was written.
    """
    case = cases.get(kit, advice.faults)
    text = text_of(case, advice, tmp_path)
    known = recorded().get((kit, advice.name))
    with ThreadPoolExecutor(1) as beside:
        trying = beside.submit(attempt, case.bundle, parse_action(text))
        real = known
        if known is None or (kit, advice.name) in SAMPLE:
            real = shown(kit, advice, case, text, tmp_path)
        tried = trying.result()
    assert real is not None
    assert known is None or real.essence == known.essence
    assert (tried.verdict, real.verdict) == (advice.expected(kit), advice.expected(kit)), tried
    assert _disagreements(tried, real) == {}
    assert _not_claimed(tried) == advice.not_claimed


def test_all_but_our_own_advice_was_recorded() -> None:
    """Whoever adds some writes it down: python -m tests.lab.advised."""
    named = [(kit, it.name) for kit, it in TRIED if not is_ours(it)]
    assert sorted(recorded()) == sorted(named)


def _not_claimed(tried: Attempt) -> frozenset[str]:
    return frozenset(s.command for s in tried.commands if s.outcome is CommandOutcome.UNKNOWN)


def _disagreements(tried: Attempt, after: Shown) -> dict[str, str]:
    """Command -> how what `try` said differs from what the kit did."""
    claimed = [state for state in tried.commands if state.outcome is not CommandOutcome.UNKNOWN]
    found = {state.command: _difference(state, after.seen[state.command]) for state in claimed}
    return {command: text for command, text in found.items() if text}


def _difference(state: CommandState, seen: Seen) -> str:
    """The tool's words, and the server's own where the tool got that far."""
    raised = state.error.text if state.error and state.error.sqlstate else ""
    if raised != seen.raised:
        return f"{raised!r} but {seen.raised!r}"
    prediction = Prediction(
        command=state.command,
        outcome=state.outcome,
        exit_code=state.exit_code,
        message=state.message,
        error=state.error,
    )
    return difference(prediction, _answered(seen.run))


def _answered(run: KitRun) -> KitRun:
    """A question in a terminal, where the kit was ended, counts like one with pipes: exit code 0."""
    waits = run.outcome is Outcome.ASKS and run.exit_code is None
    return msgspec.structs.replace(run, exit_code=0) if waits else run
