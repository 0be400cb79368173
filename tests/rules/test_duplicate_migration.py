"""A migration that is listed twice, or under two names."""

import pytest
from msgspec.structs import replace

from forensics.model import Severity
from forensics.rules.duplicate_migration import duplicate_migration
from forensics.rules.duplicate_migration_index import duplicate_migration_index
from forensics.rules.empty_migration import empty_migration
from forensics.rules.missing_snapshot import missing_snapshot
from tests.build import (
    DEFAULT,
    JOURNAL,
    Case,
    database,
    digest,
    journal,
    project,
    rows,
    snapshot,
    sql,
    table,
)
from tests.rules.numbers import copied


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


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("CREATE TABLE `a` (`id` integer);", Severity.MEDIUM),
        ("-- b\nCREATE INDEX IF NOT EXISTS `b` ON `a` (`id`);\n", Severity.LOW),
        ("CREATE TABLE IF NOT EXISTS a (b int);\nCREATE INDEX c ON a (b);", Severity.MEDIUM),
    ],
)
def test_a_copy_that_passes_again_is_only_untidy(text: str, severity: Severity) -> None:
    """Each of its statements has to."""
    assert Case(copied(text)).only(duplicate_migration).severity is severity


@pytest.mark.parametrize("text", ["", "-- nothing\n"])
def test_files_without_statements_are_no_copies(text: str) -> None:
    """They are empty, which is a note."""
    case = Case(copied(text))
    assert not case.ask(duplicate_migration)
    assert [it.subject for it in case.ask(empty_migration)] == ["0000_a", "0001_b"]


def test_two_folders_with_the_same_sql_are_told_for_a_release_that_nobody_knows() -> None:
    """Whatever it does with them, it has the same statements twice; nothing is offered."""
    case = Case(
        {
            "package.json": '{"devDependencies": {"drizzle-kit": "1.0.0-beta.12"}}',
            "drizzle/20260421000001_a/migration.sql": sql("a"),
            "drizzle/20260421000001_a/snapshot.json": snapshot(0),
            "drizzle/20260421000002_b/migration.sql": sql("b"),
            "drizzle/20260422000000_again/migration.sql": sql("a"),
        }
    )
    assert case.facts.history is None
    assert "1.0.0-beta.12" in str(case.facts.tool.unread)
    bare = case.only(missing_snapshot)
    assert bare.severity is Severity.NOTE and bare.title.startswith("2 of 3 migrations in drizzle")
    finding = case.only(duplicate_migration)
    assert finding.subject == "drizzle/20260422000000_again/migration.sql"
    assert finding.fix is None and "20260421000001_a" in finding.title
