"""A project may bring programs with the names of those that we start: none of them runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from forensics import pipeline
from forensics.collect.people import authors_of
from forensics.system.programs import is_trusted
from tests.build import project
from tests.collect.repositories import Repo

NAMES = (
    *("git", "env", "sh", "uname", "pg_dump", "pg_config", "psql", "postgres", "initdb"),
    *("mariadbd", "node", "npm", "ssh-keygen", "openssl", "less", "fc-list", "ldconfig"),
)
FOLDERS = ("node_modules/.bin", "bin")


@pytest.fixture
def planted(tmp_path: Path) -> Repo:
    """A repository with a migration, and a program of each name in two of its folders."""
    repo = Repo(tmp_path / "project")
    files: dict[str, str | None] = {it: str(text) for it, text in project("0000_a").items()}
    for folder in FOLDERS:
        for name in NAMES:
            files[f"{folder}/{name}"] = f"#!/bin/sh\necho {folder}/{name} >> {tmp_path}/canary\n"
    repo.commit("begin", files)
    for folder in FOLDERS:
        for name in NAMES:
            (repo.top / folder / name).chmod(0o755)
    return repo


def test_a_project_without_git_is_distrusted_too(tmp_path: Path) -> None:
    """What it brings is not found from then on, whatever looks for it: the scratch server too."""
    for path, text in project("0000_a").items():
        (tmp_path / "project" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "project" / path).write_text(str(text))
    assert is_trusted(tmp_path / "project" / "bin" / "initdb")
    pipeline.check(tmp_path / "project")
    assert not is_trusted(tmp_path / "project" / "bin" / "initdb")
    assert is_trusted(tmp_path / "initdb")


def test_a_repository_whose_authors_are_read_is_distrusted(planted: Repo) -> None:
    """For an external edition, nothing else of it is examined."""
    assert is_trusted(planted.top / "bin" / "git")
    authors_of(planted.top)
    assert not is_trusted(planted.top / "bin" / "git")


@pytest.mark.slow
def test_no_planted_program_runs(planted: Repo, tmp_path: Path) -> None:
    """Started as a package manager starts us, in the project; git's history is read all the same."""
    folders = [str(planted.top / it) for it in FOLDERS]
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([*folders, *FOLDERS, "", os.environ["PATH"]]),
        "GIT_TRACE": "0",  # what we leave out of git's environment is left out by a program
    }
    done = subprocess.run(
        [sys.executable, "-m", "forensics", "investigate", "--output", str(tmp_path / "out")],
        cwd=planted.top,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode in (0, 3), done.stderr
    assert "git is not installed" not in done.stdout + done.stderr
    assert not (tmp_path / "canary").exists(), (tmp_path / "canary").read_text()
