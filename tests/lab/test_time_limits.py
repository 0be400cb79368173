"""Time limits and other sessions: where the real `migrate` is cut off, and what lets it through."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from forensics.model import ByHand, CommandOutcome, Issue, Severity
from forensics.scratch.postgres import Server
from tests.lab.small import Small
from tests.lab.transcript import Outcome

pytestmark = pytest.mark.lab

KIT = "0.29.1"
"""It prints the error; what it means is the same for every release."""
ORDERS = (
    'CREATE TABLE "orders" ("id" serial PRIMARY KEY NOT NULL, "state" text);\n'
    "--> statement-breakpoint\n"
    "CREATE FUNCTION slow(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN "
    "PERFORM pg_sleep(1); RETURN $1; END $$;"
)
INDEX = 'CREATE INDEX "by_state" ON "orders" (slow("state"));'
CHECK = 'ALTER TABLE "orders" ADD CONSTRAINT "known" CHECK (slow("state") <> \'\');'


@dataclass(frozen=True)
class Instance:
    """A pending statement, and what cuts it off."""

    pending: str
    limit: str
    sqlstate: str
    rule: str
    subject: str
    other: str = ""
    """What another session does meanwhile, in a transaction that stays open."""


INSTANCES = {
    "an index that takes longer than the database allows": Instance(
        INDEX,
        "ALTER DATABASE {database} SET statement_timeout = '400ms'",
        "57014",
        "statement-timeout",
        "0001_step",
    ),
    "a constraint that takes longer than the role may": Instance(
        CHECK,
        "ALTER ROLE postgres IN DATABASE {database} SET statement_timeout = '400ms'",
        "57014",
        "statement-timeout",
        "0001_step",
    ),
    "a table that another session reads": Instance(
        'ALTER TABLE "orders" ADD COLUMN "note" text;',
        "ALTER DATABASE {database} SET lock_timeout = '400ms'",
        "55P03",
        "held-lock",
        "public.orders",
        other="SELECT FROM orders",
    ),
    "an index on a table that another session writes": Instance(
        'CREATE INDEX "by_state" ON "orders" ("state");',
        "ALTER ROLE postgres IN DATABASE {database} SET lock_timeout = '400ms'",
        "55P03",
        "held-lock",
        "public.orders",
        other="UPDATE orders SET state = 'paid'",
    ),
    "a foreign key to a table that another session writes": Instance(
        'CREATE TABLE "lines" ("order" integer REFERENCES "orders" ("id"));',
        "ALTER DATABASE {database} SET lock_timeout = '400ms'",
        "55P03",
        "held-lock",
        "public.orders",
        other="INSERT INTO orders (state) VALUES ('new')",
    ),
    "rows that take longer than the database allows": Instance(
        'UPDATE "orders" SET "state" = slow("state");',
        "ALTER DATABASE {database} SET statement_timeout = '400ms'",
        "57014",
        "statement-timeout",
        "0001_step",
    ),
}


@pytest.mark.sample(4)
@pytest.mark.parametrize("name", INSTANCES)
def test_what_cuts_it_off_is_named_and_taken_away(
    name: str, server: Server, tmp_path: Path
) -> None:
    """The real kit fails before, and passes once the example is followed or the session is gone."""
    instance = INSTANCES[name]
    small = Small(tmp_path / "project", KIT, server, f"limit_{[*INSTANCES].index(name)}")
    small.write(ORDERS)
    small.apply()
    small.write(ORDERS, instance.pending)
    small.sql("INSERT INTO orders (state) VALUES ('open')")
    small.sql(instance.limit.format(database=small.database))
    with ExitStack() as sessions:
        if instance.other:
            sessions.enter_context(psycopg.connect(small.url)).execute(instance.other)
        failed = small.migrate()
        assert failed.outcome is Outcome.BLOCKED
        assert instance.sqlstate in failed.printed
        report = small.investigate(symptoms=[("output", failed.printed)])
    (issue,) = (it for it in report.issues if it.rule == instance.rule)
    assert (issue.subject, issue.severity) == (instance.subject, Severity.CRITICAL)
    (migrate,) = (it for it in report.commands if it.command == "migrate")
    assert migrate.outcome is CommandOutcome.BLOCKED and migrate.blocked_by == (issue.number,)
    if steps := _by_hand(issue):
        (step,) = steps
        text = instance.pending.replace(f"{step.now};", step.instead)
        assert text != instance.pending
        small.write(ORDERS, text)
    assert small.migrate().outcome is Outcome.PASSES
    small.gone()


def _by_hand(issue: Issue) -> list[ByHand]:
    fixes = (issue.fix, *issue.alternatives)
    return [it for fix in fixes if fix for it in fix.steps if isinstance(it, ByHand)]
