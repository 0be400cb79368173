"""Repositories that hold less than everything: what they hold is said, and nothing beyond it."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from forensics.demo.project import STRAY_FILE
from tests.collect.repositories import Repo
from tests.lab.investigation import Investigation
from tests.lab.situations import (
    APP,
    FILES,
    GONE,
    INCIDENT,
    QUICK,
    World,
    copied,
    faults,
    lacking,
    look,
    run,
    screen,
)

pytestmark = pytest.mark.lab

SUBJECT = "feat(1.8): waiting list, first draft"
"""Of the commit that deleted the file."""


def test_a_container_without_git_has_faults_without_origin(world: World, tmp_path: Path) -> None:
    """Nothing is made up about when or how; the steps are for the project's own folder."""
    app = _not_to_be_rebuilt(copied(world.broken / APP, tmp_path / "app"))
    found = look(app, tmp_path / "out", url=world.url())
    assert (found.exit_code, faults(found)) == (1, INCIDENT)
    assert {issue["origin"] for issue in found.report["issues"]} == {None}
    assert (
        "Without git, it is unknown when it was removed. Nothing here can restore it: search the "
        "repository, or find the machine that ran this migration."
    ) in _lost(found)["root_cause"]
    assert "there is no git repository here" in lacking(found, "origin")
    assert "# In the project's folder: rm -- drizzle/meta/tmp-4f2a-cwd" in screen(found)
    assert "no fix is known for issue 2" in screen(found)


def test_a_healthy_container_without_git_is_healthy(world: World, tmp_path: Path) -> None:
    """Only the origin of faults is in doubt, and there are none: exit code 0."""
    app = copied(world.healthy / APP, tmp_path / "app")
    found = look(app, tmp_path / "out", url=world.url("healthy"))
    assert (found.exit_code, found.report["issues"]) == (0, [])
    assert found.stdout.splitlines()[0] == "drizzle-kit: no issue found"
    assert {question["rule"] for question in found.report["unanswered"]} == {"origin"}


def test_where_git_is_not_installed_its_history_is_not_seen(world: World, tmp_path: Path) -> None:
    """The repository is there, nobody can read it: that is said, and what to do."""
    out = tmp_path / "out"
    found = run(
        *("investigate", world.broken / APP, "--output", out, *QUICK),
        output=out,
        wrapper=("env", "PATH=/nonexistent"),
    )
    assert (found.exit_code, faults(found)) == (1, FILES)
    told = lacking(found, "origin")
    assert told.startswith("the git history (git is not installed")
    assert told.endswith("install git, and run it again")


def test_a_shallow_clone_never_says_never_committed(world: World, tmp_path: Path) -> None:
    """It knows what it does not have, and how to get it."""
    found = _look_at_clone(world, tmp_path, "--depth", "1")
    assert (found.exit_code, faults(found)) == (1, INCIDENT)
    cause = _lost(found)["root_cause"]
    assert "t is not in the history available here (the clone is shallow" in cause
    assert "complete the clone with `git fetch --unshallow`" in cause
    assert "complete the clone with `git fetch --unshallow`" in lacking(found, "origin")
    assert "never committed" not in (found.folder / "report.json").read_text(encoding="utf-8")


@pytest.mark.night
def test_a_partial_clone_fetches_nothing_and_says_that_git_would(
    world: World, tmp_path: Path
) -> None:
    """The commits are all there: the origin is known, the bytes come with a checkout."""
    found = _look_at_clone(world, tmp_path, "--filter=blob:none")
    issue = _lost(found)
    assert issue["origin"]["subject"] == SUBJECT
    assert "Git knows its bytes and fetches them when they are checked out" in issue["root_cause"]
    (step,) = issue["fix"]["steps"]
    assert step["argv"][:2] == ["git", "checkout"]
    assert "the clone is partial" in lacking(found, "origin")
    clone = Repo(tmp_path / "clone", init=False)
    clone.git(*step["argv"][1:])
    assert (clone.top / GONE).is_file()


def test_a_missing_blob_costs_that_blob(world: World, tmp_path: Path) -> None:
    """The origin is known, but nobody is sent to fetch bytes that are not there."""
    project = copied(world.broken, tmp_path / "project")
    blob = Repo(project, init=False).git("rev-parse", f"HEAD~1:{GONE}")
    (project / ".git/objects" / blob[:2] / blob[2:]).unlink()
    found = look(_not_to_be_rebuilt(project / APP), tmp_path / "out", url=world.url())
    assert (found.exit_code, faults(found)) == (1, INCIDENT)
    issue = _lost(found)
    assert (issue["fix"], issue["origin"]["subject"]) == (None, SUBJECT)
    assert f"(blob {blob[:10]}), but the object store here lacks them" in issue["root_cause"]
    assert "1 of 20 file contents are missing" in lacking(found, "origin")
    assert "git checkout" not in screen(found)


def test_a_worktree_has_the_history_of_its_repository(world: World, tmp_path: Path) -> None:
    """Its own HEAD, everybody's commits."""
    repository = Repo(copied(world.broken, tmp_path / "repository"), init=False)
    repository.git("worktree", "add", "-q", "--detach", str(tmp_path / "tree"), "HEAD~1")
    found = look(tmp_path / "tree" / APP, tmp_path / "out", url=world.url())
    case = found.report["case"]["project"]
    assert (case["root"], case["head"], case["branch"]) == (
        APP,
        repository.git("rev-parse", "HEAD~1"),
        None,
    )
    assert faults(found) == {"tracking-table-in-two-schemas"}
    assert found.issues()["tracking-table-in-two-schemas"]["origin"] is not None


@pytest.fixture
def outer(world: World, tmp_path: Path) -> Path:
    """A repository that has the incident's as a submodule."""
    repository = Repo(tmp_path / "outer")
    allowed = ("-c", "protocol.file.allow=always")
    repository.git(*allowed, "submodule", "add", "-q", f"file://{world.broken}", "libs/clinic")
    repository.commit("add the clinic")
    shutil.copy2(world.broken / STRAY_FILE, repository.top / "libs/clinic" / STRAY_FILE)
    return repository.top


def test_a_submodule_is_examined_as_the_repository_that_it_is(
    world: World, outer: Path, tmp_path: Path
) -> None:
    """Given its folder, all is found as in the repository itself."""
    found = look(outer / "libs/clinic" / APP, tmp_path / "out", url=world.url())
    assert (found.exit_code, faults(found)) == (1, INCIDENT)
    assert found.report["case"]["project"]["root"] == APP
    assert _lost(found)["origin"]["subject"] == SUBJECT


def test_from_outside_a_submodule_has_a_history_that_was_not_read(
    world: World, outer: Path, tmp_path: Path
) -> None:
    """The outer repository never held the file, which proves nothing."""
    found = look(outer, tmp_path / "out", url=world.url())
    assert (found.exit_code, faults(found)) == (1, INCIDENT)
    assert "libs/clinic is a repository of its own" in _lost(found)["root_cause"]
    assert "run it on libs/clinic" in lacking(found, "origin")
    assert "never committed" not in (found.folder / "report.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("revision", "code", "rules"),
    [
        ("main~1", 0, set()),
        ("HEAD", 1, INCIDENT - {"stray-file-in-meta"}),
    ],
)
def test_a_commit_is_examined_as_it_was(
    world: World, tmp_path: Path, revision: str, code: int, rules: set[str]
) -> None:
    """Healthy before the damage; what lies untracked in the working tree is not of the commit."""
    found = look(world.broken / APP, tmp_path / "out", "--at", revision, url=world.url())
    assert (found.exit_code, faults(found)) == (code, rules)
    head = Repo(world.broken, init=False).git("rev-parse", revision)
    assert found.report["case"]["project"]["head"] == head


def test_a_commit_that_is_not_there_is_one_line(world: World, tmp_path: Path) -> None:
    """Exit code 2, and what to give."""
    found = look(world.broken / APP, tmp_path / "out", "--at", "nosuch")
    assert found.exit_code == 2
    (line,) = found.stderr.splitlines()
    assert line.startswith("forensics: 'nosuch' is not a commit that can be read here")
    assert "Give a commit, branch or tag" in line


def _look_at_clone(world: World, tmp_path: Path, *how: str) -> Investigation:
    source = world.broken
    if "--filter=blob:none" in how:
        source = copied(world.broken, tmp_path / "source")
        Repo(source, init=False).git("config", "uploadpack.allowFilter", "true")
    Repo(tmp_path, init=False).git("clone", "-q", *how, f"file://{source}", "clone")
    shutil.copy2(world.broken / STRAY_FILE, tmp_path / "clone" / STRAY_FILE)
    app = _not_to_be_rebuilt(tmp_path / "clone" / APP)
    return look(app, tmp_path / "out", url=world.url())


def _not_to_be_rebuilt(app: Path) -> Path:
    """Without the snapshot before it, git alone can give the file back."""
    (app / "drizzle/meta/0004_snapshot.json").unlink()
    return app


def _lost(found: Investigation) -> dict[str, Any]:
    """The issue about the file that is gone."""
    return found.issues()["missing-migration-file"]
