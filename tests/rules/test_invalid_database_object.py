"""What exists but is not valid, or not in force, though a migration made it so."""

import pytest
from msgspec.structs import replace

from forensics.analysis.ask import ask as ask_all
from forensics.facts import (
    Constraint,
    ConstraintKind,
    Facts,
    Index,
    LiveTable,
    OtherObject,
    Policy,
    Trigger,
)
from forensics.model import Artefact, CommandOutcome, Finding, InsertRows, RunSql, Severity
from forensics.model.mishaps import Mishaps
from forensics.rules.invalid_database_object import invalid_database_object
from forensics.rules.partially_applied_migration import partially_applied_migration
from forensics.rules.pushed_before_migrating import pushed_before_migrating
from forensics.rules.schema_drift import schema_drift
from forensics.rules.tracking_rows_missing import tracking_rows_missing
from tests.build import DEFAULT, Case, ask, name, open_questions, rows, table
from tests.rules.test_both_tools import NOTHING
from tests.support.standing import EMAIL, TAGS, examined, grown, having, users

RULE = invalid_database_object
SNAPSHOT = "drizzle/meta/0001_snapshot.json"
BREAK = "--> statement-breakpoint\n"
COLUMN = 'ALTER TABLE "users" ADD COLUMN "email" varchar(80);'
BUILD = 'CREATE UNIQUE INDEX CONCURRENTLY "by_email" ON "users" USING btree ("email");'
UNFINISHED = Index(
    name="by_email", unique=True, definition="USING btree (email)", valid=False, ready=False
)


def case(text: str, *tables: LiveTable, recorded: int = 1, tags: int = 2) -> Case:
    """The second migration has this text; the first ones are recorded."""
    files = grown(*TAGS[:tags], **{"drizzle/0001_email.sql": text, SNAPSHOT: None})
    return Case(files, having(tables, table(DEFAULT, *rows(*TAGS[:recorded]))))


def everything(facts: Facts) -> tuple[Finding, ...]:
    """What all rules find."""
    found, _ = ask_all(facts, NOTHING, Mishaps(), frozenset(Artefact))
    return found


def texts(finding: Finding) -> list[str]:
    """The statements of its repair, in their order."""
    assert finding.fix is not None
    return [step.text for step in finding.fix.steps if isinstance(step, RunSql)]


# --- Indexes ------------------------------------------------------------------------------------

HALF = BREAK.join((COLUMN, "COMMIT;", BUILD))


def test_a_unique_index_that_failed_after_a_commit_is_told_with_its_repair_in_order() -> None:
    """Drop it, settle the duplicates, build it, then record, and only if it is valid by then."""
    given = examined(case(HALF, users(EMAIL, indexes=[UNFINISHED])))
    (finding,) = ask(RULE, given)
    assert (finding.subject, finding.severity) == ("public.by_email", Severity.HIGH)
    assert "indisvalid = false and indisready = false" in finding.root_cause
    assert "Statement 2 of drizzle/0001_email.sql ends the transaction" in finding.root_cause
    drop, duplicates, build, record = texts(finding)
    assert drop == "DROP INDEX CONCURRENTLY public.by_email;"
    assert duplicates == (
        "SELECT email, count(*) FROM public.users WHERE email IS NOT NULL "
        "GROUP BY email HAVING count(*) > 1;"
    )
    assert build == (
        "CREATE UNIQUE INDEX CONCURRENTLY by_email ON public.users USING btree (email);"
    )
    assert record.startswith('INSERT INTO "drizzle"."__drizzle_migrations" (hash, created_at)')
    assert "'public.by_email'::pg_catalog.regclass AND indisvalid" in record


def test_the_migration_is_partial_and_has_the_same_repair() -> None:
    """Its index is not there for any baseline: no script that records it is offered."""
    given = examined(case(HALF, users(EMAIL, indexes=[UNFINISHED])))
    (partial,) = ask(partially_applied_migration, given)
    (invalid,) = ask(RULE, given)
    assert partial.fix == invalid.fix
    assert not partial.alternatives
    assert "Statement 2 ends the transaction" in partial.root_cause
    assert "COMMIT" not in partial.root_cause.partition("decide that by hand")[2]


def test_no_repair_of_any_rule_records_a_migration_whose_index_is_not_valid() -> None:
    """With rows or without them, whatever stands beside it."""
    later = 'CREATE TABLE "orders" (\n\t"id" serial PRIMARY KEY NOT NULL\n);\n'
    orders = LiveTable(name=name("public.orders"), columns=users().columns, row_security=False)
    for recorded in (0, 1):
        given = case(HALF, users(EMAIL, indexes=[UNFINISHED]), orders, recorded=recorded, tags=3)
        assert later in str(given.scene.tree.read("drizzle/0002_orders.sql").text)
        for finding in everything(examined(given)):
            steps = finding.fix.steps if finding.fix else ()
            keys = [row.key for it in steps if isinstance(it, InsertRows) for row in it.rows]
            assert "0001_email" not in keys, (recorded, finding.rule)


def test_what_the_tool_can_build_itself_is_left_to_it() -> None:
    """Nothing else of the migration is there: once the index is gone, it runs as a whole."""
    begun = case(BREAK.join(("COMMIT;", BUILD)), users(EMAIL, indexes=[UNFINISHED]))
    (finding,) = ask(RULE, examined(begun))
    assert [text.split()[0] for text in texts(finding)] == ["DROP", "SELECT"]
    assert finding.fix is not None
    assert "Run `migrate` afterwards" in finding.fix.safety_note
    assert "public.by_email" not in {it.subject for it in ask(schema_drift, examined(begun))}
    assert begun.scene.predict(begun.facts)["migrate"].outcome is CommandOutcome.BLOCKED
    after = begun.after(finding.repair)
    assert begun.scene.predict(after)["migrate"].outcome is CommandOutcome.UNKNOWN


def test_an_index_that_may_be_building_is_an_open_question() -> None:
    """A session holds the lock that a build takes."""
    building = replace(UNFINISHED, maybe_building=True)
    given = examined(case(HALF, users(EMAIL, indexes=[building])))
    (question,) = open_questions(RULE, given)
    assert "is being built right now" in question.lacks
    assert not ask(partially_applied_migration, given)


def test_an_index_that_is_valid_is_quiet_and_so_is_one_that_no_migration_knows() -> None:
    """A build of somebody else is theirs."""
    valid = replace(UNFINISHED, valid=True, ready=True)
    theirs = replace(UNFINISHED, name="of_theirs")
    given = examined(case(HALF, users(EMAIL, indexes=[valid, theirs]), recorded=2))
    assert not ask(RULE, given)


def test_an_invalid_index_stands_in_for_no_other() -> None:
    """One of another name on the same columns would count as this one, were it valid."""
    theirs = replace(UNFINISHED, name="of_theirs")
    given = examined(case(HALF, users(EMAIL, indexes=[theirs])))
    (partial,) = ask(partially_applied_migration, given)
    assert "Left to run: 0001_email: `CREATE UNIQUE INDEX" in partial.root_cause
    there = replace(theirs, valid=True, ready=True)
    assert not ask(
        partially_applied_migration,
        examined(case(HALF, users(EMAIL, indexes=[there]))),
    )


DUPLICATES = {
    "USING btree (lower(email))": "SELECT lower(email), count(*) FROM public.users WHERE "
    "lower(email) IS NOT NULL GROUP BY lower(email) HAVING count(*) > 1;",
    "USING btree (email DESC NULLS LAST, id)": "SELECT email, id, count(*) FROM public.users WHERE "
    "email IS NOT NULL AND id IS NOT NULL GROUP BY email, id HAVING count(*) > 1;",
    "USING btree (email) NULLS NOT DISTINCT": "SELECT email, count(*) FROM public.users "
    "GROUP BY email HAVING count(*) > 1;",
    "USING btree (email) WHERE (id > 3)": "SELECT email, count(*) FROM public.users WHERE "
    "email IS NOT NULL AND (id > 3) GROUP BY email HAVING count(*) > 1;",
}


@pytest.mark.parametrize("definition", DUPLICATES)
def test_the_query_shows_what_this_index_takes_for_equal(definition: str) -> None:
    """Order does not matter, NULLs and conditions do."""
    index = replace(UNFINISHED, definition=definition)
    (finding,) = ask(RULE, examined(case(HALF, users(EMAIL, indexes=[index]))))
    assert texts(finding)[1] == DUPLICATES[definition]


def test_no_query_is_printed_where_an_operator_class_decides_what_is_equal() -> None:
    """Then no step is: the reader has to write them."""
    index = replace(UNFINISHED, definition="USING btree (email text_pattern_ops)")
    (finding,) = ask(RULE, examined(case(HALF, users(EMAIL, indexes=[index]))))
    assert finding.fix is None


# --- Constraints --------------------------------------------------------------------------------

KEY = 'ALTER TABLE "users" ADD CONSTRAINT "to_self" FOREIGN KEY ("id") REFERENCES "users"("id")'
UNCHECKED = Constraint(
    name="to_self",
    kind=ConstraintKind.FOREIGN_KEY,
    definition="FOREIGN KEY (id) REFERENCES public.users(id) NOT VALID",
    validated=False,
)


def with_key(key: Constraint) -> LiveTable:
    """The table with one more constraint."""
    held = users()
    return replace(held, constraints=(*held.constraints, key))


def test_a_constraint_that_was_never_validated_is_told() -> None:
    """The query counts the rows that break it."""
    (finding,) = ask(RULE, examined(case(f"{KEY};", with_key(UNCHECKED), recorded=2)))
    assert (finding.subject, finding.severity) == ("public.users.to_self", Severity.MEDIUM)
    count, validate = texts(finding)
    assert count == (
        "SELECT count(*) FROM public.users AS one WHERE one.id IS NOT NULL AND NOT EXISTS "
        "(SELECT FROM public.users AS other WHERE other.id = one.id);"
    )
    assert validate == "ALTER TABLE public.users VALIDATE CONSTRAINT to_self;"
    assert not ask(schema_drift, examined(case(f"{KEY};", with_key(UNCHECKED), recorded=2)))


def test_a_migration_that_says_not_valid_wants_it_so() -> None:
    """Only where a later statement validates it, it is to be valid."""
    quiet = case(f"{KEY} NOT VALID;", with_key(UNCHECKED), recorded=2)
    assert not ask(RULE, examined(quiet))
    validated = f'{KEY} NOT VALID;{BREAK}ALTER TABLE "users" VALIDATE CONSTRAINT "to_self";'
    (finding,) = ask(RULE, examined(case(validated, with_key(UNCHECKED), recorded=2)))
    assert "VALIDATE CONSTRAINT" in finding.root_cause


# --- Triggers and row level security ------------------------------------------------------------

TRIGGER = "CREATE TRIGGER stamp BEFORE UPDATE ON users EXECUTE FUNCTION touch();"
SECURED = (
    'ALTER TABLE "users" ENABLE ROW LEVEL SECURITY;'
    f'{BREAK}CREATE POLICY "own" ON "users" AS PERMISSIVE FOR ALL TO public USING (true);'
)
OWN = Policy(name="own", using="true")


def test_a_disabled_trigger_is_told_unless_a_migration_disables_it() -> None:
    """Of it the catalogue has the name, and under which it does not fire."""
    held = replace(users(), triggers=(Trigger(name="stamp", enabled=False),))
    (finding,) = ask(RULE, examined(case(TRIGGER, held, recorded=2)))
    assert (finding.subject, finding.severity) == ("public.users.stamp", Severity.HIGH)
    assert texts(finding) == ["ALTER TABLE public.users ENABLE TRIGGER stamp;"]
    wanted = f"{TRIGGER}{BREAK}ALTER TABLE users DISABLE TRIGGER stamp;"
    assert not ask(RULE, examined(case(wanted, held, recorded=2)))
    on = replace(users(), triggers=(Trigger(name="stamp"),))
    assert not ask(RULE, examined(case(TRIGGER, on, recorded=2)))


def test_row_security_that_is_off_and_a_policy_that_is_gone_are_told() -> None:
    """What is left of it says nothing: everything seems to work."""
    given = examined(case(SECURED, users(), recorded=2))
    off, gone = ask(RULE, given)
    assert (off.subject, gone.subject) == ("public.users", "public.users.own")
    assert {off.severity, gone.severity} == {Severity.HIGH}
    assert texts(off) == ["ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;"]
    assert texts(gone)[0].startswith('CREATE POLICY "own" ON "users"')
    assert not ask(schema_drift, given)


def test_security_that_is_in_force_or_still_pending_is_quiet() -> None:
    """Forced is more than on."""
    there = replace(users(), row_security=True, policies=(OWN,))
    assert not ask(RULE, examined(case(SECURED, there, recorded=2)))
    assert not ask(RULE, examined(case(SECURED, users(), recorded=1)))
    forced = f"{SECURED}{BREAK}ALTER TABLE users FORCE ROW LEVEL SECURITY;"
    (finding,) = ask(RULE, examined(case(forced, there, recorded=2)))
    assert texts(finding) == ["ALTER TABLE public.users FORCE ROW LEVEL SECURITY;"]


def test_a_policy_of_the_same_name_on_another_table_is_another() -> None:
    """Names of policies belong to a table."""
    other = LiveTable(
        name=name("public.orders"), columns=users().columns, row_security=True, policies=(OWN,)
    )
    held = replace(users(), row_security=True)
    (finding,) = ask(RULE, examined(case(SECURED, held, other, recorded=2)))
    assert finding.subject == "public.users.own"


def test_a_bundle_of_an_earlier_version_is_judged_by_what_it_has() -> None:
    """It has names without tables: one that is nowhere is gone, and of the switch nobody knows."""
    held = having([replace(users(), row_security=None)], table(DEFAULT, *rows(*TAGS[:2])))
    files = grown(*TAGS[:2], **{"drizzle/0001_email.sql": SECURED, SNAPSHOT: None})
    (finding,) = ask(RULE, examined(Case(files, held)))
    assert finding.subject == "public.users.own"
    assert held.schema is not None
    others = (OtherObject(kind="policy", name=name("public.own")),)
    there = replace(held, schema=replace(held.schema, others=others))
    assert not ask(RULE, examined(Case(files, there)))


# --- Recording ----------------------------------------------------------------------------------


def test_lost_rows_are_not_written_again_over_what_is_not_in_force() -> None:
    """The script is an alternative, for afterwards; nothing is recommended."""
    given = case(SECURED, users(), recorded=0)
    for rule in (tracking_rows_missing, pushed_before_migrating):
        for finding in ask(rule, examined(given)):
            assert finding.fix is None or "0001_email" not in finding.fix.title
