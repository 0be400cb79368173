"""A collected schema is made again: what our reader sees of it is what it saw of the real one."""

import msgspec
import pytest

from forensics.dialects.effect import Done, Undecided
from forensics.facts import LiveSchema
from forensics.scratch.engine import Scratch
from forensics.scratch.postgres import Server
from tests.scratch.scratches import SHOP, TRACKING, real, scratch_of

pytestmark = pytest.mark.slow


def test_everything_that_is_collected_is_made_again(server: Server) -> None:
    """Odd names, enums, identities, generated columns, keys, partial indexes, views of views."""
    with real(server, "shop", SHOP) as database, scratch_of(database) as (made, schema):
        again = rebuilt(made, schema)
        assert made.not_rebuilt == ()
    assert _ownerless(again) == _ownerless(schema)


def test_a_database_without_public_stays_without_it(server: Server) -> None:
    """An unqualified name then means nothing, with PostgreSQL's own error."""
    with real(server, "bare", "DROP SCHEMA public") as database:
        with scratch_of(database) as (made, schema):
            effect = made.answer(schema, ("CREATE TABLE t ()",))
    assert getattr(effect, "sqlstate", "") == "3F000"


def test_tracking_rows_are_there_and_no_others(server: Server) -> None:
    """What the tool recorded comes along with its sequence; user data never was collected."""
    sql = TRACKING + "CREATE TABLE users (id int); INSERT INTO users VALUES (7)"
    with real(server, "rows", sql) as database, scratch_of(database) as (made, schema):
        rebuilt(made, schema)
        [case] = made._databases.values()
        found = case.server.execute(
            "SELECT (SELECT count(*) FROM users), array_agg(m ORDER BY id)::text,"
            " nextval('drizzle.__drizzle_migrations_id_seq') FROM drizzle.__drizzle_migrations m",
            database=case.name,
        )
    assert found == [(0, '{"(1,a\'1,1716890000000)","(2,b,)"}', 3)]


def test_what_is_not_collected_is_named(server: Server) -> None:
    """And whatever needs it: nothing is left out in silence."""
    sql = """
    CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE DOMAIN email AS text;
    CREATE TABLE defaults (n int DEFAULT one());
    CREATE TABLE mails (address email);
    CREATE VIEW of_mails AS SELECT address FROM mails;
    CREATE TABLE years (y int) PARTITION BY LIST (y);
    CREATE TABLE year_one PARTITION OF years FOR VALUES IN (1);
    """
    with real(server, "missing", sql) as database, scratch_of(database) as (made, schema):
        rebuilt(made, schema)
        assert set(made.not_rebuilt) == {
            "the default of a table public.defaults",
            "the domain public.email",
            "the function public.one",
            "the partition or child table public.year_one",
            "the partitioned table public.years",
            "the table public.mails",
            "the view public.of_mails",
        }


@pytest.mark.sample(2)
@pytest.mark.parametrize(
    "text",
    [
        "ALTER TABLE mails ADD COLUMN n int",
        "CREATE TABLE t (n int DEFAULT one())",
        "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 2'",
        "DROP FUNCTION one()",
        "CREATE TABLE t (address email)",
        "ALTER TABLE years ADD COLUMN n int",
        "DO $$ BEGIN PERFORM one(); END $$",
    ],
)
def test_what_depends_on_it_is_never_answered_wrongly(server: Server, text: str) -> None:
    """Each of these works on the real database or fails for its own reason, not for ours."""
    sql = """
    CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE DOMAIN email AS text;
    CREATE TABLE mails (address email);
    CREATE TABLE years (y int) PARTITION BY LIST (y);
    """
    with real(server, "depends", sql) as database, scratch_of(database) as (made, schema):
        effect = made.engine(schema, (text,))
        assert made.version is not None
    assert isinstance(effect, Undecided | Done), effect


def rebuilt(made: Scratch, schema: LiveSchema) -> LiveSchema:
    """What our reader sees of the scratch database of a schema."""
    made.answer(schema, ("SELECT 1",))
    [case] = made._databases.values()
    return case.before


def _ownerless(schema: LiveSchema) -> LiveSchema:
    tables = tuple(msgspec.structs.replace(table, owner=None) for table in schema.tables)
    return msgspec.structs.replace(schema, tables=tables, evidence="")
