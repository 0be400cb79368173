"""An unexpected file in the snapshot folder: found, named, moved or deleted with care."""

import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from forensics.facts import Commits, Facts, PathState
from forensics.model import CommandOutcome, DeleteFile, RunCommand, Safety, Severity
from forensics.rules.stray_file_in_meta import stray_file_in_meta
from tests.build import Case, added, ask, commit, commits, open_questions, project, tool
from tests.support.trees import DictTree

STRAY = "drizzle/meta/tmp-1a2b-cwd"
WORDS = "/c/Users/dev/shop\n"


def hidden(rule: str) -> Commits:
    """A history in which an ignore rule hides the stray file."""
    states = (PathState(path=STRAY, state="ignored", rule=rule),)
    return Commits(evidence="git", head="c", branch="main", whole=True, states=states)


def test_it_fires_and_says_what_hides_the_file() -> None:
    """An ignored file is invisible in `git status`, so the rule that hides it is named."""
    case = Case(project("0000_a", **{STRAY: WORDS}), commits=hidden(".gitignore:3: tmp*"))
    finding = case.only(stray_file_in_meta)
    assert (finding.subject, finding.severity) == (STRAY, Severity.LOW)
    assert 'begins with "/c/Users/dev/shop' in finding.root_cause
    assert "The ignore rule `.gitignore:3: tmp*` hides it" in finding.root_cause


@pytest.mark.parametrize(
    ("committed", "says"),
    [(True, "An earlier commit contains it."), (False, "appears in no commit that we searched.")],
)
def test_an_ignored_file_may_have_been_committed_before(committed: bool, says: str) -> None:
    """With `git add -f`, or before the rule was written: only the history tells."""
    edit = added(STRAY if committed else "README.md", WORDS)
    states = hidden(".gitignore:3: tmp*").states
    past = msgspec.structs.replace(commits(commit(edit)), states=states)
    finding = Case(project("0000_a", **{STRAY: WORDS}), commits=past).only(stray_file_in_meta)
    assert says in finding.root_cause


def test_hidden_names_and_snapshots_are_quiet() -> None:
    """The tool passes by names that begin with `_`; a broken snapshot is another fault."""
    files = {"drizzle/meta/_notes.txt": "x", "drizzle/meta/0000_snapshot.json": "{"}
    assert not Case(project("0000_a", **files)).ask(stray_file_in_meta)


def test_without_the_folder_it_is_unanswered() -> None:
    """Whether anything lies there cannot be told; nor where the folder may not be listed."""
    (question,) = open_questions(stray_file_in_meta, Facts(tool=tool()))
    assert question.lacks == "Snapshots"


@pytest.mark.parametrize("name", ["tmp-1234-cwd", ".DS_Store", "0003_snapshot.json.orig", "x.swp"])
def test_deleting_a_leftover_heals_it(name: str) -> None:
    """What editors and operating systems leave is deleted: safe, and nothing is found again."""
    case = Case(project("0000_a", **{f"drizzle/meta/{name}": "\0\0\0\1Bud1"}))
    finding = case.only(stray_file_in_meta)
    assert finding.fix is not None and finding.fix.safety is Safety.SAFE
    assert finding.fix.steps == (DeleteFile(path=f"drizzle/meta/{name}"),)
    assert not ask(stray_file_in_meta, case.healed_by(finding))


def test_the_deletion_of_a_tracked_leftover_is_one_for_git() -> None:
    """A committed `.DS_Store` goes with the commit that the report suggests."""
    path = "drizzle/meta/.DS_Store"
    past = commits(commit(added(path, "x"), subject="oops"), states={path: "tracked"})
    finding = Case(project("0000_a", **{path: "x"}), commits=past).only(stray_file_in_meta)
    assert finding.fix is not None
    assert finding.fix.steps == (DeleteFile(path=path, in_git=True),)
    assert 'It was added by commit c000000000 of 2023-11-15 ("oops").' in finding.root_cause


@pytest.mark.parametrize(
    ("name", "state"), [("README.md", "tracked"), ("todo.txt", "untracked"), ("0007_x.sql", None)]
)
def test_moving_anything_else_heals_it(name: str, state: str | None, tmp_path: Path) -> None:
    """What may be there on purpose keeps its bytes, and does not become an unlisted migration."""
    path = f"drizzle/meta/{name}"
    for file, text in project("0000_a", **{path: "# Notes\n"}).items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(str(text))
    past = commits(commit(added(path, "# Notes\n")), states={path: state} if state else {})
    finding = Case(DictTree.from_disk(tmp_path), commits=past).only(stray_file_in_meta)
    assert finding.fix is not None and finding.fix.safety is Safety.REVIEW
    (step,) = finding.fix.steps
    assert isinstance(step, RunCommand)
    for argv in (("git", "init", "-q"), ("git", "add", "."), step.argv):
        subprocess.run(argv, cwd=tmp_path, check=True)
    shutil.rmtree(tmp_path / ".git")
    assert step.argv[0] == ("git" if state == "tracked" else "mv"), "so a commit has both names"
    healed = Case(DictTree.from_disk(tmp_path)).facts
    assert not ask(stray_file_in_meta, healed)
    kept = [each for each in tmp_path.rglob("*") if each.is_file() and name in each.name]
    assert [each.read_text() for each in kept] == ["# Notes\n"]
    assert healed.files is not None and len(healed.files.files) == 1


def test_a_folder_in_meta_is_moved_too() -> None:
    """It stops the tool like a file (EISDIR), and is never deleted with what it holds."""
    case = Case(project("0000_a", **{"drizzle/meta/old/0000_snapshot.json": "{}"}))
    finding = case.only(stray_file_in_meta)
    assert finding.fix is not None and isinstance(finding.fix.steps[0], RunCommand)
    assert not ask(stray_file_in_meta, case.after(finding.repair))


def test_it_stops_check_and_generate_and_nothing_else() -> None:
    """The claim that all commands are blocked is folklore: the model tells them apart."""
    case = Case(project("0000_a", **{STRAY: WORDS}))
    finding = case.only(stray_file_in_meta)
    now, then = case.scene.predict(case.facts), case.scene.predict(case.after(finding.repair))
    changed = {command for command in now if now[command].outcome != then[command].outcome}
    assert changed == {"check", "generate"}
    assert now["generate"].exit_code == 0
    assert then["check"].outcome is CommandOutcome.PASSES
    assert (
        finding.folklore
        == "The file tmp-1a2b-cwd in the snapshot folder stops every drizzle-kit command"
    )


def test_without_git_nothing_is_said_of_git() -> None:
    """That git does not track it would be a guess."""
    finding = Case(project("0000_a", **{STRAY: WORDS})).only(stray_file_in_meta)
    assert "We did not see whether git tracks it." in finding.root_cause
    assert finding.fix is not None
    assert "git may have no copy of it" in finding.fix.safety_note
