"""Faults of pending statements are looked for where other faults no longer hide what is pending."""

from collections.abc import Iterable

from forensics.analysis import pending as followed
from forensics.dialects.effect import Effect, Failed
from forensics.dialects.postgres.effects import run
from forensics.facts import LiveSchema
from forensics.model import CommandOutcome
from tests.build import DEFAULT, Case, project, rows, table
from tests.support.pending import BREAK, found, healed, pending, rules_of
from tests.support.standing import SQL, having, users

FAILS = 'ALTER TABLE "gone" ADD COLUMN "x" text;'


def test_what_is_pending_only_because_of_another_fault_is_not_judged() -> None:
    """All rows are in the other schema: with the repair, the old migration does not run again."""
    elsewhere = table("public.__drizzle_migrations", *rows("0000_users"))
    files = project("0000_users", "0001_next")
    files |= {"drizzle/0000_users.sql": SQL["0000_users"], "drizzle/0001_next.sql": FAILS}
    diagnosis = Case(files, having([users()], table(DEFAULT), elsewhere)).diagnose()
    assert ("failing-statement", "0001_next") in rules_of(diagnosis.findings)
    assert ("failing-statement", "0000_users") not in rules_of(diagnosis.findings)


def test_statements_behind_a_repair_keep_the_places_of_the_file_as_it_is() -> None:
    """The repair of the first takes it out, which moves all others up."""
    case = pending(
        f"{FAILS}\n{BREAK}CREATE TABLE a (id integer);\n{BREAK}{FAILS.replace('gone', 'lost')}"
    )
    one, two = found(case)
    assert "statement 1 of 0001_next (line 1)" in one.root_cause
    assert "statement 3 of 0001_next (line 5)" in two.root_cause
    assert healed(case, two).outcome is CommandOutcome.BLOCKED
    assert healed(case, one, two).outcome is CommandOutcome.PASSES


def test_what_meets_only_what_a_failing_drop_would_have_dropped_is_no_issue_of_its_own() -> None:
    """Leaving out the drop, which is an experiment of ours, made the next statement fail."""
    child = 'CREATE TABLE "posts" ("author" integer REFERENCES "users" ("id"));'
    again = f'DROP TABLE "users";\n{BREAK}CREATE TABLE "users" ("id" integer);'
    case = pending(f"{child}\n{BREAK}{again}")
    (finding,) = found(case)
    assert finding.title.startswith("Statement 2 of 0001_next")
    assert healed(case, finding).outcome is CommandOutcome.PASSES


def test_it_ends_however_many_fail() -> None:
    """Each is a round of its own."""
    case = pending(*(FAILS for _ in range(followed.MOST_ROUNDS + 5)))
    assert len(found(case)) == followed.MOST_ROUNDS


def test_a_repair_whose_own_sql_fails_is_not_offered() -> None:
    """It is told that it was tried; the experiment leaves the statement out instead."""
    case = pending('CREATE INDEX CONCURRENTLY "by_id" ON "users" ("id");')

    def server(schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """A model that also refuses the index without the word."""
        texts = tuple(texts)
        for position, text in enumerate(texts):
            if text.startswith('CREATE INDEX "by_id"'):
                return Failed(
                    sqlstate="55006",
                    message="it is used by active queries",
                    statement=text,
                    position=position,
                    number=1,
                )
        return run(schema, texts)

    (finding,) = found(case, server)
    assert finding.rule == "non-transactional-statement"
    assert finding.fix is None
    assert "instead was tried, and fails: it is used by active queries" in finding.root_cause
    assert healed(case, finding).outcome is CommandOutcome.PASSES
