"""What a reader is shown of the evidence itself."""

import msgspec

from forensics.facts import Commits, Facts, SequenceState
from forensics.model import Artefact, Exhibit, Finding, Severity
from forensics.report.exhibits import MOST_LINES, MOST_ROWS, exhibits
from tests.build import (
    DEFAULT,
    JOURNAL,
    START,
    Case,
    added,
    commit,
    commits,
    database,
    deleted,
    name,
    project,
    rows,
    sql,
    table,
)

PATH = "drizzle/0001_b.sql"
TAGS = ("0000_a", "0001_b", "0002_c")


def finding(*evidence: str, subject: str = "elsewhere", paths: tuple[str, ...] = ()) -> Finding:
    """A fault that cites some evidence."""
    return Finding(
        rule="missing-migration-file",
        artefact=Artefact.MIGRATION_FILE,
        subject=subject,
        title="Something is gone",
        root_cause="It is gone.",
        evidence=evidence,
        severity=Severity.HIGH,
        paths=paths,
    )


def only(found: tuple[Exhibit, ...]) -> Exhibit:
    """The one exhibit."""
    (exhibit,) = found
    return exhibit


def test_rows_are_shown_with_what_they_record() -> None:
    """The id, the hash as far as it tells them apart, the stamp and its date, the migration."""
    case = Case(project(*TAGS), database(table(DEFAULT, *rows("0000_a", "0001_b"))))
    shown = only(exhibits(finding(DEFAULT), case.facts))
    assert shown.caption == f"All 2 rows of {DEFAULT}:"
    assert shown.columns == ("id", "hash", "created_at", "time", "migration")
    first, second = shown.rows
    assert (first[0], first[2:]) == ("1", (str(START), "2023-11-14T22:13:20+00:00", "0000_a"))
    assert first[1] == rows("0000_a")[0].checksum[:12] + "..."
    assert second[-1] == "0001_b"


def test_of_one_migration_only_its_row_is_shown() -> None:
    """The others say nothing about it."""
    case = Case(project(*TAGS), database(table(DEFAULT, *rows(*TAGS))))
    shown = only(exhibits(finding(DEFAULT, subject=PATH, paths=(PATH,)), case.facts))
    assert shown.caption == f"The row in question of {DEFAULT}:"
    assert [row[-1] for row in shown.rows] == ["0001_b"]


def test_of_many_rows_the_newest_are_shown() -> None:
    """And how many there are."""
    tags = [f"{number:04}_x" for number in range(MOST_ROWS + 3)]
    case = Case(project(*tags), database(table(DEFAULT, *rows(*tags))))
    shown = only(exhibits(finding(DEFAULT), case.facts))
    assert shown.caption == f"The newest {MOST_ROWS} of {MOST_ROWS + 3} rows of {DEFAULT}:"
    assert [row[-1] for row in shown.rows] == tags[-MOST_ROWS:]


def test_a_row_that_records_nothing_listed_says_so() -> None:
    """As does one without a stamp."""
    stray = msgspec.structs.replace(rows("0009_z")[0], at=None, id=None)
    case = Case(project("0000_a"), database(table(DEFAULT, stray)))
    (row,) = only(exhibits(finding(DEFAULT), case.facts)).rows
    assert (row[0], row[2:]) == ("NULL", ("NULL", "", "not listed"))


def test_an_empty_table_tells_what_its_sequence_handed_out() -> None:
    """It is all that it can tell."""
    sequence = SequenceState(name=name(f"{DEFAULT}_id_seq"), last_value=3, is_called=True)
    case = Case(project("0000_a"), database(table(DEFAULT, sequence=sequence)))
    shown = only(exhibits(finding(DEFAULT), case.facts))
    assert (shown.caption, shown.rows) == (
        f"{DEFAULT} is empty; its id sequence is at 3.",
        (),
    )


def test_an_entry_is_quoted_with_the_one_before_it() -> None:
    """As they stand in the journal, each on one line."""
    case = Case(project(*TAGS))
    assert case.facts.history is not None
    journal = case.facts.history.evidence
    shown = only(exhibits(finding(journal, subject="0001_b"), case.facts))
    assert shown.caption == f"In {JOURNAL}:"
    first, second = shown.text.splitlines()
    assert first.startswith('{ "idx": 0, ') and '"tag": "0000_a"' in first
    assert second.startswith('{ "idx": 1, ') and '"tag": "0001_b"' in second


def test_the_commits_of_the_files_in_question_are_listed() -> None:
    """Newest first, with what each did to them."""
    past = commits(
        commit(added(PATH, "x"), subject="first", when="2023-11-15T00:00:00+00:00"),
        commit(added("other.txt", "x"), subject="other", when="2023-11-16T00:00:00+00:00"),
        commit(deleted(PATH, "x"), subject="last", when="2023-11-17T00:00:00+00:00"),
    )
    shown = only(exhibits(finding("git", paths=(PATH,)), _with(past)))
    assert shown.caption == "All 2 commits that touched it:"
    assert [(row[2], row[3]) for row in shown.rows] == [
        (f"deleted {PATH}", "last"),
        (f"added {PATH}", "first"),
    ]


def test_no_commit_is_no_exhibit() -> None:
    """Nothing is shown rather than an empty table."""
    past = commits(commit(added("other.txt", "x")))
    assert exhibits(finding("git", paths=(PATH,)), _with(past)) == ()


def test_a_file_in_question_is_quoted_from_its_beginning() -> None:
    """As many lines as one reads, and whether that is all."""
    long = "\n".join(f"-- {number}" for number in range(MOST_LINES + 1))
    case = Case(project("0000_a", **{PATH: long}))
    assert case.facts.files is not None
    held = case.facts.files.get(PATH)
    assert held is not None
    shown = only(exhibits(finding(held.evidence, subject=PATH), case.facts))
    assert shown.caption == f"{PATH} begins with:"
    assert shown.text == "\n".join(long.splitlines()[:MOST_LINES])


def test_a_stray_file_shows_what_it_is() -> None:
    """It is no snapshot, and its text tells whose it is."""
    path = "drizzle/meta/tmp-1"
    case = Case(project("0000_a", **{path: "left here\n"}))
    assert case.facts.snapshots is not None
    evidence = next(it.evidence for it in case.facts.snapshots.entries if it.path == path)
    shown = only(exhibits(finding(evidence, subject=path), case.facts))
    assert (shown.caption, shown.text) == (f"{path} contains:", "left here")


def test_only_what_the_finding_cites_is_shown() -> None:
    """In the order in which it cites it."""
    past = commits(commit(added(PATH, sql("0001_b"))))
    case = Case(project(*TAGS), database(table(DEFAULT, *rows(*TAGS))), past)
    assert exhibits(finding("nothing", paths=(PATH,)), case.facts) == ()
    cited = finding("git", DEFAULT, paths=(PATH,))
    assert [shown.evidence for shown in exhibits(cited, case.facts)] == ["git", DEFAULT]


def _with(past: Commits) -> Facts:
    return Case(project(*TAGS), commits=past).facts
