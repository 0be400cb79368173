"""What a person can do about an error where nothing follows from the evidence."""

import pytest

from forensics.dialects import dialect_named
from forensics.dialects.base import Hint


def hint(dialect: str, written: str, said: str) -> Hint:
    """The only one about a statement with the error of the database."""
    (found,) = dialect_named(dialect).hints(written, said)
    return found


def test_a_role_that_is_missing_can_be_created() -> None:
    """Whether it should be is for a person: the wrong server has none of the right roles."""
    found = hint("postgresql", 'CREATE POLICY "p" ON "t" TO "web"', 'role "web" does not exist')
    assert found.text == 'CREATE ROLE "web" NOLOGIN;' and found.note


def test_a_name_that_is_too_long_gets_a_shorter_one() -> None:
    """In the statement, and in whatever would write it again."""
    found = hint(
        "mysql",
        "ALTER TABLE `t` ADD CONSTRAINT `long` x",
        "Identifier name 'long' is too long",
    )
    assert found.text == "ALTER TABLE `t` ADD CONSTRAINT `A_SHORTER_NAME` x;"
    assert "snapshot" in found.why and not found.note


@pytest.mark.parametrize(
    ("dropping", "said"),
    [
        (
            "ALTER TABLE `t` DROP PRIMARY KEY",
            "Error on rename of './d/#sql' to './d/t' (errno: 150 \"Foreign key\")",
        ),
        ("DROP INDEX `i` ON `t`", "Cannot drop index 'i': needed in a foreign key constraint"),
    ],
)
def test_a_key_that_a_foreign_key_needs_gets_another_one_first(dropping: str, said: str) -> None:
    """Which columns it needs, the message does not say."""
    found = hint("mysql", dropping, said)
    assert found.text.startswith("CREATE INDEX `A_NAME` ON `t` (")
    assert found.text.endswith(f"{dropping};")


def test_a_foreign_key_to_columns_without_a_key_gets_one_first() -> None:
    """Which key it should be is for the schema code to say."""
    key = 'ALTER TABLE "a" ADD CONSTRAINT "k" FOREIGN KEY ("b") REFERENCES "s"."c"("id")'
    said = 'there is no unique constraint matching given keys for referenced table "c"'
    found = hint("postgresql", key, said)
    assert found.text == f'ALTER TABLE "s"."c" ADD CONSTRAINT "A_NAME" UNIQUE ("id");\n{key};'


@pytest.mark.parametrize(
    "said",
    [
        'Can\'t create table `d`.`a` (errno: 150 "Foreign key constraint is incorrectly formed")',
        "Referencing column 'b' and referenced column 'id' in foreign key constraint 'k' are "
        "incompatible.",
    ],
)
def test_a_foreign_key_between_two_types_shows_what_to_compare(said: str) -> None:
    """MariaDB does not even say that it is about types."""
    key = "ALTER TABLE `a` ADD CONSTRAINT `k` FOREIGN KEY (`b`) REFERENCES `c`(`id`)"
    found = hint("mysql", key, said)
    assert found.text == (
        f"ALTER TABLE `a` MODIFY COLUMN `b` THE_TYPE_OF_THE_OTHER_COLUMN;\n{key};"
    )
    assert "`c`(`id`)" in found.why


def test_a_placeholder_gives_way_to_its_value() -> None:
    """Which the generator has lost."""
    found = hint("postgresql", "CREATE INDEX i ON t (a) WHERE b = $1", "there is no parameter $1")
    assert found.text == "CREATE INDEX i ON t (a) WHERE b = /* the value */;"


@pytest.mark.parametrize("name", ["we\nb", "\u202ebew", "we\x1bb", "w" * 64])
def test_no_statement_is_shown_of_a_role_whose_name_may_deceive(name: str) -> None:
    """It breaks a line, turns the reading direction, or is none that PostgreSQL can hold."""
    assert not list(dialect_named("postgresql").hints("SELECT 1", f'role "{name}" does not exist'))


@pytest.mark.parametrize("said", ['relation "web" does not exist', "syntax error"])
@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "sqlite", "singlestore"])
def test_nothing_is_guessed_of_other_errors(said: str, dialect: str) -> None:
    """They have rules of their own, or need a reader."""
    assert not list(dialect_named(dialect).hints("SELECT", said))
