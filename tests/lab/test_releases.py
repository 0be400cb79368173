"""The behaviour model against every release from 0.21 to 0.31, as recorded with the real ones."""

from pathlib import Path

import msgspec
import pytest

from forensics.adapters.base import Hints, Rewrite
from forensics.adapters.drizzle import Drizzle
from forensics.collect.tree import WorkingTree
from forensics.facts import Database, Facts
from forensics.model import CommandOutcome, Prediction
from forensics.scratch.postgres import Server
from tests.lab.build import build_project
from tests.lab.releases.cases import CASES, CONTROL_C, Case
from tests.lab.releases.installed import RELEASES
from tests.lab.releases.observe import Row, Seen, recorded, within
from tests.lab.releases.project import TAGS, snapshot_version, tiny_project
from tests.lab.releases.table import README, table
from tests.lab.test_differential import database_of
from tests.lab.upgrade import upgrade

pytestmark = pytest.mark.lab

REWRITES = ("up", "drop")
BY_NAME = {case.name: case for case in CASES}
UNMODELLED = {
    ("nothing answers", "migrate"): "the model needs a database that was seen",
    ("nothing answers", "push"): "the same",
    ("rows in public", "push --force"): "options are for `try`",
}


class States:
    """What is collected of every case, once for each version of snapshots."""

    def __init__(self, server: Server, folder: Path) -> None:
        self._server, self._folder = server, folder
        self._made: dict[tuple[str, str], tuple[WorkingTree, Database | None]] = {}

    def get(self, case: Case, kit: str) -> tuple[WorkingTree, Facts]:
        """The tree of a case, and what the product reads of it under one release."""
        key = case.name, snapshot_version(kit)
        if key not in self._made:
            self._made[key] = self._make(case, kit)
        tree, database = self._made[key]
        (tool,) = Drizzle().detect(tree, "", Hints())
        tool = msgspec.structs.replace(tool, version=kit, orm_version=RELEASES[kit])
        return tree, Drizzle().facts(tree, tool, database, None)

    def _make(self, case: Case, kit: str) -> tuple[WorkingTree, Database | None]:
        name = f"s{len(self._made)}"
        project = tiny_project(self._folder / name, kit)
        case.files(project)
        if not case.sql:
            return WorkingTree(project.folder), None
        self._server.create_database(name)
        self._server.execute(case.sql, database=name)
        return WorkingTree(project.folder), database_of(self._server.url(name))


@pytest.fixture(scope="module")
def states(server: Server, tmp_path_factory: pytest.TempPathFactory) -> States:
    """The states that the releases were run in."""
    return States(server, tmp_path_factory.mktemp("states"))


ROWS = [row for row in recorded() if (row.case, row.command) not in UNMODELLED]


def test_every_release_was_measured_in_every_case() -> None:
    """Nothing is left out between two ranges."""
    wanted = [(case.name, command) for case in CASES for command in case.commands]
    assert [(row.case, row.command) for row in recorded()] == wanted
    for row in recorded():
        assert [kit for part in row.releases for kit in within(part)] == list(RELEASES)


def test_the_table_is_that_of_what_was_measured() -> None:
    """`python -m tests.lab.releases.table` writes it anew."""
    assert README.read_text(encoding="utf-8") == table(recorded())


@pytest.mark.sample(6)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.case}: {row.command}")
def test_the_model_says_what_every_release_did(row: Row, states: States) -> None:
    """Outcome, exit code, words and changed files, on both sides of every change."""
    case = BY_NAME[row.case]
    differs = {
        kit: said
        for part in row.releases
        for kit in within(part)
        if (said := _difference(case, row.command, kit, part.seen, states))
    }
    assert differs == {}


def _difference(case: Case, command: str, kit: str, seen: Seen, states: States) -> str:
    tree, facts = states.get(case, kit)
    if command not in REWRITES:
        return _otherwise(Drizzle().predict(facts, command), seen)
    answer = TAGS[0] if case.name == "drop the one before" else None
    done = Drizzle().rewrites.rewrite(tree, facts, command, answer)
    assert done is not None
    if done.prediction.outcome is CommandOutcome.ASKS:
        return _asked(case, done, seen, facts)
    return _otherwise(done.prediction, seen) or _changed_otherwise(done, seen, facts)


def _asked(case: Case, done: Rewrite, seen: Seen, facts: Facts) -> str:
    """A command that asks: what is left when nobody answers, or somebody does."""
    if not case.keys:
        left = done.prediction.exit_code, ()
        return "" if left == (seen.exit_code, seen.changed) else f"{left} but {seen}"
    if case.keys == (CONTROL_C,):
        return "" if not seen.changed else f"Ctrl-C changed {seen.changed}"
    stopped = bool(done.error)
    if stopped != (seen.outcome is CommandOutcome.BLOCKED) or done.error not in seen.said:
        return f"{done.error!r} but {seen}"
    return _changed_otherwise(done, seen, facts)


def _otherwise(predicted: Prediction, seen: Seen) -> str:
    """How outcome, exit code and words differ; nothing is claimed where nothing is known."""
    if predicted.outcome is CommandOutcome.UNKNOWN:
        return "" if seen.exit_code is None else f"unknown, but {seen}"
    printed = "\n".join((*seen.warnings, seen.said))
    # What generate writes, or finds nothing to write, is not predicted.
    open_end = predicted.outcome is CommandOutcome.PASSES and not predicted.message
    said = predicted.outcome, predicted.exit_code, printed if open_end else predicted.message
    expected = seen.outcome, seen.exit_code, printed
    return "" if said == expected else f"{said} but {expected}"


def _changed_otherwise(done: Rewrite, seen: Seen, facts: Facts) -> str:
    top = f"{facts.tool.working_folder}/"
    signs = dict.fromkeys(done.deleted, "-") | {path: "~" for path, _ in done.written}
    changed = tuple(f"{signs[path]}{path.removeprefix(top)}" for path in sorted(signs))
    return "" if changed == seen.changed else f"{changed} but {seen.changed}"


def test_up_writes_the_bytes_that_were_foretold(tmp_path: Path) -> None:
    """All snapshots of a project that 0.21.4 wrote, by the newest release."""
    before = build_project(tmp_path / "before", "0.31.11", project="clinic", git=False)
    tree = WorkingTree(before.folder)
    (tool,) = Drizzle().detect(tree, "", Hints())
    tool = msgspec.structs.replace(tool, version="0.31.11")
    done = Drizzle().rewrites.rewrite(tree, Drizzle().facts(tree, tool, None, None), "up", None)
    after = upgrade(tmp_path / "after", "0.31.11", frozenset(), project="clinic")
    assert done is not None
    assert len(done.written) == len(before.told.tags)
    for path, text in done.written:
        assert (after.folder / path).read_text(encoding="utf-8") == text
