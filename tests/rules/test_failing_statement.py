"""A pending statement that fails for any reason is named, with its place and the error."""

import pytest

from forensics.dialects.effect import Failed
from forensics.dialects.postgres.effects import run
from forensics.facts import Column
from forensics.model import ByHand, CommandOutcome, Finding, RunSql, Severity, TrueError
from forensics.rules.failing_statement import failing_statement
from tests.adapters.prisma.cases import case as prisma
from tests.adapters.prisma.samples import PHONE, POST, THREE, TWO, USER
from tests.build import ask
from tests.support.pending import BREAK, NEXT, edit, found, healed, pending, refused, rules_of
from tests.support.standing import users

RULE = failing_statement
GONE = f'CREATE TABLE "a" ("id" integer);\n{BREAK}ALTER TABLE "gone" ADD COLUMN "x" text;'
MADE = 'ALTER TABLE "users" ADD COLUMN "id" text;'

OVER_HTTP = """import { migrate } from "drizzle-orm/neon-http/migrator";
await migrate(db, { migrationsFolder: "drizzle" });"""


def test_it_names_the_statement_its_line_and_the_error() -> None:
    """The second statement of the file stands on its third line."""
    (finding,) = found(pending(GONE))
    assert (finding.rule, finding.subject) == ("failing-statement", NEXT)
    assert finding.severity is Severity.HIGH
    assert finding.title == (
        'Statement 2 of 0001_next (line 3) fails: relation "gone" does not exist'
    )
    assert "(SQLSTATE 42P01)" in finding.root_cause
    assert finding.shown[0].text == 'ALTER TABLE "gone" ADD COLUMN "x" text;'


def test_taking_the_statement_out_is_tried_and_never_recommended() -> None:
    """Only a person knows what it should say."""
    case = pending(GONE)
    (finding,) = found(case)
    assert finding.fix is None
    assert healed(case).outcome is CommandOutcome.BLOCKED
    assert healed(case, finding).outcome is CommandOutcome.PASSES


def test_what_fails_behind_it_is_found_too() -> None:
    """Two statements of one file and one of the next: each by its own place."""
    third = 'ALTER TABLE "users" DROP COLUMN "nothing";'
    case = pending(f"{GONE}\n{BREAK}{third}", 'DROP TABLE "never";')
    findings = found(case)
    assert rules_of(findings) == [
        ("failing-statement", NEXT),
        ("failing-statement", NEXT),
        ("failing-statement", "0002_next"),
    ]
    assert [it.title.split(" fails")[0] for it in findings] == [
        "Statement 2 of 0001_next (line 3)",
        "Statement 3 of 0001_next (line 5)",
        "Statement 1 of 0002_next (line 1)",
    ]
    assert healed(case, *findings).outcome is CommandOutcome.PASSES


def test_nothing_pending_or_nothing_failing_is_quiet() -> None:
    """Also where it is only not known what a statement does."""
    for text in ('CREATE TABLE "a" ("id" integer);', "SELECT some_function();"):
        case = pending(text)
        assert not found(case)
        assert not ask(RULE, case.scene.examined())


def test_a_failure_that_another_fault_brings_about_is_not_the_statements() -> None:
    """Without its row, the applied migration is pending: its repair ends that."""
    case = pending('CREATE TABLE "a" ("id" integer);', recorded=False)
    assert case.scene.predict(case.facts)["migrate"].outcome is CommandOutcome.BLOCKED
    diagnosis = case.diagnose()
    assert "failing-statement" not in {it.rule for it in diagnosis.findings}


def test_what_is_there_already_is_told_with_who_makes_it() -> None:
    """Another migration with the same statement, or none that is listed."""
    again = 'ALTER TABLE "users" ADD COLUMN "x" text;'
    (finding,) = found(pending(f"-- one\n{again}", again))
    assert finding.subject == "0002_next"
    assert "0001_next has the same statement" in finding.root_cause
    (finding,) = found(pending(MADE))
    assert "No other listed migration makes it" in finding.root_cause


def test_what_a_database_has_as_a_whole_is_declared_applied_where_the_tool_can_be_told() -> None:
    """As after a dump of it; a tool without such a command has none to name."""
    (finding,) = found(prisma(TWO, THREE, USER, PHONE))
    assert f"migrate resolve --applied {POST}`" in finding.root_cause
    assert "If the database has all" not in found(pending(MADE))[0].root_cause


NOTE = """ALTER TABLE "users" ADD COLUMN "note" text DEFAULT 'none' NOT NULL;"""


def test_a_column_that_is_there_just_so_is_added_only_where_it_is_missing() -> None:
    """As of a branch that was thrown away: a new database still gets it."""
    there = Column(name="note", type="text", not_null=True, default="'none'::text")
    case = pending(NOTE, tables=[users(there)])
    (finding,) = found(case)
    assert edit(finding.fix).after == NOTE.replace("COLUMN", "COLUMN IF NOT EXISTS")
    assert healed(case, finding).outcome is CommandOutcome.PASSES
    again = pending(NOTE, NOTE)
    assert edit(found(again)[0].fix).after == ""


@pytest.mark.parametrize(
    ("text", "there"),
    [
        (NOTE, Column(name="note", type="text", not_null=True)),
        (NOTE, Column(name="note", type="integer", not_null=True, default="0")),
        (NOTE.replace("NOT NULL", "UNIQUE"), Column(name="note", type="text", default="'none'")),
        (NOTE.replace(";", ', ADD COLUMN "x" text;'), Column(name="note", type="text")),
    ],
)
def test_a_column_that_differs_is_left_to_a_person(text: str, there: Column) -> None:
    """What is missing of it would be hidden."""
    (finding,) = found(pending(text, tables=[users(there)]))
    assert finding.fix is None


def test_what_a_failure_leaves_where_no_transaction_undoes_it_is_said() -> None:
    """One statement of two migrations ran before; over HTTP all rows would have come last."""
    case = pending('CREATE TABLE "b" ("id" integer);', GONE, more={"migrate.ts": OVER_HTTP})
    (finding,) = found(case)
    assert finding.root_cause.endswith(
        " neon-http sends every statement by itself, so the 2 statements that ran before it stay, "
        "and no row is written: the next run sends them again."
    )
    assert "sends every statement by itself" not in found(pending(GONE))[0].root_cause


def test_what_two_branches_made_in_different_ways_names_both() -> None:
    """Not a hand: an earlier migration makes the table, with other columns."""
    case = pending(
        'CREATE TABLE "b" ("id" integer);\n--> statement-breakpoint\n'
        'CREATE TABLE "a" ("id" integer);',
        'CREATE TABLE "a" ("id" bigint);',
    )
    (finding,) = found(case)
    assert finding.subject == "0002_next"
    assert "0001_next makes it too, in another way (line 3)" in finding.root_cause
    assert "by hand" not in finding.root_cause


def test_what_is_repeated_with_other_quotes_is_found() -> None:
    """A person wrote one of the two."""
    case = pending(
        'ALTER TABLE "users" ADD COLUMN "note" text;', "ALTER TABLE users ADD COLUMN note varchar;"
    )
    (finding,) = found(case)
    assert "0001_next makes it too, in another way (line 1)" in finding.root_cause


@pytest.mark.parametrize(
    ("text", "sqlstate", "message", "told"),
    [
        (
            'GRANT "a" TO "b" WITH INHERIT FALSE;',
            "42601",
            'syntax error at or near "INHERIT"',
            "WITH INHERIT or SET needs PostgreSQL 16 or newer",
        ),
        (
            'ALTER TABLE "b" ADD COLUMN "key" uuid DEFAULT uuidv7();',
            "42883",
            "function uuidv7() does not exist",
            "uuidv7() needs PostgreSQL 18 or newer",
        ),
        (
            'ALTER TABLE "b" ADD COLUMN "key" uuid DEFAULT mine(uuidv7());',
            "42883",
            "function mine(uuid) does not exist",
            "",
        ),
    ],
)
def test_what_the_server_is_too_old_for_is_named(
    text: str, sqlstate: str, message: str, told: str
) -> None:
    """The error itself only says where it stopped reading, or that there is no such function."""
    failed = Failed(sqlstate=sqlstate, message=message, statement=text, position=0, number=1)
    (finding,) = found(
        pending(text), lambda schema, texts: failed if text in texts else run(schema, texts)
    )
    assert told in finding.root_cause and ("or newer" in finding.root_cause) == bool(told)


@pytest.mark.parametrize(
    ("said", "kind", "note"),
    [
        ('role "web" does not exist', RunSql, "CREATEROLE"),
        ("there is no parameter $1", ByHand, "no database has applied it"),
    ],
)
def test_what_a_person_may_do_is_offered_and_not_needed(said: str, kind: type, note: str) -> None:
    """A statement to run, or one for the file."""
    (finding,) = ask(RULE, refused(pending("SELECT $1;"), TrueError(text=said)))
    assert isinstance(finding, Finding)
    (fix,) = finding.alternatives
    assert isinstance(fix.steps[0], kind) and note in fix.safety_note and not fix.needed
