"""The conversion of a table of 0.x: which rows get which name."""

import pytest

from forensics.adapters.drizzle.v1.folder import stamp_of
from forensics.model import CommandOutcome
from forensics.rules.applied_but_unknown_migration import applied_but_unknown_migration as rule
from tests.build import Case, ask, open_questions
from tests.folders import NAMES, folders, recorded, row

ONE, TWO, THREE = NAMES
FIRST = stamp_of(ONE) or 0


def outcome(*rows: tuple[int | None, str]) -> tuple[CommandOutcome, str]:
    """What `migrate` would do with rows of `created_at` and hash, all migrations being there."""
    held = [row(number, None, checksum or "x", at) for number, (at, checksum) in enumerate(rows, 1)]
    live = [f"public.{it.partition('_')[2]}" for it in NAMES]
    case = Case(folders(*NAMES), recorded(*held, named=False, live=live))
    told = case.scene.adapter.predict(case.facts, "migrate")
    return told.outcome, told.message


def digest(name: str) -> str:
    """Of the file of a migration."""
    return row(0, name).checksum


def test_milliseconds_are_cut_off() -> None:
    """The folder's name has only seconds; the hash plays no part then."""
    assert outcome((FIRST + 7, "x"), (FIRST + 1999, "x"), (FIRST + 2000, "x"))[0] is (
        CommandOutcome.PASSES
    )


def test_without_the_second_the_hash_decides() -> None:
    """As of a row that was inserted by hand."""
    assert outcome((1, digest(ONE)), (FIRST + 1000, ""), (FIRST + 2000, ""))[0] is (
        CommandOutcome.PASSES
    )


@pytest.mark.parametrize("at", [None, 5, 1_700_000_000_000])
def test_a_row_that_matches_nothing_stops_it(at: int | None) -> None:
    """Its id is named, and no statement was sent."""
    told, message = outcome((FIRST, ""), (at, "y" * 64))
    assert told is CommandOutcome.BLOCKED
    assert "we found 1 migrations (ids: 2) in the database" in message


def test_rows_that_match_nothing_are_an_issue_where_the_database_is_the_lists_own() -> None:
    """It has what the folders make; else nobody knows whose rows these are, and none is deleted."""
    strange = [row(number, None, "y" * 64, 5 + number) for number in (1, 2, 3)]
    live = [f"public.{it.partition('_')[2]}" for it in NAMES]
    own = Case(folders(*NAMES), recorded(*strange, named=False, live=live))
    assert [it.fix is not None for it in ask(rule, own.scene.examined())] == [True] * 3
    other = Case(folders(*NAMES), recorded(*strange, named=False, live=["public.other"]))
    assert open_questions(rule, other.scene.examined())


def test_a_table_with_names_is_not_converted() -> None:
    """Whatever its rows say of times."""
    case = Case(folders(*NAMES), recorded(row(1, ONE, at=1), row(2, TWO, at=2)))
    assert case.scene.adapter.predict(case.facts, "migrate").outcome is CommandOutcome.PASSES
