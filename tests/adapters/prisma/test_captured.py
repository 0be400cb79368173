"""Captured outputs of Prisma: the error is read, and the issue about it explains them."""

from __future__ import annotations

import pytest

from forensics.adapters import ADAPTERS
from forensics.collect.symptoms import read_symptom
from forensics.facts import RowState
from tests.adapters.prisma.cases import case
from tests.adapters.prisma.samples import ALL, ONE, PHONE, SQL, path, project, row
from tests.analysis.test_captured import open_about

P3009 = (
    "Error: P3009\n\nmigrate found failed migrations in the target database, new migrations will "
    "not be applied.\nThe `{}` migration started at 2024-06-07 05:59:00.783912 UTC failed\n"
)
P3018 = (
    "Error: P3018\n\nA migration failed to apply.\n\nMigration name: {}\n\n"
    'Database error code: 42P01\n\nDatabase error:\nERROR: relation "gone" does not exist\n\n'
)
NO_TABLE = "Error: P1014\n\nThe underlying table for model `_prisma_migrations` does not exist.\n"


@pytest.mark.parametrize("printed", [P3009, P3018])
def test_the_issue_about_a_failed_migration_explains_what_names_it(printed: str) -> None:
    """Also an older run, of another clock; not what names another migration."""
    given = case(ONE, row(PHONE, RowState.FAILED))
    assert not open_about(given, printed.format(PHONE))
    assert open_about(given, printed.format("20200101000000_other"))


def test_the_issue_about_a_dump_explains_the_table_that_is_not_found() -> None:
    """It empties the search path, and the tool no longer finds its own table."""
    dump = {path(PHONE): f"SELECT pg_catalog.set_config('search_path', '', false);\n{SQL[PHONE]}"}
    files = project(*ALL) | dump
    assert not open_about(case(ONE, row(PHONE, RowState.FAILED), files=files), NO_TABLE)
    assert open_about(case(ONE, row(PHONE, RowState.FAILED)), NO_TABLE)


def test_the_error_of_the_database_is_read_from_below_the_number() -> None:
    """The number alone says nothing."""
    [run] = read_symptom(P3018.format(PHONE), ADAPTERS).runs
    assert run.error is not None
    assert (run.error.sqlstate, run.error.table) == ("42P01", "gone")
    [run] = read_symptom(P3009.format(PHONE), ADAPTERS).runs
    assert run.error is not None
    assert run.error.text.startswith("P3009 migrate found failed migrations")


def test_a_variable_that_was_not_set_is_told_as_what_the_run_lacked() -> None:
    """Nothing of the project or the database explains it."""
    printed = "Error: Environment variable not found: DATABASE_URL. Error code: P1012\n(exit 1)"
    [question] = open_about(case(ONE), f"$ npx prisma migrate deploy\n{printed}")
    assert "stopped before it sent any SQL" in question.lacks
    assert "variable that was not set" in question.how_to_get_it


def test_a_shadow_database_that_is_the_database_itself_is_told_with_its_danger() -> None:
    """The line that says so stands below two that say nothing."""
    printed = (
        "Error: Prisma schema validation - (get-config wasm)\nError code: P1012\n"
        "error: shadowDatabaseUrl is the same as url for datasource.\n(exit 1)"
    )
    [question] = open_about(case(ONE), f"$ npx prisma migrate dev\n{printed}")
    assert "(shadowDatabaseUrl is the same as url for datasource." in question.lacks
    assert "would empty this one" in question.how_to_get_it
