"""The incident of four faults whose lost file no commit ever held: the snapshots give it back."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from forensics.facts.variants import hash_of
from forensics.scratch.postgres import Server
from tests.lab.build import ALL_FAULTS, LabProject, build_project
from tests.lab.databases import build_database
from tests.lab.fixing import apply_fix
from tests.lab.investigation import Investigation, fingerprint, investigate
from tests.lab.kits import BY_DAY
from tests.lab.run import run_kit
from tests.lab.transcript import Outcome

pytestmark = pytest.mark.lab


class Incident:
    """The incident in a repository of one commit, which came after the file was lost."""

    def __init__(self, kit: str, server: Server, folder: Path) -> None:
        self.server = server
        self.database = f"never_{kit.replace('.', '_')}"
        self.project = build_project(folder / "project", kit, ALL_FAULTS, git=False)
        for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "feat: login")):
            self._git(*arguments)
        self.url = build_database(server, self.database, self.project)
        self.folder = folder
        self.found = investigate(
            self.project.app, folder / "report", "--format", "json", "--no-scratch", url=self.url
        )

    def _git(self, *arguments: str) -> None:
        who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
        subprocess.run(["git", *who, *arguments], cwd=self.project.folder, check=True)

    @property
    def tag(self) -> str:
        """The migration that is lost."""
        return self.project.told.tags[-1]

    @property
    def original(self) -> str:
        """What the kit wrote once."""
        story = self.project.told
        return (story.tree / "apps/api/drizzle" / f"{self.tag}.sql").read_text(encoding="utf-8")


@pytest.fixture(scope="module", params=BY_DAY)
def incident(
    request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Incident:
    """Examined once per kit."""
    return Incident(request.param, server, tmp_path_factory.mktemp("never"))


@pytest.fixture(scope="module")
def patched(incident: Incident, tmp_path_factory: pytest.TempPathFactory) -> LabProject:
    """A copy of the project after fix.patch and the steps for the shell."""
    folder = tmp_path_factory.mktemp("patched") / "project"
    shutil.copytree(incident.project.folder, folder)
    at = folder / incident.found.report["case"]["project"]["root"]
    patch = incident.found.folder / "fix.patch"
    subprocess.run(["git", "apply", str(patch)], cwd=at, check=True)
    for step in _steps(incident.found):
        if step["type"] == "delete-file" and not step["in_git"]:
            (folder / str(step["path"])).unlink()
    return replace(incident.project, folder=folder)


def _steps(found: Investigation) -> list[dict[str, object]]:
    fixes = [issue["fix"] for issue in found.report["issues"] if issue["fix"]]
    return [step for fix in fixes for step in fix["steps"]]


def test_the_patch_holds_the_kits_own_bytes(incident: Incident, patched: LabProject) -> None:
    """Byte for byte, though no commit ever held them."""
    restored = (patched.app / "drizzle" / f"{incident.tag}.sql").read_bytes()
    assert restored == incident.original.encode()
    cause = incident.found.issues()["missing-migration-file"]["root_cause"]
    assert "never committed" in cause
    assert "the statements are those that were applied" in cause


def test_no_hash_is_to_be_changed(incident: Incident) -> None:
    """Neither in the repair nor in an alternative; the changed hash is refuted as a cause."""
    assert all(step["type"] != "update-row" for step in _steps(incident.found))
    script = (incident.found.folder / "fix.sql").read_text(encoding="utf-8")
    assert "UPDATE" not in script.upper()
    alternatives = json.dumps([issue["alternatives"] for issue in incident.found.report["issues"]])
    assert "update-row" not in alternatives
    assert any("hash" in item["hypothesis"] for item in incident.found.report["refuted"])


@pytest.mark.parametrize("command", ["check", "generate", "migrate"])
def test_after_the_repair_the_real_commands_pass(
    incident: Incident, patched: LabProject, command: str
) -> None:
    """The real kit, on copies of project and database."""
    name = f"{incident.database}_{command}"
    incident.server.create_database(name, template=incident.database)
    script = (incident.found.folder / "fix.sql").read_text(encoding="utf-8")
    apply_fix(incident.server, name, script, patched.app)
    run = run_kit(patched, command, incident.server.url(name))
    assert run.outcome is Outcome.PASSES, run


def test_recover_writes_it_with_its_proof(incident: Incident, tmp_path: Path) -> None:
    """The bytes that have the recorded hash, in the words of the contract; nothing else is touched."""
    before = fingerprint(incident.project.folder)
    command = [sys.executable, "-m", "forensics", "recover", str(incident.project.app)]
    done = subprocess.run(
        [*command, "--output", str(tmp_path / "out"), "--format", "json", "--quiet"],
        env={"FORENSICS_DATABASE_URL": incident.url, "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        check=True,
    )
    (told,) = json.loads(done.stdout)
    applied = f"{incident.original}\n"
    assert (told["tag"], told["verdict"]) == (incident.tag, "proven")
    assert told["sha256"] == hash_of(applied)
    assert (tmp_path / "out" / told["file"]).read_text(encoding="utf-8") == applied
    assert told["tried"] and "snapshots" in told["source"]
    assert fingerprint(incident.project.folder) == before
