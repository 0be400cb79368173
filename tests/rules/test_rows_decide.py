"""A pending statement whose outcome depends on rows is a finding, with the query that decides it."""

from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from forensics.adapters import ADAPTERS
from forensics.adapters.base import Hints
from forensics.analysis import diagnose as module
from forensics.analysis.captured import latest
from forensics.analysis.diagnose import Diagnosis
from forensics.analysis.experiments import Scene
from forensics.collect.symptoms import read_symptom
from forensics.dialects.effect import Effect, Failed
from forensics.dialects.postgres.effects import run
from forensics.facts import (
    Column,
    Constraint,
    ConstraintKind,
    Facts,
    LiveSchema,
    RowCount,
    RowCounts,
    Trigger,
)
from forensics.model import ByHand, Certainty, CommandOutcome, Finding, Severity, TableName
from forensics.rules.rows_decide import rows_decide
from tests.adapters.tiny import Tally
from tests.adapters.tiny import samples as tally
from tests.analysis.test_captured import FAILED, judged, migrate
from tests.build import GAPS, Case, ask
from tests.support.pending import BREAK, NEXT, found, pending, rules_of
from tests.support.standing import EMAIL, users
from tests.support.trees import DictTree

RULE = rows_decide
AGE = 'ALTER TABLE "users" ADD COLUMN "age" integer NOT NULL;'
EVERY = 'SELECT count(*) AS violations FROM "public"."users";'
FILL = 'ALTER TABLE "users" ALTER COLUMN "email" SET NOT NULL;'
EMPTY = 'SELECT count(*) AS violations FROM "public"."users" WHERE "email" IS NULL;'
SILENT = "$ drizzle-kit migrate\n[⣷] applying migrations...(exit 1)"


def counted(case: Case, *counts: RowCount) -> Case:
    """The case, in whose database was counted."""
    assert case.scene.database is not None
    told = RowCounts(evidence="counts", counts=counts)
    case.scene = replace(case.scene, database=replace(case.scene.database, counted=told))
    return case


def about(diagnosis: Diagnosis) -> list[Finding]:
    """The findings of this rule."""
    return [it for it in diagnosis.findings if it.rule == "rows-decide"]


def test_it_names_the_statement_what_it_demands_and_the_query() -> None:
    """The outcome stays unknown, for exactly that reason, and that is a finding."""
    diagnosis = judged(pending(AGE))
    (finding,) = about(diagnosis)
    assert (finding.subject, finding.severity) == (NEXT, Severity.MEDIUM)
    assert finding.title.startswith("Statement 1 of 0001_next (line 1) passes only if ")
    assert "public.users has no rows" in finding.title
    assert EVERY in [it.text for it in finding.shown]
    told = migrate(diagnosis)
    assert told.outcome is CommandOutcome.UNKNOWN
    assert told.why.startswith("it depends on whether public.users has rows")
    (gap,) = (it for it in diagnosis.unanswered if it.name == "migrate")
    assert "--probe-rows" in gap.how_to_get_it
    assert EVERY.removesuffix(";") in gap.how_to_get_it


@pytest.mark.parametrize(
    "text",
    [
        'ALTER TABLE "users" ADD COLUMN "age" integer;',
        'ALTER TABLE "users" ADD COLUMN "age" integer DEFAULT 0 NOT NULL;',
        'CREATE TABLE "a" ("id" integer NOT NULL UNIQUE);',
        'CREATE INDEX "i" ON "users" ("id");',
        'ALTER TABLE "gone" ADD COLUMN "age" integer NOT NULL;',
    ],
)
def test_what_no_row_can_stop_is_quiet(text: str) -> None:
    """Nullable columns, defaults, new tables; and what fails on an empty table as well."""
    assert not about(judged(pending(text)))


def test_what_only_a_repair_would_write_is_no_fault() -> None:
    """With USING, rows decide; but that statement stands in no file yet."""
    text = 'ALTER TABLE "users" ALTER COLUMN "email" SET DATA TYPE uuid;'
    case = pending(text, tables=[users(EMAIL)])
    assert not about(judged(case))

    def server(schema: LiveSchema, texts: Iterable[str]) -> Effect:
        (sent,) = texts
        if "USING" in sent:
            return run(schema, (sent,))
        message = 'column "email" cannot be cast automatically to type uuid'
        return Failed(sqlstate="42804", message=message, statement=sent, position=0, number=1)

    assert rules_of(found(case, server)) == [("cast-needs-using", NEXT)]


def test_a_count_above_zero_blocks_the_command() -> None:
    """The error is the database's, the number stands in the finding, and its repair is tried."""
    case = counted(pending(AGE), RowCount(query=EVERY, violations=3))
    diagnosis = judged(case)
    (finding,) = about(diagnosis)
    assert finding.severity is Severity.HIGH
    assert finding.certainty is Certainty.PREDICTED
    assert "3 rows violate that" in finding.root_cause
    assert "counts" in finding.evidence
    told = migrate(diagnosis)
    assert told.outcome is CommandOutcome.BLOCKED
    assert told.error is not None
    assert (told.error.sqlstate, told.statement and told.statement.number) == ("23502", 1)
    assert diagnosis.causation.blocked_by["migrate"]


def test_a_count_of_zero_lets_it_pass() -> None:
    """Nothing is found then; the statement behind it is judged as well."""
    case = counted(pending(AGE), RowCount(query=EVERY, violations=0))
    assert not about(judged(case))
    assert migrate(judged(case)).outcome is CommandOutcome.PASSES
    behind = pending(f'{AGE}\n{BREAK}ALTER TABLE "gone" ADD COLUMN "x" text;')
    diagnosis = judged(counted(behind, RowCount(query=EVERY, violations=0)))
    assert ("failing-statement", NEXT) in rules_of(diagnosis.findings)


def test_what_could_not_be_counted_says_why() -> None:
    """The question stays open, with the reason beside it."""
    failed = RowCount(query=EVERY, violations=None, why="the table is locked")
    (finding,) = about(judged(counted(pending(AGE), failed)))
    assert "It could not be counted: the table is locked." in finding.root_cause
    assert finding.severity is Severity.MEDIUM


def test_each_pending_migration_is_a_finding_of_its_own() -> None:
    """Statements of one file stand together."""
    case = pending(f"{AGE}\n{BREAK}{FILL}", FILL.replace("email", "id"), tables=[users(EMAIL)])
    (finding,) = about(judged(case))
    assert finding.subject == NEXT
    assert [it.text for it in finding.shown if "SELECT" in it.text] == [EVERY, EMPTY]
    more = pending(AGE, FILL, tables=[users(EMAIL)])
    assert [it.subject for it in about(judged(more))] == [NEXT, "0002_next"]


def test_a_seen_failure_settles_it_and_a_silent_one_makes_it_grave() -> None:
    """With an error it is observed; without one this is the likeliest reason, and is said so."""
    (seen,) = about(judged(pending(AGE), FAILED))
    assert (seen.severity, seen.certainty) == (Severity.HIGH, Certainty.OBSERVED)
    (silent,) = about(judged(pending(AGE), SILENT))
    assert silent.severity is Severity.HIGH
    assert "likeliest reason" in silent.root_cause
    assert silent.certainty is Certainty.INFERRED
    assert "captured" in silent.evidence
    told = [replace(read_symptom(SILENT, ADAPTERS), evidence="captured")]
    runs = latest(told)
    assert not list(module._symptom_gaps(runs, (judged(pending(AGE), SILENT),)))


def test_a_silent_failure_is_laid_to_the_first_statement_that_fails() -> None:
    """What rows decide behind it is open then, and stops nothing yet."""
    diagnosis = judged(pending(f"{FILL.replace('email', 'nowhere')}\n{BREAK}{AGE}"), SILENT)
    (behind,) = about(diagnosis)
    assert behind.severity is Severity.MEDIUM and "likeliest" not in behind.root_cause
    (first,) = diagnosis.causation.blocked_by["migrate"]
    assert diagnosis.findings[first].rule == "failing-statement"


def test_a_silent_failure_blocks_and_is_laid_to_what_rows_decide() -> None:
    """It was seen to fail: that is not unknown. Without the statement nothing is left to fail."""
    diagnosis = judged(pending(AGE), SILENT)
    told = migrate(diagnosis)
    assert (told.outcome, told.exit_code, told.error) == (CommandOutcome.BLOCKED, 1, None)
    assert told.certainty is Certainty.OBSERVED
    (index,) = [i for i, it in enumerate(diagnosis.findings) if it.rule == RULE.name]
    assert diagnosis.bench.after(frozenset({index}))["migrate"].outcome is CommandOutcome.PASSES
    assert migrate(judged(pending(AGE))).outcome is CommandOutcome.UNKNOWN


def test_the_repair_is_an_example_to_be_edited_by_hand() -> None:
    """In the way the tool separates statements; nothing is put into a patch."""
    (finding,) = about(judged(pending(AGE)))
    assert finding.fix is None
    (fix,) = finding.alternatives
    (step,) = fix.steps
    assert isinstance(step, ByHand)
    assert [it.split()[0] for it in step.instead.split("--> statement-breakpoint\n")] == [
        "ALTER",
        "UPDATE",
        "ALTER",
    ]
    assert step.instead.count("NOT NULL") == 1


def test_its_query_is_never_run_unasked() -> None:
    """Without counts, the facts hold none."""
    assert pending(AGE).scene.examined().counted is None


def test_without_a_database_it_is_open() -> None:
    """Nothing is known of what is pending."""
    case = pending(AGE)
    bare = replace(case.scene, database=None).examined()
    assert [it.name for it in RULE.ask(bare, GAPS) if not isinstance(it, Finding)] == [
        "rows-decide"
    ]


def test_the_same_holds_for_a_tool_without_snapshots_and_journal() -> None:
    """Tally sends each file in a transaction of its own; its words are its own."""
    made = tally.project(tally.USERS, **{"migrations/0002_age.sql": AGE.replace('"', "")})
    facts = of_tally(made)
    (finding,) = ask(RULE, facts)
    assert finding.subject == "0002_age.sql"
    assert EVERY in [it.text for it in finding.shown]
    (step,) = finding.alternatives[0].steps
    assert isinstance(step, ByHand)
    assert "statement-breakpoint" not in step.instead


def of_tally(files: dict[str, str | bytes]) -> Facts:
    """The facts of a project of tally whose first migration is applied."""
    tree = DictTree(files)
    (tool,) = Tally().detect(tree, "", Hints())
    held = tally.database((tally.USERS_0,), tally.table(tally.USERS))
    scene = Scene(
        adapter=Tally(), tool=tool, tree=tree, root="", hints=Hints(), database=held, commits=None
    )
    return scene.examined(run)


@pytest.mark.parametrize(
    ("element", "query"),
    [
        ('"email" WITH =', True),
        ('"id" WITH =, "email" WITH =', True),
        ('lower("email") WITH =', False),
        ('"email" WITH @@', False),
    ],
)
def test_an_exclusion_constraint_has_a_query_on_pairs_of_rows(element: str, query: bool) -> None:
    """As far as each of its elements is a column with an operator of the system."""
    text = f'ALTER TABLE "users" ADD CONSTRAINT "one" EXCLUDE USING btree ({element});'
    (finding,) = about(judged(pending(text, tables=(users(EMAIL),))))
    asked = [it.text for it in finding.shown if it.text.startswith("SELECT")]
    assert bool(asked) is query
    for told in asked:
        assert 'AS a JOIN "public"."users" AS b ON a.ctid < b.ctid WHERE' in told
        assert 'a."email" = b."email"' in told


FILLED = 'UPDATE "users" SET "email" = \'none\' WHERE "email" IS NULL;'
TWICE = 'DELETE FROM "users" a USING "users" b WHERE a."id" > b."id" AND a."email" = b."email";'
ONCE = 'CREATE UNIQUE INDEX "once" ON "users" USING btree ("email");'
SAFE = replace(users(EMAIL), row_security=False)


@pytest.mark.parametrize(
    "before",
    [
        FILLED,
        "UPDATE users SET email = 'x', id = 7;",
        "UPDATE public.users SET email = 'x'::varchar WHERE email IS NULL;",
        f'{FILLED}{BREAK}ALTER TABLE "users" ADD COLUMN "note" text;',
    ],
)
def test_a_backfill_that_leaves_no_null_is_no_fault(before: str) -> None:
    """Whatever rows there are: what we tell others to write must not be blamed."""
    diagnosis = judged(pending(f"{before}{BREAK}{FILL}", tables=[SAFE]))
    assert not about(diagnosis)
    assert migrate(diagnosis).outcome is CommandOutcome.UNKNOWN


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("UPDATE users SET email = lower(name);", FILL),
        ("UPDATE users SET email = 'x' WHERE id > 7;", FILL),
        (f"{FILLED}{BREAK}UPDATE users SET email = NULL WHERE id = 1;", FILL),
        ("INSERT INTO users (id) VALUES (7);", FILL),
        ("WITH d AS (SELECT 1) DELETE FROM users;", FILL),
        (TWICE, ONCE),
    ],
)
def test_what_a_pending_statement_leaves_of_the_rows_is_not_known(before: str, after: str) -> None:
    """A count now would be of other rows: it is neither asked for nor believed."""
    case = counted(
        pending(f"{before}{BREAK}{after}", tables=[SAFE]), RowCount(query=EMPTY, violations=3)
    )
    diagnosis = judged(case)
    (finding,) = about(diagnosis)
    assert finding.severity is Severity.NOTE
    assert "changes rows before it, so no count of the rows as they are decides it" in (
        finding.root_cause
    )
    assert not [it for it in finding.shown if it.text.startswith("SELECT count(*)")]
    assert migrate(diagnosis).outcome is CommandOutcome.UNKNOWN


def test_what_changes_other_rows_leaves_the_question() -> None:
    """The rows of a table that nothing points from are as they are now."""
    other = replace(users(), name=TableName(schema="public", table="other"), row_security=False)
    text = f'UPDATE "other" SET "id" = 7;{BREAK}{FILL}'
    (finding,) = about(judged(pending(text, tables=[SAFE, other])))
    assert finding.severity is Severity.MEDIUM
    assert EMPTY in [it.text for it in finding.shown]


def test_rows_change_by_keys_and_triggers_as_well() -> None:
    """A key that points to what is changed may act; a trigger may do anything."""
    key = Constraint(
        name="of",
        kind=ConstraintKind.FOREIGN_KEY,
        definition="FOREIGN KEY (id) REFERENCES public.other(id) ON DELETE CASCADE",
    )
    name = TableName(schema="public", table="other")
    other = replace(users(), name=name, row_security=False)
    for here, there in (
        (replace(SAFE, constraints=(*SAFE.constraints, key)), other),
        (SAFE, replace(other, triggers=(Trigger(name="t"),))),
        (SAFE, replace(other, row_security=None)),
    ):
        text = f'DELETE FROM "other";{BREAK}{FILL}'
        (finding,) = about(judged(pending(text, tables=[here, there])))
        assert finding.severity is Severity.NOTE


def test_new_values_of_a_conversion_are_others_as_well() -> None:
    """USING with more than a cast: neither it nor what follows is decided by the rows now."""
    number = Column(name="email", type="bigint")
    table = replace(users(number), row_security=False)
    smaller = 'ALTER TABLE "users" ALTER COLUMN "email" SET DATA TYPE integer USING "email" % 100'
    query = (
        'SELECT count(*) AS violations FROM "public"."users" WHERE "email" NOT BETWEEN '
        "-2147483648 AND 2147483647;"
    )
    case = counted(
        pending(f"{smaller};{BREAK}{FILL}", tables=[table]),
        RowCount(query=query, violations=3),
        RowCount(query=EMPTY, violations=3),
    )
    diagnosis = judged(case)
    assert migrate(diagnosis).outcome is CommandOutcome.UNKNOWN
    (finding,) = about(diagnosis)
    assert "Counted" not in finding.root_cause
