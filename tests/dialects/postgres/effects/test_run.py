"""Tests of what SQL does to a catalogue, without a server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from forensics.dialects.effect import Done, Effect, Failed, Undecided
from forensics.dialects.postgres.effects import run
from forensics.facts import (
    Column,
    Constraint,
    ConstraintKind,
    EnumType,
    Extension,
    LiveSchema,
    LiveTable,
    OtherObject,
)
from forensics.model import TableName
from tests.support.growth import is_linear


def name(table: str, schema: str = "public") -> TableName:
    """A qualified name."""
    return TableName(schema=schema, table=table)


USERS = LiveTable(
    name=name("users"),
    columns=(
        Column(name="id", type="integer", not_null=True),
        Column(name="phone", type="character varying(20)"),
    ),
    constraints=(
        Constraint(
            name="users_pkey", kind=ConstraintKind.PRIMARY_KEY, definition="PRIMARY KEY (id)"
        ),
    ),
    indexes=("users_pkey",),
)
LIVE = LiveSchema(
    evidence="e1",
    schemas=("public",),
    tables=(USERS,),
    enums=(EnumType(name=name("status"), labels=("new", "old")),),
)


def ran(*texts: str) -> Effect:
    """What these texts do to a database with one table and one type."""
    return run(LIVE, texts)


def failure(*texts: str) -> tuple[str, str]:
    """SQLSTATE and message of texts that fail."""
    effect = ran(*texts)
    assert isinstance(effect, Failed), effect
    return effect.sqlstate, effect.message


def test_a_column_that_is_there_fails_as_in_the_incident() -> None:
    """The message is PostgreSQL's own."""
    assert failure('ALTER TABLE "users" ADD COLUMN "phone" varchar(20);') == (
        "42701",
        'column "phone" of relation "users" already exists',
    )


def test_a_failure_says_which_text_and_which_statement() -> None:
    """The position counts the texts, the statement is the one that failed."""
    effect = ran("-- nothing", "SELECT", 'CREATE TABLE "users" ();')
    assert isinstance(effect, Undecided)
    effect = ran("-- nothing", 'CREATE TYPE "m" AS ENUM(\'a\'); CREATE TABLE "users" ();')
    assert isinstance(effect, Failed)
    assert (effect.position, effect.statement) == (1, 'CREATE TABLE "users" ( )')


def test_comments_and_empty_texts_do_nothing() -> None:
    """A custom migration without a statement passes."""
    assert ran(
        "", "  \n", "-- Custom SQL migration file, put your code below! --", "/* x */;"
    ) == run(LIVE, ())


def test_if_not_exists_passes_over_what_is_there() -> None:
    """The style of drizzle-kit 0.29 and older runs a second time without a word."""
    assert ran('CREATE TABLE IF NOT EXISTS "users" ("other" integer);') == run(LIVE, ())


def test_a_do_block_swallows_a_duplicate_object() -> None:
    """The type stays as it was."""
    block = """DO $$ BEGIN
 CREATE TYPE "public"."status" AS ENUM('other');
EXCEPTION
 WHEN duplicate_object THEN null;
END $$;
"""
    assert ran(block) == run(LIVE, ())


def test_a_do_block_does_not_swallow_a_duplicate_table() -> None:
    """duplicate_object is 42710 alone."""
    block = "DO $$ BEGIN CREATE TABLE users (); EXCEPTION WHEN duplicate_object THEN null; END $$"
    assert failure(block) == ("42P07", 'relation "users" already exists')


def test_a_block_that_asks_first_does_nothing_where_the_answer_is_no() -> None:
    """The constraint is there, so the statement is not run; another is not there, and so it is."""
    block = (
        "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = '{}') THEN "
        "ALTER TABLE users DROP COLUMN phone; END IF; END $$"
    )
    assert ran(block.format("users_pkey")) == run(LIVE, ())
    assert isinstance(ran(block.format("absent")), Done)
    assert ran(block.format("absent")) != run(LIVE, ())


def test_a_block_that_asks_what_was_not_collected_is_undecided() -> None:
    """A domain may have a constraint of that name, an extension a type of that."""
    ask = "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM {} = 'x') THEN DROP TABLE users; END IF; END $$"
    constraint, type_ = (
        ask.format("pg_constraint WHERE conname"),
        ask.format("pg_type WHERE typname"),
    )
    domain = OtherObject(kind="domain", name=name("positive"))
    assert isinstance(run(LIVE, [constraint]), Done)
    assert isinstance(run(replace(LIVE, others=(domain,)), [constraint]), Undecided)
    extension = Extension(name="postgis", schema="public")
    assert isinstance(run(LIVE, [type_]), Done)
    assert isinstance(run(replace(LIVE, extensions=(extension,)), [type_]), Undecided)


def test_a_commit_keeps_what_was_done_before_it() -> None:
    """So a failure after it does not undo everything, and is not told as one that does."""
    assert isinstance(ran("BEGIN; CREATE TABLE a (); COMMIT;"), Done)
    for texts in (
        ["CREATE TABLE a (); COMMIT; CREATE TABLE users ();"],
        ["CREATE TABLE a (); COMMIT;", "CREATE TABLE users ();"],
    ):
        effect = run(LIVE, texts)
        assert isinstance(effect, Failed)
        assert (effect.kept, effect.message) == (True, 'relation "users" already exists')
    without = run(LIVE, ["CREATE TABLE a ();", "CREATE TABLE users ();"])
    assert isinstance(without, Failed)
    assert not without.kept
    assert isinstance(ran("CREATE TABLE a (); ROLLBACK;"), Undecided)
    assert isinstance(ran("CREATE TABLE a ();", "COMMIT;", "BEGIN;", "DROP TABLE a;"), Undecided)


def test_after_a_commit_an_index_is_built_concurrently_where_it_is_sent_alone() -> None:
    """Several statements that are sent at once run in a transaction of their own."""
    build = "CREATE INDEX CONCURRENTLY by_id ON users (id)"
    done = ran("COMMIT", build)
    assert isinstance(done, Done)
    assert done.schema.tables[0].indexes == ("by_id", "users_pkey")
    assert ran("COMMIT", build, "DROP INDEX CONCURRENTLY by_id") == run(LIVE, ())
    for texts in ([build], [f"COMMIT; {build}"], ["COMMIT", f"CREATE TABLE a (); {build}"]):
        assert failure(*texts)[0] == "25001", texts


def test_rows_decide_of_a_unique_index_after_a_commit_too() -> None:
    """It may fail, and then leaves an index behind that is not valid."""
    effect = ran("COMMIT", "CREATE UNIQUE INDEX CONCURRENTLY by_phone ON users (phone)")
    assert isinstance(effect, Undecided)
    assert (effect.position, effect.changed) == (1, True)


def test_row_security_is_switched_where_it_was_read() -> None:
    """Else the catalogue stays as it is: nobody knows what it was."""
    on = "ALTER TABLE users ENABLE ROW LEVEL SECURITY"
    assert ran(on) == run(LIVE, ())
    known = replace(LIVE, tables=(replace(USERS, row_security=False),))
    done = run(known, [on, "ALTER TABLE users FORCE ROW LEVEL SECURITY"])
    assert isinstance(done, Done)
    assert (done.schema.tables[0].row_security, done.schema.tables[0].forced_row_security) == (
        True,
        True,
    )
    off = "ALTER TABLE users DISABLE ROW LEVEL SECURITY"
    assert run(known, [on, off]) == run(known, ())


def test_a_type_of_another_kind_is_no_missing_type() -> None:
    """What is done to a domain or a composite type is not modelled, and no error is foretold."""
    schema = replace(LIVE, others=(OtherObject(kind="composite type", name=name("address")),))
    for text in ("DROP TYPE address", "ALTER TYPE address ADD ATTRIBUTE zip text"):
        assert isinstance(run(schema, [text]), Undecided)
        assert isinstance(run(LIVE, [text]), Failed)
    assert isinstance(run(schema, ["DROP TYPE IF EXISTS address"]), Undecided)


def test_an_extension_that_is_there_is_not_made_again() -> None:
    """Whether another could be made, only the server knows."""
    schema = replace(LIVE, extensions=(Extension(name="citext", schema="public"),))
    assert run(schema, ['CREATE EXTENSION IF NOT EXISTS "citext"']) == run(schema, ())
    effect = run(schema, ["CREATE EXTENSION citext"])
    assert isinstance(effect, Failed)
    assert (effect.sqlstate, effect.message) == ("42710", 'extension "citext" already exists')
    assert isinstance(run(LIVE, ["CREATE EXTENSION IF NOT EXISTS citext"]), Undecided)


def test_what_a_migration_makes_is_in_the_new_catalogue() -> None:
    """Table, serial's sequence, key and enum column."""
    effect = ran(
        'CREATE TABLE "orders" ("id" serial PRIMARY KEY NOT NULL, "s" "status" DEFAULT \'new\');'
    )
    assert isinstance(effect, Done)
    (orders,) = (table for table in effect.schema.tables if table.name == name("orders"))
    assert [(column.name, column.type) for column in orders.columns] == [
        ("id", "integer"),
        ("s", "public.status"),
    ]
    assert orders.indexes == ("orders_pkey",)
    assert effect.schema.sequences == (name("orders_id_seq"),)


@pytest.mark.parametrize("other", ["UNIQUE (id)", "UNIQUE (mail)"])
def test_a_key_that_has_a_twin_may_be_dropped_or_not(other: str) -> None:
    """A foreign key hangs on one of the keys on its columns, and no catalogue of ours says which."""
    effect = ran(
        f"CREATE TABLE makers (id int, mail text, CONSTRAINT twin {other}, PRIMARY KEY (id));"
        "CREATE TABLE cars (maker int REFERENCES makers (id))",
        "ALTER TABLE makers DROP CONSTRAINT makers_pkey",
    )
    assert isinstance(effect, Undecided if other == "UNIQUE (id)" else Failed)


def test_what_depends_on_rows_is_undecided() -> None:
    """A NOT NULL column without a default fails where there are rows, and they are not known."""
    effect = ran('ALTER TABLE "users" ADD COLUMN "must" integer NOT NULL;')
    assert isinstance(effect, Undecided)
    assert "rows" in effect.why
    assert not effect.changed


def test_the_statement_that_people_write_into_an_empty_file_does_nothing() -> None:
    """Nothing else is known of a SELECT: it may call a function."""
    assert isinstance(ran("SELECT 1;"), Done)
    assert isinstance(ran("SELECT f();"), Undecided)


def test_a_placeholder_has_no_value_in_a_migration() -> None:
    """A generator wrote the condition of a partial index as a query that is prepared."""
    index = 'CREATE INDEX "i" ON "users" ("id") WHERE "users"."phone" = $1;'
    assert failure(index) == ("42P02", "there is no parameter $1")
    routine = "CREATE FUNCTION f(integer) RETURNS integer RETURN $1;"
    assert isinstance(ran(routine), Undecided)


def test_a_table_of_the_same_run_has_no_rows() -> None:
    """There the same column is no question."""
    effect = ran('CREATE TABLE "t" ("a" text);', 'ALTER TABLE "t" ADD COLUMN "b" integer NOT NULL;')
    assert isinstance(effect, Done)


def test_data_statements_are_undecided() -> None:
    """What an UPDATE does is not in the catalogue."""
    assert isinstance(ran("UPDATE users SET phone = '1'"), Undecided)


def test_an_error_before_a_data_statement_decides() -> None:
    """The transaction never gets to the statement that we cannot judge."""
    assert failure('CREATE TABLE "users" ();', "UPDATE users SET phone = '1'")[0] == "42P07"


def test_a_text_is_parsed_before_it_runs() -> None:
    """A syntax error in the second statement shows first, as the server parses all of a text."""
    assert failure('CREATE TABLE "users" (); CREATE TABEL x ();') == (
        "42601",
        'syntax error at or near "TABEL"',
    )


def test_a_byte_order_mark_is_part_of_the_first_word() -> None:
    """PostgreSQL takes it for a letter."""
    assert failure("\ufeffCREATE TABLE t ();") == (
        "42601",
        'syntax error at or near "\ufeffCREATE"',
    )


def test_unqualified_names_follow_the_search_path() -> None:
    """A table in another schema does not count for a name without one."""
    schema = LiveSchema(
        evidence="e1",
        schemas=("public", "app"),
        tables=(LiveTable(name=name("users", "app")),),
        search_path=("app", "public"),
    )
    assert isinstance(run(schema, ['CREATE TABLE "users" ();']), Failed)
    assert isinstance(run(schema, ['CREATE TABLE "public"."users" ();']), Done)


def test_long_names_are_cut_as_the_server_cuts_them() -> None:
    """A foreign key's name of 70 letters is found again under its first 63."""
    long = "f" * 70
    held = Constraint(name="f" * 63, kind=ConstraintKind.CHECK, definition="CHECK (true)")
    table = LiveTable(name=name("t"), constraints=(held,))
    schema = LiveSchema(evidence="e1", schemas=("public",), tables=(table,))
    effect = run(schema, [f'ALTER TABLE "t" ADD CONSTRAINT "{long}" CHECK (1 > 0)'])
    assert isinstance(effect, Failed)
    assert effect.message == f'constraint "{"f" * 63}" for relation "t" already exists'


def test_an_enum_value_of_this_transaction_cannot_be_used_yet() -> None:
    """PostgreSQL 12 and later allow ADD VALUE in a transaction, but not its use."""
    assert failure(
        "ALTER TYPE \"status\" ADD VALUE 'gone';",
        'ALTER TABLE "users" ADD COLUMN "s" "status" DEFAULT \'gone\';',
    ) == ("55P04", 'unsafe use of new value "gone" of enum type status')


WORDS = """CREATE ALTER DROP TABLE TYPE INDEX SCHEMA SEQUENCE UNIQUE DO BEGIN EXCEPTION WHEN END ADD
COLUMN CONSTRAINT PRIMARY KEY FOREIGN REFERENCES CHECK "users" "id" "phone" "status" public integer
varchar ( ) , ; . :: [ ] 'new' 'x' $$ $a$ E'\\n' 1 -1 1.5e3 DEFAULT NOT NULL IF EXISTS AS ENUM RENAME
TO SET DATA USING ON CASCADE VALUE BEFORE -- /* */ " ' \ufeff \x00"""
PIECES = st.sampled_from(WORDS.split())


@given(st.lists(PIECES, max_size=14).map(" ".join))
def test_hostile_sql_has_an_answer(text: str) -> None:
    """Whatever lies in a file, one of the three answers comes back."""
    assert isinstance(ran(text), Done | Failed | Undecided)


def test_nested_blocks_are_not_followed() -> None:
    """A thousand DO blocks in each other do not exhaust the stack."""
    text = "SELECT 1"
    for depth in range(1000):
        text = (
            f"DO $a{depth}$ BEGIN {text}; EXCEPTION WHEN duplicate_object THEN null; END $a{depth}$"
        )
    assert isinstance(ran(text), Undecided)


def test_a_table_of_many_columns_takes_linear_time() -> None:
    """Each name is compared with all before it."""

    def work(size: int) -> None:
        columns = ", ".join(f"c{number} text" for number in range(size))
        assert isinstance(ran(f"CREATE TABLE wide ({columns})"), Done)

    assert is_linear(work, 300)
