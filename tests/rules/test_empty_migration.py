"""A listed migration without a statement: a note."""

import pytest

from forensics.facts import Facts
from forensics.model import Severity
from forensics.rules.empty_migration import empty_migration
from tests.build import (
    Case,
    open_questions,
    project,
    sql,
    tool,
)


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


def test_it_says_what_it_lacked() -> None:
    """Without the list nothing is listed."""
    assert [it.lacks for it in open_questions(empty_migration, Facts(tool=tool()))] == ["History"]


def test_a_file_that_is_not_there_is_not_empty() -> None:
    """That is another fault."""
    assert not Case(project("0000_a", **{"drizzle/0000_a.sql": None})).ask(empty_migration)
