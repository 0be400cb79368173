"""The behaviour model against the real kits, cell by cell of four arms, and the odd cases."""

import os
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import msgspec
import pytest

from forensics.adapters.base import Hints
from forensics.adapters.drizzle import Drizzle
from forensics.collect.database.collect import collect_database
from forensics.collect.tree import WorkingTree
from forensics.evidence.bundle_writer import BundleWriter
from forensics.facts import Database, Facts
from forensics.model import CommandOutcome, Prediction
from forensics.scratch import engine as scratch_module
from forensics.scratch.engine import Scratch, scratch
from forensics.scratch.postgres import Server
from tests.lab.build import ALL_FAULTS, Home, LabProject, build_project
from tests.lab.cases import FOLDER, Case
from tests.lab.databases import fresh_database
from tests.lab.expected import expected
from tests.lab.kits import KITS, kit_modules
from tests.lab.matrix import (
    ARMS,
    COMMANDS,
    OWN_ARMS,
    SUBSETS,
    Arm,
    Subset,
    arm_matrix,
    subsets,
)
from tests.lab.observe import CASES, Observation, recorded
from tests.lab.run import KitRun
from tests.lab.upgrade import upgrade
from tests.support.sampling import FULL

pytestmark = pytest.mark.lab

MODELLED = frozenset(COMMANDS)
SILENTLY_WRONG = {
    "journal without entries": "the folder holds six migrations",
    "unlisted migration file": "its table is not made",
    "new entry stamped before the last": "its table is not made",
    "new entry stamped like the last": "its table is not made",
}
"""Cases in which `migrate` reports success and leaves something out."""


@pytest.fixture(scope="module")
def made() -> Iterator[Scratch]:
    """One scratch server, whose databases serve all cells of one schema."""
    with patch.object(scratch_module, "SECONDS", 3600.0), scratch() as running:
        yield running


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("arm", "subset"),
    [
        pytest.param(arm, subset, id=f"{arm.name}-{'+'.join(sorted(subset)) or 'none'}")
        for arm in ARMS
        for subset in (SUBSETS if arm in OWN_ARMS else subsets(arm))
    ],
)
def test_the_model_agrees_with_the_real_kit(
    arm: Arm, subset: Subset, server: Server, made: Scratch, tmp_path: Path
) -> None:
    """Four commands on one subset of the four faults: outcome, exit code and what is printed.

    The model alone, and with its SQL on a scratch database, say the same. What the kit does where
    two or three faults meet is known from `make lab-full`, which wants it to be as expected here.
    """
    project = _arm_project(arm, subset, tmp_path / "project")
    with fresh_database(server, project) as name:
        facts = collected(project, arm.kit, server.url(name))
    differs = {
        command: difference(Drizzle().predict(facts, command), _real(arm, subset, command))
        for command in COMMANDS
    }
    assert {command: text for command, text in differs.items() if text} == {}
    if len(subset) in (0, 1, len(ALL_FAULTS)) or os.environ.get(FULL):
        _same_on_scratch(facts, made)


def _real(arm: Arm, subset: Subset, command: str) -> KitRun:
    """What the kit does in a cell; of one that is not run, as much as is expected."""
    if subset in subsets(arm):
        return arm_matrix(arm)[subset, command]
    outcome, exit_code, line = expected(arm, subset, command)
    return KitRun(exit_code=exit_code, stdout=line, stderr="", first_error=line, outcome=outcome)


def _did(case: Case, kit: str) -> object:
    """What can be told apart of what a kit did in a case."""
    return [
        (o.command, o.outcome, o.exit_code, o.first_error, o.rows)
        for o in recorded()
        if (o.kit, o.case) == (kit, case.name)
    ]


ODD = [
    (case, kit)
    for case in CASES
    if case.address is None
    for kit in KITS
    if kit == KITS[-1] or _did(case, kit) != _did(case, KITS[-1]) or os.environ.get(FULL)
]
"""Every case with the newest kit, and with the older one where it does something else."""


@pytest.mark.sample(3)
@pytest.mark.parametrize(("case", "kit"), ODD, ids=[f"{kit}-{case.name}" for case, kit in ODD])
def test_the_model_agrees_in_the_odd_cases(
    kit: str, case: Case, server: Server, made: Scratch, tmp_path: Path
) -> None:
    """Broken journals, snapshots, files, rows: every command that was recorded of the case."""
    seen = [o for o in recorded() if (o.kit, o.case) == (kit, case.name)]
    modelled = [o for o in seen if o.command in MODELLED]
    home = Home.DRIZZLE if case.faults is None else Home.PUBLIC
    project = build_project(
        tmp_path / "project", kit, case.faults or frozenset(), home=home, git=False
    )
    case.files(project)
    facts = _facts_of(case, project, kit, server, modelled)
    differs = {
        one.command: _difference_of(case, Drizzle().predict(facts, one.command), one)
        for one in modelled
    }
    assert {command: text for command, text in differs.items() if text} == {}
    if (case, kit) in ODD[::6] or os.environ.get(FULL):
        _same_on_scratch(facts, made)


def _same_on_scratch(facts: Facts, made: Scratch) -> None:
    for command in COMMANDS:
        alone = Drizzle().predict(facts, command)
        assert Drizzle().predict(facts, command, made.engine) == alone
    assert (made.disagreements, made.trouble) == ([], "")


def _facts_of(
    case: Case, project: LabProject, kit: str, server: Server, seen: list[Observation]
) -> Facts:
    if all(one.command in FOLDER for one in seen):
        return collected(project, kit, None)
    with fresh_database(server, project) as name:
        if case.sql:
            server.execute(case.sql, database=name)
        return collected(project, kit, server.url(name))


def _difference_of(case: Case, predicted: Prediction, seen: Observation) -> str:
    if case.name in SILENTLY_WRONG and seen.command == "migrate":
        assert predicted.outcome is CommandOutcome.SILENTLY_WRONG
        predicted = msgspec.structs.replace(predicted, outcome=CommandOutcome.PASSES)
    return difference(predicted, seen)


def collected(project: LabProject, kit: str, url: str | None) -> Facts:
    """The facts as the product collects them, with the versions that the lab runs."""
    adapter, tree = Drizzle(), WorkingTree(project.folder)
    (tool,) = adapter.detect(tree, "", Hints())
    orm = msgspec.json.decode((kit_modules(kit) / "drizzle-orm" / "package.json").read_bytes())
    tool = msgspec.structs.replace(tool, version=kit, orm_version=orm["version"])
    return adapter.facts(tree, tool, database_of(url), None)


def database_of(url: str | None) -> Database | None:
    """What the product collects of a database."""
    if url is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        writer = BundleWriter(Path(folder))
        return collect_database(url, writer, deadline=time.monotonic() + 30)


def difference(predicted: Prediction, real: KitRun | Observation) -> str:
    """How a prediction and a run differ; empty where outcome, exit code and words agree."""
    foretold = [line.strip() for line in predicted.message.split("\n") if line.strip()]
    said = _lines(f"{real.stdout}\n{real.stderr}")
    if (predicted.outcome.value, predicted.exit_code) != (real.outcome.value, real.exit_code):
        return f"{predicted} but {real.outcome} {real.exit_code} {real.first_error}"
    if not set(foretold) <= said:
        return f"{predicted.message!r} but {said}"
    # What generate writes when nothing blocks it is not predicted.
    expected = _lines(real.first_error) if foretold or predicted.error else set()
    if expected and predicted.message and not expected & set(foretold):
        return f"{predicted.message!r} but {real.first_error!r}"
    return f"nothing but {real.first_error!r}" if expected and not foretold else ""


def _lines(text: str) -> set[str]:
    """The lines without what 0.21.4 puts before some of them."""
    lines = (line.strip() for line in text.split("\n"))
    return {
        re.sub(r"^(\[\u2713\] Pulling schema from database\.\.\.|\u00b7 )", "", line)
        for line in lines
    } - {""}


def _arm_project(arm: Arm, subset: Subset, folder: Path) -> LabProject:
    if arm.upgraded:
        return upgrade(folder, arm.kit, subset, project=arm.project)
    return build_project(folder, arm.kit, subset, project=arm.project, git=False)
