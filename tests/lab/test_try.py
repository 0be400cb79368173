"""`forensics try` against reality: each piece of folklore is tried, and done with the real kit."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec
import pytest

from forensics.analysis.attempt import Attempt
from forensics.evidence.bundle import Bundle
from forensics.model import CommandOutcome, CommandState, Prediction
from forensics.scratch.postgres import Server, throw_away_postgres
from forensics.trying.actions import parse_action
from forensics.trying.on_the_model import attempt
from tests.lab.build import Fault, Home, build_project
from tests.lab.databases import build_database
from tests.lab.deeds import LOG_PREFIX, Observed, Place, Seen, copy_of, do, observe, real_verdict
from tests.lab.folklore import FOLKLORE, Advice
from tests.lab.investigation import investigate
from tests.lab.kits import KITS
from tests.lab.run import KitRun
from tests.lab.test_differential import difference
from tests.lab.transcript import Outcome

pytestmark = pytest.mark.lab

TRIED = [(kit, advice) for kit in KITS for advice in FOLKLORE if kit in advice.kits]


@dataclass(frozen=True)
class Case:
    """A project and its database, the bundle of both, and what the real kit does with them."""

    place: Place
    report: Path

    @cached_property
    def bundle(self) -> Bundle:
        """What was collected."""
        return Bundle.open(self.report / "bundle")

    @cached_property
    def before(self) -> Observed:
        """Before anybody took any advice."""
        return observe(self.place)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server for all cases and their copies."""
    with throw_away_postgres(settings={"log_line_prefix": LOG_PREFIX}) as server:
        yield server


class Cases:
    """Every case is made when it is first asked for."""

    def __init__(self, server: Server, folder: Path) -> None:
        self._server, self._folder = server, folder
        self._made: dict[tuple[str, frozenset[Fault]], Case] = {}

    def get(self, kit: str, faults: frozenset[Fault]) -> Case:
        """A project with some faults, and its database."""
        if (kit, faults) not in self._made:
            self._made[kit, faults] = self._make(kit, faults)
        return self._made[kit, faults]

    def _make(self, kit: str, faults: frozenset[Fault]) -> Case:
        name = f"case_{len(self._made)}"
        home = Home.PUBLIC if Fault.F4 in faults else Home.DRIZZLE
        project = build_project(self._folder / name, kit, faults, home=home)
        url = build_database(self._server, name, project)
        report = self._folder / f"{name}_report"
        investigate(project.app, report, "--format", "json", "--no-scratch", url=url)
        return Case(Place(project=project, server=self._server, database=name), report)


@pytest.fixture(scope="module")
def cases(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Cases:
    """What the advice is for."""
    return Cases(server, tmp_path_factory.mktemp("cases"))


@pytest.mark.parametrize(
    ("kit", "advice"), TRIED, ids=[f"{kit}: {advice.name}" for kit, advice in TRIED]
)
def test_the_verdict_is_what_the_real_tools_show(
    kit: str, advice: Advice, cases: Cases, tmp_path: Path
) -> None:
    """Verdict, and what every command does afterwards, in outcome, exit code and words."""
    case = cases.get(kit, advice.faults)
    copy = case.place.copy(tmp_path / "project", f"copy_{TRIED.index((kit, advice))}")
    text = advice.text.format(report=case.report, patch=_patch(case, advice, tmp_path))
    with ThreadPoolExecutor(1) as beside:
        trying = beside.submit(attempt, case.bundle, parse_action(text))
        error = do(copy, text)
        after = observe(copy)
        tried = trying.result()
    real = real_verdict(case.before, after, error)
    assert (tried.verdict, real) == (advice.expected(kit), advice.expected(kit)), (tried, error)
    assert _disagreements(tried, after) == {}
    assert _not_claimed(tried) == advice.not_claimed


def _patch(case: Case, advice: Advice, folder: Path) -> Path:
    """What git says of an edit, made on a copy."""
    patch = folder / "advice.patch"
    if advice.edit is not None:
        project = copy_of(case.place.project, folder / "edited")
        advice.edit(project)
        git = ["git", "-C", str(project.folder)]
        subprocess.run([*git, "add", "--intent-to-add", "."], check=True)
        patch.write_bytes(subprocess.run([*git, "diff"], check=True, capture_output=True).stdout)
    return patch


def _not_claimed(tried: Attempt) -> frozenset[str]:
    return frozenset(s.command for s in tried.commands if s.outcome is CommandOutcome.UNKNOWN)


def _disagreements(tried: Attempt, after: Observed) -> dict[str, str]:
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
