"""Statements at which the real `migrate` stops: named with their cause, and cured by the repair."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from forensics.model import CommandOutcome, Role
from forensics.scratch.postgres import Server
from tests.lab.small import Small
from tests.lab.transcript import Outcome

pytestmark = pytest.mark.lab

KITS = ("0.29.1", "0.31.11")
BREAK = "--> statement-breakpoint\n"
ORDERS = 'CREATE TABLE "orders" (\n\t"id" serial PRIMARY KEY NOT NULL,\n\t"state" text\n);\n'
STATES = """CREATE TYPE "public"."state" AS ENUM('open', 'paid');
--> statement-breakpoint
CREATE TABLE "orders" (
\t"id" serial PRIMARY KEY NOT NULL,
\t"state" "state" DEFAULT 'open' NOT NULL
);
"""


@dataclass(frozen=True)
class Instance:
    """One way to meet a kind of failure."""

    name: str
    rule: str
    pending: tuple[str, ...]
    statement: tuple[str, int]
    """Its migration, and its number there."""
    sqlstate: str
    applied: str = ORDERS
    subject: str = "0001_step"
    more: str = ""
    heals: bool = True
    """Whether `fix.patch` lets the real `migrate` pass; else there is none."""
    rows: str = ""


INSTANCES = (
    Instance(
        "unique index",
        "non-transactional-statement",
        (f'ALTER TABLE "orders" ADD COLUMN "code" text;\n{BREAK}'
         'CREATE UNIQUE INDEX CONCURRENTLY "by_code" ON "orders" ("code");',),
        ("0001_step", 2),
        "25001",
    ),
    Instance(
        "index dropped",
        "non-transactional-statement",
        ('DROP INDEX CONCURRENTLY "by_state";',),
        ("0001_step", 1),
        "25001",
        applied=f'{ORDERS}{BREAK}CREATE INDEX "by_state" ON "orders" ("state");',
    ),
    Instance(
        "vacuum in the second of two",
        "non-transactional-statement",
        ('ALTER TABLE "orders" ADD COLUMN "code" text;', f'VACUUM ANALYZE "orders";\n{BREAK}'
         'ALTER TABLE "orders" ADD COLUMN "note" text;'),
        ("0002_step", 1),
        "25001",
        subject="0002_step",
    ),
    Instance(
        "text to integer",
        "cast-needs-using",
        ('ALTER TABLE "orders" ALTER COLUMN "state" SET DATA TYPE integer;',),
        ("0001_step", 1),
        "42804",
        rows="INSERT INTO orders (state) VALUES ('1'), ('2')",
    ),
    Instance(
        "text with a default to an enum of the same migration",
        "cast-needs-using",
        (f"CREATE TYPE \"public\".\"state\" AS ENUM('open', 'paid');\n{BREAK}"
         'ALTER TABLE "orders" ALTER COLUMN "state" SET DATA TYPE "public"."state";',),
        ("0001_step", 2),
        "42804",
        applied=ORDERS.replace('"state" text', "\"state\" text DEFAULT 'open'"),
        rows="INSERT INTO orders DEFAULT VALUES",
    ),
    Instance(
        "one enum to another",
        "cast-needs-using",
        (f"CREATE TYPE \"public\".\"stage\" AS ENUM('open', 'paid', 'void');\n{BREAK}"
         'ALTER TABLE "orders" ALTER COLUMN "state" SET DATA TYPE "public"."stage";',),
        ("0001_step", 2),
        "42804",
        applied=STATES,
        rows="INSERT INTO orders DEFAULT VALUES",
    ),
    Instance(
        "timestamp to integer: no cast at all",
        "cast-needs-using",
        ('ALTER TABLE "orders" ALTER COLUMN "at" SET DATA TYPE integer;',),
        ("0001_step", 1),
        "42804",
        applied=ORDERS.replace('"state" text', '"at" timestamp'),
        heals=False,
    ),
    Instance(
        "default of the same migration",
        "enum-value-in-same-transaction",
        (f'ALTER TYPE "public"."state" ADD VALUE \'void\';\n{BREAK}'
         'ALTER TABLE "orders" ALTER COLUMN "state" SET DEFAULT \'void\';',),
        ("0001_step", 2),
        "55P04",
        applied=STATES,
        rows="INSERT INTO orders DEFAULT VALUES",
    ),
    Instance(
        "row in a later migration that is pending too",
        "enum-value-in-same-transaction",
        ('ALTER TYPE "public"."state" ADD VALUE \'void\' BEFORE \'paid\';',
         "INSERT INTO \"orders\" (\"state\") VALUES ('void');"),
        ("0002_step", 1),
        "55P04",
        applied=STATES,
        subject="0002_step",
    ),
    Instance(
        "column of a new table",
        "enum-value-in-same-transaction",
        (f'ALTER TYPE "public"."state" ADD VALUE \'void\';\n{BREAK}'
         'CREATE TABLE "bills" ("id" integer, "state" "public"."state" DEFAULT \'void\');',),
        ("0001_step", 2),
        "55P04",
        applied=STATES,
    ),
    Instance(
        "with a CHECK that stands in the way of a new type",
        "enum-value-in-same-transaction",
        (f'ALTER TYPE "public"."state" ADD VALUE \'void\';\n{BREAK}'
         'ALTER TABLE "orders" ALTER COLUMN "state" SET DEFAULT \'void\';',),
        ("0001_step", 2),
        "55P04",
        applied=STATES.replace(
            "NOT NULL\n", "NOT NULL,\n\tCONSTRAINT \"c\" CHECK (\"state\" <> 'paid')\n"
        ),
        heals=False,
    ),
    Instance(
        "a type",
        "missing-extension",
        ('ALTER TABLE "orders" ADD COLUMN "code" citext;',),
        ("0001_step", 1),
        "42704",
        subject="citext",
    ),
    Instance(
        "a function in a default",
        "missing-extension",
        ('CREATE TABLE "bills" ("id" uuid DEFAULT uuid_generate_v4());',),
        ("0001_step", 1),
        "42883",
        subject="uuid-ossp",
    ),
    Instance(
        "an operator class",
        "missing-extension",
        ('CREATE INDEX "by_state" ON "orders" USING gin ("state" gin_trgm_ops);',),
        ("0001_step", 1),
        "42704",
        subject="pg_trgm",
    ),
    Instance(
        "a column that is not there",
        "failing-statement",
        ('ALTER TABLE "orders" DROP COLUMN "nothing";',),
        ("0001_step", 1),
        "42703",
        heals=False,
    ),
    Instance(
        "a syntax error behind a good statement",
        "failing-statement",
        (f'ALTER TABLE "orders" ADD COLUMN "code" text;\n{BREAK}ALTER TABLE "orders" ADD COLUMN;',),
        ("0001_step", 2),
        "42601",
        heals=False,
    ),
    Instance(
        "a function that is not there",
        "failing-statement",
        ('ALTER TABLE "orders" ADD COLUMN "code" text DEFAULT no_such_function();',),
        ("0001_step", 1),
        "42883",
        heals=False,
    ),
)  # fmt: skip
COLLISIONS = (
    Instance(
        "schema",
        "tool-object-collision",
        (f'CREATE SCHEMA "billing";\n{BREAK}CREATE TABLE "billing"."a" ("id" integer);',),
        ("0000_step", 1),
        "42P06",
        subject="billing",
        more=' migrations: { schema: "billing" },',
    ),
    Instance(
        "schema, with the table under another name",
        "tool-object-collision",
        (f'CREATE TABLE "a" ("id" integer);\n{BREAK}CREATE SCHEMA "app";',),
        ("0000_step", 2),
        "42P06",
        subject="app",
        more=' migrations: { schema: "app", table: "done" },',
    ),
    Instance(
        "schema of a later migration",
        "tool-object-collision",
        ('CREATE TABLE "a" ("id" integer);', 'CREATE SCHEMA "late";'),
        ("0001_step", 1),
        "42P06",
        subject="late",
        more=' migrations: { schema: "late" },',
    ),
)


def built(server: Server, folder: Path, kit: str, instance: Instance) -> Small:
    """The project, its first migration applied, the others pending."""
    name = "".join(c if c.isalnum() else "_" for c in f"{instance.name} {kit}")[:50]
    small = Small(folder / "project", kit, server, name, instance.more)
    if instance in INSTANCES:
        small.write(instance.applied)
        small.commit("the first migration")
        small.apply()
        small.write(instance.applied, *instance.pending)
    else:
        small.write(*instance.pending)
    small.commit("what is pending")
    if instance.rows:
        small.sql(instance.rows)
    return small


EACH = [
    pytest.param(instance, KITS[number % 2], id=f"{instance.rule}: {instance.name}")
    for number, instance in enumerate((*INSTANCES, *COLLISIONS))
]


@pytest.mark.sample(5)
@pytest.mark.parametrize(("instance", "kit"), EACH)
def test_the_statement_is_named_and_the_repair_cures(
    instance: Instance, kit: str, server: Server, tmp_path: Path
) -> None:
    """The real kit stops before the repair, and passes after it."""
    small = built(server, tmp_path, kit, instance)
    assert small.migrate().outcome is Outcome.BLOCKED
    report = small.investigate()
    (migrate,) = (it for it in report.commands if it.command == "migrate")
    assert migrate.outcome is CommandOutcome.BLOCKED
    assert migrate.error is not None and migrate.error.sqlstate == instance.sqlstate
    assert migrate.statement is not None
    assert (migrate.statement.migration, migrate.statement.number) == instance.statement
    (issue,) = (it for it in report.issues if it.number == migrate.blocked_by[0])
    assert (issue.rule, issue.subject) == (instance.rule, instance.subject)
    assert issue.role is Role.PRIMARY
    assert (issue.fix is not None) == instance.heals
    if instance.heals:
        small.repair()
        assert small.migrate().outcome is Outcome.PASSES
    small.gone()


# --- A server that is too old --------------------------------------------------------------------

TOO_OLD = {
    "a generated column that is not stored": (
        'ALTER TABLE "orders" ADD COLUMN "twice" integer GENERATED ALWAYS AS ("id" * 2) VIRTUAL;',
        "42601",
        18,
    ),
    "a constraint that is not enforced": (
        'ALTER TABLE "orders" ADD CONSTRAINT "known" CHECK ("id" > 0) NOT ENFORCED;',
        "42601",
        18,
    ),
    "a function of a newer release": (
        'ALTER TABLE "orders" ADD COLUMN "key" uuid DEFAULT uuidv7();',
        "42883",
        18,
    ),
    "a view over JSON": (
        "CREATE VIEW \"parts\" AS SELECT * FROM JSON_TABLE('[1]', '$[*]' COLUMNS (n int));",
        "42601",
        17,
    ),
}


@pytest.mark.sample(4)
@pytest.mark.parametrize("name", TOO_OLD)
def test_what_the_server_is_too_old_for_is_named_with_the_release_that_has_it(
    name: str, server: Server, tmp_path: Path
) -> None:
    """The real kit stops there, and prints nothing of releases; a newer server takes it."""
    text, sqlstate, release = TOO_OLD[name]
    small = Small(tmp_path / "project", KITS[1], server, f"old_{[*TOO_OLD].index(name)}")
    small.write(ORDERS)
    small.apply()
    small.write(ORDERS, text)
    ran, report = small.migrate(), small.investigate()
    told = [it for it in report.issues if "or newer" in it.root_cause]
    if int(server.version.partition(".")[0]) >= release:
        assert ran.outcome is Outcome.PASSES and not told
        return
    assert ran.outcome is Outcome.BLOCKED and "or newer" not in ran.printed
    (issue,) = told
    assert (issue.rule, issue.subject) == ("failing-statement", "0001_step")
    assert f"needs PostgreSQL {release} or newer" in issue.root_cause
    (migrate,) = (it for it in report.commands if it.command == "migrate")
    assert migrate.error is not None and migrate.error.sqlstate == sqlstate
    small.gone()


# --- Baselines ----------------------------------------------------------------------------------

PULL = {"0.21.4": "introspect:pg", "0.29.1": "introspect", "0.31.11": "pull"}
WAYS = ("recorded in a database that has it", "run in a new one")


@pytest.mark.night
@pytest.mark.parametrize(("kit", "way"), [*zip(KITS, WAYS, strict=True)])
def test_a_baseline_in_a_comment_is_named(
    kit: str, way: str, server: Server, tmp_path: Path
) -> None:
    """As the real kit reads it from a database of two tables; then it stops at it."""
    small = Small(
        tmp_path / "project", kit, server, f"pull_{kit.replace('.', '_')}_{WAYS.index(way)}"
    )
    small.write()
    shutil.rmtree(small.folder / "drizzle")
    small.sql(
        'CREATE TABLE "a" ("id" serial PRIMARY KEY); CREATE TABLE "b" ("id" integer, "t" text);'
    )
    small.run(PULL[kit])
    small.commit("what the database has")
    if way == WAYS[1]:
        small.sql('DROP TABLE "a", "b"')
    assert small.migrate().outcome is Outcome.BLOCKED
    report = small.investigate()
    (migrate,) = (it for it in report.commands if it.command == "migrate")
    (issue,) = (it for it in report.issues if it.number == migrate.blocked_by[0])
    assert issue.rule == "introspected-baseline"
    small.repair()
    assert small.migrate().outcome is Outcome.PASSES
    assert small.server.execute("SELECT count(*) FROM b", database=small.database) == [(0,)]
    rows = "SELECT count(*) FROM drizzle.__drizzle_migrations"
    assert small.server.execute(rows, database=small.database) == [(1,)]
    small.gone()
