"""`forensics try --with-project-code`: the real kit says what follows from an action."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import msgspec
import pytest

from forensics.analysis.attempt import Attempt, AttemptVerdict
from forensics.evidence.bundle import Bundle
from forensics.evidence.tool_runs import Replay
from forensics.model import Certainty, CommandOutcome
from forensics.replay import rehearsal
from forensics.replay.containment import GAPS, Containment
from forensics.replay.plans import Uncontained
from forensics.scratch.postgres import throw_away_postgres
from forensics.trying.actions import parse_action
from forensics.trying.with_the_tool import tryout
from tests.lab.build import ALL_FAULTS, LabProject, build_project
from tests.lab.databases import build_database
from tests.lab.folklore import STRAY
from tests.lab.investigation import fingerprint, investigate
from tests.lab.kits import kit_modules

pytestmark = pytest.mark.lab

ACTION = f"rm {STRAY} && drizzle-kit push"
COMMANDS = ("check", "generate", "migrate", "push")


@dataclass(frozen=True, kw_only=True)
class Incident:
    """All four faults, and what was collected of them."""

    project: LabProject
    bundle: Path

    @property
    def kit(self) -> Path:
        """A folder with the kit that the project runs."""
        return kit_modules(self.project.kit).parent


@pytest.fixture(scope="module")
def incident(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Incident]:
    """One of 0.31.11; its real database is gone when it is tried."""
    folder = tmp_path_factory.mktemp("incident")
    project = build_project(folder / "project", "0.31.11", ALL_FAULTS, git=False)
    with throw_away_postgres() as server:
        url = build_database(server, "incident", project)
        investigate(project.app, folder / "report", "--format", "json", "--no-scratch", url=url)
    yield Incident(project=project, bundle=folder / "report" / "bundle")


@pytest.fixture(scope="module")
def tried(incident: Incident) -> Attempt:
    """By the command line, which says first what it is going to run."""
    before = fingerprint(incident.project.folder)
    place = ("--project", str(incident.project.app), "--kit", str(incident.kit))
    command = [sys.executable, "-m", "forensics", "try", str(incident.bundle), ACTION]
    command += ["--with-project-code", *place, "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert "About to run the project's own code: drizzle-kit 0.31.11" in done.stderr
    assert "8 times in 2 states" in done.stderr
    assert fingerprint(incident.project.folder) == before
    return msgspec.convert(json.loads(done.stdout), Attempt)


def test_the_tool_confirms_the_verdict(tried: Attempt) -> None:
    """Two commands pass, and six rows are lost: each state of both was seen."""
    assert (tried.verdict, tried.lost) == (AttemptVerdict.DESTROYS, ("6 tracking rows",))
    assert tried.certainty is Certainty.REPLAYED
    assert {state.command: state.outcome for state in tried.commands} == {
        "check": CommandOutcome.PASSES,
        "generate": CommandOutcome.PASSES,
        "migrate": CommandOutcome.BLOCKED,
        "push": CommandOutcome.PASSES,
    }


def test_every_command_is_known_from_the_tool(tried: Attempt) -> None:
    """Not one is foretold only, and the model was right about all."""
    assert {state.certainty for state in tried.commands} == {Certainty.REPLAYED}
    assert tried.defects == ()


def test_a_disagreement_is_a_defect_of_our_own(incident: Incident) -> None:
    """The tool is right; what the model had said stands beside it."""

    def lies(
        plans: object, server: object, sandbox: object, folder: object, done: object
    ) -> object:
        """Eight answers, each that the command passes."""
        return tuple(_passed(command) for _ in range(2) for command in COMMANDS), ()

    with (
        patch("forensics.trying.with_the_tool.replay", lies),
        tryout(
            Bundle.open(incident.bundle),
            parse_action(f"rm {STRAY}"),
            incident.project.app,
            kit=incident.kit,
        ) as ready,
    ):
        found = ready.run()
    assert any(text.startswith("after it, `migrate`: predicted was") for text in found.defects)
    assert {state.outcome for state in found.commands} == {CommandOutcome.PASSES}


def _passed(command: str) -> Replay:
    return Replay(
        key=command,
        folder="drizzle",
        command=command,
        fixed=(),
        outcome=CommandOutcome.PASSES,
        exit_code=0,
        tool_version="0.31.11",
        node_version="v20",
    )


def test_what_cannot_be_contained_is_refused(
    incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a namespace of its own the project's code might reach the real database."""
    nothing = Containment(contained=False, promises=(), gaps=GAPS)
    monkeypatch.setattr(rehearsal, "containment", lambda *given: nothing)
    bundle, action = Bundle.open(incident.bundle), parse_action("drizzle-kit push")
    with (
        pytest.raises(Uncontained, match="Not run"),
        tryout(bundle, action, incident.project.app, kit=incident.kit),
    ):
        pass
