"""The same number, the same name, the same bytes: what each of them does, and what it does not."""

import json

import pytest
from msgspec.structs import replace

from forensics.facts import Facts
from forensics.model import Severity, WriteFile
from forensics.rules.duplicate_migration import duplicate_migration
from forensics.rules.duplicate_migration_index import duplicate_migration_index
from forensics.rules.empty_migration import empty_migration
from tests.build import (
    DEFAULT,
    JOURNAL,
    Case,
    ask,
    database,
    digest,
    journal,
    open_questions,
    project,
    rows,
    snapshot,
    sql,
    table,
    tool,
)

TAGS = ("0000_a", "0001_b", "0001_c")


def numbered(*indexes: int, tags: tuple[str, ...] = TAGS) -> dict[str, str | bytes]:
    """The project whose entries have these numbers."""
    written = json.loads(journal(*tags))
    for entry, index in zip(written["entries"], indexes, strict=True):
        entry["idx"] = index
    return project(*tags, **{JOURNAL: json.dumps(written, indent=2)})


def test_the_next_migration_would_overwrite_a_snapshot() -> None:
    """The last entry repeats a number; after the repair the next one gets a free one."""
    case = Case(numbered(0, 1, 1))
    finding = case.only(duplicate_migration_index)
    assert (finding.subject, finding.severity) == ("0001_c", Severity.MEDIUM)
    assert "would overwrite drizzle/meta/0002_snapshot.json" in finding.root_cause
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, WriteFile)
    assert [entry["idx"] for entry in json.loads(step.after)["entries"]] == [0, 1, 2]
    assert step.after == case.facts.history.text.replace('"idx": 1', '"idx": 2').replace(  # type: ignore[union-attr]
        '"idx": 2', '"idx": 1', 1
    )
    (left,) = ask(duplicate_migration_index, case.healed_by(finding))
    assert left.severity is Severity.NOTE


def test_a_number_that_is_repeated_further_up_harms_nobody() -> None:
    """Low: nothing is overwritten."""
    tags = ("0000_a", "0001_b", "0002_c", "0003_d")
    finding = Case(numbered(0, 1, 1, 3, tags=tags)).only(duplicate_migration_index)
    assert (finding.subject, finding.severity) == ("0002_c", Severity.LOW)
    assert finding.fix is not None


def test_two_names_with_one_number_share_a_snapshot() -> None:
    """A note: the entries have numbers of their own."""
    finding = Case(numbered(0, 1, 2, tags=TAGS)).only(duplicate_migration_index)
    assert (finding.subject, finding.severity) == ("0001_c", Severity.NOTE)
    assert "both have the snapshot drizzle/meta/0001_snapshot.json" in finding.root_cause


@pytest.mark.parametrize(
    "files",
    [
        project("0000_a", "0001_b"),
        numbered(0, 2, 5, tags=("0000_a", "0001_b", "0002_c")),
        project("0000_a", **{"drizzle/0000_b.sql": sql("b")}),
        project("20260101000000_a", "20260101000001_b"),
    ],
    ids=["healthy", "gaps", "an unlisted file", "times"],
)
def test_what_looks_like_it_is_quiet(files: dict[str, str | bytes]) -> None:
    """The nearest innocent cases."""
    assert not Case(files).ask(duplicate_migration_index)


# --- The same migration twice -------------------------------------------------------------------


def copied(text: str = sql("0000_a")) -> dict[str, str | bytes]:
    """The second migration has the bytes of the first."""
    return project("0000_a", "0001_b", **{"drizzle/0000_a.sql": text, "drizzle/0001_b.sql": text})


def test_a_listed_copy_runs_the_same_sql_again() -> None:
    """The path of the later one."""
    finding = Case(copied()).only(duplicate_migration)
    assert (finding.subject, finding.severity) == ("drizzle/0001_b.sql", Severity.MEDIUM)
    assert finding.title == "0001_b is a copy of 0000_a"


def test_an_entry_that_is_listed_twice_is_one_migration() -> None:
    """And no duplicate number."""
    case = Case(project(**{JOURNAL: journal("0000_a", "0000_a"), "drizzle/0000_a.sql": sql("a")}))
    assert case.only(duplicate_migration).title == "0000_a is listed twice"
    assert not case.ask(duplicate_migration_index)


@pytest.mark.parametrize("text", ["UPDATE a SET b = 1;\n", "REFRESH MATERIALIZED VIEW a;\n"])
def test_what_only_works_on_rows_may_be_meant(text: str) -> None:
    """A note."""
    assert Case(copied(text)).only(duplicate_migration).severity is Severity.NOTE


def test_copies_that_were_both_applied_are_over() -> None:
    """As with `IF NOT EXISTS`."""
    held = tuple(replace(row, checksum=digest(sql("0000_a"))) for row in rows("0000_a", "0001_b"))
    case = Case(copied(), database(table(DEFAULT, *held), live=("public.0000_a",)))
    assert case.only(duplicate_migration).severity is Severity.NOTE


@pytest.mark.parametrize("text", ["", "-- nothing\n"])
def test_files_without_statements_are_no_copies(text: str) -> None:
    """They are empty, which is a note."""
    case = Case(copied(text))
    assert not case.ask(duplicate_migration)
    assert [it.subject for it in case.ask(empty_migration)] == ["0000_a", "0001_b"]


# --- Nothing in it ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        (" \n\n", "is empty"),
        ("-- Custom SQL migration file, put your code below! --\n", "contains only comments"),
        ("--> statement-breakpoint\n;\n", "contains only comments"),
    ],
)
def test_a_migration_without_a_statement_is_a_note(text: str, said: str) -> None:
    """Somebody may have meant to fill it in."""
    finding = Case(project("0000_a", **{"drizzle/0000_a.sql": text})).only(empty_migration)
    assert (finding.subject, finding.severity) == ("0000_a", Severity.NOTE)
    assert said in finding.root_cause


@pytest.mark.parametrize(
    "text", [sql("a"), "/* CREATE TABLE a (); */", "-- a\nSELECT 1;", "-- a\n".encode("utf-16")]
)
def test_what_may_hold_a_statement_is_not_called_empty(text: str | bytes) -> None:
    """A block comment is how an existing database is taken over."""
    assert not Case(project("0000_a", **{"drizzle/0000_a.sql": text})).ask(empty_migration)


def test_they_say_what_they_lacked() -> None:
    """Without the folder nothing can be told."""
    for rule in (duplicate_migration, duplicate_migration_index, empty_migration):
        assert [it.lacks for it in open_questions(rule, Facts(tool=tool()))] == ["History"]


def test_a_snapshot_of_a_later_number_is_what_would_be_overwritten() -> None:
    """Wherever it comes from."""
    files = numbered(0, 1, 1) | {"drizzle/meta/0002_snapshot.json": snapshot(2)}
    facts = Case(files).facts
    assert facts.snapshots is not None
    assert facts.snapshots.overwritten == "drizzle/meta/0002_snapshot.json"
