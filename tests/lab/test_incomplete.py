"""SQL that was taken out of a generated migration: no new database gets it, until it is put back."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from forensics.analysis.diagnose import diagnose
from forensics.collect.case import collect
from forensics.collect.request import Request
from forensics.model import ByHand, WriteFile
from forensics.scratch.postgres import Server
from tests.lab.build import Home, LabProject, build_project
from tests.lab.run import run_kit
from tests.lab.transcript import Outcome

pytestmark = pytest.mark.lab

KIT = "0.31.11"
BREAK = "--> statement-breakpoint\n"


@dataclass(frozen=True)
class Instance:
    """What was taken out, by a word that only its statements have, and what a new database lacks."""

    tag: str
    word: str
    lacks: str


INSTANCES = {
    "a column": Instance("0004_renewals", '"renewals"', "loans.renewals"),
    "one of two columns": Instance(
        "0005_library_cards", '"blocked_until"', "readers.blocked_until"
    ),
    "a table with its key": Instance("0002_fines", '"fines"', "fines.id"),
    "a table with its type": Instance("0002_fines", '"fine', "fines.reason"),
}


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> LabProject:
    """What the real kit generated."""
    folder = tmp_path_factory.mktemp("incomplete") / "project"
    return build_project(folder, KIT, home=Home.DRIZZLE, git=False)


@pytest.mark.sample(4)
@pytest.mark.parametrize("name", INSTANCES)
def test_what_was_taken_out_is_put_back(
    name: str, healthy: LabProject, server: Server, tmp_path: Path
) -> None:
    """The real kit builds a database without it before, and a whole one after."""
    instance = INSTANCES[name]
    project = replace(
        healthy, folder=shutil.copytree(healthy.folder, tmp_path / "project", symlinks=True)
    )
    path = project.app / f"drizzle/{instance.tag}.sql"
    kept = [it for it in path.read_text().split(BREAK) if instance.word not in it]
    path.write_text(BREAK.join(kept))
    applied = built(project, server, "before")
    assert not has(instance.lacks, applied, server)
    request = Request(project=project.app, look_at_database=False, history=False)
    (diagnosis,) = diagnose(collect(request, tmp_path / "bundle", lambda _: None)).diagnoses
    (finding,) = (it for it in diagnosis.findings if it.rule == "incomplete-migration")
    assert finding.subject == instance.tag
    assert finding.fix is not None
    for step in finding.fix.steps:
        assert isinstance(step, WriteFile)
        (project.app / step.path).write_text(step.after)
    whole = built(project, server, "after")
    assert has(instance.lacks, whole, server)
    (anew,) = (step for fix in finding.alternatives for step in fix.steps)
    assert isinstance(anew, ByHand)
    server.execute(anew.instead, database=applied)
    assert has(instance.lacks, applied, server)


def built(project: LabProject, server: Server, name: str) -> str:
    """A new database, as the real kit makes it."""
    database = f"incomplete_{project.folder.parent.name[-20:]}_{name}".lower()
    server.create_database(database)
    assert run_kit(project, "migrate", server.url(database)).outcome is Outcome.PASSES
    return database


def has(what: str, database: str, server: Server) -> bool:
    """Whether a column is there."""
    table, _, column = what.partition(".")
    found = server.execute(
        "SELECT 1 FROM information_schema.columns "
        f"WHERE table_name = '{table}' AND column_name = '{column}'",
        database=database,
    )
    return bool(found)
