"""What rows decide is counted by read-only queries, and PostgreSQL then does what was foretold."""

from collections.abc import Callable

import psycopg
import pytest

from forensics.collect.database.row_counts import count_rows
from forensics.dialects.effect import Done, Failed, Undecided
from forensics.dialects.postgres.effects import run as run_model
from forensics.dialects.postgres.rows import row_questions
from forensics.dialects.postgres.rows import run as run_counted
from forensics.facts import LiveSchema, RowKind, RowQuestion
from forensics.model import TableName, TrueError
from forensics.scratch.postgres import Server
from tests.collect.database.conftest import Collect

pytestmark = pytest.mark.slow

Run = Callable[[str], list[tuple[object, ...]]]

LIVE = """
CREATE SCHEMA "Odd ""one"" s";
CREATE TYPE mood AS ENUM ('good', 'bad', 'odd');
CREATE TABLE makers (id int PRIMARY KEY, code text);
CREATE TABLE hats (
  id serial PRIMARY KEY, email text, maker int, price int, size bigint, mood mood, token text,
  "Odd ""name"" c" text, "table" text);
CREATE TABLE "Odd ""one"" s"."Hats" (id int, "select" text);
CREATE TABLE nobody (id int, email text);
INSERT INTO makers VALUES (1, 'a'), (2, 'b');
"""
FINE = """
INSERT INTO hats (email, maker, price, size, mood, token, "Odd ""name"" c", "table") VALUES
  ('a', 1, 5, 7, 'good', '6f1ed002-ab5c-4c1d-8b5a-2f3f9c2a7d11', 'x', '12'),
  ('b', NULL, 6, 8, 'bad', '6F1ED002-AB5C-4C1D-8B5A-2F3F9C2A7D12', 'y', '-3');
INSERT INTO "Odd ""one"" s"."Hats" VALUES (1, 'x');
"""
WRONG = """
INSERT INTO hats (email, maker, price, size, mood, token, "Odd ""name"" c", "table") VALUES
  ('a', 1, 5, 7, 'good', 'none', 'x', '12'),
  ('a', 9, -1, 3000000000, 'odd', NULL, NULL, 'twelve'),
  (NULL, 9, NULL, NULL, 'odd', NULL, 'x', NULL);
INSERT INTO "Odd ""one"" s"."Hats" VALUES (1, 'x'), (1, NULL);
"""
NEW_MOOD = "CREATE TYPE new_mood AS ENUM ('good', 'bad');"

CASES: dict[str, tuple[str, RowKind]] = {
    "not null": ("ALTER TABLE hats ALTER COLUMN email SET NOT NULL", RowKind.NOT_NULL),
    "quoted": (
        'ALTER TABLE hats ALTER COLUMN "Odd ""name"" c" SET NOT NULL',
        RowKind.NOT_NULL,
    ),
    "quoted table": (
        'ALTER TABLE "Odd ""one"" s"."Hats" ALTER COLUMN "select" SET NOT NULL',
        RowKind.NOT_NULL,
    ),
    "unique": ("ALTER TABLE hats ADD CONSTRAINT hats_email UNIQUE (email)", RowKind.UNIQUE),
    "unique index": ("CREATE UNIQUE INDEX hats_email ON hats (email)", RowKind.UNIQUE),
    "unique pair": ("CREATE UNIQUE INDEX hats_pair ON hats (maker, mood)", RowKind.UNIQUE),
    "primary key": (
        'ALTER TABLE "Odd ""one"" s"."Hats" ADD CONSTRAINT odd PRIMARY KEY (id)',
        RowKind.PRIMARY_KEY,
    ),
    "foreign key": (
        "ALTER TABLE hats ADD CONSTRAINT hats_maker FOREIGN KEY (maker) REFERENCES makers (id)",
        RowKind.FOREIGN_KEY,
    ),
    "check": ("ALTER TABLE hats ADD CONSTRAINT dear CHECK (price > 0)", RowKind.CHECK),
    "shorter": ('ALTER TABLE hats ALTER COLUMN "table" TYPE varchar(3)', RowKind.CONVERSION),
    "smaller": ("ALTER TABLE hats ALTER COLUMN size TYPE integer", RowKind.CONVERSION),
    "narrower enum": (
        f"{NEW_MOOD} ALTER TABLE hats ALTER COLUMN mood TYPE new_mood USING mood::text::new_mood",
        RowKind.CONVERSION,
    ),
    "enum by way of text": (
        "ALTER TABLE hats ALTER COLUMN mood TYPE text; DROP TYPE mood; "
        "CREATE TYPE mood AS ENUM ('good', 'bad'); "
        "ALTER TABLE hats ALTER COLUMN mood TYPE mood USING mood::mood",
        RowKind.CONVERSION,
    ),
    "uuid": ("ALTER TABLE hats ALTER COLUMN token TYPE uuid USING token::uuid", RowKind.CONVERSION),
    "number": (
        'ALTER TABLE hats ALTER COLUMN "table" TYPE integer USING "table"::integer',
        RowKind.CONVERSION,
    ),
}
each_case = pytest.mark.parametrize("case", CASES)


def schema_of(collect: Collect) -> LiveSchema:
    """The catalogue as it is."""
    seen = collect().database
    assert seen is not None and seen.schema is not None
    return seen.schema


def asked(schema: LiveSchema, text: str) -> list[RowQuestion]:
    """What rows decide about a text."""
    return [it.question for it in row_questions(schema, (text,))]


def counts_of(url: str, questions: list[RowQuestion]) -> dict[str, int]:
    """The numbers, which all must be known."""
    told = count_rows(url, questions)
    assert told is not None
    assert all(it.violations is not None for it in told.counts), told
    return {it.query: it.violations or 0 for it in told.counts}


def refused(server: Server, database: str, text: str) -> psycopg.Error | None:
    """What PostgreSQL says of a text; nothing stays of it."""
    with psycopg.connect(server.url(database)) as connection:
        try:
            connection.execute(text)
        except psycopg.Error as error:
            return error
        finally:
            connection.rollback()
    return None


@pytest.mark.sample(3, start=1)
@each_case
def test_rows_that_fit_pass_as_counted(
    case: str, run: Run, collect: Collect, server: Server, database: str
) -> None:
    """The count is 0, the run passes, and so does PostgreSQL's."""
    text, kind = CASES[case]
    run(LIVE + FINE)
    schema = schema_of(collect)
    questions = asked(schema, text)
    assert kind in {it.kind for it in questions}
    assert isinstance(run_model(schema, (text,)), Undecided)
    counts = counts_of(server.url(database), questions)
    assert set(counts.values()) == {0}
    assert isinstance(run_counted(schema, (text,), counts), Done)
    assert refused(server, database, text) is None


@pytest.mark.sample(3)
@each_case
def test_rows_that_do_not_fit_fail_as_foretold(
    case: str, run: Run, collect: Collect, server: Server, database: str
) -> None:
    """PostgreSQL refuses them with the SQLSTATE and the words that the question has."""
    text, _ = CASES[case]
    run(LIVE + WRONG)
    schema = schema_of(collect)
    questions = asked(schema, text)
    counts = counts_of(server.url(database), questions)
    (first, *_) = [it for it in questions if counts[it.query]]
    error = refused(server, database, text)
    assert error is not None
    assert error.sqlstate == first.error.sqlstate
    assert (error.diag.message_primary or "").startswith(first.error.text)
    told = run_counted(schema, (text,), counts)
    if first.exact:
        assert isinstance(told, Failed)
        assert (told.sqlstate, told.message) == (first.error.sqlstate, first.error.text)
    else:
        assert isinstance(told, Undecided)


@pytest.mark.parametrize(
    ("text", "violations"),
    [
        ("ALTER TABLE hats ADD COLUMN x text NOT NULL", 2),
        ("ALTER TABLE nobody ADD COLUMN x text NOT NULL", 0),
        ("ALTER TABLE hats ADD COLUMN x text; ALTER TABLE hats ALTER COLUMN x SET NOT NULL", 2),
        ("ALTER TABLE hats ADD COLUMN x text DEFAULT 'a' UNIQUE", 1),
    ],
)
def test_new_columns_are_decided_by_whether_there_are_rows(
    text: str, violations: int, run: Run, collect: Collect, server: Server, database: str
) -> None:
    """Each would be NULL, or the same, in every row."""
    run(LIVE + FINE)
    schema = schema_of(collect)
    questions = asked(schema, text)
    error = refused(server, database, text)
    counts = counts_of(server.url(database), questions)
    assert list(counts.values()) == [violations]
    assert (error is not None) is bool(violations)
    if error is not None:
        assert error.diag.message_primary == questions[0].error.text


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE fresh (id int); ALTER TABLE fresh ADD COLUMN x text NOT NULL",
        "ALTER TABLE hats ADD COLUMN x text NOT NULL DEFAULT ''",
        "ALTER TABLE hats ADD COLUMN x serial NOT NULL",
        "ALTER TABLE hats ADD CONSTRAINT dear CHECK (price > 0) NOT VALID",
        "ALTER TABLE hats ADD CONSTRAINT m FOREIGN KEY (maker) REFERENCES makers (id) NOT VALID",
        "CREATE INDEX by_email ON hats (email)",
        "ALTER TABLE hats ALTER COLUMN price TYPE bigint",
        "ALTER TABLE hats ALTER COLUMN mood TYPE text",
        "ALTER TABLE hats ADD COLUMN x int REFERENCES makers (id)",
        "ALTER TABLE gone ALTER COLUMN x SET NOT NULL",
    ],
)
def test_what_no_row_can_stop_asks_nothing(text: str, run: Run, collect: Collect) -> None:
    """New tables, defaults, NOT VALID, plain indexes, wider types."""
    run(LIVE)
    assert asked(schema_of(collect), text) == []


def test_a_table_that_has_another_name_by_then_has_no_query(run: Run, collect: Collect) -> None:
    """The query is for the rows as they are now, under the names that they have now."""
    run(LIVE)
    text = "ALTER TABLE hats RENAME TO caps; ALTER TABLE caps ALTER COLUMN email SET NOT NULL"
    (question,) = asked(schema_of(collect), text)
    assert question.query == ""


EVIL = """
CREATE TABLE ran (at timestamptz);
CREATE FUNCTION evil(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
  $$ BEGIN RAISE EXCEPTION 'secret %', $1; END $$;
"""


@pytest.mark.parametrize(
    "planted",
    [
        "CREATE VIEW hats AS SELECT 1 AS id, evil(1)::text AS email",
        "CREATE TABLE hats (id int, email text); CREATE INDEX x ON hats (evil(id))",
        "CREATE TABLE hats (id int, email text); CREATE STATISTICS s ON (evil(id)), email FROM hats",
    ],
)
def test_nobodys_code_is_run_for_a_count(
    planted: str, run: Run, server: Server, database: str
) -> None:
    """A view, or an index that the planner evaluates, is not read, and it says why."""
    run(EVIL + planted)
    question = RowQuestion(
        kind=RowKind.NOT_NULL,
        table=TableName(schema="public", table="hats"),
        columns=("email",),
        demand="",
        query='SELECT count(*) AS violations FROM "public"."hats" WHERE "email" IS NULL;',
        runs_no_code=True,
        error=TrueError(text=""),
    )
    told = count_rows(server.url(database), [question])
    assert told is not None
    (count,) = told.counts
    assert count.violations is None
    assert "never read" in count.why


def test_a_check_that_calls_a_function_is_printed_and_not_run(
    run: Run, collect: Collect, server: Server, database: str
) -> None:
    """Whoever runs the query decides that."""
    run(LIVE + EVIL)
    text = "ALTER TABLE hats ADD CONSTRAINT c CHECK (evil(price) > 0)"
    (question,) = asked(schema_of(collect), text)
    assert "evil" in question.query
    assert not question.runs_no_code
    told = count_rows(server.url(database), [question])
    assert told is not None
    assert told.counts[0].violations is None
    assert "somebody's code" in told.counts[0].why


def test_rows_that_a_policy_hides_are_not_counted_as_none(
    run: Run, server: Server, database: str, reader: str, collect: Collect
) -> None:
    """A count of the rows that one may see would acquit."""
    run(LIVE + WRONG)
    run(
        f"ALTER TABLE hats ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON hats USING (false); "
        f"GRANT SELECT ON hats TO {reader}"
    )
    questions = asked(schema_of(collect), CASES["not null"][0])
    url = server.url(database, user=reader)
    told = count_rows(url, questions)
    assert told is not None
    assert told.counts[0].violations is None
    assert told.counts[0].why == "the role may not see all rows"


def test_a_count_that_takes_too_long_ends_with_a_reason(
    run: Run, server: Server, database: str
) -> None:
    """And a locked table is not waited for."""
    run(LIVE)
    question = RowQuestion(
        kind=RowKind.NOT_NULL,
        table=TableName(schema="public", table="hats"),
        columns=("email",),
        demand="",
        query='SELECT count(*) AS violations FROM "public"."hats" WHERE "email" IS NULL;',
        runs_no_code=True,
        error=TrueError(text=""),
    )
    with psycopg.connect(server.url(database)) as holder:
        holder.execute("LOCK TABLE hats IN ACCESS EXCLUSIVE MODE")
        told = count_rows(server.url(database), [question])
    assert told is not None
    assert told.counts[0].why == "the table is locked"
