"""What is written in the place of statements that fail, statement by statement."""

import pytest
from msgspec.structs import replace

from forensics.dialects.postgres.repairs import PostgresRepairs
from forensics.dialects.postgres.repairs.ways import way_between
from forensics.facts import Column, EnumType
from tests.build import name
from tests.support.standing import having, users

REPAIRS = PostgresRepairs()
MOOD = EnumType(name=name("public.mood"), labels=("glad", "sad"))
SCHEMA = having([users(Column(name="moods", type="mood[]"))]).schema
assert SCHEMA is not None
SCHEMA = replace(SCHEMA, enums=(MOOD, replace(MOOD, name=name("public.tone"))))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("VACUUM FULL a", "VACUUM"),
        ("create unique index concurrently i on a (b)", "CREATE INDEX CONCURRENTLY"),
        ("DROP INDEX CONCURRENTLY i", "DROP INDEX CONCURRENTLY"),
        ("REINDEX TABLE CONCURRENTLY a", "REINDEX CONCURRENTLY"),
        ("REINDEX (CONCURRENTLY) TABLE a", "REINDEX CONCURRENTLY"),
        ("REINDEX SCHEMA public", "REINDEX SCHEMA"),
        ("ALTER TABLE a DETACH PARTITION b CONCURRENTLY", "ALTER TABLE ... DETACH CONCURRENTLY"),
        ("ALTER SYSTEM SET work_mem = 1", "ALTER SYSTEM"),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY v", ""),
        ('CREATE INDEX "concurrently" ON a (b)', ""),
        ("REINDEX TABLE a", ""),
        ("SELECT 'VACUUM'", ""),
        ("not sql at all '", ""),
    ],
)
def test_what_no_transaction_may_hold(text: str, says: str) -> None:
    """By the name that the server's error gives it (PostgreSQL 15.18 was asked)."""
    assert REPAIRS.refused_in_transaction(text) == says


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("CREATE INDEX CONCURRENTLY i ON a (b)", "CREATE INDEX i ON a (b)"),
        ("DROP INDEX CONCURRENTLY IF EXISTS i", "DROP INDEX IF EXISTS i"),
        ("CREATE INDEX i ON a (b)", None),
        ("VACUUM a", None),
    ],
)
def test_the_same_for_a_transaction(text: str, instead: str | None) -> None:
    """The word alone goes."""
    assert REPAIRS.allowed_in_transaction(text) == instead


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ('CREATE SCHEMA "a"', 'CREATE SCHEMA IF NOT EXISTS "a"'),
        ("CREATE TABLE a (b int)", "CREATE TABLE IF NOT EXISTS a (b int)"),
        ("CREATE UNIQUE INDEX i ON a (b)", "CREATE UNIQUE INDEX IF NOT EXISTS i ON a (b)"),
        ("CREATE EXTENSION citext", "CREATE EXTENSION IF NOT EXISTS citext"),
        ("CREATE SCHEMA IF NOT EXISTS a", "CREATE SCHEMA IF NOT EXISTS a"),
        ("ALTER TYPE t ADD VALUE 'a'", "ALTER TYPE t ADD VALUE IF NOT EXISTS 'a'"),
        ("ALTER TABLE a ADD COLUMN b int", "ALTER TABLE a ADD COLUMN IF NOT EXISTS b int"),
        (
            "ALTER TABLE IF EXISTS a ADD COLUMN b int",
            "ALTER TABLE IF EXISTS a ADD COLUMN IF NOT EXISTS b int",
        ),
        ("ALTER TABLE a ADD b int", None),
        ("ALTER TABLE a ADD COLUMN b int, ADD COLUMN c int", None),
        ("DROP TABLE IF EXISTS a", None),
        ("CREATE TYPE t AS ENUM ('a')", None),
        ("CREATE VIEW v AS SELECT 1", None),
        ("CREATE INDEX ON a (b)", None),
        ("CREATE SCHEMA a; CREATE SCHEMA b", None),
    ],
)
def test_the_same_where_the_object_is_there(text: str, instead: str | None) -> None:
    """Only of what knows IF NOT EXISTS."""
    assert REPAIRS.lenient(text) == instead


@pytest.mark.parametrize(
    ("old", "new", "way"),
    [
        ("text", "uuid", ""),
        ("character varying(80)", "integer", ""),
        ("integer", "boolean", ""),
        ("text[]", "integer[]", ""),
        ("mood", "tone", "::text"),
        ("mood[]", "tone[]", "::text[]"),
        ("timestamp with time zone", "date", ""),
        ("timestamp without time zone", "integer", None),
        ("boolean", "bigint", None),
        ("text", "integer[]", None),
        ("text", "geometry", None),
        ("uuid", "integer", None),
    ],
)
def test_a_cast_is_written_only_where_there_is_one(old: str, new: str, way: str | None) -> None:
    """Explicit casts of pg_cast, and text in and out."""
    assert SCHEMA is not None
    assert way_between(old, new, SCHEMA) == way


def test_columns_that_are_arrays_of_an_enum_go_along() -> None:
    """By way of text[], element by element."""
    assert SCHEMA is not None
    lines = REPAIRS.remade_type(
        "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'calm' AFTER 'glad'", SCHEMA
    )
    assert lines == (
        'ALTER TYPE "public"."mood" RENAME TO "mood__old"',
        "CREATE TYPE \"public\".\"mood\" AS ENUM ('glad', 'calm', 'sad')",
        'ALTER TABLE "public"."users" ALTER COLUMN "moods" TYPE "public"."mood"[] '
        'USING "moods"::text[]::"public"."mood"[]',
        'DROP TYPE "public"."mood__old"',
    )


def test_nothing_is_written_for_what_is_not_known() -> None:
    """An enum that the catalogue lacks, a statement of another kind."""
    assert SCHEMA is not None
    assert REPAIRS.remade_type("ALTER TYPE gone ADD VALUE 'x'", SCHEMA) == ()
    assert REPAIRS.remade_type("ALTER TYPE mood RENAME VALUE 'glad' TO 'x'", SCHEMA) == ()
    assert REPAIRS.with_cast("ALTER TABLE gone ALTER COLUMN x TYPE uuid", SCHEMA) == ()
    assert REPAIRS.makes_schema("CREATE TABLE a (b int)") is None
    assert REPAIRS.makes_table("CREATE TABLE IF NOT EXISTS a (b int)") is None
