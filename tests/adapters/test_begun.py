"""A config without migrations, beside one that has some, is no fault; a lost folder is one."""

import json
from pathlib import Path

from forensics.model import Report, Severity
from forensics.pipeline import check
from tests.build import project
from tests.collect.repositories import Repo

CONFIG = '{"dialect": "postgresql", "schema": "./reader.ts", "out": "./reader"}'


def _check(top: Path, *changes: dict[str, str | None], history: bool = False) -> Report:
    repo = Repo(top / "shop")
    repo.commit("begin", {path: str(text) for path, text in project("0000_users").items()})
    repo.commit("add a config", {"drizzle.config.json": CONFIG})
    for change in changes:
        repo.commit("change", change)
    return check(repo.top, history=history)


def _folders(report: Report) -> set[str]:
    return {tool.folder for tool in report.case.tools}


def test_a_config_without_migrations_beside_another_is_set_aside(tmp_path: Path) -> None:
    """It reads another database, say: nothing applies migrations with it."""
    report = _check(tmp_path)
    assert not [issue for issue in report.issues if issue.severity is not Severity.NOTE]
    assert _folders(report) == {"drizzle"}
    assert "drizzle.config.json has no migrations yet" in " ".join(report.limitations)
    assert not [it for it in report.unanswered if it.name == "migrate"]


def test_so_is_one_whose_schema_is_pushed(tmp_path: Path) -> None:
    """Its migrations were never generated, on purpose."""
    script = {"scripts": {"push": "drizzle-kit push --config drizzle.config.json"}}
    assert _folders(_check(tmp_path, {"package.json": json.dumps(script)})) == {"drizzle"}


def test_it_is_judged_where_something_applies_its_migrations(tmp_path: Path) -> None:
    """A script that runs `migrate` with it fails, and that is said."""
    script = {"scripts": {"migrate": "drizzle-kit migrate --config drizzle.config.json"}}
    report = _check(tmp_path, {"package.json": json.dumps(script)})
    assert _folders(report) == {"drizzle", "reader"}
    assert [it for it in report.unanswered if it.name == "migrate"]


def test_a_folder_that_git_knows_is_missing_not_new(tmp_path: Path) -> None:
    """It had migrations, so its absence is not passed over."""
    name = "reader/0000_first.sql"
    report = _check(tmp_path, {name: "SELECT 1;"}, {name: None}, history=True)
    assert _folders(report) == {"drizzle", "reader"}
    assert [it for it in report.unanswered if it.name == "migrate"]
