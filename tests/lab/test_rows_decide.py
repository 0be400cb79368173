"""What rows decide: foretold with and without a count, and held against the real `migrate`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from forensics.model import (
    ByHand,
    Certainty,
    CommandOutcome,
    CommandState,
    Issue,
    Report,
    Severity,
    Topic,
)
from forensics.scratch.postgres import Server
from tests.lab.small import Small

pytestmark = pytest.mark.lab

OLDER, NEWEST = "0.29.1", "0.31.11"
"""The first prints what stopped it, the second prints nothing."""
BREAK = "--> statement-breakpoint\n"
TABLES = (
    'CREATE TABLE "rooms" ("id" integer PRIMARY KEY, "name" text);\n'
    + BREAK
    + "CREATE TYPE \"public\".\"level\" AS ENUM('low', 'high', 'other');\n"
    + BREAK
    + 'CREATE TABLE "guests" ("id" serial PRIMARY KEY, "mail" text, "room" integer, "age" integer, '
    '"level" "level", "key" text);'
)
FINE = (
    "INSERT INTO rooms VALUES (1, 'blue'); INSERT INTO guests (mail, room, age, level, key) VALUES "
    "('a', 1, 30, 'low', '6f1ed002-ab5c-4c1d-8b5a-2f3f9c2a7d11')"
)
WRONG = (
    "INSERT INTO rooms VALUES (1, 'blue'); INSERT INTO guests (mail, room, age, level, key) VALUES "
    "('a', 1, 30, 'low', 'none'), ('a', 7, -1, 'other', 'none'), (NULL, NULL, NULL, NULL, NULL)"
)


@dataclass(frozen=True)
class Instance:
    """One way in which rows decide; the statement is the last of its migration."""

    name: str
    pending: str
    number: int
    sqlstate: str
    error: str
    decided: bool = True
    """Whether a count above 0 is failure for sure."""


INSTANCES = (
    Instance(
        "unique index behind another statement",
        f'ALTER TABLE "guests" ADD COLUMN "note" text;\n{BREAK}'
        'CREATE UNIQUE INDEX "guests_mail" ON "guests" USING btree ("mail");',
        2,
        "23505",
        'could not create unique index "guests_mail"',
    ),
    Instance(
        "unique constraint",
        'ALTER TABLE "guests" ADD CONSTRAINT "guests_mail_unique" UNIQUE("mail");',
        1,
        "23505",
        'could not create unique index "guests_mail_unique"',
    ),
    Instance(
        "not null",
        'ALTER TABLE "guests" ALTER COLUMN "room" SET NOT NULL;',
        1,
        "23502",
        'column "room" of relation "guests" contains null values',
    ),
    Instance(
        "foreign key",
        'ALTER TABLE "guests" ADD CONSTRAINT "guests_room" FOREIGN KEY ("room") REFERENCES '
        '"public"."rooms"("id") ON DELETE no action ON UPDATE no action;',
        1,
        "23503",
        'insert or update on table "guests" violates foreign key constraint "guests_room"',
    ),
    Instance(
        "check",
        'ALTER TABLE "guests" ADD CONSTRAINT "old" CHECK ("guests"."age" > 0);',
        1,
        "23514",
        'check constraint "old" of relation "guests" is violated by some row',
    ),
    Instance(
        "exclusion",
        'ALTER TABLE "guests" ADD CONSTRAINT "one_mail" EXCLUDE USING hash ("mail" WITH =);',
        1,
        "23P01",
        'could not create exclusion constraint "one_mail"',
    ),
    Instance(
        "narrower enum",
        f'ALTER TABLE "guests" ALTER COLUMN "level" SET DATA TYPE text;\n{BREAK}'
        f'DROP TYPE "public"."level";\n{BREAK}'
        f"CREATE TYPE \"public\".\"level\" AS ENUM('low', 'high');\n{BREAK}"
        'ALTER TABLE "guests" ALTER COLUMN "level" SET DATA TYPE "public"."level" USING '
        '"level"::"public"."level";',
        4,
        "22P02",
        "invalid input value for enum level",
    ),
    Instance(
        "text to uuid",
        'ALTER TABLE "guests" ALTER COLUMN "key" SET DATA TYPE uuid USING "key"::uuid;',
        1,
        "22P02",
        "invalid input syntax for type uuid",
        decided=False,
    ),
)
each_instance = pytest.mark.parametrize("instance", INSTANCES, ids=lambda it: it.name)
Make = Callable[..., Small]


@pytest.fixture
def make(server: Server, tmp_path: Path) -> Iterator[Make]:
    """A project with its tables applied, some rows, and one pending migration."""
    made: list[Small] = []

    def built(instance: Instance, kit: str, rows: str) -> Small:
        number = len(made)
        small = Small(tmp_path / f"app{number}", kit, server, f"rows_{number}")
        made.append(small)
        small.write(TABLES)
        small.commit("Add tables")
        small.apply()
        small.sql(rows)
        small.write(TABLES, instance.pending)
        small.commit("Tighten")
        return small

    yield built
    for small in made:
        small.gone()


def migrate_in(report: Report) -> CommandState:
    """What it says of `migrate`."""
    return next(it for it in report.commands if it.command == "migrate")


def issue_in(report: Report) -> Issue:
    """The only fault, which is of this rule."""
    (issue,) = report.issues
    assert (issue.rule, issue.subject) == ("rows-decide", "0001_step")
    return issue


@pytest.mark.sample(4, start=2)
@each_instance
def test_without_a_count_it_is_unknown_and_the_query_is_printed(
    instance: Instance, make: Make
) -> None:
    """A finding of its own, never `no fault found`; nothing of the rows was read."""
    report = make(instance, OLDER, WRONG).investigate(scratch=False)
    told, issue = migrate_in(report), issue_in(report)
    assert told.outcome is CommandOutcome.UNKNOWN
    assert issue.severity is Severity.MEDIUM
    assert f"Statement {instance.number} of 0001_step" in issue.title
    assert any(it.text.startswith("SELECT count(*) AS violations") for it in issue.exhibits)
    assert "no fault" not in report.case.title


@pytest.mark.sample(8)
@pytest.mark.parametrize(
    ("instance", "kit"),
    [
        pytest.param(instance, (OLDER, NEWEST)[number % 2], id=instance.name)
        for number, instance in enumerate(INSTANCES)
    ],
)
def test_with_a_count_the_real_tool_does_what_was_foretold(
    instance: Instance, kit: str, make: Make
) -> None:
    """It stops at that statement, with that error; where rows fit, it passes."""
    wrong, fine = make(instance, kit, WRONG), make(instance, kit, FINE)
    report = wrong.investigate(probe_rows=True)
    told = migrate_in(report)
    assert issue_in(report).severity is not Severity.LOW
    if instance.decided:
        assert told.outcome is CommandOutcome.BLOCKED
        assert told.error is not None and told.statement is not None
        assert (told.error.text, told.error.sqlstate) == (instance.error, instance.sqlstate)
        assert told.statement.number == instance.number
    else:
        assert told.outcome is CommandOutcome.UNKNOWN
    ran = wrong.migrate()
    assert ran.outcome is CommandOutcome.BLOCKED
    assert ran.said == "" if kit == NEWEST else instance.error in ran.said
    assert migrate_in(fine.investigate(probe_rows=True)).outcome is CommandOutcome.PASSES
    assert fine.migrate().outcome is CommandOutcome.PASSES


@pytest.mark.sample(4)
@each_instance
def test_what_the_real_tool_printed_decides_it_without_a_count(
    instance: Instance, make: Make
) -> None:
    """The old release names the error; it is placed by its object, and it is observed."""
    small = make(instance, OLDER, WRONG)
    printed = small.migrate().printed
    report = small.investigate(symptoms=[("out.txt", printed)], scratch=False)
    told, issue = migrate_in(report), issue_in(report)
    assert Topic.SYMPTOM not in {it.topic for it in report.unanswered}
    assert (told.outcome, told.certainty) == (CommandOutcome.BLOCKED, Certainty.OBSERVED)
    assert told.error is not None and told.statement is not None
    assert told.error.text.startswith(instance.error)
    assert (told.error.sqlstate, told.statement.number) == (instance.sqlstate, instance.number)
    assert issue.severity in (Severity.HIGH, Severity.CRITICAL)


@pytest.mark.sample(4, start=1)
@each_instance
def test_what_a_silent_tool_printed_makes_it_grave(instance: Instance, make: Make) -> None:
    """Exit code 1 is seen, and no text: the reason is likely, not proven, and is said to be."""
    small = make(instance, NEWEST, WRONG)
    printed = small.migrate().printed
    assert "Error" not in printed
    report = small.investigate(symptoms=[("out.txt", printed)], scratch=False)
    told, issue = migrate_in(report), issue_in(report)
    assert (told.outcome, told.error) == (CommandOutcome.BLOCKED, None)
    assert told.blocked_by == (issue.number,)
    assert issue.severity is Severity.CRITICAL
    assert (told.certainty, issue.certainty) == (Certainty.OBSERVED, Certainty.INFERRED)
    assert "likeliest reason" in issue_in(report).root_cause
    assert Topic.SYMPTOM not in {it.topic for it in report.unanswered}


DECIDED = {
    "not null": ("/* the value for rows that have none */", "1"),
    "foreign key": ("", ""),
    "check": ("", ""),
}


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    "instance", [it for it in INSTANCES if it.name in DECIDED], ids=lambda it: it.name
)
def test_the_example_heals_once_its_decisions_are_made(instance: Instance, make: Make) -> None:
    """The real tool passes with it; what has to wait for the old rows is left out of the file."""
    small = make(instance, NEWEST, WRONG)
    (fix,) = issue_in(small.investigate()).alternatives
    (step,) = fix.steps
    assert isinstance(step, ByHand)
    text = step.instead.partition(f"{BREAK}-- later")[0].replace(*DECIDED[instance.name])
    small.write(TABLES, text)
    assert small.migrate().outcome is CommandOutcome.PASSES


BACKFILLED = (
    'UPDATE "guests" SET "mail" = \'none\' WHERE "mail" IS NULL;\n'
    f'{BREAK}ALTER TABLE "guests" ALTER COLUMN "mail" SET NOT NULL;',
    'DELETE FROM "guests" a USING "guests" b WHERE a."id" > b."id" AND a."mail" = b."mail";\n'
    f'{BREAK}CREATE UNIQUE INDEX "guests_mail" ON "guests" USING btree ("mail");',
)
"""What the rows would refuse, behind a statement that puts them right."""


@pytest.mark.sample(2)
@pytest.mark.parametrize("pending", BACKFILLED, ids=["filled", "without duplicates"])
def test_what_a_backfill_puts_right_is_not_blamed(pending: str, make: Make) -> None:
    """The rows are wrong as they are, and the real tool passes: nothing may say that it fails."""
    small = make(Instance("backfilled", pending, 0, "", ""), NEWEST, WRONG)
    report = small.investigate(probe_rows=True)
    assert migrate_in(report).outcome is CommandOutcome.UNKNOWN
    assert {it.severity for it in report.issues} <= {Severity.NOTE}
    assert small.migrate().outcome is CommandOutcome.PASSES
