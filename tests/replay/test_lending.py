"""A program in the jail gets one database of its own, and nothing else of the scratch server."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from forensics.replay.sandbox import WORK, Finished, Job, Sandbox, environment
from forensics.replay.stage import Growth, Stage, empty_stage, prepare_lending
from forensics.scratch.binaries import find_binaries
from forensics.scratch.limits import FOREIGN_CODE_SETTINGS, SERVER_SETTINGS
from forensics.scratch.postgres import Server, throw_away_postgres
from forensics.system.private_folder import private_folder

pytestmark = pytest.mark.lab

OWN, OTHER = "plan_t_run_0", "plan_t_run_1"
SCHEMA = """\
CREATE SCHEMA shop; CREATE TYPE shop.size AS ENUM ('small');
CREATE TABLE shop.goods (id serial PRIMARY KEY, size shop.size);
CREATE FUNCTION shop.one() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE VIEW public.seen AS SELECT id FROM shop.goods"""


@dataclass(frozen=True, slots=True)
class Lent:
    """A server with two lent databases, and a jail that sees its socket."""

    server: Server
    stage: Stage
    folder: Path

    def psql(self, sql: str, user: str, database: str, password: str) -> Finished:
        """Run the real psql in the real jail."""
        found = find_binaries()
        assert found is not None
        place = f"host={WORK}/database dbname={database} user={user} password={password}"
        job = Job(
            argv=(str(found.root / found.bin_folder / "psql"), "-X", "-At", "-c", sql, place),
            folder=WORK,
            environment=environment(),
            binds=((self.server.socket_folder / ".s.PGSQL.5432", "database/.s.PGSQL.5432"),),
        )
        return Sandbox(self.folder, contained=True).run(job)

    def run(self, sql: str) -> Finished:
        """As a project's code may: by the address that it was given."""
        return self.psql(sql, OWN, OWN, self.server.password(OWN))


@pytest.fixture(scope="module")
def lent(real_initdb: None) -> Iterator[Lent]:
    """With a schema that belonged to another role before it was lent."""
    settings = {**SERVER_SETTINGS, **FOREIGN_CODE_SETTINGS}
    with private_folder() as private, throw_away_postgres(settings=settings) as server:
        prepare_lending(server)
        stage = empty_stage(server, "t")
        with stage.case.connected() as connection:
            connection.execute(SCHEMA)
        stage.lend(OWN)
        stage.lend(OTHER)
        yield Lent(server, stage, private.path)


def test_its_own_database_is_wholly_its_own(lent: Lent) -> None:
    """What the tool may do on the real database, it may do on the copy."""
    done = lent.run(
        "DROP VIEW public.seen; ALTER TABLE shop.goods ADD COLUMN x int; DROP FUNCTION shop.one();"
        "ALTER TYPE shop.size RENAME TO sizes; CREATE SCHEMA drizzle; DROP SCHEMA shop CASCADE;"
        "CREATE TABLE public.t (a int); SELECT current_user"
    )
    assert (done.exit_code, done.stdout.split()[-1]) == (0, OWN.encode()), done.stderr


FORBIDDEN = "permission denied|must be superuser"
ATTACKS = {
    "a program": ("COPY (SELECT 1) TO PROGRAM 'touch {trap}'", FORBIDDEN),
    "a file to read": ("CREATE TEMP TABLE x (a text); COPY x FROM '/etc/passwd'", FORBIDDEN),
    "a file to write": ("COPY (SELECT 1) TO '{trap}'", FORBIDDEN),
    "a file as text": ("SELECT pg_read_file('/etc/passwd')", "permission denied"),
    "a folder": ("SELECT pg_ls_dir('/')", "permission denied"),
    "a file as a large object": ("SELECT lo_import('/etc/passwd')", "permission denied"),
    "a large object as a file": ("SELECT lo_export(lo_create(0), '{trap}')", "permission denied"),
    "the superuser's role": ("SET ROLE postgres", "permission denied"),
    "the superuser's session": ("SET SESSION AUTHORIZATION postgres", "permission denied"),
    "the role before": ("SET ROLE owner_t", "permission denied"),
    "another run's role": (f"SET ROLE {OTHER}", "permission denied"),
    "a right to run programs": (f"GRANT pg_execute_server_program TO {OWN}", "must have admin"),
    "a right to read files": (f"GRANT pg_read_server_files TO {OWN}", "must have admin"),
    "a role": ("CREATE ROLE intruder SUPERUSER", FORBIDDEN),
    "more for itself": (f"ALTER ROLE {OWN} SUPERUSER", FORBIDDEN),
    "more connections": (f"ALTER ROLE {OWN} CONNECTION LIMIT -1", "permission denied"),
    "the superuser's password": ("ALTER ROLE postgres PASSWORD 'x'", FORBIDDEN),
    "the password of the role before": ("ALTER ROLE owner_t PASSWORD 'x'", "permission denied"),
    "a database": ("CREATE DATABASE more", "permission denied"),
    "another run's database": (f"DROP DATABASE {OTHER} WITH (FORCE)", "must be owner"),
    "the case's database": ("ALTER DATABASE case_t RENAME TO lost", "must be owner"),
    "passwords": ("SELECT rolpassword FROM pg_authid", "permission denied"),
    "the server's settings": (
        "ALTER SYSTEM SET archive_command = 'x'",
        "permission denied|must be",
    ),
    "who may enter": ("SELECT * FROM pg_hba_file_rules", "permission denied"),
    "C": ("CREATE FUNCTION f() RETURNS int LANGUAGE c AS '/lib/x', 'f'", "permission denied"),
    "a library": ("LOAD '{trap}'", "not allowed|permission"),
    "a way back in by dblink": ("CREATE EXTENSION dblink", "permission denied|not available"),
    "a way back in by a server": ("CREATE EXTENSION postgres_fdw", "permission|not available"),
    "a way back in by replication": (
        f"CREATE SUBSCRIPTION s CONNECTION 'dbname={OTHER}' PUBLICATION p",
        FORBIDDEN,
    ),
    "a tablespace": ("CREATE TABLESPACE t LOCATION '/tmp'", "permission denied"),
}


@pytest.mark.parametrize("what", ATTACKS)
def test_it_gets_nothing_else(lent: Lent, what: str) -> None:
    """Each statement is refused, for the reason that it has to be."""
    statement, why = ATTACKS[what]
    trap = lent.server.socket_folder / "trap"
    done = lent.run(statement.format(trap=trap))
    said = done.stderr.decode()
    assert done.exit_code == 1 and re.search(why, said), (done.stdout, said)
    assert not trap.exists()


DOORS = {
    "the superuser without a password": ("postgres", "postgres", "none", "no password supplied"),
    "the superuser": ("postgres", OWN, "own", "password authentication failed"),
    "the role before": ("owner_t", "case_t", "own", "password authentication failed"),
    "another run": (OTHER, OTHER, "own", "password authentication failed"),
    "another run's database": (OWN, OTHER, "own", "rejects connection"),
    "the case's database": (OWN, "case_t", "own", "rejects connection"),
    "the template": (OWN, "template1", "own", "rejects connection"),
    "the usual database": (OWN, "postgres", "own", "rejects connection"),
    "replication": (OWN, f"{OWN} replication=true", "own", "exceeds max_wal_senders|rejects repl"),
}


@pytest.mark.parametrize("door", DOORS)
def test_it_enters_no_other_database_and_as_nobody_else(lent: Lent, door: str) -> None:
    """Whatever password it tries: it knows none but its own."""
    user, database, password, why = DOORS[door]
    known = lent.server.password(OWN) if password == "own" else "''"
    done = lent.psql("SELECT 'entered'", user, database, known)
    assert done.exit_code == 2 and re.search(why, done.stderr.decode()), done


def test_no_line_lets_anybody_in_without_a_password(lent: Lent) -> None:
    """Not on the socket, not for the superuser, and not over connections of the server itself."""
    methods = lent.server.execute("SELECT DISTINCT auth_method FROM pg_hba_file_rules")
    assert set(methods) == {("scram-sha-256",), ("reject",)}
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(
            f"host={lent.server.socket_folder} user=postgres dbname=postgres hostaddr=''"
        )


@pytest.mark.usefixtures("real_initdb")
def test_passwords_are_new_for_each_server_and_seen_nowhere(lent: Lent) -> None:
    """Neither in arguments nor in variables of any process, nor in the server's log."""
    secrets = [lent.server.password(role).encode() for role in ("postgres", "owner_t", OWN)]
    assert len(set(secrets)) == 3
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        for kind in ("cmdline", "environ"):
            try:
                shown = Path(f"/proc/{pid}/{kind}").read_bytes()
            except OSError:
                continue
            assert not any(secret in shown for secret in secrets)
    assert not any(secret in lent.server.log_path.read_bytes() for secret in secrets)
    assert repr(secrets[0].decode()) not in repr(lent.server)
    with throw_away_postgres() as another:
        assert another.password("postgres") != lent.server.password("postgres")


def test_it_cannot_take_all_connections(lent: Lent) -> None:
    """Other runs and we ourselves still get in."""
    held = [psycopg.connect(lent.server.url(OWN, OWN)) for _ in range(10)]
    try:
        done = lent.run("SELECT 1")
        assert b"too many connections for role" in done.stderr
        assert lent.server.execute("SELECT 1") == [(1,)]
    finally:
        for connection in held:
            connection.close()


def test_what_it_writes_into_its_database_is_measured(lent: Lent) -> None:
    """Its own files alone, and those that were there before do not count."""
    mine, others = Growth(lent.server, OWN, 4 * 2**20), Growth(lent.server, OTHER, 4 * 2**20)
    assert (mine.why(), others.why()) == ("", "")
    done = lent.run(
        "CREATE TABLE public.big AS SELECT n, repeat('x', 900) FROM generate_series(1, 8000) n"
    )
    assert done.exit_code == 0
    assert mine.why() == "it wrote more than 4 MiB into the scratch database"
    assert others.why() == ""


def test_what_was_lent_is_gone_when_it_is_taken_back(lent: Lent) -> None:
    """Database and role, so that the next run cannot meet them."""
    lent.stage.lend("plan_t_run_9")
    lent.stage.take_back("plan_t_run_9")
    left = "SELECT FROM pg_roles WHERE rolname = 'plan_t_run_9'"
    assert lent.server.execute(left) == []
