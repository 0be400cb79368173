"""Statements on what the list never makes: its effect is there, it is not, or nobody can tell.

A database that lacks what a list changes does not have the effect of the change. What may have been
made, moved or dropped by something that we do not read is in doubt.
"""

import psycopg
import pytest

from forensics.collect.database.answering import Row
from forensics.dialects.postgres.standing import judge
from forensics.facts import LiveSchema, Presence, Standing
from tests.dialects.postgres.effects.live import live_schema
from tests.dialects.postgres.standing.test_judge import step

ABSENT, PRESENT, UNDECIDABLE = Presence.ABSENT, Presence.PRESENT, Presence.UNDECIDABLE
BETWEEN = "CREATE TABLE a (id int)", "CREATE TABLE z (id int)"
OLD = """\
CREATE TABLE legacy (id int PRIMARY KEY, n int, k int, CONSTRAINT c1 UNIQUE (n));
CREATE FUNCTION tg() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER stamp BEFORE INSERT ON legacy FOR EACH ROW EXECUTE FUNCTION tg();
"""


pytestmark = pytest.mark.lab

Connection = psycopg.Connection[Row]


def live(connection: Connection, *statements: str) -> LiveSchema:
    """The catalogue after these, of a database that was empty."""
    with connection.transaction(force_rollback=True):
        for statement in statements:
            connection.execute(statement.encode())
        return live_schema(connection)


def judged(connection: Connection, statement: str, *there: str) -> Standing:
    """A list with the statement between two tables that are there, and what else is."""
    first, last = BETWEEN
    steps = [step(number, text) for number, text in enumerate((first, statement, last))]
    return judge(live(connection, *there, first, last), steps)


CHANGES = (
    "ALTER TABLE legacy ADD COLUMN x int",
    "ALTER TABLE legacy ADD COLUMN IF NOT EXISTS x int",
    "ALTER TABLE legacy ALTER COLUMN n SET NOT NULL",
    "ALTER TABLE legacy ALTER COLUMN n TYPE bigint",
    "ALTER TABLE legacy ALTER COLUMN n SET DEFAULT 7",
    "ALTER TABLE legacy RENAME COLUMN n TO m",
    "ALTER TABLE legacy RENAME CONSTRAINT c1 TO c2",
    "ALTER TABLE legacy ADD CONSTRAINT c3 UNIQUE (k)",
    "ALTER TABLE legacy ADD CONSTRAINT c3 EXCLUDE (k WITH =)",
    "ALTER TABLE legacy ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE legacy DISABLE TRIGGER stamp",
    "CREATE INDEX i1 ON legacy (k)",
    "CREATE INDEX ON legacy (k)",
    "CREATE POLICY p1 ON legacy USING (true)",
)
"""What a migration says of a table that none makes."""


@pytest.mark.parametrize("statement", CHANGES)
def test_a_change_is_there_or_not_also_of_what_the_list_never_makes(
    connection: Connection, statement: str
) -> None:
    """With it, with the table alone, and without the table."""
    for there, expected in (
        ([OLD, statement], {PRESENT}),
        ([OLD], {ABSENT, Presence.PARTLY}),
        ([], {ABSENT}),
    ):
        found = judged(connection, statement, *there)
        assert found.migrations[1].presence in expected, there
        assert found.differences(2) == () or PRESENT not in expected


def test_a_type_that_the_list_never_makes_has_the_label_or_not(connection: Connection) -> None:
    """ADD VALUE and RENAME VALUE; the other labels are not known."""
    for statement in ("ALTER TYPE mood ADD VALUE 'z'", "ALTER TYPE mood RENAME VALUE 'x' TO 'z'"):
        for labels, expected in (("'q', 'z'", PRESENT), ("'q', 'x'", Presence.PARTLY)):
            found = judged(connection, statement, f"CREATE TYPE mood AS ENUM ({labels})")
            assert found.migrations[1].presence is expected
        assert judged(connection, statement).migrations[1].presence is ABSENT


def test_a_rename_of_what_the_list_never_makes_is_told_by_both_names(
    connection: Connection,
) -> None:
    """Where neither name is there, nobody knows."""
    statement = "ALTER TABLE legacy RENAME TO modern"
    renamed = judged(connection, statement, OLD, statement)
    assert renamed.migrations[1].presence is PRESENT
    assert renamed.differences(2) == ()  # its columns are nobody's business
    assert judged(connection, statement, OLD).migrations[1].presence is ABSENT
    assert judged(connection, statement).migrations[1].statements[0].open


def test_what_a_list_drops_and_never_made_is_gone_or_not(connection: Connection) -> None:
    """A DROP whose object is there did not run."""
    for statement in (
        "DROP TABLE legacy",
        "DROP TABLE IF EXISTS legacy CASCADE",
        "ALTER TABLE legacy DROP COLUMN n",
        "ALTER TABLE legacy DROP CONSTRAINT IF EXISTS c1",
    ):
        assert judged(connection, statement, OLD).migrations[1].presence is ABSENT
        (said,) = judged(connection, statement).migrations[1].statements
        assert (said.presence, said.open) == (UNDECIDABLE, False)


def test_what_a_statement_that_we_do_not_read_may_have_made_is_in_doubt(
    connection: Connection,
) -> None:
    """Named by it before, or after; and whatever is executed as a text."""
    change = "ALTER TABLE legacy ADD COLUMN x int"
    block = "DO $$ DECLARE r int; BEGIN FOR r IN SELECT 1 LOOP PERFORM legacy; END LOOP; END $$"
    for statement in (
        f"SELECT make_it('legacy'); {change}",
        f"{change}; SELECT drop_it('legacy')",
        f"{block}; {change}",
        f"{change}; {block}",
        f"{change}; DO $$ BEGIN EXECUTE 'DROP TABLE legacy'; END $$",
    ):
        found = judged(connection, statement).migrations[1]
        said = next(it for it in found.statements if it.text.startswith("ALTER"))
        assert (said.presence, said.open) == (UNDECIDABLE, True), statement


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE IF EXISTS legacy ADD COLUMN x int",
        "ALTER TABLE IF EXISTS legacy RENAME COLUMN n TO m",
        "ALTER TABLE legacy ADD COLUMN x int; DROP TABLE legacy",
        "ALTER TABLE legacy ADD COLUMN x int; ALTER TABLE legacy RENAME TO b; DROP TABLE b",
        "CREATE TEMP TABLE legacy (id int); ALTER TABLE legacy ADD COLUMN x int",
    ],
)
def test_what_is_rightly_not_there_is_no_missing_effect(
    connection: Connection, statement: str
) -> None:
    """IF EXISTS of nothing, dropped or renamed later, or of the session."""
    found = judged(connection, statement)
    assert ABSENT not in {it.presence for it in found.migrations[1].statements}
    assert found.migrations[2].lacks == ()
    assert found.differences(2) == ()


def test_a_table_in_a_schema_that_only_others_look_in_is_in_doubt(connection: Connection) -> None:
    """The deploying role may look there first."""
    elsewhere = ("CREATE SCHEMA theirs", "CREATE TABLE theirs.legacy (id int)")
    (said,) = (
        judged(connection, "ALTER TABLE legacy ADD COLUMN x int", *elsewhere)
        .migrations[1]
        .statements
    )
    assert (said.presence, said.open) == (UNDECIDABLE, True)


def test_a_change_that_waits_does_not_make_the_thing_drift(connection: Connection) -> None:
    """What is there before a pending migration changes it was not made too early."""
    for statement in (
        "ALTER TYPE mood ADD VALUE 'x'",
        "ALTER TABLE legacy RENAME COLUMN n TO m",
        "ALTER TABLE legacy ADD COLUMN IF NOT EXISTS k int",
        "ALTER TABLE legacy ALTER COLUMN n SET NOT NULL",
    ):
        steps = [step(0, BETWEEN[0]), step(1, statement)]
        there = live(connection, "CREATE TYPE mood AS ENUM ('x')", OLD, BETWEEN[0])
        assert judge(there, steps, start=0).differences(0) == (), statement


def test_a_rename_to_a_name_that_something_else_has_is_in_doubt(connection: Connection) -> None:
    """The old name is still there: whether what has the new one was renamed, nobody can tell."""
    there = "CREATE INDEX i1 ON legacy (k)", "CREATE INDEX i2 ON legacy (n)"
    found = judged(connection, "ALTER INDEX i1 RENAME TO i2", OLD, *there)
    assert found.migrations[1].presence is UNDECIDABLE
