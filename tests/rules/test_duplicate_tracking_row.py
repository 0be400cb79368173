"""Several rows of one migration: ran again, copied, restored; and what its SQL did each time."""

import pytest
from msgspec.structs import replace

from forensics.adapters.drizzle.ledger import NAMED
from forensics.facts import TrackingRow
from forensics.model import Severity
from forensics.rules import RULES
from forensics.rules.concurrent_migrators import concurrent_migrators
from forensics.rules.duplicate_tracking_row import duplicate_tracking_row
from forensics.rules.schema_drift import schema_drift
from forensics.rules.tracking_rows_missing import tracking_rows_missing
from forensics.tracking.copies import copied_rows
from forensics.tracking.matching import matching_rows
from tests.build import (
    DEFAULT,
    GAPS,
    JOURNAL,
    START,
    Case,
    ask,
    digest,
    journal,
    table,
)
from tests.rules.repeated_rows import FIRST, LAST, TWICE, case, row
from tests.support.standing import TAGS, examined, grown, having, state


def test_processes_that_migrated_at_once_left_a_row_each() -> None:
    """The statements that ran each time are named, and the rows are left as they are."""
    given = examined(case(*TWICE))
    (found,) = ask(duplicate_tracking_row, given)
    assert (found.subject, found.severity) == (DEFAULT, Severity.LOW)
    assert found.title == f"0003_seed is recorded 2 times in {DEFAULT}"
    assert "0003_seed has 2 (ids 4 and 5)" in found.root_cause
    assert "a transaction of its own" in found.root_cause
    assert "0003_seed: `INSERT INTO users" in found.root_cause
    assert found.fix is not None and not found.fix.needed and found.fix.steps == ()
    assert [line[1] for line in found.shown[0].rows] == ["4", "5"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            (row(4, "0002_orders", "710"), row(5, "0003_seed", "710"), row(6, "0003_seed", "710")),
            "One transaction wrote several of these rows",
        ),
        ((row(4, "0003_seed", "710"), row(4, "0003_seed", "711")), "the same id"),
        ((row(4, "0003_seed", "710"), row(5, "0002_orders", "711")), "fails when it runs again"),
    ],
    ids=["copied", "restored", "a table that is made twice"],
)
def test_rows_that_no_second_run_wrote_blame_no_process(
    rows: tuple[TrackingRow, ...], said: str
) -> None:
    """The migration ran once, whatever the rows say."""
    given = examined(case(*rows))
    (found,) = ask(duplicate_tracking_row, given)
    assert said in found.root_cause
    assert "may have run each time" not in found.root_cause
    assert not ask(concurrent_migrators, given)


def test_rows_of_one_migration_with_other_line_ends_are_rows_of_one_migration() -> None:
    """Two images may hold different bytes."""
    other = replace(TWICE[1], checksum=digest("other bytes"))
    assert ask(duplicate_tracking_row, examined(case(TWICE[0], other)))


def test_where_nobody_saw_who_wrote_the_rows_both_stories_are_told() -> None:
    """As in evidence that was supplied."""
    given = examined(case(*(replace(it, transaction=None) for it in TWICE)))
    (found,) = ask(duplicate_tracking_row, given)
    assert "was not seen" in found.root_cause
    assert ask(concurrent_migrators, given)


def test_two_entries_with_one_stamp_have_a_row_each() -> None:
    """The nearest innocent case: the list says so."""
    files = grown(*TAGS[:4], **{JOURNAL: journal(*TAGS[:4], whens=[START, LAST, LAST, LAST])})
    held = [*FIRST[:1], *(replace(it, at=LAST) for it in (*FIRST[1:], TWICE[0]))]
    given = examined(Case(files, having(state(4), table(DEFAULT, *held))))
    assert not ask(duplicate_tracking_row, given)
    assert not ask(concurrent_migrators, given)


def test_surplus_rows_are_no_rows_of_unknown_migrations() -> None:
    """No other rule takes them for something that is not listed."""
    given = case(*TWICE).scene.examined()
    told = [it for rule in RULES for it in rule.ask(given, GAPS)]
    assert {getattr(it, "rule", "?") for it in told} == {
        "duplicate-tracking-row",
        "concurrent-migrators",
    }
    dropped = examined(Case(grown(*TAGS[:4]), having(state(3)[:1], table(DEFAULT, *FIRST, *TWICE))))
    assert ask(schema_drift, dropped)
    assert not ask(tracking_rows_missing, dropped)


def test_a_row_with_the_time_of_another_migration_is_no_copy() -> None:
    """Where names identify rows, and one name was written over others, nothing ran twice."""
    named = [
        replace(row(number, tag, str(700 + number)), key=TAGS[2])
        for number, tag in enumerate(TAGS[:3], start=1)
    ]
    history = case().facts.history
    assert history is not None
    held = table(DEFAULT, *named)
    assert copied_rows(NAMED, held, history) == ()
    matched = matching_rows(NAMED, held, history, case().facts.files)
    assert matched == {2: named[2]}
    again = table(DEFAULT, *named, replace(named[2], id=9))
    [copies] = copied_rows(NAMED, again, history)
    assert [it.id for it in copies.rows] == [3, 9]
