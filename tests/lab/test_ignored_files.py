"""Files that git ignores: a clone lacks them, so the real `migrate` stops there, until they are added."""

import subprocess
from copy import copy
from pathlib import Path

import pytest

from forensics.model import RunCommand, Severity
from forensics.scratch.postgres import Server
from tests.lab.small import Ran, Small
from tests.lab.transcript import Outcome

pytestmark = pytest.mark.lab

KIT = "0.31.11"
"""What it says of a missing file is the same for every release."""
ORDERS = 'CREATE TABLE "orders" ("id" serial PRIMARY KEY NOT NULL);'
NOTE = 'ALTER TABLE "orders" ADD COLUMN "note" text;'
FILE = "drizzle/0001_step.sql"
INSTANCES = {
    "a pattern at the top": (".gitignore", "node_modules\n*.sql\n!0000*\n", FILE),
    "a list below": ("drizzle/.gitignore", "0001*\n", FILE),
    "the whole folder": (".gitignore", "node_modules\ndrizzle/\n", "drizzle"),
    "a list that is not shared": (".git/info/exclude", "0001_*.sql\n", FILE),
    "the list of the user": ("../home/ignored", "0001_*.sql\n", FILE),
}
"""Name -> where the rule stands, what stands there, and the subject of the issue."""


@pytest.mark.sample(4)
@pytest.mark.parametrize("name", INSTANCES)
def test_a_clone_lacks_what_git_ignores_until_it_is_added(
    name: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The author sees nothing of it: there every file is in its place."""
    place, rules, subject = INSTANCES[name]
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(f"[core]\n\texcludesFile = {home}/ignored\n", "utf-8")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    small = Small(tmp_path / "project", KIT, server, f"ignored_{[*INSTANCES].index(name)}")
    small.write(ORDERS, NOTE)
    git(small.folder, "init", "-q")
    (small.folder / place).write_text(rules, "utf-8")
    small.commit("orders with a note")
    assert cloned(small, tmp_path / "before").outcome is Outcome.BLOCKED
    report = small.investigate(scratch=False)
    (issue,) = (it for it in report.issues if it.severity is not Severity.NOTE)
    assert (issue.rule, issue.subject) == ("ignored-migration-file", subject)
    assert f"{Path(place).name}:" in issue.root_cause
    assert issue.fix is not None
    for step in issue.fix.steps:
        assert isinstance(step, RunCommand)
        git(small.folder, *step.argv[1:])
    small.commit("add what was ignored")
    assert cloned(small, tmp_path / "after").outcome is Outcome.PASSES
    assert not small.investigate(scratch=False).issues
    small.gone()


def cloned(small: Small, folder: Path) -> Ran:
    """What the real kit does in a clone."""
    git(folder.parent, "clone", "-q", str(small.folder), str(folder))
    (folder / "node_modules").symlink_to((small.folder / "node_modules").resolve())
    there = copy(small)
    there.folder = folder
    return there.migrate()


def git(folder: Path, *arguments: str) -> None:
    """What a developer types."""
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)
