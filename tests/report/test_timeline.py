"""The timeline: events that bear on the issues, each with its clock, in their order."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec.structs import replace

from forensics.analysis.diagnose import Analysis, Diagnosis
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.tree import Entry, EntryKind, Folder
from forensics.facts import Commits
from forensics.model import Outcome, Project, TimelineEntry
from forensics.report.timeline import MOST, UNDATED, timeline
from tests.build import (
    DEFAULT,
    JOURNAL,
    START,
    Case,
    added,
    changed,
    commit,
    commits,
    database,
    deleted,
    issue,
    journal,
    project,
    renamed,
    rows,
    sql,
    table,
)

THEN = datetime(2026, 1, 1, tzinfo=UTC)
PATH = "drizzle/0001_b.sql"
TEXT = sql("0001_b")
GONE = project("0000_a", "0001_b", **{PATH: None})


def told(
    folder: Path,
    past: Commits | None = None,
    files: dict[str, str | bytes] = GONE,
    listed: Iterable[Folder] = (),
    case: Case | None = None,
    *,
    also: str = "",
) -> tuple[TimelineEntry, ...]:
    """The timeline of a project with some history."""
    writer = BundleWriter(folder)
    for each in listed:
        writer.add_value(EvidenceKind.FOLDER, each.path, each)
    bundle = writer.seal(Project(root="apps/api", head=None, branch=None), THEN)
    diagnosis = (case or Case(files, commits=past)).diagnose()
    analysis = Analysis(
        bundle=bundle,
        diagnoses=(diagnosis, *([_in_folder(diagnosis, also)] if also else [])),
        unanswered=(),
        database=diagnosis.scene.database,
        commits=past,
        symptoms=(),
    )
    issues = [issue(n, subject=each.subject) for n, each in enumerate(diagnosis.findings, start=1)]
    return timeline(analysis, issues)


def _in_folder(diagnosis: Diagnosis, folder: str) -> Diagnosis:
    tool = msgspec.structs.replace(diagnosis.facts.tool, folder=folder)
    return replace(diagnosis, facts=msgspec.structs.replace(diagnosis.facts, tool=tool))


def test_commits_stamps_and_the_collection_are_in_order(tmp_path: Path) -> None:
    """The file was generated, committed, removed, and the evidence collected."""
    past = commits(
        commit(added(PATH, TEXT), when="2024-01-01T00:00:00+00:00", subject="feat: b"),
        commit(deleted(PATH, TEXT), when="2024-02-01T00:00:00+00:00", subject="tidy"),
    )
    entries = told(tmp_path, past)
    assert [(entry.clock, entry.event) for entry in entries] == [
        ("journal timestamp", "0001_b was generated (its own timestamp)"),
        ("git committer", f"commit c000000000 (feat: b) adds {PATH}"),
        ("git committer", f"commit c000000000 (tidy) deletes {PATH}"),
        ("collector", "the evidence was collected from apps/api"),
    ]
    assert [entry.at[:10] for entry in entries] == [
        "2023-11-14",
        "2024-01-01",
        "2024-02-01",
        "2026-01-01",
    ]
    assert entries[1].evidence == ("git",)


def test_stamps_of_several_folders_say_whose_they_are(tmp_path: Path) -> None:
    """Each folder has migrations of the same numbers, if not of the same names."""
    stamped = [
        e.event for e in told(tmp_path, also="api/drizzle") if e.clock == "journal timestamp"
    ]
    assert stamped == [
        f"0001_b in {folder} was generated (its own timestamp)"
        for folder in ("api/drizzle", "drizzle")
    ]


def test_what_bears_on_no_issue_is_left_out(tmp_path: Path) -> None:
    """A commit of another migration, the stamp of a sound one."""
    past = commits(commit(added("drizzle/0000_a.sql", sql("0000_a"))))
    assert [e.clock for e in told(tmp_path, past)] == ["journal timestamp", "collector"]


def test_a_renaming_names_both_names(tmp_path: Path) -> None:
    """Else the old one would seem to have vanished."""
    past = commits(commit(added(PATH, TEXT)), commit(renamed(PATH, "drizzle/0001_c.sql", TEXT)))
    assert any(
        entry.event.endswith(f"renames {PATH} to drizzle/0001_c.sql")
        for entry in told(tmp_path, past)
    )


def test_a_commit_of_another_branch_is_said_to_be_one(tmp_path: Path) -> None:
    """It is part of the story, not of what is checked out."""
    past = commits(commit(added(PATH, TEXT), on_head=False))
    (entry,) = (e for e in told(tmp_path, past) if e.clock == "git committer")
    assert "not on HEAD" in entry.event


def test_a_commit_of_many_paths_names_a_few_and_counts_the_rest(tmp_path: Path) -> None:
    """Five files went with it."""
    tags = [f"000{number}_x" for number in range(5)]
    paths = [f"drizzle/{tag}.sql" for tag in tags]
    past = commits(commit(*(deleted(path, path) for path in paths)))
    files = project(*tags, **dict.fromkeys(paths))
    (entry,) = (e for e in told(tmp_path, past, files) if e.clock == "git committer")
    assert entry.event.endswith(f"deletes {paths[2]}, and 2 more")


def test_a_commit_without_a_date_is_undated(tmp_path: Path) -> None:
    """Its forged date lies in no calendar: it comes after all that is dated."""
    past = commits(commit(added(PATH, TEXT), when=""))
    entry = next(e for e in told(tmp_path, past) if e.clock == "git committer")
    assert entry.at == UNDATED


def test_the_file_system_dates_what_lies_there(tmp_path: Path) -> None:
    """When a stray file was last written, by the listing of its folder."""
    stray = Entry(name="stray.txt", kind=EntryKind.FILE, mtime="2025-05-05T05:05:05.000005+00:00")
    other = Entry(name="other.txt", kind=EntryKind.FILE, mtime="2025-06-06T06:06:06.000006+00:00")
    listing = Folder(
        path="drizzle/meta", evidence="", outcome=Outcome.COLLECTED, entries=(other, stray)
    )
    files = project("0000_a", **{"drizzle/meta/stray.txt": "x"})
    found = [e for e in told(tmp_path, None, files, [listing]) if e.clock == "file system"]
    assert [(e.at, e.event) for e in found] == [
        ("2025-05-05T05:05:05.000005+00:00", "drizzle/meta/stray.txt was last written")
    ]


def test_a_stamp_in_no_calendar_does_not_stop_it(tmp_path: Path) -> None:
    """In microseconds it lies in no year that a calendar has, and comes last."""
    whens = (START, START * 1000)
    listed = journal("0000_a", "0001_b", whens=whens)
    entries = told(tmp_path, files={**GONE, JOURNAL: listed})
    assert entries[-1].at == f"out of range: {START * 1000}"


def test_of_too_many_events_the_newest_are_kept(tmp_path: Path) -> None:
    """A long history does not fill the report."""
    made = [commit(added(PATH, "0"), when="2024-01-01T00:00:00+00:00")]
    made += [
        commit(
            changed(PATH, str(n), str(n + 1)), when=f"2024-01-02T00:{n // 60:02}:{n % 60:02}+00:00"
        )
        for n in range(100)
    ]
    entries = told(tmp_path, commits(*made))
    assert len(entries) == MOST
    assert entries[-1].clock == "collector"


def test_what_the_database_tells_without_a_date_comes_last(tmp_path: Path) -> None:
    """Ids that were used and left no row."""
    case = Case(GONE, database(table(DEFAULT, *rows("0000_a", whens=[START]))))
    state = case.scene.database
    assert state is not None and state.tracking is not None
    held = state.tracking.tables[0]
    assert held.sequence is not None
    later = msgspec.structs.replace(held.sequence, last_value=9, is_called=True)
    seen = Case(GONE, database(msgspec.structs.replace(held, sequence=later)))
    assert told(tmp_path, case=seen)[-1].at == UNDATED
