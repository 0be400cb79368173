"""Faults over time, in real repositories: what brought each, and what ended it."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from forensics import pipeline
from forensics.analysis import past as under_test
from forensics.model import Spell
from forensics.render.lines import render_lines
from tests.build import JOURNAL, journal, project, snapshot
from tests.collect.repositories import Repo

Told = tuple[str, str, str | None, str | None, str | None]
"""Rule, name of the subject, and the subjects of the commits that brought, merged and ended it."""


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A healthy project with two migrations."""
    made = Repo(tmp_path / "app")
    made.commit("begin", _text(project("0000_a", "0001_b")))
    return made


def _text(files: dict[str, str | bytes]) -> dict[str, str | None]:
    return {path: text if isinstance(text, str) else text.decode() for path, text in files.items()}


def told(found: Iterable[Spell]) -> list[Told]:
    """Each fault by what commits say of themselves."""
    return [
        (
            it.rule,
            it.subject.rpartition("/")[2],
            it.came.subject if it.came else None,
            it.by.subject if it.by else None,
            it.went.subject if it.went else None,
        )
        for it in found
    ]


def history(repo: Repo) -> list[Told]:
    """What `check --history` says of the past."""
    return told(pipeline.check(repo.top, history=True).history)


def test_a_healthy_history_has_no_faults(repo: Repo) -> None:
    """Each commit brings a migration whole."""
    repo.commit("third", _text(project("0000_a", "0001_b", "0002_c")))
    assert history(repo) == []


def test_a_fault_came_with_one_commit_and_went_with_another(repo: Repo) -> None:
    """A file that no list names, then deleted; what went tells how."""
    repo.commit("by hand", {"drizzle/0002_hand.sql": "SELECT 1;"})
    repo.commit("tidy", {"drizzle/0002_hand.sql": None})
    assert history(repo) == [("unlisted-migration-file", "0002_hand.sql", "by hand", None, "tidy")]
    report = pipeline.check(repo.top, history=True)
    assert report.issues == ()
    assert report.history[0].how == "deletes drizzle/0002_hand.sql"
    assert "over time: unlisted-migration-file" in render_lines(report, "text")


def test_a_repair_that_brings_the_next_fault_shows_both(repo: Repo) -> None:
    """A file is lost; who lists it no more takes away its snapshot's entry only."""
    repo.commit("lose", {"drizzle/0001_b.sql": None})
    repo.commit("repair", {JOURNAL: journal("0000_a")})
    assert history(repo) == [
        ("missing-migration-file", "0001_b.sql", "lose", None, "repair"),
        ("orphan-snapshot", "0001_snapshot.json", "repair", None, None),
    ]


def test_what_a_branch_brought_names_its_commit_and_the_merge(repo: Repo) -> None:
    """HEAD has it since the merge."""
    repo.git("checkout", "-q", "-b", "side")
    repo.commit("work", {"drizzle/0002_side.sql": "SELECT 1;"})
    repo.git("checkout", "-q", "main")
    repo.commit("meanwhile", {"README.md": "x"})
    repo.git("merge", "-q", "--no-ff", "-m", "merge side", "side")
    assert history(repo) == [
        ("unlisted-migration-file", "0002_side.sql", "merge side", "work", None)
    ]


def test_what_only_the_merge_did_is_the_merges(repo: Repo) -> None:
    """Both sides have a third migration; neither has two of one number."""
    repo.git("checkout", "-q", "-b", "side")
    repo.commit("side", _text(project("0000_a", "0001_b", "0002_side")))
    repo.git("checkout", "-q", "main")
    repo.commit("main", _text(project("0000_a", "0001_b", "0002_main")))
    repo.git("merge", "-q", "--no-ff", "--no-commit", "-s", "ours", "side")
    both: dict[str, str | None] = {
        JOURNAL: journal("0000_a", "0001_b", "0002_main", "0002_side"),
        "drizzle/0002_side.sql": 'CREATE TABLE "0002_side" ("id" serial);',
        "drizzle/meta/0003_snapshot.json": snapshot(3).replace("-000000000003", "-000000000002"),
    }
    repo.commit("merge side", both)
    found = history(repo)
    assert ("snapshot-collision", "0003_snapshot.json", "merge side", None, None) in found
    assert {came for _, _, came, _, _ in found} == {"merge side"}


def test_a_snapshot_of_the_past_is_judged_as_the_tool_would(repo: Repo) -> None:
    """Empty, and another file among them: what is kept of each says so."""
    repo.commit("cut", {"drizzle/meta/0001_snapshot.json": ""})
    repo.commit("mend", {"drizzle/meta/0001_snapshot.json": snapshot(1)})
    repo.commit("stray", {"drizzle/meta/README.md": "# Snapshots"})
    repo.commit("move", {"drizzle/meta/README.md": None, "drizzle/README.md": "# Snapshots"})
    assert history(repo) == [
        ("malformed-snapshot", "0001_snapshot.json", "cut", None, "mend"),
        ("stray-file-in-meta", "README.md", "stray", None, "move"),
    ]


def test_where_the_oldest_state_has_it_nobody_says_what_brought_it(
    repo: Repo, tmp_path: Path
) -> None:
    """A shallow clone begins with everything."""
    repo.commit("by hand", {"drizzle/0002_hand.sql": "SELECT 1;"})
    repo.commit("more", {"drizzle/0002_hand.sql": "SELECT 2;"})
    shallow = Repo(tmp_path / "shallow", init=False)
    shallow.top = tmp_path
    shallow.git("clone", "-q", "--depth", "1", f"file://{repo.top}", "shallow")
    shallow.top = tmp_path / "shallow"
    assert history(shallow) == [("unlisted-migration-file", "0002_hand.sql", None, None, None)]


def test_of_a_long_history_the_newest_states_are_judged(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came before is there from the start."""
    monkeypatch.setattr(under_test, "MOST", 2)
    repo.commit("by hand", {"drizzle/0002_hand.sql": "SELECT 1;"})
    for number in range(3):
        repo.commit(f"work {number}", {"drizzle/0000_a.sql": f"SELECT {number};"})
    repo.commit("stray", {"drizzle/meta/tmp": "x"})
    assert history(repo) == [
        ("unlisted-migration-file", "0002_hand.sql", None, None, None),
        ("stray-file-in-meta", "tmp", "stray", None, None),
    ]


def test_the_origin_of_an_issue_is_where_head_has_it_from(repo: Repo) -> None:
    """Not a later merge that carries the fault back into a branch, which came to HEAD, too."""
    twice = _text(project("0000_a", "0001_b"))
    entries = json.loads(journal("0000_a", "0001_b", "0002_c"))
    entries["entries"][2]["idx"] = 1
    repo.git("checkout", "-q", "-b", "side")
    repo.commit("side work", {"drizzle/side.txt": "x"})
    repo.git("checkout", "-q", "main")
    third = {"drizzle/0002_c.sql": "SELECT 3;", "drizzle/meta/0002_snapshot.json": snapshot(2)}
    repo.commit("twice the number", {**twice, **third, JOURNAL: json.dumps(entries)})
    repo.git("checkout", "-q", "side")
    repo.git("merge", "-q", "--no-ff", "-m", "main into side", "main")
    repo.git("checkout", "-q", "main")
    repo.commit("meanwhile", {"x": "x"})
    repo.git("merge", "-q", "--no-ff", "-m", "side into main", "side")
    report = pipeline.check(repo.top, history=True)
    (issue,) = [it for it in report.issues if it.rule == "duplicate-migration-index"]
    assert issue.origin is not None and issue.origin.subject == "twice the number"


def test_without_git_or_history_nothing_is_said_of_the_past(repo: Repo, tmp_path: Path) -> None:
    """No error either."""
    repo.commit("by hand", {"drizzle/0002_hand.sql": "SELECT 1;"})
    assert pipeline.check(repo.top).history == ()
    bare = tmp_path / "bare"
    for path, text in _text(project("0000_a")).items():
        (bare / path).parent.mkdir(parents=True, exist_ok=True)
        (bare / path).write_text(text or "")
    assert pipeline.check(bare, history=True).history == ()
