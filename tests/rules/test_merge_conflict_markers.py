"""Markers of an unresolved merge: in a journal, a snapshot, a migration; not in what looks alike."""

from forensics.model import CommandOutcome, Severity
from forensics.rules.malformed_snapshot import malformed_snapshot
from forensics.rules.merge_conflict_markers import merge_conflict_markers
from forensics.rules.stray_file_in_meta import stray_file_in_meta
from tests.build import (
    JOURNAL,
    Case,
    added,
    ask,
    changed,
    commit,
    commits,
    journal,
    project,
    snapshot,
    sql,
)

SNAPSHOT = "drizzle/meta/0000_snapshot.json"
MIGRATION = "drizzle/0000_a.sql"


def conflict(ours: str, theirs: str, *, line_end: str = "\n", base: str | None = None) -> str:
    """What git writes where it cannot merge two texts."""
    parts = ["<<<<<<< HEAD", ours, *([] if base is None else ["||||||| base", base])]
    return line_end.join([*parts, "=======", theirs, ">>>>>>> feature/other", ""])


def test_it_fires_on_a_journal_and_says_what_the_tool_says() -> None:
    """The subject is the path; the parser's words are in the cause."""
    text = conflict(journal("0000_a"), journal("0000_b"))
    past = commits(commit(added(JOURNAL, text), subject="Merge branch 'other'"))
    finding = Case(project("0000_a", **{JOURNAL: text}), commits=past).only(merge_conflict_markers)
    assert (finding.subject, finding.severity) == (JOURNAL, Severity.HIGH)
    assert "is not valid JSON" in finding.root_cause
    assert "(\"Merge branch 'other'\")" in finding.root_cause


def test_the_commit_that_left_the_markers_is_named_not_the_last_one() -> None:
    """What touched the file afterwards did not bring them; of what git lost, nothing is said."""
    text = conflict(journal("0000_a"), journal("0000_b"))
    past = [
        commit(added(JOURNAL, journal("0000_a"))),
        commit(changed(JOURNAL, journal("0000_a"), text), subject="merge"),
        commit(changed(JOURNAL, text, text + "\n"), subject="format"),
    ]
    files = project("0000_a", **{JOURNAL: text + "\n"})
    whole, holed = (
        Case(files, commits=known).only(merge_conflict_markers).origin
        for known in (commits(*past), commits(*past, lost=[text]))
    )
    assert whole is not None and whole.subject == "merge"
    assert holed is None


def test_it_fires_on_a_snapshot_and_on_a_migration() -> None:
    """Each file is told once, and a snapshot with markers is not malformed besides."""
    files = {
        SNAPSHOT: conflict(snapshot(0), snapshot(0, id="other")),
        MIGRATION: conflict(sql("a"), sql("b"), line_end="\r\n"),
    }
    case = Case(project("0000_a", **files))
    found = case.ask(merge_conflict_markers)
    assert [finding.subject for finding in found] == [SNAPSHOT, MIGRATION]
    assert not case.ask(malformed_snapshot)


def test_a_migration_that_is_not_listed_weighs_little() -> None:
    """Nobody runs it."""
    case = Case(project("0000_a", **{"drizzle/0009_x.sql": conflict("A", "B")}))
    assert case.only(merge_conflict_markers).severity is Severity.LOW


def test_frames_of_comments_and_quoted_markers_are_quiet() -> None:
    """A rule of equal signs in SQL, or one marker in a text, is no conflict."""
    framed = "/*\n=======\nusers\n=======\n*/\nSELECT 1;\n"
    quoted = "INSERT INTO help VALUES ('\n<<<<<<< HEAD\nis what git writes');\n"
    for text in (framed, quoted, "-- <<<<<<< HEAD\n-- >>>>>>> other\nSELECT 1;\n"):
        assert not Case(project("0000_a", **{MIGRATION: text})).ask(merge_conflict_markers)


def test_the_leftover_of_a_merge_tool_is_a_stray_file() -> None:
    """`0000_snapshot.json.orig` is told once, as what it is."""
    files = {f"{SNAPSHOT}.orig": conflict("{}", "{}")}
    case = Case(project("0000_a", **files))
    assert not case.ask(merge_conflict_markers)
    assert case.only(stray_file_in_meta).subject == f"{SNAPSHOT}.orig"


def test_no_fix_is_offered_since_both_sides_may_have_run() -> None:
    """Which side holds only a person can say."""
    text = conflict(journal("0000_a"), journal("0000_b"))
    assert Case(project("0000_a", **{JOURNAL: text})).only(merge_conflict_markers).fix is None


def test_the_experiment_sees_what_the_conflict_hides() -> None:
    """With our side taken, the list is read, and the tool gets as far as the next fault."""
    text = journal("0000_a", "0001_b")
    where = text.index('    {\n      "idx": 1')
    end = text.index("\n  ]")
    marked = text[:where] + conflict(text[where:end], '    {"idx": 9}', base="") + text[end:]
    case = Case(project("0000_a", "0001_b", **{JOURNAL: marked, "drizzle/0001_b.sql": None}))
    finding = case.only(merge_conflict_markers)
    healed = case.after(finding.repair)
    assert not ask(merge_conflict_markers, healed)
    now = case.scene.predict(case.facts)
    then = case.scene.predict(healed)
    assert now["check"].outcome is CommandOutcome.BLOCKED
    assert then["check"].outcome is CommandOutcome.PASSES
    assert then["migrate"].error is not None and "0001_b.sql" in then["migrate"].error.text


def test_the_experiment_takes_our_side_of_a_snapshot_and_a_migration() -> None:
    """After it the same question finds nothing."""
    files = {
        SNAPSHOT: conflict(snapshot(0), snapshot(0, id="other"), base="{}"),
        MIGRATION: conflict(sql("a"), sql("b"), line_end="\r\n"),
    }
    case = Case(project("0000_a", **files))
    steps = [step for found in case.ask(merge_conflict_markers) for step in found.repair]
    healed = case.after(steps)
    assert not ask(merge_conflict_markers, healed)
    assert healed.snapshots is not None and healed.snapshots.entries[0].problem is None
    file = healed.files.get(MIGRATION) if healed.files else None
    assert file is not None and (file.text or "").replace("\r\n", "\n").strip() == sql("a").strip()
