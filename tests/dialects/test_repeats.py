"""What only repeats other migrations is told from what would be missing."""

import pytest

from forensics.dialects.repeats import repeats, without_comments
from tests.support.growth import is_linear

MAKES = """CREATE TABLE IF NOT EXISTS "public"."tags" ("id" uuid);--> statement-breakpoint
ALTER TABLE "tags" ADD COLUMN "size" integer;
DO $$ BEGIN
 ALTER TABLE "tags" ADD CONSTRAINT "tags_fk" FOREIGN KEY ("id") REFERENCES "users"("id");
EXCEPTION WHEN duplicate_object THEN null; END $$;
CREATE POLICY "read own" ON "tags" USING (true);
UPDATE tags SET size = 1; -- once
"""


@pytest.mark.parametrize(
    "text",
    [
        'CREATE TABLE "tags" ("id" uuid, "name" text);',
        'alter table only public.tags add column if not exists "size" integer;',
        'ALTER TABLE "tags" ADD CONSTRAINT "tags_fk" FOREIGN KEY ("id") REFERENCES "users"("id") '
        "ON DELETE set null;",
        'CREATE POLICY "read own" ON tags AS PERMISSIVE USING (false);',
        "UPDATE tags   SET size = 1;",
        MAKES,
    ],
)
def test_what_others_make_or_say_as_well_is_repeated(text: str) -> None:
    """Guards, quotes, schema `public`, comments and white space do not tell two apart."""
    assert repeats(text, [None, MAKES])


@pytest.mark.parametrize(
    "text",
    [
        'CREATE TABLE "shelves" ("id" uuid);',
        'CREATE TABLE "other"."tags" ("id" uuid);',
        'ALTER TABLE "tags" ADD COLUMN "size" integer, ADD COLUMN "weight" integer;',
        'ALTER TABLE "tags" ADD COLUMN "size" integer, ALTER COLUMN "id" DROP NOT NULL;',
        'ALTER TABLE "tags" ADD COLUMN "size" integer, ADD "weight" integer;',
        'CREATE POLICY "read own" ON "users" USING (true);',
        "UPDATE tags SET size = 2;",
        MAKES + "DROP TABLE users;",
        "",
        "-- nothing",
    ],
)
def test_anything_else_would_be_missing(text: str) -> None:
    """One statement of its own is enough; an empty file repeats nothing."""
    assert not repeats(text, [MAKES])


def test_what_is_dropped_again_is_not_there() -> None:
    """A file that makes it anew would be missed."""
    assert not repeats('CREATE TABLE "tags" ();', [MAKES, 'DROP TABLE "tags" CASCADE;'])
    assert not repeats(
        "ALTER TABLE tags ADD COLUMN size int;", [MAKES, "ALTER TABLE tags DROP COLUMN size;"]
    )


def test_what_is_dropped_later_would_be_gone_either_way() -> None:
    """And what is made later is there in the end."""
    assert repeats('CREATE TABLE "tags" ();', [MAKES], ["DROP TABLE tags;"])
    assert repeats('CREATE TABLE "tags" ();', ["DROP TABLE tags;"], [MAKES])


def test_of_a_text_that_was_not_kept_nothing_is_said() -> None:
    """Too large, or not text."""
    assert not repeats(None, [MAKES])


@pytest.mark.parametrize("column", ["`size`", "COLUMN `size`"])
def test_names_in_backticks_are_names(column: str) -> None:
    """As SQLite and MySQL have them, where ADD needs no COLUMN."""
    made = f"CREATE TABLE `tags` (id int);\nALTER TABLE `tags` ADD {column} int NOT NULL;"
    assert repeats("ALTER TABLE tags ADD COLUMN size int;", [made])
    assert repeats(f"ALTER TABLE `tags` ADD {column} bigint;", [made])
    assert not repeats("ALTER TABLE `tags` ADD `weight` int;", [made])
    assert not repeats("CREATE TABLE `tags` (id int);", [made, "DROP TABLE `tags`;"])


def test_thousands_of_comments_without_an_end_take_no_minutes() -> None:
    """Nor do they hide what stands behind them, as a string would."""
    assert is_linear(lambda size: repeats("/*x" * size, [MAKES]), 2000)
    assert not repeats(f"{MAKES}; SELECT 'image/*'; CREATE TABLE other (id uuid);", [MAKES])
    assert without_comments("a/*b*/c--d\ne/*f--g\nh") == "a c \ne/*f \nh"
