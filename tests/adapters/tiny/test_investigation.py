"""A whole investigation of a project of tally, and tally passes once the repair is applied."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from forensics import pipeline
from forensics.scratch.postgres import Server
from tests.adapters.tiny import Tally
from tests.adapters.tiny.real import Made
from tests.adapters.tiny.samples import EMAIL, HEALTHY, STATES
from tests.collect.repositories import Repo
from tests.support.adapters import add_tools

pytestmark = pytest.mark.slow

OTHERS_WORDS = re.compile(
    r"drizzle|journal|snapshot|\bpush\b|\bmigrate\b|created_at|timestamp of|SHA-256 of|hashes",
    re.IGNORECASE,
)
"""What tally has not."""


def others_words(report: str) -> set[str]:
    """Words of other tools, but for the names that those searched the tree for."""
    lines = (line for line in report.splitlines() if "| search " not in line)
    return {word for line in lines for word in OTHERS_WORDS.findall(line)}


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tally is one of the tools."""
    add_tools(monkeypatch, Tally())


def test_a_healthy_project_has_no_fault(server: Server, tmp_path: Path) -> None:
    """Nor an open question but the history that is not there."""
    made = Made(server, tmp_path / "shop", "healthy", *STATES["healthy"])
    done = pipeline.investigate(made.top, output=tmp_path / "out", database_url=made.url)
    assert done.report.issues == ()
    assert [it.lacks for it in done.report.unanswered if "git" not in it.lacks] == []


@pytest.mark.sample(4)
@pytest.mark.parametrize(
    ("state", "rule"),
    [
        ("table in another schema", "tracking-table-in-two-schemas"),
        ("rows lost", "tracking-rows-missing"),
        ("table missing", "tracking-rows-missing"),
        ("one row lost", "tracking-rows-missing"),
    ],
)
def test_fix_sql_makes_deploy_pass(server: Server, tmp_path: Path, state: str, rule: str) -> None:
    """On the database of the case, which nothing fails in any more."""
    made = Made(server, tmp_path / "shop", f"x_{state}".replace(" ", "_"), *STATES[state])
    done = pipeline.investigate(made.top, output=tmp_path / "out", database_url=made.url)
    (issue,) = done.report.issues
    assert (issue.rule, issue.fix is not None) == (rule, True)
    assert not (said := others_words((tmp_path / "out/report.md").read_text())), said
    assert made.run_on_a_copy("deploy").exit_code == 1
    server.execute((tmp_path / "out/fix.sql").read_text(), database=made.name)
    assert made.run("deploy") == (0, "")
    assert made.run("status") == (0, "")
    again = pipeline.investigate(made.top, output=tmp_path / "again", database_url=made.url)
    assert again.report.issues == ()


def test_fix_patch_brings_a_lost_file_back(server: Server, tmp_path: Path) -> None:
    """From git; the database needs no change."""
    files: Mapping[str, str | bytes] = HEALTHY
    made = Made(server, tmp_path / "shop", "lost_file", {}, STATES["healthy"][1])
    repo = Repo(made.top)
    repo.commit("begin", {path: str(text) for path, text in files.items()})
    repo.commit("tidy up", {f"migrations/{EMAIL}": None})
    assert made.run("status").exit_code == 1
    done = pipeline.investigate(made.top, output=tmp_path / "out", database_url=made.url)
    (issue,) = done.report.issues
    assert (issue.rule, issue.subject) == ("missing-migration-file", f"migrations/{EMAIL}")
    assert issue.origin is not None and issue.origin.subject == "tidy up"
    subprocess.run(["git", "apply", tmp_path / "out/fix.patch"], cwd=made.top, check=True)
    assert made.run("status") == made.run("deploy") == (0, "")
