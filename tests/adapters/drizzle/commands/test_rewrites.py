"""Tests of `up` and `drop`: what they do to the files of a tiny project."""

import json
from pathlib import Path

import msgspec
import pytest

from forensics.adapters.base import Hints, Rewrite
from forensics.adapters.drizzle import Drizzle
from forensics.collect.tree import WorkingTree
from forensics.model import CommandOutcome
from tests.lab.build import LabProject
from tests.lab.edits import append_entry, remove, set_keys, snapshot
from tests.lab.releases.project import TAGS, tiny_project

OLD, NEW = "0.22.8", "0.31.11"
FOLDER = "apps/api/drizzle"
JOURNAL = f"{FOLDER}/meta/_journal.json"
FILE, SNAPSHOT = f"{FOLDER}/{TAGS[1]}.sql", f"{FOLDER}/{snapshot(1)}"


@pytest.fixture
def project(tmp_path: Path) -> LabProject:
    """A healthy one, with snapshots of version 7."""
    return tiny_project(tmp_path / "project", NEW)


def rewrite(
    project: LabProject, command: str, *, version: str = NEW, answer: str | None = None
) -> Rewrite:
    """What one release would do."""
    tree = WorkingTree(project.folder)
    (tool,) = Drizzle().detect(tree, "", Hints())
    tool = msgspec.structs.replace(tool, version=version)
    done = Drizzle().rewrites.rewrite(
        tree, Drizzle().facts(tree, tool, None, None), command, answer
    )
    assert done is not None
    return done


def test_up_finds_nothing_to_do_in_a_healthy_folder(project: LabProject) -> None:
    """It says what check says, and writes nothing."""
    done = rewrite(project, "up")
    assert (done.prediction.outcome, done.written) == (CommandOutcome.PASSES, ())


def test_up_adds_what_later_snapshots_have(project: LabProject) -> None:
    """A snapshot of version 6 becomes one of version 7; its names stay."""
    set_keys(snapshot(1), version="6")(project)
    ((path, text),) = rewrite(project, "up").written
    made = json.loads(text)
    assert (path, made["version"], made["policies"]) == (SNAPSHOT, "7", {})
    assert made["id"] == json.loads((project.folder / SNAPSHOT).read_bytes())["id"]


def test_up_adds_no_policies_before_0_27(project: LabProject) -> None:
    """Every release writes what it knows."""
    set_keys(snapshot(1), version="6")(project)
    ((_, text),) = rewrite(project, "up", version=OLD).written
    assert "policies" not in json.loads(text)


def test_up_passes_over_what_is_no_snapshot(project: LabProject) -> None:
    """Everything is fine, it says, and leaves it as it is."""
    set_keys(snapshot(1), tables=...)(project)
    done = rewrite(project, "up")
    assert (done.prediction.exit_code, done.written) == (0, ())


def test_up_stops_at_what_is_no_json(project: LabProject) -> None:
    """As check does, with the same words; nothing is written before."""
    set_keys(snapshot(0), version="6")(project)
    (project.folder / FOLDER / "meta" / "tmp").write_text("no", encoding="utf-8")
    done = rewrite(project, "up")
    assert (done.prediction.exit_code, done.written) == (1, ())
    assert "not valid JSON" in done.prediction.message


def test_up_of_a_folder_without_snapshots_is_not_claimed(project: LabProject) -> None:
    """It would begin a new folder."""
    remove("meta")(project)
    assert rewrite(project, "up").prediction.outcome is CommandOutcome.UNKNOWN


def test_drop_takes_the_newest(project: LabProject) -> None:
    """Its file and its snapshot go; the journal forgets it."""
    done = rewrite(project, "drop")
    ((path, text),) = done.written
    assert done.prediction.outcome is CommandOutcome.ASKS
    assert done.prediction.destructive
    assert (done.answer, done.deleted, path) == (TAGS[1], (FILE, SNAPSHOT), JOURNAL)
    assert [entry["tag"] for entry in json.loads(text)["entries"]] == [TAGS[0]]


def test_drop_takes_what_it_is_told(project: LabProject) -> None:
    """The answer names one in the middle."""
    done = rewrite(project, "drop", answer=TAGS[0])
    assert done.deleted == (f"{FOLDER}/{TAGS[0]}.sql", f"{FOLDER}/{snapshot(0)}")


def test_nobody_can_answer_with_what_is_not_listed(project: LabProject) -> None:
    """There is no such choice."""
    with pytest.raises(KeyError):
        rewrite(project, "drop", answer="0009_none")


@pytest.mark.parametrize(("version", "deleted"), [(OLD, (FILE,)), (NEW, (FILE, SNAPSHOT))])
def test_which_snapshot_drop_deletes_changed_in_0_23(
    version: str, deleted: tuple[str, ...], project: LabProject
) -> None:
    """Before, the one that `idx` names: where that is not there, it stops after the file."""
    path = project.folder / JOURNAL
    journal = json.loads(path.read_bytes())
    for entry in journal["entries"]:
        entry["idx"] += 1
    path.write_text(json.dumps(journal), encoding="utf-8")
    done = rewrite(project, "drop", version=version)
    assert done.deleted == deleted
    assert bool(done.error) is (version == OLD)


def test_drop_stops_halfway_where_the_snapshot_is_gone(project: LabProject) -> None:
    """The file is deleted, and still listed: another fault."""
    remove(snapshot(1))(project)
    done = rewrite(project, "drop")
    assert (done.deleted, done.written) == ((FILE,), ())
    assert done.error.startswith("ENOENT: no such file or directory, lstat")


def test_drop_does_nothing_where_the_file_is_gone(project: LabProject) -> None:
    """It starts with the file."""
    append_entry("0002_gone", None, later=1)(project)
    assert rewrite(project, "drop").deleted == ()


def test_drop_asks_nothing_of_an_empty_list(project: LabProject) -> None:
    """It says so and ends."""
    set_keys("meta/_journal.json", entries=[])(project)
    done = rewrite(project, "drop")
    assert (done.prediction.outcome, done.prediction.exit_code) == (CommandOutcome.PASSES, 0)


def test_drop_needs_the_journal(project: LabProject) -> None:
    """Without one it fails."""
    remove("meta/_journal.json")(project)
    done = rewrite(project, "drop")
    assert done.prediction.message == (
        "ENOENT: no such file or directory, open 'drizzle/meta/_journal.json'"
    )
