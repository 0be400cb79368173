"""What an extension brings, in a database that does not have it."""

import pytest
from msgspec.structs import replace

from forensics.facts import Extension
from forensics.model import TrueError
from forensics.rules.missing_extension import missing_extension
from tests.build import ask
from tests.support.pending import BREAK, edit, pending, refused

RULE = missing_extension
COLUMN = 'ALTER TABLE "users" ADD COLUMN "place" vector(3);'
NO_TYPE = TrueError(text='type "vector" does not exist', sqlstate="42704")


def test_the_extension_is_named_with_the_statement_that_needs_it() -> None:
    """Not the type: the extension is what has to be there."""
    (finding,) = ask(RULE, refused(pending(COLUMN), NO_TYPE))
    assert finding.subject == "vector"
    assert finding.title.startswith("0001_next needs the extension vector")
    assert "Its extensions are: none." in finding.root_cause


def test_it_is_installed_before_the_statement() -> None:
    """In the same file, between the tool's marks."""
    case = pending(f'CREATE TABLE "a" ("id" integer);\n{BREAK}{COLUMN}')
    (finding,) = ask(RULE, refused(case, NO_TYPE, number=1))
    assert edit(finding.fix).after == (
        f'CREATE TABLE "a" ("id" integer);\n{BREAK}'
        f'CREATE EXTENSION IF NOT EXISTS "vector";{BREAK}{COLUMN}'
    )


@pytest.mark.parametrize(
    ("message", "extension"),
    [
        ("function uuid_generate_v4() does not exist", "uuid-ossp"),
        ("function public.gen_salt(unknown) does not exist", "pgcrypto"),
        ('operator class "gin_trgm_ops" does not exist for access method "gin"', "pg_trgm"),
        ('access method "hnsw" does not exist', "vector"),
        ('type "geometry" does not exist', "postgis"),
        ('type "citext[]" does not exist', "citext"),
    ],
)
def test_functions_and_operator_classes_tell_it_too(message: str, extension: str) -> None:
    """By the names in the extension's own install script."""
    error = TrueError(text=message, sqlstate="42883" if "function" in message else "42704")
    (finding,) = ask(RULE, refused(pending(COLUMN), error))
    assert finding.subject == extension


def test_a_name_of_nobodys_extension_is_not_of_this_kind() -> None:
    """Nor is another error that quotes such a name."""
    for error in (
        TrueError(text='type "mood" does not exist', sqlstate="42704"),
        TrueError(text="function own() does not exist", sqlstate="42883"),
        TrueError(text='type "vector" does not exist', sqlstate="42P01"),
    ):
        assert not ask(RULE, refused(pending(COLUMN), error))


def test_an_extension_that_is_there_is_not_missing() -> None:
    """Then the search path hides it."""
    facts = refused(pending(COLUMN), NO_TYPE)
    assert facts.schema is not None
    there = replace(facts.schema, extensions=(Extension(name="vector", schema="extensions"),))
    assert not ask(RULE, replace(facts, schema=there))
