"""Stamps of the tracking table that no tool wrote: found, told apart, put right."""

from collections.abc import Callable

import msgspec
import pytest

from forensics.facts import LiveSchema, TrackingRow
from forensics.model import CommandOutcome, Outcome, Safety, Severity
from forensics.rules.tracking_timestamp_corrupt import tracking_timestamp_corrupt
from tests.build import (
    DEFAULT,
    JOURNAL,
    PUBLIC,
    Case,
    database,
    digest,
    facts,
    files,
    history,
    journal,
    name,
    open_questions,
    project,
    rows,
    set_stamp,
    sql,
    stamps,
    table,
    tracking,
)

RULE = tracking_timestamp_corrupt
TAGS = ("0000_a", "0001_b", "0002_c")
LIVE = tuple(f"public.{tag}" for tag in TAGS)
FIRST, SECOND, THIRD = rows(*TAGS)
LATER = stamps(3)[-1] + 1_000_000


def stamped(row: TrackingRow, stamp: int | None) -> TrackingRow:
    """The row with another stamp."""
    return msgspec.structs.replace(row, at=stamp)


def case(*held: TrackingRow, live: tuple[str, ...] = LIVE) -> Case:
    """Three migrations, and what the table that the tool reads has of them."""
    return Case(project(*TAGS), database(table(DEFAULT, *held), live=live))


def test_the_whole_second_of_a_later_release_makes_the_newest_run_again() -> None:
    """The way back from a release that keeps no milliseconds: the hash tells which one it is."""
    second = (THIRD.at or 0) // 1000 * 1000
    broken = case(FIRST, SECOND, stamped(THIRD, second))
    finding = broken.only(RULE)
    assert "in whole seconds" in finding.title
    assert "runs 0002_c again" in finding.root_cause
    assert broken.scene.predict(broken.facts)["migrate"].outcome is CommandOutcome.BLOCKED
    healed = broken.healed_by(finding)
    assert broken.scene.predict(healed)["migrate"].outcome is CommandOutcome.PASSES
    assert finding.fix is not None and finding.fix.safety is Safety.SAFE


def test_a_null_makes_everything_run_again_and_is_put_right() -> None:
    """By the hash it is known which stamp the row should have."""
    broken = case(FIRST, stamped(SECOND, None), THIRD)
    finding = broken.only(RULE)
    assert (finding.subject, finding.severity) == (DEFAULT, Severity.MEDIUM)
    assert "The timestamp of the row with id 2 is NULL; the list has 1700000060007 for 0001_b" in (
        finding.root_cause
    )
    step = set_stamp(name(DEFAULT), SECOND.checksum, None, SECOND.at or 0)
    assert finding.fix is not None
    assert (finding.fix.steps, finding.fix.safety) == ((step,), Safety.SAFE)
    assert broken.scene.predict(broken.facts)["migrate"].outcome is CommandOutcome.BLOCKED
    healed = broken.healed_by(finding)
    assert broken.scene.predict(healed)["migrate"].outcome is CommandOutcome.PASSES
    assert not tuple(RULE.ask(healed, {}))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda stamp: stamp // 1000, "is in seconds"),
        (lambda stamp: stamp * 1000, "is in microseconds"),
        (lambda stamp: stamp + 1_000_000, "is later than the timestamp in the list"),
    ],
)
def test_each_unit_and_the_time_of_that_moment_are_recognised(
    change: Callable[[int], int], words: str
) -> None:
    """Whatever was typed, the repair is the list's stamp."""
    broken = case(FIRST, SECOND, stamped(THIRD, change(THIRD.at or 0)))
    finding = broken.only(RULE)
    assert words in finding.root_cause
    assert not tuple(RULE.ask(broken.healed_by(finding), {}))


def test_a_row_of_an_edited_file_is_known_by_its_seconds() -> None:
    """Then the hash is of no file here."""
    seconds = (THIRD.at or 0) // 1000
    edited = msgspec.structs.replace(THIRD, checksum=digest("as applied"), at=seconds)
    finding = case(FIRST, SECOND, edited).only(RULE)
    assert "the list has 1700000120007 for 0002_c" in finding.root_cause


def test_a_row_by_hand_that_hides_a_migration_is_primary() -> None:
    """The one whose table is there is the one it is of; that was concluded, so somebody looks."""
    by_hand = TrackingRow(id=2, checksum="manual", at=LATER)
    broken = case(FIRST, by_hand, live=LIVE[:2])
    finding = broken.only(RULE)
    assert finding.fix is not None
    assert finding.fix.safety is Safety.REVIEW
    assert broken.scene.predict(broken.facts)["migrate"].outcome is CommandOutcome.SILENTLY_WRONG
    healed = broken.scene.predict(broken.healed_by(finding))
    assert healed["migrate"].outcome is CommandOutcome.PASSES


def test_a_row_that_could_be_of_two_is_left_to_people() -> None:
    """Both tables are there, and nothing says which of them was recorded."""
    by_hand = TrackingRow(id=2, checksum="manual", at=LATER)
    finding = case(FIRST, by_hand).only(RULE)
    assert finding.fix is None
    assert "its migration is unknown" in finding.root_cause


def test_two_rows_that_look_alike_are_left_to_people() -> None:
    """A guarded statement would find both."""
    twice = stamped(SECOND, None)
    assert case(FIRST, twice, twice, THIRD).only(RULE).fix is None


@pytest.mark.parametrize(
    "held",
    [
        (FIRST, SECOND, THIRD),
        (FIRST, SECOND, msgspec.structs.replace(THIRD, checksum="garbage")),
        (FIRST, SECOND, THIRD, TrackingRow(id=4, checksum=digest("another"), at=LATER)),
        (FIRST, SECOND, stamped(THIRD, (THIRD.at or 0) - 1)),
        (FIRST, SECOND, THIRD, stamped(FIRST, LATER)),
        (),
    ],
    ids=["sound", "hash by hand", "unknown migration", "list stamped anew", "same text", "empty"],
)
def test_it_is_quiet_about_stamps_that_a_tool_wrote(held: tuple[TrackingRow, ...]) -> None:
    """A stamp of the list is sound beside any hash, and another branch's row is another matter."""
    assert not case(*held).ask(RULE)


def test_a_late_row_may_be_of_another_branch() -> None:
    """The same SQL, generated there and applied: the repair says so, and asks for a look."""
    finding = case(FIRST, SECOND, stamped(THIRD, LATER)).only(RULE)
    assert finding.fix is not None
    assert finding.fix.safety is Safety.REVIEW
    assert "A list of another branch" in finding.fix.safety_note


@pytest.mark.parametrize("stamp", [None, (SECOND.at or 0) // 1000])
def test_a_bad_row_beside_a_sound_one_is_left_to_people(stamp: int | None) -> None:
    """With the same stamp as the sound one it could not be told from it, nor set back."""
    finding = case(FIRST, SECOND, THIRD, stamped(SECOND, stamp)).only(RULE)
    assert finding.fix is None


def test_a_list_without_stamps_says_nothing_of_rows() -> None:
    """There is nothing that a row could be later than."""
    listed = journal(*TAGS, whens=(None, None, None))
    held = database(table(DEFAULT, FIRST, SECOND, THIRD), live=LIVE)
    assert not Case(project(*TAGS, **{JOURNAL: listed}), held).ask(RULE)


def test_a_late_row_that_decides_nothing_is_of_little_worth() -> None:
    """A later one stands above it."""
    held = (stamped(FIRST, (FIRST.at or 0) + 1), SECOND, THIRD)
    finding = case(*held).only(RULE)
    assert finding.severity is Severity.LOW
    assert "this has no effect now" in finding.root_cause


def test_another_table_is_none_of_its_business() -> None:
    """The tool does not read it."""
    other = table(PUBLIC, stamped(FIRST, None))
    held = database(table(DEFAULT, *rows(*TAGS)), other, live=LIVE)
    assert not Case(project(*TAGS), held).ask(RULE)


def test_it_says_what_it_lacked() -> None:
    """Without the tables, and where their rows may not be read."""
    given = {"history": history(*TAGS), "files": files({tag: sql(tag) for tag in TAGS})}
    assert [q.lacks for q in open_questions(RULE, facts(**given))] == ["TrackingTables"]
    closed = table(DEFAULT, outcome=Outcome.DENIED, grant="GRANT SELECT")
    schema = LiveSchema(evidence="catalogue")
    asked = facts(**given, tracking=tracking(closed), schema=schema)
    (question,) = open_questions(RULE, asked)
    assert (question.lacks, question.how_to_get_it) == (
        f"the rows of {DEFAULT}",
        "ask for: GRANT SELECT",
    )
