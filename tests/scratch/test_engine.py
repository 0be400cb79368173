"""SQL on a scratch database: PostgreSQL's own answers, and nothing that gets out of it."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import psycopg
import pytest

from forensics.dialects.effect import Done, Failed, Undecided
from forensics.facts import Database, DatabaseIdentity, LiveSchema, OtherObject
from forensics.model import TableName
from forensics.scratch import engine as scratch_module
from forensics.scratch import postgres
from forensics.scratch.binaries import Binaries, find_binaries
from forensics.scratch.engine import Scratch, scratch
from forensics.scratch.postgres import ProcessLimits, Server, throw_away_postgres
from forensics.system import private_folder
from tests.scratch.hostile_catalogue import hostile
from tests.scratch.scratches import TRACKING, real, scratch_of

pytestmark = pytest.mark.slow

EMPTY = LiveSchema(evidence="e1", schemas=("public",))
USERS = "CREATE TABLE users (id serial PRIMARY KEY, email text); INSERT INTO users DEFAULT VALUES"
NAMES = (
    "SELECT string_agg({name}::text, ' ' ORDER BY {name}) FROM {table} WHERE {name} !~ 'case|owner'"
)


@pytest.fixture(scope="module")
def made() -> Iterator[Scratch]:
    """One scratch server for the tests that ask of an empty database."""
    with patch.object(scratch_module, "SECONDS", 3600.0), scratch() as server:
        yield server


@pytest.fixture(scope="module")
def users() -> Iterator[tuple[Scratch, LiveSchema]]:
    """A scratch copy of a real database with a table that has a row."""
    with throw_away_postgres() as server, real(server, "users", TRACKING + USERS) as database:
        with patch.object(scratch_module, "SECONDS", 3600.0), scratch_of(database) as found:
            yield found


# --- Answers ------------------------------------------------------------------------------------


def test_no_server_starts_before_it_is_needed() -> None:
    """A command that is blocked by its files runs no SQL."""
    with scratch() as server:
        assert server.answer(EMPTY, ()) is None
        assert server.version is None


def test_success_gives_the_catalogue_that_is_left(made: Scratch) -> None:
    """As our own collector reads it; nothing stays for the next question."""
    effect = made.answer(EMPTY, ("CREATE TABLE t (id serial PRIMARY KEY, n text)",))
    assert isinstance(effect, Done)
    [table] = effect.schema.tables
    assert [(c.name, c.type) for c in table.columns] == [("id", "integer"), ("n", "text")]
    assert effect.schema.sequences == (TableName(schema="public", table="t_id_seq"),)
    assert made.answer(EMPTY, ("SELECT 1",)) == made.engine(EMPTY, ())


def test_an_error_has_postgresqls_words_and_its_place(made: Scratch) -> None:
    """SQLSTATE, message, the statement within its text, the text within the run."""
    texts = ("CREATE SCHEMA app", "CREATE TABLE app.t (); ALTER TABLE app.t ADD nonsense whatever")
    effect = made.answer(EMPTY, texts)
    assert effect == Failed(
        sqlstate="42704",
        message='type "whatever" does not exist',
        statement="ALTER TABLE app . t ADD nonsense whatever",
        position=1,
        number=2,
    )


@pytest.mark.parametrize(
    "text",
    [
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE t (n int DEFAULT f())",
        "CREATE TABLE t (a int); CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
        "CREATE TRIGGER u BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION g()",
        "CREATE DOMAIN d AS int CHECK (value > 0); CREATE TABLE t (n d)",
        "CREATE TABLE t (a int) PARTITION BY LIST (a); CREATE TABLE u PARTITION OF t FOR VALUES IN (1)",
        "CREATE TABLE t (a int); ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (true)",
        "CREATE TABLE t (a int); INSERT INTO t SELECT generate_series(1, 9); ALTER TABLE t ADD UNIQUE (a)",
    ],
)
def test_what_the_model_does_not_know_the_server_does(made: Scratch, text: str) -> None:
    """Functions, triggers, domains, partitions, policies, rows of the migration's own making."""
    assert isinstance(made.engine(EMPTY, (text,)), Done)


def test_an_unqualified_name_goes_where_the_real_role_would_put_it(made: Scratch) -> None:
    """The search path is that of the role that looked."""
    schema = LiveSchema(evidence="", schemas=("app", "public"), search_path=("app", "public"))
    effect = made.answer(schema, ("CREATE VIEW v AS SELECT 1 AS one",))
    assert isinstance(effect, Done)
    assert [str(table.name) for table in effect.schema.tables] == ["app.v"]


def test_a_change_that_no_catalogue_shows_is_told_from_none(made: Scratch) -> None:
    """Else a migration that only grants would count as done already."""
    granted = made.answer(EMPTY, ("GRANT CREATE ON SCHEMA public TO PUBLIC",))
    assert isinstance(granted, Done)
    assert granted.unseen
    looked = made.answer(EMPTY, ("SELECT version()",))
    assert isinstance(looked, Done)
    assert not looked.unseen


@pytest.mark.parametrize(
    "text",
    [
        "ALTER TABLE users ALTER COLUMN email SET NOT NULL",
        "ALTER TABLE users ADD COLUMN n int NOT NULL",
        "ALTER TABLE users ADD CONSTRAINT c CHECK (email <> '')",
        "UPDATE users SET email = 'x'",
        "INSERT INTO users VALUES (1)",
        "DO $$ BEGIN IF EXISTS (SELECT FROM users) THEN DROP TABLE users; END IF; END $$",
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM users) THEN RAISE 'none'; END IF; END $$",
        "CREATE TABLE t AS SELECT 1 / count(*) AS n FROM users",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT count(*)::int FROM users'; SELECT f()",
        "UPDATE users SET email = 'x'; CREATE TABLE users ()",
        "INSERT INTO drizzle.__drizzle_migrations VALUES (1, 'x', 1)",
    ],
)
def test_what_depends_on_rows_is_not_answered_from_empty_tables(
    users: tuple[Scratch, LiveSchema], text: str
) -> None:
    """The real table has rows; a scratch database never has. Without them nobody knows."""
    made, schema = users
    assert made.answer(schema, (text,)) is None
    assert isinstance(made.engine(schema, (text,)), Undecided)


FILLED = "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (a int REFERENCES a, x text NOT NULL)"


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("INSERT INTO b VALUES (1, 'x')", "23503"),
        ("INSERT INTO a VALUES (1), (1)", "23505"),
        ("INSERT INTO b (x) VALUES ('it'); ALTER TABLE b ALTER x TYPE int USING x::int", "22P02"),
        ("INSERT INTO b (x) VALUES ('it'); UPDATE b SET x = NULL", "23502"),
    ],
)
def test_on_a_new_database_the_rows_are_those_that_the_texts_write(
    made: Scratch, text: str, state: str
) -> None:
    """So what fails on them fails; the migrator's own table changes nothing in that."""
    tool = made.answer(EMPTY, ("CREATE TABLE migrations (id int)",))
    assert isinstance(tool, Done)
    for schema in (EMPTY, tool.schema):
        failed = made.answer(schema, (FILLED, text))
        assert isinstance(failed, Failed) and failed.sqlstate == state


@pytest.mark.parametrize("name", ["a", '"Users"', '"my-users"'])
def test_of_a_table_that_earlier_texts_made_and_filled_rows_are_not_known(
    made: Scratch, name: str
) -> None:
    """The copy has the table, and not what was written into it."""
    table = f"CREATE TABLE {name} (id int PRIMARY KEY)"
    before = made.answer(EMPTY, (table, f"INSERT INTO {name} VALUES (1)"))
    assert isinstance(before, Done)
    after = (f"CREATE TABLE b (a int REFERENCES {name})", "INSERT INTO b VALUES (1)")
    assert isinstance(made.engine(before.schema, after), Undecided)


@pytest.mark.parametrize(
    "text, message",
    [
        ("ALTER TABLE users OWNER TO app", 'role "app" does not exist'),
        ("GRANT SELECT ON users TO reader", 'role "reader" does not exist'),
        ("CREATE EXTENSION nowhere", 'extension "nowhere" is not available'),
    ],
)
def test_what_the_whole_server_lacks_is_known_where_that_was_looked_at(
    users: tuple[Scratch, LiveSchema], made: Scratch, text: str, message: str
) -> None:
    """Its roles, and the extensions that it has files of. No error names our files."""
    with_roles, schema = users
    told = with_roles.answer(schema, (text,))
    assert isinstance(told, Failed) and (told.message, told.detail) == (message, "")
    unknown = made.answer(schema, (text,))
    assert unknown is None or isinstance(unknown, Undecided)


@pytest.mark.parametrize(
    "text",
    [
        "CREATE ROLE reader",
        "ALTER TABLE pg_catalog.pg_class ADD COLUMN n int",
        "SELECT pg_sleep(100)",
        "CREATE TABLE t () TABLESPACE fast",
    ],
)
def test_an_error_of_the_scratch_server_is_no_answer(
    users: tuple[Scratch, LiveSchema], text: str
) -> None:
    """Roles, extensions, tablespaces, privileges and limits are the real server's own."""
    made, schema = users
    assert made.answer(schema, (text,)) is None


def test_an_older_server_does_not_say_what_is_no_sql() -> None:
    """What it cannot parse or does not know may be newer than it is."""
    identity = DatabaseIdentity(database="d", server="s", server_version="99.1", role="r")
    texts = ("CREATE FUNCTION f() RETURNS int LANGUAGE sql BRAND NEW",)
    with scratch(Database(identity=identity)) as server:
        assert server.answer(EMPTY, texts) is None
        assert server.answer(EMPTY, ("CREATE TABLE t (n int DEFAULT newer())",)) is None
    with scratch() as server:
        assert isinstance(server.answer(EMPTY, texts), Failed)


def test_what_was_not_rebuilt_is_not_dropped_as_if_nothing_hung_on_it(made: Scratch) -> None:
    """A function of which only the name is known may use what a migration drops."""
    schema = LiveSchema(
        evidence="",
        schemas=("public",),
        others=(OtherObject(kind="function", name=TableName(schema="public", table="f")),),
    )
    texts = ("CREATE SEQUENCE s AS int; CREATE VIEW v AS SELECT 1; DROP VIEW v",)
    assert made.answer(schema, texts) is None
    assert made.answer(schema, ("CREATE VIEW v AS SELECT 1",)) is not None


def test_a_schema_is_built_once_and_not_too_many_are_kept(made: Scratch) -> None:
    """A monorepo asks of dozens of states."""
    for number in range(scratch_module.MOST_DATABASES + 2):
        schema = LiveSchema(evidence=f"e{number}", schemas=("public", f"s{number}"))
        made.answer(schema, ("SELECT 1",))
        made.answer(schema, ("SELECT 2",))
    databases = "SELECT count(*)::int FROM pg_database WHERE datname LIKE 'case%'"
    assert _server(made).execute(databases) == [(scratch_module.MOST_DATABASES,)]


# --- Hostile SQL --------------------------------------------------------------------------------

HOSTILE = [
    "COPY (SELECT 1) TO PROGRAM 'touch {trap}'",
    "COPY pg_class FROM PROGRAM 'touch {trap}'",
    "COPY (SELECT 1) TO '{trap}'",
    "CREATE TABLE t (line text); COPY t FROM '/etc/passwd'",
    "COPY pg_class TO STDOUT",
    "CREATE TABLE t (a int); COPY t FROM STDIN",
    "\\! touch {trap}",
    "SELECT lo_export(lo_from_bytea(0, 'x'), '{trap}')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('/')",
    "ALTER SYSTEM SET archive_command = 'touch {trap}'",
    "CREATE ROLE intruder SUPERUSER",
    "DO $$ BEGIN EXECUTE format('ALTER ROLE %I SUPERUSER', current_user); END $$",
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION postgres",
    "CREATE EXTENSION dblink; SELECT dblink_connect('dbname=postgres user=postgres')",
    "CREATE EXTENSION file_fdw",
    "CREATE EXTENSION postgres_fdw",
    "CREATE FUNCTION f() RETURNS int LANGUAGE c AS '{trap}'",
    "CREATE LANGUAGE plpython3u",
    "LOAD '{trap}'",
    "CREATE SUBSCRIPTION s CONNECTION 'host=127.0.0.1 dbname=x' PUBLICATION p",
    "CREATE DATABASE another",
    "DROP DATABASE postgres",
    "CREATE TABLESPACE fast LOCATION '/tmp'",
    "PREPARE TRANSACTION 'kept'",
    "SELECT pg_reload_conf()",
    "SELECT set_config('log_statement', 'all', false)",
    "SELECT repeat('x', 1073741000)",
    "SELECT string_agg(repeat('x', 1000), '') FROM generate_series(1, 5000000)",
    "SELECT generate_series(1, 1000000000)",
    "COMMIT",
    "ROLLBACK",
    "COMMIT; CREATE TABLE kept ()",
    "COMMIT; CREATE TABLE kept (); BEGIN; nonsense",
    "ROLLBACK; CREATE TABLE kept (); COMMIT; BEGIN; CREATE TABLE kept ()",
    "COMMIT; ALTER DATABASE postgres RENAME TO mine",
    "CREATE TABLE t (a int) -- \x00 ; COMMIT",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_sql_is_contained(made: Scratch, text: str, tmp_path: Path) -> None:
    """No file, role, setting, database or object comes of it, and no answer of the server's."""
    tmp_path.chmod(0o777)
    before = _cluster(made)
    began = time.monotonic()
    trap = tmp_path / "trap"
    made.answer(EMPTY, (text.replace("{trap}", str(trap)),))
    assert time.monotonic() - began < 15
    assert not trap.exists()
    assert _cluster(made) == before
    assert made.trouble == ""
    assert made.answer(EMPTY, ("SELECT 'still here'",)) == made.engine(EMPTY, ())


@pytest.mark.parametrize(
    "texts",
    [
        ("SELECT pg_sleep(1e9)",),
        ("SET statement_timeout = 0", "SELECT pg_sleep(1e9)"),
        ("SET statement_timeout = 0", "DO $$ BEGIN LOOP END LOOP; END $$"),
        (
            "SET statement_timeout = 0",
            "DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(100);"
            " EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$",
        ),
        (
            "SET statement_timeout = 0",
            "DO $$ BEGIN LOOP RAISE WARNING '%', repeat('x', 10000); END LOOP; END $$",
        ),
        ("SET statement_timeout = 0", "SET lock_timeout = 0", "SELECT pg_advisory_lock(1)") * 2,
    ],
)
def test_sql_that_does_not_end_is_ended(
    made: Scratch, texts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever limits it sets itself, whatever it catches; and nothing of it runs on."""
    monkeypatch.setattr(scratch_module, "TEXT_SECONDS", 1.0)
    began = time.monotonic()
    made.answer(EMPTY, texts)
    assert time.monotonic() - began < 6
    running = "SELECT count(*)::int FROM pg_stat_activity WHERE usename LIKE 'owner%'"
    assert _soon_empty(made, running)


def test_what_a_session_leaves_behind_does_not_reach_the_next(made: Scratch) -> None:
    """Settings, advisory locks, temporary tables, prepared statements, notifications."""
    texts = (
        "SET search_path = nowhere",
        "SELECT pg_advisory_lock(7)",
        "CREATE TEMPORARY TABLE users (a int)",
        "PREPARE p AS SELECT 1",
        "LISTEN c; NOTIFY c, 'x'",
        "SELECT lo_create(4711)",
    )
    made.answer(EMPTY, texts)
    assert isinstance(made.answer(EMPTY, (*texts, "SELECT 1")), Done | None)
    assert isinstance(made.answer(EMPTY, ("CREATE TABLE users ()",)), Done)
    locks = "SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory'"
    assert _soon_empty(made, locks)


def test_a_hostile_catalogue_runs_without_privileges_too(tmp_path: Path) -> None:
    """A bundle may have been made up: its types, defaults and queries are one statement each."""
    tmp_path.chmod(0o777)
    trap = tmp_path / "trap"
    with scratch() as server:
        effect = server.engine(hostile(str(trap)), ("CREATE TABLE fine ()",))
        assert isinstance(effect, Done)
        assert "the table public.two" in server.not_rebuilt
        roles = _server(server).execute("SELECT count(*) FROM pg_roles WHERE rolname = 'intruder'")
    assert roles == [(0,)]
    assert not trap.exists()


# --- When there is no server, or no room --------------------------------------------------------


def test_without_postgresql_the_model_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """And one line says what to install."""
    monkeypatch.setattr(postgres, "find_binaries", lambda: None)
    with scratch() as server:
        assert isinstance(server.engine(EMPTY, ("CREATE TABLE t ()",)), Done)
        assert "apt-get install postgresql" in server.trouble
        assert server.version is None


def test_when_time_is_up_the_model_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of a thousand slow migrations must not keep the user waiting."""
    monkeypatch.setattr(scratch_module, "SECONDS", 0.0)
    with scratch() as server:
        assert isinstance(server.engine(EMPTY, ("CREATE TABLE t ()",)), Done)
        assert "longer than" in server.trouble


@pytest.fixture
def small_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A disk of 300 MB for the scratch server, which may have to copy its programs there.

    Needs the privilege to mount one.
    """
    disk = Path(tempfile.mkdtemp(prefix="disk-"))  # a socket's path has to be short
    mount = ["mount", "-t", "tmpfs", "-o", "size=300m,mode=1777", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        disk.rmdir()
        pytest.skip("no disk can be mounted here")
    monkeypatch.setattr(private_folder, "_base", lambda *, executable: disk)
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)
    disk.rmdir()


def test_a_full_disk_is_said_clearly(small_disk: Path) -> None:
    """In PostgreSQL's words; then the model answers, and nothing is left."""
    rows = "SELECT repeat(md5(n::text), 30) AS x FROM generate_series(1, 900000) n"
    with scratch() as server:
        assert server.answer(EMPTY, ("SELECT 1",)) is not None, server.trouble
        assert server.answer(EMPTY, (f"CREATE TABLE t AS {rows}",)) is None
        assert isinstance(server.engine(EMPTY, ("CREATE TABLE t ()",)), Done)
        assert "disk of the scratch server is full" in server.trouble
        assert "could not extend file" in server.trouble
    assert list(small_disk.iterdir()) == []


@pytest.mark.usefixtures("real_initdb")
def test_no_room_for_a_server_is_said_clearly(small_disk: Path) -> None:
    """What initdb says, and no traceback."""
    (small_disk / "full").write_bytes(bytes(290 * 2**20))
    with scratch() as server:
        assert isinstance(server.engine(EMPTY, ("CREATE TABLE t ()",)), Done)
        assert "No space left on device" in server.trouble or "did not start" in server.trouble


def test_a_file_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """One relation cannot fill the memory that the server's folder may lie in."""
    small = ProcessLimits(file=32 * 2**20, memory=2**30)
    monkeypatch.setattr(scratch_module, "PROCESS_LIMITS", small)
    rows = "SELECT md5(n::text) AS x FROM generate_series(1, 900000) n"
    with scratch() as server:
        assert server.answer(EMPTY, (f"CREATE TABLE t AS {rows}",)) is None
        assert server.version is not None


def test_a_lost_server_is_said_clearly() -> None:
    """Killed from outside, for want of memory for instance."""
    with scratch() as server:
        assert server.answer(EMPTY, ("SELECT 1",)) is not None, server.trouble
        running = _server(server)
        pid_file = running.socket_folder / "data" / "postmaster.pid"
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)
        _wait_until_nobody_answers(running)
        assert isinstance(server.engine(EMPTY, ("CREATE TABLE t ()",)), Done)
        assert server.engine(EMPTY, ("CREATE TABLE u ()",))
        assert server.trouble == "The scratch server went away."


def _wait_until_nobody_answers(server: Server) -> None:
    deadline = time.monotonic() + 60
    with pytest.raises(psycopg.OperationalError):
        while time.monotonic() < deadline:
            server.execute("SELECT 1")


def _server(made: Scratch) -> Server:
    made.answer(EMPTY, ("SELECT 1",))
    assert isinstance(made._server, Server)
    return made._server


def _cluster(made: Scratch) -> list[tuple[object, ...]]:
    """What outlives a transaction: roles, databases, settings, large objects, tables."""
    server = _server(made)
    case = made._case(EMPTY)
    assert case is not None
    return [
        *server.execute(NAMES.format(name="rolname", table="pg_roles")),
        *server.execute(NAMES.format(name="datname", table="pg_database")),
        *server.execute("SELECT count(*) FROM pg_file_settings"),
        *server.execute("SELECT count(*) FROM pg_prepared_xacts"),
        *server.execute("SELECT count(*) FROM pg_roles WHERE rolsuper"),
        *server.execute("SELECT count(*) FROM pg_largeobject_metadata", database=case.name),
        *server.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname='public'", database=case.name
        ),
    ]


def _soon_empty(made: Scratch, query: str) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if _server(made).execute(query) == [(0,)]:
            return True
        time.sleep(0.05)
    return False


def test_the_binaries_can_be_chosen() -> None:
    """So that a version like production's can be taken."""
    found = find_binaries()
    assert isinstance(found, Binaries)
    with scratch(binaries=found) as server:
        server.answer(EMPTY, ("SELECT 1",))
        assert server.version == found.version


def test_what_cannot_be_parsed_fails_whatever_comes_before_it(made: Scratch) -> None:
    """The scratch role may not create roles; the statement behind it never runs."""
    texts = (
        "CREATE ROLE nobody_here",
        "CREATE TABLE a (id integer); CREATE TABLE b (id integer,,)",
    )
    effect = made.engine(EMPTY, texts)
    assert isinstance(effect, Failed)
    assert (effect.sqlstate, effect.position, effect.number) == ("42601", 1, 2)
    assert effect.message == 'syntax error at or near ","'


def test_an_error_of_the_catalogue_is_none_of_the_grammar(made: Scratch) -> None:
    """It has the same SQLSTATE, and the statements before it may cure it."""
    texts = ("CREATE ROLE nobody_here", "SELECT 1, 2 UNION SELECT 3")
    assert not isinstance(made.engine(EMPTY, texts), Failed)
