"""A schema made again from its dump: what its catalogue does not tell, too, and nothing worse."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from unittest.mock import patch

import pytest

from forensics.dialects.effect import Done, Failed
from forensics.evidence.recorded_database import RecordedDump
from forensics.facts import Database, LiveSchema
from forensics.model import MoveTable, TableName
from forensics.scratch import engine as scratch_module
from forensics.scratch.case_database import CaseDatabase
from forensics.scratch.dumped import ROLES, ROLES_PER_STATEMENT, _Header, _header
from forensics.scratch.engine import Scratch, scratch
from forensics.scratch.postgres import Server, throw_away_postgres
from forensics.tracking.apply_steps import apply_to_database
from tests.build import tool
from tests.scratch.scratches import SHOP, TRACKING, dumped, real
from tests.support.growth import is_linear

pytestmark = pytest.mark.slow

RICH = (
    SHOP
    + r"""
CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION one(int) RETURNS int LANGUAGE sql BEGIN ATOMIC
  SELECT CASE WHEN $1 > 1 THEN 1 END; SELECT 3; END;
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
CREATE TYPE pair AS (a int, b text);
CREATE TABLE mails (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int DEFAULT one(), e email);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
-- Name: x; Type: TABLE; Schema: y; Owner: z
  RETURN NEW; END $$;
CREATE TRIGGER checked BEFORE INSERT ON mails FOR EACH ROW EXECUTE FUNCTION refuse();
ALTER TABLE mails ENABLE ROW LEVEL SECURITY;
DO $$ BEGIN CREATE ROLE "the 'app'"; EXCEPTION WHEN duplicate_object THEN END $$;
CREATE POLICY own ON mails TO "the 'app'" USING (id > 1);
CREATE TABLE years (y int) PARTITION BY LIST (y);
CREATE TABLE year_one PARTITION OF years FOR VALUES IN (1);
CREATE VIEW of_mails AS SELECT id, e FROM mails;
CREATE RULE kept AS ON INSERT TO of_mails DO INSTEAD NOTHING;
CREATE AGGREGATE many(int) (SFUNC = int4pl, STYPE = int);
"""
)


@dataclass(frozen=True, kw_only=True)
class Made:
    """A scratch database, the schema it is for, and who made it."""

    server: Scratch
    schema: LiveSchema
    case: CaseDatabase


@pytest.fixture(scope="module")
def real_server() -> Iterator[Server]:
    """The real server of the tests here."""
    with throw_away_postgres() as running:
        yield running


@pytest.fixture(scope="module")
def rich(real_server: Server) -> Iterator[tuple[Database, RecordedDump]]:
    """A real database with all kinds of things, and its dump."""
    with real(real_server, "rich", RICH) as database:
        yield database, dumped(real_server, "rich")


@contextmanager
def made(database: Database, dump: RecordedDump) -> Iterator[Made]:
    """The scratch database of a real one."""
    assert database.schema is not None
    with patch.object(scratch_module, "SECONDS", 3600.0), scratch(database, dump=dump) as server:
        yield made_by(server, database.schema)


def made_by(server: Scratch, schema: LiveSchema) -> Made:
    """The scratch database of a schema, on a server that may have others."""
    server.answer(schema, ("SELECT 1",))
    assert server.trouble == ""
    return Made(server=server, schema=schema, case=[*server._databases.values()][-1])


@pytest.fixture(scope="module")
def again(rich: tuple[Database, RecordedDump]) -> Iterator[Made]:
    """The rich database, made again."""
    with made(*rich) as found:
        yield found


def names(schema: LiveSchema) -> set[object]:
    """All that a schema has, by name."""
    return {table.name for table in schema.tables} | set(schema.others)


def test_everything_is_there_again(again: Made) -> None:
    """Functions, triggers, rules, policies for roles of the real server, domains, partitions."""
    assert again.case.missing == ()
    assert names(again.case.before) == names(again.schema)
    rows = again.case.server.execute(
        "SELECT count(*), nextval('drizzle.__drizzle_migrations_id_seq') "
        "FROM drizzle.__drizzle_migrations",
        database=again.case.name,
    )
    assert rows == [(2, 3)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ALTER TABLE mails ALTER n SET DEFAULT one(2)", None),
        ("CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 2'", "42723"),
        ("DROP FUNCTION one()", "2BP01"),
        ("CREATE TABLE t (e email, p pair)", None),
        ("CREATE TABLE year_two PARTITION OF years FOR VALUES IN (1)", "42P17"),
        ("DROP TRIGGER checked ON mails; DROP POLICY own ON mails", None),
    ],
)
def test_what_depends_on_them_is_answered(again: Made, text: str, expected: str | None) -> None:
    """The model could not say; from the catalogue alone nobody can."""
    effect = again.server.answer(again.schema, (text,))
    if expected is None:
        assert isinstance(effect, Done), effect
    else:
        assert isinstance(effect, Failed) and effect.sqlstate == expected, effect


def test_in_other_states_it_is_there_too(rich: tuple[Database, RecordedDump], again: Made) -> None:
    """An experiment moved the tracking table: with its rows, and all else as it was."""
    table = TableName(schema="drizzle", table="__drizzle_migrations")
    step = MoveTable(table=table, to_schema="public", rows=2, newest=None)
    moved = apply_to_database(rich[0], (step,), tool())
    assert moved is not None and moved.schema is not None
    found = made_by(again.server, moved.schema)
    assert found.case.missing == ()
    assert names(found.case.before) == names(moved.schema)
    count = "SELECT count(*) FROM public.__drizzle_migrations"
    assert found.case.server.execute(count, database=found.case.name) == [(2,)]


def test_far_from_the_collected_schema_the_dump_is_no_start(again: Made) -> None:
    """An empty database is empty."""
    empty = LiveSchema(evidence="", schemas=("public",))
    assert names(made_by(again.server, empty).case.before) == set()


def test_what_fails_is_named_and_made_as_far_as_the_catalogue_tells(real_server: Server) -> None:
    """A function of the server's own, what needs a superuser; the table with such a default, without it."""
    sql = (
        TRACKING
        + """
    CREATE FUNCTION inside() RETURNS int LANGUAGE internal AS 'pg_backend_pid';
    CREATE TABLE users (id int PRIMARY KEY, n int DEFAULT inside());
    CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
    CREATE EVENT TRIGGER noted ON ddl_command_end EXECUTE FUNCTION note();
    """
    )
    with real(real_server, "fails", sql) as database:
        with made(database, dumped(real_server, "fails")) as found:
            assert set(found.server.not_rebuilt) == {
                "the function public.inside",
                "the event trigger noted",
                "the default of a table public.users",
            }
            [users] = [t for t in found.case.before.tables if t.name.table == "users"]
            assert [constraint.kind for constraint in users.constraints] == ["p"]


def test_what_holds_a_masked_secret_is_named(real_server: Server) -> None:
    """It is there, but is another one: that is no secret."""
    sql = (
        "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT 'host=db password=tr0ub4dor' $$"
    )
    with real(real_server, "masked", TRACKING + sql) as database:
        with made(database, dumped(real_server, "masked")) as found:
            assert found.server.not_rebuilt == ("the function with a masked secret public.f",)
            assert names(found.case.before) == names(found.schema)


@pytest.mark.parametrize("text", ["nonsense", "\\! touch /tmp/forensics-escaped\n"])
def test_a_text_that_is_no_dump_changes_nothing(real_server: Server, text: str) -> None:
    """What statements of ours can make is made; a command of psql is none of SQL."""
    with real(real_server, "none", SHOP) as database:
        with made(database, RecordedDump(text=text)) as found:
            assert found.server.not_rebuilt == ()
            assert names(found.case.before) == names(found.schema)
    assert not Path("/tmp/forensics-escaped").exists()


HOSTILE = """
-- Name: x; Type: FUNCTION; Schema: public; Owner: -
COPY (SELECT 'x') TO PROGRAM 'touch {mark}';
COPY (SELECT 'x') TO '{mark}';
SET ROLE postgres; RESET SESSION AUTHORIZATION; ALTER ROLE CURRENT_USER SUPERUSER;
ALTER SYSTEM SET log_min_messages = 'debug5';
CREATE ROLE another SUPERUSER LOGIN;
CREATE DATABASE another;
CREATE EXTENSION dblink; CREATE EXTENSION file_fdw; CREATE EXTENSION plpython3u;
CREATE FUNCTION c() RETURNS int LANGUAGE c AS '/usr/lib/libc.so.6', 'system';
SELECT pg_catalog.pg_read_file('/etc/passwd'); SELECT lo_import('/etc/passwd');
SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_stat_activity;
DO $$ BEGIN EXECUTE 'COPY (SELECT 1) TO PROGRAM ''touch {mark}'''; END $$;
CREATE FUNCTION evil() RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN
  PERFORM set_config('statement_timeout', '0', false);
  EXECUTE 'COPY (SELECT 1) TO PROGRAM ''touch {mark}''';
  RETURN 1; END $$;
CREATE INDEX folded ON drizzle.__drizzle_migrations ((id + evil()));
-- Name: p; Type: POLICY; Schema: public; Owner: -
CREATE POLICY p ON drizzle.__drizzle_migrations TO owner_99;
CREATE POLICY p ON drizzle.__drizzle_migrations TO pg_nobody;
CREATE POLICY p ON drizzle.__drizzle_migrations TO "x"" SUPERUSER; --";
"""


def test_a_hostile_dump_gets_nowhere(real_server: Server, tmp_path: Path) -> None:
    """It runs as a role that may do nothing but own its database."""
    mark = tmp_path / "escaped"
    tmp_path.chmod(0o777)
    with real(real_server, "hostile", TRACKING) as database:
        text = dumped(real_server, "hostile").text + HOSTILE.replace("{mark}", str(mark))
        with made(database, RecordedDump(text=text)) as found:
            case, server = found.case, found.case.server
            assert server.execute("SELECT rolname FROM pg_roles WHERE rolsuper") == [("postgres",)]
            settings = "SELECT count(*) FROM pg_file_settings WHERE sourcefile LIKE '%auto.conf'"
            assert server.execute(settings) == [(0,)]
            others = "SELECT datname FROM pg_database WHERE datname = 'another'"
            assert server.execute(others) == []
            answer = found.server.answer(found.schema, ("CREATE TABLE t ()",))
            assert isinstance(answer, Done)
            assert names(case.before) >= {table.name for table in found.schema.tables}
    assert not mark.exists()


# As of pg_dump until the header; what it says it is, it is not.
NAMES_ROLES = """
-- Name: t p; Type: POLICY; Schema: public; Owner: -
DO $$ BEGIN RAISE EXCEPTION 'role "made%" does not exist', clock_timestamp()
  USING ERRCODE = '42704'; END $$;
"""


def test_roles_are_created_for_policies_alone_and_not_many(real_server: Server) -> None:
    """A block could name another one each time; a policy names those that it is for."""
    with real(real_server, "roles", TRACKING) as database:
        header = "\n-- Name: t p; Type: POLICY; Schema: public; Owner: -\n"
        policies = [
            f"CREATE POLICY p{n} ON drizzle.__drizzle_migrations TO "
            + ", ".join(f"many_{n}_{role}" for role in range(size))
            for n, size in enumerate([1000, *(ROLES_PER_STATEMENT,) * 15])
        ]
        text = dumped(real_server, "roles").text + NAMES_ROLES
        text += header + ";\n".join(policies) + ";\n"
        with made(database, RecordedDump(text=text)) as found:
            execute = found.case.server.execute
            assert execute("SELECT rolname FROM pg_roles WHERE rolname LIKE 'made%'") == []
            one = "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'many\\_0\\_%'"
            assert execute(one) == [(ROLES_PER_STATEMENT,)]
            every = "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'many%'"
            assert execute(every) == [(ROLES,)]


def test_headers_of_any_length_are_read_quickly() -> None:
    """A name may hold what stands between the parts."""
    line = "-- Name: a" + "; Type: A; Schema: b"
    assert is_linear(lambda size: _header(line * size + "\nSELECT 1"), 1000)
    odd = "--\n-- Name: a; Type: b; Type: FK CONSTRAINT; Schema: c; Owner: -\n--\n\nSELECT 1"
    assert _header(odd) == _Header(name="a; Type: b", type="FK CONSTRAINT", schema="c")


@pytest.mark.parametrize("text", ["SELECT '\ud800'", "-- \0\nSELECT '\0'"])
def test_a_dump_that_cannot_be_sent_is_none(real_server: Server, text: str) -> None:
    """Whatever it fails with, statements of ours make what they can."""
    with real(real_server, "unsent", TRACKING) as database:
        with made(database, RecordedDump(text=text)) as found:
            assert found.server.not_rebuilt == ()
            assert names(found.case.before) == names(found.schema)


def test_a_dump_that_does_not_end_is_given_up(
    real_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No statement has longer than the others; then statements of ours make what they can."""
    hang = "SELECT set_config('statement_timeout', '0', false); SELECT pg_sleep(100);"
    with real(real_server, "hangs", TRACKING) as database:
        monkeypatch.setattr("forensics.scratch.filling.DUMP_SECONDS", 1.0)
        started = monotonic()
        with made(database, RecordedDump(text=hang)) as found:
            assert found.server.not_rebuilt == ()
        assert monotonic() - started < 10
    assert not _running("pg_sleep")


def _running(mark: str) -> list[str]:
    said = subprocess.run(["ps", "-eww", "-o", "args"], capture_output=True, text=True).stdout
    return [line for line in said.splitlines() if mark in line]
