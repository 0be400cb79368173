"""A statement that only lacks what a failing one makes is no issue of its own."""

import pytest
from msgspec.structs import replace

from forensics.dialects.postgres.repairs.lenient import names_made
from forensics.model import CommandOutcome
from forensics.statements import names_made as names_made_by
from tests.support.pending import BREAK, found, healed, pending, rules_of

NEEDS = 'CREATE TABLE "posts" ("id" integer REFERENCES "nowhere" ("id"));'
USES = 'ALTER TABLE "posts" ADD COLUMN "title" text;'
FAILS = 'ALTER TABLE "gone" ADD COLUMN "x" text;'


def test_what_needs_the_table_is_left_out_with_it() -> None:
    """Also where a later migration needs it, or what another statement made from it."""
    view = 'CREATE TABLE "copies" ("post" text REFERENCES "posts" ("title"));'
    case = pending(f"{NEEDS}\n{BREAK}{USES}", view, 'ALTER TABLE "copies" ADD COLUMN "y" text;')
    (one,) = found(case)
    assert "statement 1 of 0001_next" in one.root_cause
    assert healed(case, one).outcome is CommandOutcome.PASSES


def test_another_failure_behind_it_is_still_found() -> None:
    """It has nothing to do with the table."""
    case = pending(f"{NEEDS}\n{BREAK}{USES}", FAILS)
    findings = found(case)
    assert rules_of(findings) == [
        ("failing-statement", "0001_next"),
        ("failing-statement", "0002_next"),
    ]
    assert healed(case, *findings).outcome is CommandOutcome.PASSES


def test_the_names_that_a_statement_makes_are_known() -> None:
    """Without their schema, as error messages have them in the end."""
    assert names_made('CREATE TABLE IF NOT EXISTS "app"."posts" ("id" integer)') == ("posts",)
    assert names_made("ALTER TABLE a ADD COLUMN b text, ADD COLUMN c text") == ("b", "c")
    assert names_made("ALTER TABLE a RENAME TO z") == ("z",)
    assert names_made("CREATE UNIQUE INDEX i ON a (b)") == ("i",)
    assert names_made("CREATE SCHEMA s") == ("s",)
    assert names_made("DROP TABLE a") == ()
    assert names_made("SELECT 1; SELECT 2") == ()


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("CREATE TABLE `tokens` (\n\t`user_id` int NOT NULL\n)", {"tokens"}),
        ("CREATE UNIQUE INDEX IF NOT EXISTS `app`.`i` ON `a` (`b`)", {"i"}),
        ("ALTER TABLE `a` ADD `b` int, ADD COLUMN `c` int", {"b", "c"}),
        ("ALTER TABLE `a` ADD CONSTRAINT `k` FOREIGN KEY (`b`) REFERENCES `c`(`id`)", set()),
        ("ALTER TABLE `__new_a` RENAME TO `a`", {"a"}),
        ("DROP TABLE `a`", set()),
        ("INSERT INTO `a` VALUES ('x ADD b')", set()),
    ],
)
@pytest.mark.parametrize("dialect", ["mysql", "sqlite"])
def test_where_statements_are_not_parsed_their_words_say_it(
    dialect: str, text: str, made: set[str]
) -> None:
    """Else what needs a table that could not be made would be told as an issue of its own."""
    tool = replace(pending(USES).scene.tool, dialect=dialect)
    assert names_made_by(tool, text) == made
