"""Migrations in the database without rows: recorded again, exactly those, and no more."""

import msgspec
import pytest

from forensics.facts import Column, OtherObject, SequenceState, TrackingRow, TrackingTable
from forensics.model import (
    CommandOutcome,
    Finding,
    InsertRows,
    Outcome,
    Safety,
    Severity,
)
from forensics.render.sql import fix_sql
from forensics.rules.partially_applied_migration import partially_applied_migration
from forensics.rules.pushed_before_migrating import pushed_before_migrating
from forensics.rules.schema_drift import schema_drift
from forensics.rules.tracking_rows_missing import tracking_rows_missing
from tests.build import (
    DEFAULT,
    PUBLIC,
    START,
    Case,
    ask,
    database,
    digest,
    facts,
    files,
    history,
    name,
    new_row,
    open_questions,
    project,
    rows,
    stamps,
    table,
    tracking,
)
from tests.support.standing import (
    BY_EMAIL,
    EMAIL,
    SQL,
    TAGS,
    examined,
    grown,
    having,
    state,
    users,
)

RULE = tracking_rows_missing


def used(last: int) -> SequenceState:
    """A sequence that handed out so many ids."""
    return SequenceState(name=name(f"{DEFAULT}_id_seq"), last_value=last, is_called=True)


def applied(*tags: str) -> tuple[TrackingRow, ...]:
    """The rows of migrations as migrate writes them."""
    return tuple(
        msgspec.structs.replace(row, checksum=digest(SQL[tag]))
        for tag, row in zip(tags, rows(*tags), strict=True)
    )


def case(count: int, *tracking_tables: TrackingTable, tags: tuple[str, ...] = TAGS) -> Case:
    """The project, and a database in the state after so many migrations."""
    return Case(grown(*tags), having(state(count), *tracking_tables))


def only(given: Case) -> Finding:
    """The one finding; nothing else explains it too."""
    (found,) = ask(RULE, examined(given))
    assert not ask(pushed_before_migrating, examined(given))
    assert not ask(schema_drift, examined(given))
    return found


def recorded(finding: Finding) -> tuple[str, ...]:
    """The tags that the fix records."""
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, InsertRows)
    return tuple(row.key for row in step.rows)


def test_it_fires_where_the_table_was_emptied_and_the_fix_heals() -> None:
    """Whatever is in the catalogue gets its row, with the hash of the file and the list's stamp."""
    given = case(5, table(DEFAULT, sequence=used(5)))
    finding = only(given)
    assert finding.subject == DEFAULT
    assert finding.severity is Severity.MEDIUM
    assert "Its sequence handed out 5 id(s)" in finding.root_cause
    assert recorded(finding) == TAGS
    assert finding.fix is not None and finding.fix.safety is Safety.REVIEW
    (step,) = finding.fix.steps
    assert isinstance(step, InsertRows)
    assert step.rows[0] == new_row(TAGS[0], digest(SQL[TAGS[0]]), START)
    healed = examined(given, finding.fix.steps)
    assert not ask(RULE, healed)
    assert given.scene.predict(given.facts)["migrate"].outcome is CommandOutcome.BLOCKED
    assert given.scene.predict(healed)["migrate"].outcome is CommandOutcome.PASSES


def test_statements_on_rows_are_listed_since_no_catalogue_tells() -> None:
    """A migration of rows between others has to be recorded with them, and is told."""
    finding = only(case(5, table(DEFAULT, sequence=used(5))))
    assert finding.fix is not None
    assert "0003_seed: `INSERT INTO users" in finding.fix.safety_note


@pytest.mark.parametrize(
    "text",
    [
        'ALTER TABLE "legacy" ADD COLUMN "x" integer;',
        'CREATE INDEX "by_x" ON "legacy" ("x");',
        'ALTER TABLE "legacy" ALTER COLUMN "x" SET NOT NULL;',
        'ALTER TABLE "legacy" RENAME COLUMN "x" TO "y";',
        'CREATE POLICY "own" ON "legacy" USING (true);',
        "ALTER TYPE \"mood\" ADD VALUE 'good';",
        'DROP INDEX "by_email";--> statement-breakpoint\nDROP TABLE "orders" CASCADE;',
    ],
)
def test_a_change_of_what_is_not_there_is_not_recorded_between_two_that_are(text: str) -> None:
    """No migration made the table, and the database has none: the change never came here."""
    given = grown(*TAGS, **{"drizzle/0003_seed.sql": text, "drizzle/meta/0003_snapshot.json": None})
    found = ask(RULE, examined(Case(given, having(state(5), table(DEFAULT, sequence=used(5))))))
    steps = [step for it in found if it.fix for step in it.fix.steps]
    rows = [row for step in steps if isinstance(step, InsertRows) for row in step.rows]
    assert TAGS[3] not in [row.key for row in rows]


@pytest.mark.parametrize(
    "text",
    [
        "GRANT SELECT ON users TO reader;",
        "ALTER TABLE users OWNER TO keeper;",
        "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "DO $$ DECLARE r record; BEGIN FOR r IN SELECT 1 LOOP PERFORM 1; END LOOP; END $$;",
    ],
)
def test_what_no_catalogue_shows_is_named_in_the_note_and_in_the_script(text: str) -> None:
    """Whoever runs the script may not have the report."""
    given = grown(*TAGS, **{"drizzle/0003_seed.sql": text})
    others = (OtherObject(kind="function", name=name("public.f")),)
    held = having(state(5), table(DEFAULT, sequence=used(5)))
    assert held.schema is not None
    there = msgspec.structs.replace(held.schema, others=others)
    finding = only(Case(given, msgspec.structs.replace(held, schema=there)))
    assert finding.fix is not None
    assert f"check them by hand: 0003_seed: `{text[:12]}" in finding.fix.safety_note
    assert f"-- - 0003_seed: {text[:12]}" in fix_sql(finding.fix.steps)


def test_what_a_waiting_migration_changes_next_is_there_or_nothing_is_recorded() -> None:
    """The column is gone, and a migration that did not run yet would change it."""
    later = {"drizzle/0002_orders.sql": 'ALTER TABLE "users" ALTER COLUMN "email" SET NOT NULL;'}
    given = grown(*TAGS[:3], **later, **{"drizzle/meta/0002_snapshot.json": None})
    lost = msgspec.structs.replace(state(2)[0], columns=state(2)[0].columns[:1])
    case = Case(given, having([lost], table(DEFAULT, sequence=used(2))))
    (finding,) = ask(RULE, examined(case))
    assert finding.fix is None
    assert '0001_email: `ALTER TABLE "users" ADD COLUMN "email"' in finding.root_cause


def test_what_may_have_been_taken_away_by_what_we_do_not_read_is_asked() -> None:
    """The table is not there, and a call names it."""
    given = grown(
        *TAGS,
        **{
            "drizzle/0003_seed.sql": "SELECT archive('orders');",
            "drizzle/0004_note.sql": 'ALTER TABLE "users" ADD COLUMN "last" text;',
            "drizzle/meta/0004_snapshot.json": None,
        },
    )
    there = users(EMAIL, Column(name="last", type="text"), indexes=[BY_EMAIL])
    held = having([there], table(DEFAULT, sequence=used(5)))
    (finding,) = ask(RULE, examined(Case(given, held)))
    assert finding.fix is None
    assert "whether a later statement undid them could not be read: 0002_orders" in (
        finding.root_cause
    )


def test_no_more_is_recorded_than_is_there() -> None:
    """The state after the third: the seed that follows may have run or not, and is not recorded."""
    finding = only(case(3, table(DEFAULT, sequence=used(3))))
    assert recorded(finding) == TAGS[:3]
    assert finding.fix is not None
    assert "0003_seed leaves nothing in a catalogue: it is not recorded" in finding.fix.safety_note
    (other,) = finding.alternatives
    assert other.title.startswith("Record 0000_users to 0003_seed")


def test_rows_that_are_left_are_kept() -> None:
    """Only what is missing is added, and the guards expect what is there."""
    finding = only(case(5, table(DEFAULT, *applied(*TAGS[:2]), sequence=used(5))))
    assert recorded(finding) == TAGS[2:]
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, InsertRows) and step.held == 2


def test_a_row_missing_before_others_is_a_small_matter() -> None:
    """Drizzle 0.x looks at the newest row alone."""
    left = [row for row, tag in zip(applied(*TAGS), TAGS, strict=True) if tag != TAGS[2]]
    finding = only(case(5, table(DEFAULT, *left)))
    assert finding.severity is Severity.LOW
    assert recorded(finding) == (TAGS[2],)


def test_a_table_that_is_gone_is_made_for_the_owner_of_the_others() -> None:
    """An older state than the newest was not pushed, so the rows were there."""
    finding = only(case(3))
    assert "which does not exist" in finding.root_cause
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, InsertRows)
    assert (step.held, step.owner) == (None, "app")
    assert not ask(RULE, examined(case(3), finding.fix.steps))


@pytest.mark.parametrize("behind", range(6))
def test_pending_migrations_are_quiet(behind: int) -> None:
    """A database at any state of the list, with just these rows, is healthy."""
    given = case(behind, table(DEFAULT, *applied(*TAGS[:behind])))
    for rule in (RULE, pushed_before_migrating, schema_drift):
        assert not ask(rule, examined(given)), rule.name


def test_rows_in_another_schema_are_quiet() -> None:
    """They are not missing: the tool looks in the wrong place."""
    assert not ask(RULE, examined(case(5, table(DEFAULT), table(PUBLIC, *applied(*TAGS)))))


def test_rows_with_another_stamp_or_hash_are_quiet() -> None:
    """A row that has one of the two is the migration's, however damaged."""
    seconds = [
        msgspec.structs.replace(row, at=stamp // 1000)
        for row, stamp in zip(applied(*TAGS), stamps(len(TAGS)), strict=True)
    ]
    garbage = [msgspec.structs.replace(row, checksum="garbage") for row in applied(*TAGS)]
    for damaged in (seconds, garbage):
        assert not ask(RULE, examined(case(5, table(DEFAULT, *damaged))))


def test_another_tool_that_applies_the_same_sql_keeps_the_rows() -> None:
    """Where its table has rows, and drizzle's was never made, nothing is missing."""
    other = msgspec.structs.replace(
        table("supabase_migrations.schema_migrations", tool="supabase"), raw_rows=(("1",),)
    )
    assert not ask(RULE, examined(case(5, other)))


def test_a_snapshot_that_was_edited_does_not_decide_alone() -> None:
    """Tests elsewhere have snapshots without tables: what SQL and catalogue agree on stands."""
    tags = ("0000_a", "0001_b")
    held = database(table(DEFAULT, *rows(*tags)), live=("public.0000_a", "public.0001_b"))
    given = examined(Case(project(*tags), held))
    assert not ask(RULE, given)
    assert not ask(schema_drift, given)


def test_a_file_that_is_gone_leaves_no_hash_to_record() -> None:
    """Then nothing is offered; the file has to come back first."""
    gone = Case(
        grown(*TAGS, **{"drizzle/0001_email.sql": None}),
        having(state(5), table(DEFAULT, sequence=used(5))),
    )
    (finding,) = ask(RULE, examined(gone))
    assert finding.fix is None


def test_without_database_or_rows_it_is_unanswered() -> None:
    """No database; or a table that may not be read, with the GRANT to ask for."""
    given = facts(history=history(*TAGS), files=files({tag: SQL[tag] for tag in TAGS}))
    assert [q.lacks for q in open_questions(RULE, given)] == ["TrackingTables"]
    closed = msgspec.structs.replace(
        table(DEFAULT), outcome=Outcome.DENIED, grant="GRANT SELECT ..."
    )
    (question,) = open_questions(RULE, examined(case(5, closed)))
    assert question.how_to_get_it == "ask for: GRANT SELECT ..."


def test_rows_may_be_in_another_table_that_was_not_read() -> None:
    """Locked, for instance: then nothing is said to be missing."""
    locked = msgspec.structs.replace(
        table(PUBLIC), outcome=Outcome.TIMED_OUT, problem="locked by process 7"
    )
    given = examined(case(5, table(DEFAULT), locked))
    (question,) = open_questions(RULE, given)
    assert (question.lacks, question.how_to_get_it) == (f"the rows of {PUBLIC}", locked.problem)
    for rule in (pushed_before_migrating, schema_drift, partially_applied_migration):
        assert not ask(rule, given), rule.name
    assert not ask(RULE, examined(case(5, table(DEFAULT, *applied(*TAGS)), locked)))


def test_what_a_statement_may_have_changed_is_not_known() -> None:
    """A DO block that runs composed SQL leaves every later state in doubt."""
    text = "DO $$ BEGIN EXECUTE 'DROP TABLE ' || 'users'; END $$;"
    given = Case(grown(*TAGS, **{"drizzle/0000_users.sql": text}), having(state(5), table(DEFAULT)))
    (question,) = open_questions(RULE, examined(given))
    assert "whether 0000_users is in the database" in question.lacks


def test_the_findings_take_part_in_the_experiments() -> None:
    """Migrate is blocked by the rows that are missing, and passes after the fix."""
    given = case(5, table(DEFAULT, sequence=used(5)))
    (finding,) = ask(RULE, examined(given))
    assert tracking(table(DEFAULT)).get(name(DEFAULT)) is not None
    after = given.scene.predict(given.after(finding.repair))
    assert after["migrate"].outcome is CommandOutcome.PASSES
