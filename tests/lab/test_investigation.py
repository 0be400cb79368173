"""The main job on the real incident: what it says, what it leaves alone, and that its repair works."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from forensics.scratch.postgres import Server
from tests.lab.build import ALL_FAULTS, LabProject, build_project
from tests.lab.databases import build_database
from tests.lab.fixing import apply_fix, for_copy
from tests.lab.investigation import Investigation, database_state, fingerprint, investigate
from tests.lab.kits import BY_DAY
from tests.lab.run import run_kit
from tests.lab.transcript import Outcome

pytestmark = pytest.mark.lab

NAME = "incident"


class Incident:
    """The full incident of one kit, examined once; and what the case was like before and after."""

    def __init__(self, kit: str, server: Server, folder: Path) -> None:
        self.server = server
        self.database = f"{NAME}_{kit.replace('.', '_')}"
        self.project = build_project(folder / "project", kit, ALL_FAULTS)
        url = build_database(server, self.database, self.project)
        self.before = (fingerprint(self.project.folder), database_state(server, self.database))
        self.found = investigate(self.project.app, folder / "report", url=url)
        self.after = (fingerprint(self.project.folder), database_state(server, self.database))


@pytest.fixture(scope="module", params=BY_DAY)
def incident(
    request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Incident:
    """Examined once per kit; all tests look at what came of it."""
    return Incident(request.param, server, tmp_path_factory.mktemp("incident"))


def test_it_ends_with_faults_found(incident: Incident) -> None:
    """Exit code 1, an answer on the screen, and no word on stderr but progress."""
    assert incident.found.exit_code == 1, incident.found.stderr
    assert incident.database in incident.found.stdout
    assert len(incident.found.stdout.splitlines()) <= 40


def test_three_issues_above_note_and_the_tracking_table_is_primary(incident: Incident) -> None:
    """The hash is no issue above note, since it has no effect."""
    issues = incident.found.report["issues"]
    above = {i["rule"]: i["role"] for i in issues if i["severity"] != "note"}
    assert above == {
        "stray-file-in-meta": "blocking",
        "missing-migration-file": "blocking",
        "tracking-table-in-two-schemas": "primary",
    }
    noted = [i["rule"] for i in issues if i["severity"] == "note"]
    assert noted == ["edited-migration"]


def test_check_and_generate_are_blocked_by_the_stray_file_alone(incident: Incident) -> None:
    """`generate` lies with its exit code."""
    stray = incident.found.issues()["stray-file-in-meta"]["number"]
    check, generate = incident.found.command("check"), incident.found.command("generate")
    assert (check["outcome"], check["exit_code"], check["blocked_by"]) == ("blocked", 1, [stray])
    assert (generate["outcome"], generate["exit_code"]) == ("blocked", 0)
    assert generate["blocked_by"] == [stray]


def test_migrate_is_blocked_by_the_file_and_behind_it_the_table(incident: Incident) -> None:
    """In the order in which the errors show, each with its true error."""
    issues = incident.found.issues()
    migrate = incident.found.command("migrate")
    assert migrate["outcome"] == "blocked"
    assert migrate["blocked_by"] == [
        issues["missing-migration-file"]["number"],
        issues["tracking-table-in-two-schemas"]["number"],
    ]
    assert "0005_" in migrate["error"]["text"]
    assert "already exists" in issues["tracking-table-in-two-schemas"]["symptom"]


def test_push_asks_and_would_destroy_rows(incident: Incident) -> None:
    """And so it stands among the things not to run."""
    push = incident.found.command("push")
    assert (push["outcome"], push["destructive"]) == ("asks", True)
    assert any("push" in item["action"] for item in incident.found.report["do_not_run"])


def test_the_hash_is_refuted_as_a_cause(incident: Incident) -> None:
    """Also while the file itself is gone."""
    hypotheses = [item["hypothesis"] for item in incident.found.report["refuted"]]
    assert any("hash" in hypothesis for hypothesis in hypotheses)


def test_the_deleted_file_is_traced_to_its_commit(incident: Incident) -> None:
    """The commit is about something else; no person is named."""
    origin = incident.found.issues()["missing-migration-file"]["origin"]
    assert origin["subject"] == incident.project.told.deletion.subject
    developer = incident.project.told.developer
    text = (incident.found.folder / "report.md").read_text(encoding="utf-8")
    assert developer.name not in text
    assert developer.email not in text


def test_the_case_is_unchanged_byte_for_byte_and_row_for_row(incident: Incident) -> None:
    """Files with their times, git's own files, rows, sequences, catalogue, write counters."""
    assert incident.after[0] == incident.before[0]
    assert incident.after[1] == incident.before[1]


def test_the_bundle_alone_gives_the_same_report(incident: Incident, tmp_path: Path) -> None:
    """With project and database out of reach, byte for byte."""
    copy = tmp_path / "bundle"
    shutil.copytree(incident.found.folder / "bundle", copy)
    command = ["-m", "forensics", "report", str(copy), "--output", str(tmp_path / "again")]
    import sys

    subprocess.run(
        [sys.executable, *command, "--format", "json,md"],
        check=True,
        capture_output=True,
        cwd=tmp_path,
    )
    for name in ("report.json", "report.md", "fix.sql", "rollback.sql", "fix.patch"):
        assert (tmp_path / "again" / name).read_bytes() == (
            incident.found.folder / name
        ).read_bytes()


@pytest.fixture(scope="module")
def repaired(
    incident: Incident, tmp_path_factory: pytest.TempPathFactory
) -> tuple[LabProject, str]:
    """Copies of project and database after patch, shell steps and fix.sql, in that order."""
    folder = tmp_path_factory.mktemp("repaired") / "project"
    shutil.copytree(incident.project.folder, folder)
    project = replace(incident.project, folder=folder)
    _apply_patch(incident.found, project)
    _run_shell_steps(incident.found, project)
    name = f"{incident.database}_repaired"
    incident.server.create_database(name, template=incident.database)
    script = (incident.found.folder / "fix.sql").read_text(encoding="utf-8")
    apply_fix(incident.server, name, script, project.app)
    return project, name


def _apply_patch(found: Investigation, project: LabProject) -> None:
    """As the contract says: with `git apply` at `project.root`."""
    at = project.folder / found.report["case"]["project"]["root"]
    subprocess.run(["git", "apply", str(found.folder / "fix.patch")], cwd=at, check=True)


def _run_shell_steps(found: Investigation, project: LabProject) -> None:
    """Deletions of files that git does not know are steps for the shell."""
    for issue in found.report["issues"]:
        for step in (issue["fix"] or {"steps": []})["steps"]:
            if step["type"] == "delete-file" and not step["in_git"]:
                (project.folder / step["path"]).unlink()


@pytest.mark.parametrize("command", ["check", "generate", "migrate", "push"])
def test_after_the_repair_the_real_commands_pass(
    incident: Incident, repaired: tuple[LabProject, str], command: str
) -> None:
    """The real kit on copies: nothing blocked, and push no longer offers to drop the table."""
    project, name = repaired
    rows = "SELECT id, hash, created_at FROM {}.__drizzle_migrations ORDER BY id"
    before = incident.server.execute(rows.format("public"), database=incident.database)
    run = run_kit(project, command, incident.server.url(name))
    assert run.outcome is Outcome.PASSES, run
    assert "delete" not in run.stdout
    assert incident.server.execute(rows.format("drizzle"), database=name) == before


def test_rollback_restores_the_database(
    incident: Incident, repaired: tuple[LabProject, str]
) -> None:
    """The inverse of fix.sql gives back both tables with all rows and sequences."""
    name = f"{incident.database}_rolled_back"
    incident.server.create_database(name, template=repaired[1])
    script = (incident.found.folder / "rollback.sql").read_text()
    incident.server.execute(for_copy(script, name), database=name)
    for query in (
        "SELECT id, hash, created_at FROM public.__drizzle_migrations ORDER BY id",
        "SELECT count(*) FROM drizzle.__drizzle_migrations",
        "SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY 1, 2",
    ):
        restored = incident.server.execute(query, database=name)
        assert restored == incident.server.execute(query, database=incident.database)


def test_fix_sql_refuses_to_run_twice(incident: Incident, repaired: tuple[LabProject, str]) -> None:
    """The guards notice that the state is not the one that was examined."""
    import psycopg

    with pytest.raises(psycopg.Error, match="already|rows|exist"):
        script = (incident.found.folder / "fix.sql").read_text()
        incident.server.execute(for_copy(script, repaired[1]), database=repaired[1])


def test_fix_sql_refuses_a_copy_of_another_name(incident: Incident) -> None:
    """It was made for one database, and says which."""
    import psycopg

    name = f"{incident.database}_other"
    incident.server.create_database(name, template=incident.database)
    with pytest.raises(psycopg.Error, match=f"not the database {incident.database}"):
        incident.server.execute((incident.found.folder / "fix.sql").read_text(), database=name)
