"""Roles that lack a right, and the real kit's word before and after the GRANT that we print.

Holds for drizzle-kit 0.21.4 and 0.29.1, which say why they fail, and 0.31.11, which does not.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count, cycle
from pathlib import Path

import pytest

from forensics.analysis.diagnose import Diagnosis, diagnose
from forensics.evidence.bundle import Bundle
from forensics.model import Certainty, CommandOutcome, Finding, Prediction, RunSql, Severity
from forensics.replay.plans import Plan
from forensics.replay.rehearsal import rehearsal
from forensics.scratch.postgres import Server, throw_away_postgres
from tests.lab.kits import kit_modules
from tests.lab.roles import Small, make

pytestmark = pytest.mark.lab

RULE = "missing-privilege"
USERS = 'CREATE TABLE "users" ("id" serial PRIMARY KEY, "name" text);'
NEW = 'CREATE TABLE "hats" ("id" serial PRIMARY KEY);'
ROWS, IDS = "drizzle.__drizzle_migrations", "drizzle.__drizzle_migrations_id_seq"
KITS = ("0.29.1", "0.31.11", "0.21.4")
_numbers = count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """What was taken from the role, the file that is pending, and what follows."""

    sql: str
    pending: str
    subject: str
    error: str


INSTANCES = {
    "no CREATE in schema public": Instance(
        sql="REVOKE CREATE ON SCHEMA public FROM deploy",
        pending=NEW,
        subject="public",
        error="permission denied for schema public",
    ),
    "a table of another role": Instance(
        sql="ALTER TABLE users OWNER TO boss",
        pending='ALTER TABLE "users" ADD COLUMN "age" integer;',
        subject="public.users",
        error="must be owner of table users",
    ),
    "an index on a table of another role, in the second statement": Instance(
        sql="ALTER TABLE users OWNER TO boss",
        pending=f'{NEW}\n--> statement-breakpoint\nCREATE INDEX "by" ON "users" ("name");',
        subject="public.users",
        error="must be owner of table users",
    ),
    "a foreign key to a table of another role": Instance(
        sql="CREATE TABLE towns (id int PRIMARY KEY); GRANT SELECT ON towns TO deploy",
        pending='ALTER TABLE "users" ADD COLUMN "town" integer REFERENCES "towns"("id");',
        subject="public.towns",
        error="permission denied for table towns",
    ),
    "a foreign key in a block, as old kits write it": Instance(
        sql="CREATE TABLE towns (id int PRIMARY KEY); ALTER TABLE users ADD COLUMN town int",
        pending='DO $$ BEGIN\n ALTER TABLE "users" ADD CONSTRAINT "f" FOREIGN KEY ("town") '
        'REFERENCES "towns"("id");\nEXCEPTION\n WHEN duplicate_object THEN null;\nEND $$;',
        subject="public.towns",
        error="permission denied for table towns",
    ),
    "a type of another role": Instance(
        sql="CREATE TYPE mood AS ENUM ('good'); ALTER TYPE mood OWNER TO boss",
        pending="ALTER TYPE \"mood\" ADD VALUE 'bad';",
        subject="public.mood",
        error="must be owner of type mood",
    ),
    "no USAGE of the sequence of the tracking table": Instance(
        sql=f"ALTER TABLE {ROWS} OWNER TO boss; GRANT SELECT, INSERT ON {ROWS} TO deploy",
        pending=NEW,
        subject=IDS,
        error="permission denied for sequence __drizzle_migrations_id_seq",
    ),
    "no CREATE in the schema of the tracking table, nothing pending": Instance(
        sql="ALTER SCHEMA drizzle OWNER TO boss; GRANT USAGE ON SCHEMA drizzle TO deploy",
        pending="",
        subject="drizzle",
        error="permission denied for schema drizzle",
    ),
    "a trusted extension without CREATE on the database": Instance(
        sql="REVOKE CREATE ON DATABASE {database} FROM deploy",
        pending="CREATE EXTENSION pgcrypto;",
        subject="{database}",
        error="permission denied for database {database}",
    ),
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server with the roles of all instances."""
    with throw_away_postgres() as running:
        running.create_role("deploy")
        running.create_role("boss")
        running.create_role("looker")
        yield running


def built(server: Server, top: Path, kit: str, instance: Instance) -> Small:
    """The instance, its rights taken away."""
    pending = (instance.pending,) if instance.pending else ()
    made = make(server, top, f"rights_{next(_numbers)}", kit, USERS, *pending)
    made.run(instance.sql.format(database=made.database))
    return made


def of_migrate(found: Diagnosis) -> Prediction:
    """What `migrate` does as things are."""
    return next(it for it in found.causation.before if it.command == "migrate")


def mine(findings: tuple[Finding, ...]) -> Finding:
    """The one finding; nothing else is wrong."""
    (finding,) = findings
    assert finding.rule == RULE
    return finding


@pytest.mark.sample(5)
@pytest.mark.parametrize(("named", "kit"), list(zip(INSTANCES, cycle(KITS), strict=False)))
def test_the_real_kit_fails_as_foreseen_and_passes_after_the_grant(
    server: Server, tmp_path: Path, named: str, kit: str
) -> None:
    """The role is known by its rights; no output was captured."""
    instance = INSTANCES[named]
    small = built(server, tmp_path / "project", kit, instance)
    found = small.diagnose(tmp_path / "bundle")
    finding, now = mine(found.findings), of_migrate(found)
    error = instance.error.format(database=small.database)
    assert finding.subject == instance.subject.format(database=small.database)
    assert now.outcome is CommandOutcome.BLOCKED
    assert now.error is not None and (now.error.text, now.error.sqlstate) == (error, "42501")

    ran = small.migrate()
    assert ran.exit_code == now.exit_code == 1
    assert error in ran.output or (kit == "0.31.11" and "denied" not in ran.output)

    assert finding.fix is not None
    small.run(*(step.text for step in finding.fix.steps if isinstance(step, RunSql)))
    healed = small.diagnose(tmp_path / "after")
    assert healed.findings == ()
    assert of_migrate(healed).outcome is not CommandOutcome.BLOCKED
    assert small.migrate().exit_code == 0


def test_a_role_for_looking_does_not_block_the_deploys_of_another(
    server: Server, tmp_path: Path
) -> None:
    """As the README tells people to look: a note at most, and the deploy passes for real."""
    instance = Instance(sql="GRANT pg_read_all_data TO looker", pending=NEW, subject="", error="")
    small = built(server, tmp_path / "project", "0.29.1", instance)
    found = small.diagnose(tmp_path / "bundle", role="looker")
    finding = mine(found.findings)
    assert finding.severity is Severity.NOTE
    assert "ignore this note" in finding.root_cause
    assert of_migrate(found).outcome is CommandOutcome.PASSES
    assert small.migrate().exit_code == 0
    again = small.diagnose(tmp_path / "after", role="looker")
    assert again.findings == ()


def test_a_captured_output_tells_that_the_role_deploys(server: Server, tmp_path: Path) -> None:
    """On a new database it owns nothing yet, so its rights alone do not tell."""
    server.create_role("newcomer")
    small = make(server, tmp_path / "project", f"rights_{next(_numbers)}", "0.29.1", USERS, NEW)
    small.run("DROP SCHEMA drizzle CASCADE; DROP TABLE users")
    ran = small.migrate("newcomer")
    assert ran.exit_code == 1
    silent = small.diagnose(tmp_path / "silent", role="newcomer")
    assert mine(silent.findings).severity is Severity.NOTE
    found = small.diagnose(tmp_path / "bundle", role="newcomer", output=ran.output)
    assert {it.rule for it in found.findings} == {RULE}
    assert of_migrate(found).outcome is CommandOutcome.BLOCKED
    for finding in found.findings:
        assert finding.fix is not None
        small.run(*(step.text for step in finding.fix.steps if isinstance(step, RunSql)))
    assert small.migrate("newcomer").exit_code == 0


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    "whose", ["DATABASE {database}", "ROLE deploy", "ROLE deploy IN DATABASE {database}"]
)
def test_a_database_that_only_reads_is_named_and_opened(
    whose: str, server: Server, tmp_path: Path
) -> None:
    """The real kit fails at its first statement, and passes once the setting is taken back."""
    closed = Instance(
        sql=f"ALTER {whose} SET default_transaction_read_only = on",
        pending=NEW,
        subject="",
        error="cannot execute CREATE SCHEMA in a read-only transaction",
    )
    small = built(server, tmp_path / "project", "0.29.1", closed)
    found = small.diagnose(tmp_path / "bundle")
    finding, now = mine(found.findings), of_migrate(found)
    assert finding.subject == small.database
    assert now.error is not None and now.error.text == closed.error
    assert closed.error in small.migrate().output
    assert finding.fix is not None
    for step in finding.fix.steps:
        assert isinstance(step, RunSql)
        small.run(step.text)
    assert small.diagnose(tmp_path / "after").findings == ()
    assert small.migrate().exit_code == 0


REPLAYED = (
    "no CREATE in schema public",
    "a table of another role",
    "no USAGE of the sequence of the tracking table",
    "no CREATE in the schema of the tracking table, nothing pending",
    "no CREATE on the database",
)
"""What the real tool itself is stopped by, on a copy on which the role has the same rights."""
INSTANCES_OF_COPIES = {
    **INSTANCES,
    "no CREATE on the database": Instance(
        sql="REVOKE CREATE ON DATABASE {database} FROM deploy",
        pending=NEW,
        subject="{database}",
        error="permission denied for database {database}",
    ),
}


@pytest.mark.sample(5)
@pytest.mark.parametrize("named", REPLAYED)
def test_the_real_tool_is_stopped_on_a_copy_by_the_right_that_is_missing(
    server: Server, tmp_path: Path, named: str
) -> None:
    """Its own word is the answer, and with the grant it passes there."""
    instance = INSTANCES_OF_COPIES[named]
    small = built(server, tmp_path / "project", "0.29.1", instance)
    bundle = small.collected(tmp_path / "bundle")
    with rehearsal(bundle, small.top, kit=kit_modules("0.29.1").parent) as ready:
        plans = tuple(map(_applying_alone, ready.plans))
        replays = replace(ready, plans=plans).run()
    (now,) = [it for it in replays if not it.fixed]
    error = instance.error.format(database=small.database)
    assert (now.outcome, now.lacks) == (CommandOutcome.BLOCKED, "")
    assert now.error is not None and (now.error.text, now.error.sqlstate) == (error, "42501")
    (granted,) = [it for it in replays if it.fixed]
    assert (granted.outcome, granted.lacks) == (CommandOutcome.PASSES, "")
    (report,) = diagnose(Bundle.open(tmp_path / "bundle")).diagnoses
    told = of_migrate(report)
    assert (told.outcome, told.certainty) == (CommandOutcome.BLOCKED, Certainty.REPLAYED)


def _applying_alone(plan: Plan) -> Plan:
    states = (replace(it, commands=("migrate",)) for it in plan.states if "migrate" in it.commands)
    return replace(plan, states=tuple(states))
