"""The lab itself: the real kits do what the reference says, and the projects are what the real kits wrote."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from forensics.demo.project import STRAY_FILE
from forensics.scratch.postgres import Server
from tests.lab.build import (
    ALL_FAULTS,
    Deletion,
    Fault,
    Home,
    LabProject,
    build_project,
)
from tests.lab.databases import RecordedHash, fresh_database
from tests.lab.expected import expected_matrix
from tests.lab.generate import drift
from tests.lab.kits import BY_DAY, KITS, LAB
from tests.lab.matrix import ARMS, Arm, arm_matrix
from tests.lab.observe import CASES, Observation, recorded, remeasure
from tests.lab.story import PROJECTS, story
from tests.support.sampling import FULL

pytestmark = pytest.mark.lab

ROWS = "SELECT id FROM {}.__drizzle_migrations ORDER BY id"


@pytest.fixture(scope="module", params=BY_DAY)
def incident(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> LabProject:
    """Each kit's project with all four faults and its history; it is only read."""
    return build_project(tmp_path_factory.mktemp("incident") / "project", request.param, ALL_FAULTS)


@pytest.mark.parametrize("arm", ARMS, ids=lambda arm: arm.name)
def test_the_real_kit_does_what_the_reference_says(arm: Arm) -> None:
    """All cells of an arm: outcome, exit code and first line."""
    seen = {
        cell: (run.outcome, run.exit_code, run.first_error) for cell, run in arm_matrix(arm).items()
    }
    assert seen == expected_matrix(arm)


@pytest.mark.parametrize("kit", BY_DAY)
def test_no_cell_changes_the_files(kit: str) -> None:
    """Neither the healthy nor the broken project is written to by the four commands."""
    matrix = arm_matrix(next(arm for arm in ARMS if arm.kit == kit))
    assert {run.changed for run in matrix.values()} == {()}


@pytest.mark.sample(2, start=1)
@pytest.mark.parametrize("project", PROJECTS.values())
def test_the_real_kit_would_write_the_committed_migrations_again(project: str) -> None:
    """Byte for byte, but for the random ids of the snapshots."""
    assert drift(story(project)) == []


def test_what_was_recorded_is_what_a_sample_of_the_real_runs_shows() -> None:
    """Every fiftieth recorded observation is measured again; by `make lab-full`, all of them."""
    sample = recorded()[:: 1 if os.environ.get(FULL) else 50]
    differences = [(old, new) for old, new in remeasure(sample) if _essence(old) != _essence(new)]
    assert differences == []


def test_every_case_was_recorded() -> None:
    """Whoever adds a case measures it: python -m tests.lab.observe."""
    known = {(seen.kit, seen.case, seen.command) for seen in recorded()}
    assert known == {(k, case.name, c) for k in KITS for case in CASES for c in case.commands}


def test_the_history_is_the_same_every_time(incident: LabProject, tmp_path: Path) -> None:
    """The same faults give the same commit ids."""
    again = build_project(tmp_path / "again", incident.kit, ALL_FAULTS)
    assert _git(incident, "rev-parse", "HEAD") == _git(again, "rev-parse", "HEAD")


def test_git_does_not_see_the_stray_file(incident: LabProject) -> None:
    """F1 is hidden by an ignore rule; nothing else is uncommitted."""
    assert _git(incident, "status", "--porcelain") == ""
    assert "tmp-*" in _git(incident, "check-ignore", "-v", STRAY_FILE.as_posix())


def test_a_commit_about_something_else_deleted_the_file(incident: LabProject) -> None:
    """F2 has its origin in git."""
    path = f"apps/api/drizzle/{incident.told.tags[-1]}.sql"
    subjects = _git(incident, "log", "--diff-filter=D", "--format=%s", "--", path)
    assert subjects.strip() == incident.told.deletion.subject


def test_the_file_can_be_deleted_in_the_working_tree_only(tmp_path: Path) -> None:
    """The other way to F2."""
    project = build_project(
        tmp_path / "project", "0.21.4", frozenset({Fault.F2}), deletion=Deletion.WORKING_TREE
    )
    assert _git(project, "status", "--porcelain").split() == [
        "D",
        f"apps/api/drizzle/{project.told.tags[-1]}.sql",
    ]


def test_the_rows_of_the_incident_stand_beside_an_empty_table(
    incident: LabProject, server: Server
) -> None:
    """F4: ids 13 to 18 in public; failed runs advanced the other sequence only where 0000 passes twice."""
    with fresh_database(server, incident) as name:
        public = server.execute(ROWS.format("public"), database=name)
        drizzle = server.execute(ROWS.format("drizzle"), database=name)
        ((last, called),) = server.execute(
            "SELECT last_value, is_called FROM drizzle.__drizzle_migrations_id_seq", database=name
        )
    assert (public, drizzle) == ([(number,) for number in range(13, 19)], [])
    assert (last, called) == ((3, True) if incident.kit == "0.21.4" else (1, False))


def test_the_recorded_hash_is_off_in_one_row(incident: LabProject, server: Server) -> None:
    """F3 touches the row of the last migration only."""
    with fresh_database(server, incident, recorded=RecordedHash.GARBAGE) as name:
        hashes = server.execute(
            "SELECT hash FROM public.__drizzle_migrations ORDER BY id", database=name
        )
    assert [value == "garbage" for (value,) in hashes] == [False] * 5 + [True]


def test_the_ordinary_project_keeps_its_rows_in_schema_drizzle(
    tmp_path: Path, server: Server
) -> None:
    """Without faults and with home drizzle there is one tracking table, ids 1 to 6."""
    project = build_project(tmp_path / "project", "0.21.4", home=Home.DRIZZLE)
    with fresh_database(server, project) as name:
        tables = server.execute(
            "SELECT schemaname::text FROM pg_tables WHERE tablename = '__drizzle_migrations'",
            database=name,
        )
        rows = server.execute(ROWS.format("drizzle"), database=name)
    assert (tables, rows) == ([("drizzle",)], [(number,) for number in range(1, 7)])


@pytest.mark.parametrize("kit", KITS)
def test_lock_files_name_no_registry(kit: str) -> None:
    """Npm ci works with whatever registry is configured where the lab is run."""
    lock = json.loads((LAB / "kits" / kit / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []


def _essence(seen: Observation) -> tuple[object, ...]:
    """What must not differ; the wording of JSON errors depends on the version of Node.js."""
    wording = seen.first_error if "JSON" not in seen.first_error else "JSON"
    return (
        seen.kit,
        seen.case,
        seen.command,
        seen.exit_code,
        seen.outcome,
        wording,
        seen.changed,
        seen.rows,
    )


def _git(project: LabProject, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=project.folder, capture_output=True, text=True, check=True
    ).stdout
