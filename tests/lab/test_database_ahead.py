"""A database that other commits were applied to: of a branch, of a lost one, and before an edit."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forensics.scratch.postgres import Server, throw_away_postgres
from tests.build import JOURNAL, digest, journal, project, sql, stamps
from tests.cli.test_commands import run
from tests.collect.repositories import Repo

pytestmark = pytest.mark.lab

LISTED = ("0000_a", "0001_b")
LATER = ("0002_branch", "0003_reflog", "0004_dangling")
ALL = (*LISTED, *LATER)
WHENS = dict(zip(ALL, stamps(5), strict=True))


HOSTILE = "-- ``` <script>alert(1)</script> \x1b[31m\n"
"""What an edit may bring into a report."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The report on a repository in which three later migrations are known in three ways."""
    folder = tmp_path_factory.mktemp("ahead")
    repo = _repository(folder / "project")
    with throw_away_postgres() as server:
        url = _database(server)
        out = ("--output", str(folder / "report"), "--format", "json,md,html", "--no-scratch")
        done = run("investigate", str(repo.top), *out, FORENSICS_DATABASE_URL=url)
    assert done.returncode == 1, done.stderr
    yield folder / "report"


@pytest.fixture(scope="module")
def report(folder: Path) -> dict[str, Any]:
    """report.json."""
    loaded: dict[str, Any] = json.loads((folder / "report.json").read_bytes())
    return loaded


def _repository(top: Path) -> Repo:
    repo = Repo(top)
    files = {path: str(text) for path, text in project(*LISTED).items()}
    repo.commit("begin", {**files})
    for tag, branch in zip(LATER, ("feature/x", "gone", "lost"), strict=True):
        repo.git("checkout", "-q", "-b", branch, "main")
        tags = (*LISTED, tag)
        listed = journal(*tags, whens=[WHENS[it] for it in tags])
        repo.commit(f"feat: {tag}", {JOURNAL: listed, f"drizzle/{tag}.sql": sql(tag)})
        repo.git("checkout", "-q", "main")
    edited = f'{HOSTILE}{sql("0001_b")}CREATE INDEX b ON "0001_b" (id);\n'
    repo.commit("edit it", {"drizzle/0001_b.sql": edited})
    lost = repo.git("rev-parse", "lost")
    repo.git("branch", "-q", "-D", "gone", "lost")
    log = repo.top / ".git/logs/HEAD"
    log.write_text("".join(it for it in log.read_text().splitlines(True) if lost not in it))
    return repo


def _database(server: Server) -> str:
    server.create_database("ahead")
    values = ", ".join(f"('{digest(sql(tag))}', {WHENS[tag]})" for tag in ALL)
    tables = "".join(sql(tag) for tag in ALL)
    server.execute(
        f"{tables} CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations "
        "(id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);"
        f"INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES {values}",
        database="ahead",
    )
    return server.url("ahead")


@pytest.mark.parametrize(
    ("tag", "where"),
    [
        ("0002_branch", '("feat: 0002_branch"), on feature/x'),
        ("0003_reflog", '("feat: 0003_reflog"), on reflog'),
        ("0004_dangling", "in an object of git that no ref leads to any more"),
    ],
)
def test_each_row_is_traced(report: dict[str, Any], tag: str, where: str) -> None:
    """By stamp and hash: which branch and commit, and what ran."""
    found = {issue["subject"]: issue for issue in report["issues"]}[tag]
    assert found["rule"] == "applied-but-unknown-migration"
    assert where in found["root_cause"]
    assert "What ran is git blob" in found["root_cause"]
    assert found["fix"] is None


def test_no_step_destroys_anything(report: dict[str, Any]) -> None:
    """Only the branch that is there can be merged; the database is not to be changed."""
    found = [it for it in report["issues"] if it["rule"] == "applied-but-unknown-migration"]
    steps = [step for it in found for other in it["alternatives"] for step in other["steps"]]
    assert [step["argv"] for step in steps] == [["git", "merge", "feature/x"]]
    assert report["database_changes"] == []


def test_what_changed_since_it_was_applied_is_shown(report: dict[str, Any], folder: Path) -> None:
    """The commit, the depth, and the lines, whatever stands in them."""
    (found,) = (it for it in report["issues"] if it["rule"] == "edited-migration")
    assert '("begin"): that version was applied' in found["root_cause"]
    assert "Since then its statements changed" in found["root_cause"]
    assert not found["cosmetic"]
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert '+CREATE INDEX b ON "0001_b" (id);' in text.splitlines()
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "CREATE INDEX b ON" in page
    for written in (text, page):
        assert "\x1b" not in written
    assert "<script>alert(1)" not in page
