"""A snapshot cannot be read: found, told apart, and brought back by git itself."""

from pathlib import Path

import pytest

from forensics.facts import Facts
from forensics.model import RunCommand
from forensics.rules.malformed_snapshot import malformed_snapshot
from forensics.rules.stray_file_in_meta import stray_file_in_meta
from tests.build import (
    Case,
    added,
    ask,
    changed,
    commit,
    commits,
    open_questions,
    project,
    renamed,
    snapshot,
    tool,
)
from tests.collect.repositories import Repo, examined
from tests.support.trees import DictTree

PATH = "drizzle/meta/0000_snapshot.json"
SOUND = snapshot(0)
PARTS = ("columns", "indexes", "foreignKeys", "compositePrimaryKeys")
HALF = SOUND[: len(SOUND) // 2]


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("", "is empty"),
        (HALF, "cannot be read"),
        ("{}", "is not a valid snapshot"),
        ("null", "is no"),
    ],
)
def test_it_fires_on_what_is_no_snapshot(text: str, state: str) -> None:
    """Zero bytes, half a file, JSON of another shape."""
    finding = Case(project("0000_a", **{PATH: text})).only(malformed_snapshot)
    assert finding.subject == PATH
    assert state in finding.title


def test_older_and_newer_snapshots_are_quiet() -> None:
    """A version that the tool would refuse is sound all the same, and needs another repair."""
    crlf = SOUND.replace(", ", ",\r\n")
    for text in (snapshot(0, version="6"), snapshot(0, version="8"), crlf):
        assert not Case(project("0000_a", **{PATH: text})).ask(malformed_snapshot)


def test_what_a_later_release_wrote_needs_no_repair() -> None:
    """The one that runs calls it malformed; the file is sound, and the tool is to be changed."""
    table = {"name": "a", "schema": "", "policies": {}, **dict.fromkeys(PARTS, {})}
    text = snapshot(0, tables={"public.a": table})
    files = project("0000_a", **{PATH: text})
    assert not Case(files).ask(malformed_snapshot)
    finding = Case(files, version="0.26.2").only(malformed_snapshot)
    assert "later release" in finding.title
    assert finding.fix is None


def test_another_name_is_another_fault() -> None:
    """A backup beside it is a stray file."""
    case = Case(project("0000_a", **{f"{PATH}.bak": HALF}))
    assert not case.ask(malformed_snapshot)
    assert case.only(stray_file_in_meta)


def test_a_snapshot_that_we_may_not_read_is_unanswered() -> None:
    """What is closed to us may be open to the tool: that is no fault."""
    case = Case(DictTree(project("0000_a"), denied=frozenset({PATH})))
    (question,) = open_questions(malformed_snapshot, case.facts)
    assert question.lacks.startswith(PATH)
    assert open_questions(malformed_snapshot, Facts(tool=tool()))


def test_a_folder_in_its_place_is_found_and_not_deleted() -> None:
    """The experiment takes it away, the fix does not."""
    case = Case(project("0000_a", **{PATH: None, f"{PATH}/x": "1"}))
    finding = case.only(malformed_snapshot)
    assert "is a folder" in finding.title and finding.fix is None
    assert not ask(malformed_snapshot, case.after(finding.repair))


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A repository with a sound project that a later commit broke."""
    repo = Repo(tmp_path / "repo")
    files = {path: str(text) for path, text in project("0000_a", "0001_b").items()}
    repo.commit("feat: two migrations", dict(files))
    repo.commit("Merge branch 'other'", {PATH: ""})
    return repo


def heal(repo: Repo, bundle: Path) -> Facts:
    """Do what the fix says with real git, and read everything again."""
    case = Case(DictTree.from_disk(repo.top), commits=examined(repo.top, bundle, "drizzle"))
    finding = case.only(malformed_snapshot)
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, RunCommand)
    repo.git(*step.argv[1:])
    return Case(DictTree.from_disk(repo.top)).facts


def test_checking_out_the_version_before_heals_it(repo: Repo, tmp_path: Path) -> None:
    """The commit that broke it holds the broken bytes: the one before is taken."""
    assert not ask(malformed_snapshot, heal(repo, tmp_path / "bundle"))
    assert (repo.top / PATH).read_text() == SOUND


def test_where_the_history_was_cut_the_commit_before_is_named() -> None:
    """Only the commit that broke it was read: the sound bytes are those of its parent."""
    past = commits(commit(), commit(changed(PATH, SOUND, HALF)))
    fix = Case(project("0000_a", **{PATH: HALF}), commits=past).only(malformed_snapshot).fix
    assert fix is not None and isinstance(fix.steps[0], RunCommand)
    assert fix.steps[0].argv == ("git", "checkout", f"c{0:039}", "--", PATH)
    assert "the state before commit c000000000" in fix.safety_note


def test_an_empty_version_is_no_repair() -> None:
    """Emptied by one commit and half filled by the next: the version before both is taken."""
    past = commits(
        commit(added(PATH, SOUND)),
        commit(changed(PATH, SOUND, "")),
        commit(changed(PATH, "", HALF)),
    )
    fix = Case(project("0000_a", **{PATH: HALF}), commits=past).only(malformed_snapshot).fix
    assert fix is not None and isinstance(fix.steps[0], RunCommand)
    assert fix.steps[0].argv[2] == f"c{0:039}"


def test_the_broken_text_with_other_line_ends_is_no_repair() -> None:
    """A checkout with CRLF differs from the blob that is just as broken."""
    broken = HALF.replace(", ", ",\n")
    past = commits(commit(added(PATH, SOUND)), commit(changed(PATH, SOUND, broken)))
    case = Case(project("0000_a", **{PATH: broken.replace("\n", "\r\n")}), commits=past)
    fix = case.only(malformed_snapshot).fix
    assert fix is not None and isinstance(fix.steps[0], RunCommand)
    assert fix.steps[0].argv == ("git", "checkout", f"c{0:039}", "--", PATH)


def test_without_a_sound_version_no_fix_is_offered() -> None:
    """Never sound in git, or under another name, or git lacks the blob."""
    old = "drizzle/meta/0009_snapshot.json"
    for past in (
        commits(commit(added(PATH, HALF))),
        commits(commit(added(PATH, SOUND)), commit(changed(PATH, SOUND, HALF)), lost=[SOUND]),
        commits(commit(added(old, SOUND)), commit(renamed(old, PATH, SOUND, HALF))),
    ):
        finding = Case(project("0000_a", **{PATH: HALF}), commits=past).only(malformed_snapshot)
        assert finding.fix is None
        assert finding.repair
