"""The suggested commit message: readable to people, parsable to git, deaf to hostile evidence."""

import subprocess

import pytest

from forensics.facts import Commit, Commits
from forensics.model import (
    Case,
    DeleteFile,
    Issue,
    MoveTable,
    Project,
    RunCommand,
    Severity,
    WriteFile,
)
from forensics.render.commit import clean_message
from forensics.report.commit_habit import habit
from forensics.report.commit_message import SUBJECT, commit_messages
from tests.build import PUBLIC, fix, issue, name, origin

THEN = "2026-01-01T00:00:00+00:00"
CASE = Case(
    title="x",
    date="2026-01-01",
    severity=Severity.HIGH,
    related_work=(),
    project=Project(root="", head=None, branch=None),
    tools=(),
    databases=(),
    collected_at="2026-01-01T00:00:00+00:00",
    bundle_sha256="ab" * 32,
)
WRITE = WriteFile(path="drizzle/0001_x.sql", before=None, after="SELECT 1;\n")
MOVE = MoveTable(table=name(PUBLIC), to_schema="drizzle", rows=6, newest=("created_at", 1))


def message(*issues: Issue) -> str:
    """The message for all."""
    text, *_ = commit_messages(CASE, issues)
    return text


def trailers(text: str) -> list[str]:
    """What git takes for trailers."""
    done = subprocess.run(
        ["git", "interpret-trailers", "--parse"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_one_fault_gives_the_subject_its_repair() -> None:
    """In the style of Conventional Commits."""
    text = message(issue(1, fix(WRITE, title="Restore drizzle/0001_x.sql")))
    assert text.splitlines()[:3] == ["fix(db): restore 0001_x.sql", "", "- Fault 1."]


def test_what_a_fix_also_resolves_is_told_once() -> None:
    """Where the fixes of all are committed, and only what they suffice for."""
    gone = issue(2, goes_with=(1,)), issue(3, goes_with=(1, 9)), issue(4)
    text = message(issue(1, fix(WRITE)), *gone)
    assert "Also resolved: Fault 2.\n" in text


def test_the_subject_says_what_and_the_body_why() -> None:
    """Each fault with its repair below it."""
    lines = message(issue(1, fix(WRITE)), issue(2, fix(MOVE, title="Move it"))).splitlines()
    assert lines[0] == "fix(db): restore 0001_x.sql and move the tracking table"
    assert lines[2:6] == ["- Fault 1.", "  - Repair it.", "- Fault 2.", "  - Move it."]


def test_a_repair_that_is_not_needed_is_not_told() -> None:
    """The patch does not hold it either."""
    text = message(issue(1, fix(WRITE)), issue(2, fix(WRITE, title="Tidy", needed=False)))
    assert text.startswith("fix(db): restore 0001_x.sql\n")
    assert "Tidy" not in text


def test_what_git_cannot_hold_is_said_beside_it() -> None:
    """A deleted untracked file, and the change in the database."""
    stray = DeleteFile(path="drizzle/meta/stray.txt")
    text = message(issue(1, fix(WRITE, stray)), issue(2, fix(MOVE)))
    assert "Outside git: drizzle/meta/stray.txt deleted." in text
    told = " ".join(text.split())
    assert (
        f"In the database, by fix.sql: move {PUBLIC} with its 6 row(s) into schema drizzle." in told
    )


def test_where_nothing_is_to_be_committed_there_is_no_message() -> None:
    """No repair, one for the database alone, one outside git, one that is not needed, a note."""
    stray = DeleteFile(path="drizzle/meta/stray.txt")
    for only in (
        issue(1),
        issue(1, fix(MOVE)),
        issue(1, fix(stray)),
        issue(1, fix(WRITE, needed=False)),
        issue(1, fix(WRITE), severity=Severity.NOTE),
    ):
        assert commit_messages(CASE, (only,)) == ()
    for tracked in (
        DeleteFile(path="x", in_git=True),
        RunCommand(argv=("git", "checkout"), why=""),
    ):
        assert commit_messages(CASE, (issue(1, fix(tracked)),))


def test_git_parses_the_trailers_and_no_others() -> None:
    """Where the faults came from, each commit once, and which evidence says so."""
    came = origin("c" * 40, "feat: tidy")
    text = message(issue(1, fix(WRITE), origin=came), issue(2, fix(WRITE), origin=came))
    assert trailers(text) == [
        f'Fixes: {"c" * 12} ("feat: tidy")',
        f"Evidence-Bundle: sha256:{'ab' * 32}",
    ]


def test_hostile_names_bring_no_line_and_no_trailer_in() -> None:
    """Line breaks become spaces; what does not show, or turns the line around, becomes an escape."""
    evil = "x\n\nSigned-off-by: Eve <e@x>\r\n\u2028\u202e\x1b[31m\x00\x85\u200b\u2060\ufeff\u00ady"
    text = message(
        issue(1, fix(WRITE, title=evil), title=evil, origin=origin("d" * 40, evil)),
        issue(2, fix(WriteFile(path=evil, before=None, after="x"), DeleteFile(path=evil))),
    )
    assert [line.partition(":")[0] for line in trailers(text)] == ["Fixes", "Evidence-Bundle"]
    assert not any(line.startswith("Signed-off-by") for line in text.split("\n"))
    assert {each for each in text if not each.isprintable()} <= {"\n"}


def test_lines_keep_to_the_width_that_git_shows() -> None:
    """Subject and body at 72; a name that is longer is not torn apart."""
    long = "word " * 40
    by_command = RunCommand(argv=("git", "mv"), why="")
    came = origin("c" * 40, long)
    text = message(issue(1, fix(by_command, title=long), title=long, origin=came))
    lines = text.splitlines()
    assert max(map(len, lines)) == SUBJECT
    assert clean_message(text) == f"{text}\n"
    assert lines[0].endswith("...")
    path = "drizzle/" + "x" * 100 + ".sql"
    assert path in message(issue(1, fix(DeleteFile(path=path), WRITE)))


def test_each_fix_that_can_be_committed_alone_has_a_message() -> None:
    """Behind the one for all; a change of the database, or of a file outside git, has none."""
    other = DeleteFile(path="drizzle/0002_y.sql", in_git=True, before="x")
    stray = DeleteFile(path="drizzle/meta/stray.txt")
    issues = issue(1, fix(stray)), issue(2, fix(WRITE)), issue(3, fix(MOVE)), issue(4, fix(other))
    subjects = [text.partition("\n")[0] for text in commit_messages(CASE, issues)]
    assert subjects == [
        "fix(db): restore 0001_x.sql, delete 0002_y.sql and 1 more fix",
        "fix(db): restore 0001_x.sql",
        "fix(db): delete 0002_y.sql",
    ]
    assert len(commit_messages(CASE, issues[1:2])) == 1
    for text in commit_messages(CASE, issues):
        assert trailers(text) == [f"Evidence-Bundle: sha256:{'ab' * 32}"]


def commits_of(*subjects: str, touching: tuple[str, ...] = ()) -> Commits:
    """A history with these newest subjects, and these of commits that touched migrations."""
    made = tuple(
        Commit(id="a" * 40, parents=(), authored=THEN, committed=THEN, subject=subject)
        for subject in touching
    )
    return Commits(
        evidence="h", head=None, branch=None, whole=True, commits=made, recent_subjects=subjects
    )


@pytest.mark.parametrize(
    ("subjects", "touching", "branch", "subject"),
    [
        (("init",), (), None, "fix(db): restore it"),
        (("feat(api): a", "fix(web): b", "chore(api): c"), (), None, "fix(db): restore it"),
        (
            ("feat(schema): a", "fix(web): b", "chore(schema): c"),
            ("feat(schema): a", "chore(schema): c"),
            None,
            "fix(schema): restore it",
        ),
        (
            ("feat(1.7): a", "feat(1.8): b", "fix(1.8): c"),
            ("feat(1.8): b",) * 3,
            None,
            "fix(db): restore it",
        ),
        (("feat: a", "fix: b", "chore: c"), (), None, "fix: restore it"),
        (("feat: Add a", "fix: Mend b", "chore: Tidy c"), (), None, "fix: Restore it"),
        (("OPS-1: add a", "OPS-2: mend b", "OPS-3: c"), (), "OPS-7-rooms", "OPS-7: restore it"),
        (("[OPS-1] Add a", "[OPS-2] Mend b", "[OPS-3] C"), (), "x/OPS-7", "[OPS-7] Restore it"),
        (("OPS-1: add a", "OPS-2: mend b", "OPS-3: c"), (), "main", "restore it"),
        (("Add a", "Mend b", "Merge branch x", "Tidy c"), (), None, "Restore it"),
    ],
)
def test_the_subject_is_in_the_habit_of_the_repository(
    subjects: tuple[str, ...], touching: tuple[str, ...], branch: str | None, subject: str
) -> None:
    """Scopes, keys of tickets, and capitals; numbers of stories are no scope for a repair."""
    assert habit(commits_of(*subjects, touching=touching), branch).subject("restore it") == subject


def test_short_subjects_stay_short() -> None:
    """Where the newest all have at most 50 characters."""
    assert habit(commits_of("add a", "mend b", "tidy c")).length == 50
    assert habit(commits_of("add a", "mend b", "tidy c" * 10)).length == 72
