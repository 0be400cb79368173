"""The first statements of a migration there, the others not: told statement by statement."""

import pytest
from msgspec.structs import replace

from forensics.facts import Column, Constraint, ConstraintKind, Index, LiveTable
from forensics.model import CommandOutcome, Severity
from forensics.rules.partially_applied_migration import partially_applied_migration
from forensics.rules.pushed_before_migrating import pushed_before_migrating
from forensics.rules.schema_drift import schema_drift
from forensics.rules.tracking_rows_missing import tracking_rows_missing
from tests.build import (
    DEFAULT,
    Case,
    ask,
    rows,
    table,
)
from tests.support.standing import BY_EMAIL, EMAIL, SQL, TAGS, examined, grown, having, state, users

RULE = partially_applied_migration


def case(*tables: LiveTable, recorded: int = 1, **changes: str) -> Case:
    """The first migrations recorded, and these tables in the database."""
    return Case(grown(*TAGS, **changes), having(tables, table(DEFAULT, *rows(*TAGS[:recorded]))))


def test_it_fires_where_only_the_first_statement_has_its_effect() -> None:
    """The column is there, its index is not; nothing else claims the column."""
    given = case(users(EMAIL))
    (finding,) = ask(RULE, examined(given))
    assert finding.subject == "0001_email"
    assert finding.severity is Severity.HIGH
    assert 'In the database: 0001_email: `ALTER TABLE "users" ADD COLUMN' in finding.root_cause
    assert 'Left to run: 0001_email: `CREATE INDEX "by_email"' in finding.root_cause
    for other in (schema_drift, tracking_rows_missing, pushed_before_migrating):
        assert not ask(other, examined(given)), other.name


def test_nothing_is_recorded_for_it_but_the_experiment_shows_what_it_does() -> None:
    """No fix: statements are left, and what was written in between decides."""
    held = having([users(EMAIL)], table(DEFAULT, *rows(TAGS[0])))
    given = Case(grown(*TAGS[:2]), held)
    (finding,) = ask(RULE, examined(given))
    assert finding.fix is None
    (afterwards,) = finding.alternatives
    assert afterwards.title == "Run the rest of 0001_email by hand, then record it"
    assert "Only after statement 2 of drizzle/0001_email.sql" in afterwards.safety_note
    assert given.scene.predict(given.facts)["migrate"].outcome is CommandOutcome.BLOCKED
    after = given.after(finding.repair)
    assert given.scene.predict(after)["migrate"].outcome is CommandOutcome.PASSES
    assert not ask(RULE, examined(given, finding.repair))


def test_statements_that_no_catalogue_tells_are_named() -> None:
    """Whether rows were written before it stopped has to be decided by hand."""
    text = "UPDATE users SET id = id;--> statement-breakpoint\n" + SQL["0001_email"]
    (finding,) = ask(
        RULE, examined(case(users(EMAIL), recorded=1, **{"drizzle/0001_email.sql": text}))
    )
    assert "decide that by hand: 0001_email: `UPDATE users" in finding.root_cause


def test_a_migration_that_is_there_whole_or_not_at_all_is_quiet() -> None:
    """The one lacks its row, the other is pending."""
    for there in (users(EMAIL, indexes=[BY_EMAIL]), users()):
        assert not ask(RULE, examined(case(there)))


def test_a_later_object_without_the_first_was_made_by_hand() -> None:
    """The second statement's effect without the first's is no beginning."""
    text = SQL["0002_orders"] + '--> statement-breakpoint\nALTER TABLE "users" ADD COLUMN "x" text;'
    given = case(state(2)[0], recorded=2, **{"drizzle/0002_orders.sql": text})
    assert not ask(RULE, examined(given))


def test_most_of_a_migration_is_a_part_too() -> None:
    """One finding, not one for every object that is there."""
    more = "".join(
        f'--> statement-breakpoint\nALTER TABLE "users" ADD COLUMN "{name}" text;'
        for name in ("x", "y", "z")
    )
    text = 'CREATE TABLE "first" ("id" integer);' + more
    columns = [Column(name=name, type="text") for name in ("x", "y", "z")]
    held = having([users(*columns)], table(DEFAULT, *rows(TAGS[0])))
    written = {"drizzle/0001_email.sql": text, "drizzle/meta/0001_snapshot.json": None}
    given = examined(Case(grown(*TAGS[:2], **written), held))
    (finding,) = ask(RULE, given)
    assert "no `migrate` that stopped half-way left them" in finding.root_cause
    assert not ask(schema_drift, given)


def test_an_extension_that_is_there_before_is_quiet() -> None:
    """CREATE ... IF NOT EXISTS says that others make it too."""
    text = "CREATE SCHEMA IF NOT EXISTS public;--> statement-breakpoint\n" + SQL["0001_email"]
    assert not ask(RULE, examined(case(users(), recorded=1, **{"drizzle/0001_email.sql": text})))


BESIDE = {
    "a unique index beside a plain one": 'CREATE UNIQUE INDEX "email_uq" ON "users" ("email");',
    "a second plain index": 'CREATE INDEX "second" ON "users" ("email");',
    "a unique index beside the key": 'CREATE UNIQUE INDEX "id_uq" ON "users" ("id");',
    "a foreign key to another table": (
        'ALTER TABLE "users" ADD CONSTRAINT "to_b" FOREIGN KEY ("id") REFERENCES "b"("id");'
    ),
}


@pytest.mark.parametrize("beside", BESIDE)
def test_something_of_another_name_on_the_same_columns_is_no_beginning(beside: str) -> None:
    """The migration that makes a further one is pending, even where something has drifted."""
    more = '--> statement-breakpoint\nALTER TABLE "users" ADD COLUMN "x" text;'
    key = Constraint(
        name="to_a",
        kind=ConstraintKind.FOREIGN_KEY,
        definition="FOREIGN KEY (id) REFERENCES public.a(id)",
    )
    by_hand = Column(name="by_hand", type="text")
    for columns, text in (((EMAIL,), more), ((EMAIL, by_hand), more), ((EMAIL, by_hand), "")):
        live = users(*columns, indexes=[BY_EMAIL])
        live = replace(live, constraints=(*live.constraints, key))
        written = {
            "drizzle/0002_orders.sql": BESIDE[beside] + text,
            "drizzle/meta/0002_snapshot.json": None,
        }
        held = having([live], table(DEFAULT, *rows(*TAGS[:2])))
        given = examined(Case(grown(*TAGS[:3], **written), held))
        for rule in (RULE, tracking_rows_missing, pushed_before_migrating):
            assert not ask(rule, given), (rule.name, text)


def test_what_is_made_where_it_is_not_there_yet_is_quiet() -> None:
    """An index was made by hand before; migrate passes over it, and makes the rest."""
    text = (
        'CREATE INDEX IF NOT EXISTS "hot" ON "users" ("id");--> statement-breakpoint\n'
        'ALTER TABLE "users" ADD COLUMN "x" text;'
    )
    live = users(EMAIL, indexes=[BY_EMAIL, Index(name="hot", definition="USING btree (id)")])
    written = {"drizzle/0002_orders.sql": text, "drizzle/meta/0002_snapshot.json": None}
    held = having([live], table(DEFAULT, *rows(*TAGS[:2])))
    given = Case(grown(*TAGS[:3], **written), held)
    for rule in (RULE, schema_drift, tracking_rows_missing, pushed_before_migrating):
        assert not ask(rule, examined(given)), rule.name
    strict = {**written, "drizzle/0002_orders.sql": text.replace("IF NOT EXISTS ", "")}
    assert ask(RULE, examined(Case(grown(*TAGS[:3], **strict), held)))
