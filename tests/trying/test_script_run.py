"""Scripts on a scratch copy: what they leave, what they lose, and what is not theirs to do."""

import time
from collections.abc import Iterator

import msgspec
import pytest

from forensics.analysis.attempt import lost_tracking
from forensics.facts import Database
from forensics.scratch.engine import Scratch, scratch
from forensics.scratch.postgres import throw_away_postgres
from forensics.scratch.psql import NotSql
from forensics.trying.actions import Script
from forensics.trying.file_changes import CannotTry
from forensics.trying.script_run import SCRIPT_SECONDS, ScriptRun, run_script
from tests.scratch.scratches import real

pytestmark = pytest.mark.slow

TRACKING = "drizzle.__drizzle_migrations"
SHOP = f"""
CREATE SCHEMA drizzle;
CREATE TABLE {TRACKING} (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);
INSERT INTO {TRACKING} (hash, created_at) VALUES ('a', 1), ('b', 2);
CREATE TABLE makers (id int);
CREATE TABLE orders (id int);
CREATE FUNCTION double(x int) RETURNS int LANGUAGE sql AS 'SELECT 2 * x';
"""

LACKS = "the copy lacks the function public.double"


class Shop:
    """What was collected of a database, and a server for copies of it."""

    def __init__(self, database: Database, server: Scratch) -> None:
        self.database, self.server = database, server

    def run(self, script: Script | str) -> ScriptRun:
        """What a script does to a copy."""
        wanted = Script(sql=script) if isinstance(script, str) else script
        with self.server.fresh(self.database) as case:
            return run_script(case, self.database, wanted, "drizzle-kit")


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """One server for all scripts; that of the real database is long gone."""
    with throw_away_postgres() as real_server, real(real_server, "shop", SHOP) as database:
        pass
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("forensics.scratch.engine.SECONDS", 600.0)  # all scripts share it
        with scratch(database) as server:
            yield Shop(database, server)


def live(ran: ScriptRun) -> list[str]:
    """The tables afterwards."""
    assert ran.database.schema is not None
    return [str(table.name) for table in ran.database.schema.tables]


def test_a_script_that_does_nothing_leaves_the_same_database(shop: Shop) -> None:
    """The trace of our own looking is gone too."""
    ran = shop.run("SELECT 1")
    assert (ran.lost, ran.error, ran.remarks) == ((), "", ())
    assert ran.database.schema == shop.run("SELECT 2").database.schema
    assert live(ran) == [TRACKING, "public.makers", "public.orders"]


# --- Transactions -------------------------------------------------------------------------------

HALF = "CREATE TABLE first (); SELECT 1/0; CREATE TABLE third ()"


def test_psql_goes_on_after_an_error(shop: Shop) -> None:
    """So what stands before and after it is done."""
    ran = shop.run(HALF)
    assert ran.error == "statement 2 of 3: division by zero"
    assert {"public.first", "public.third"} <= set(live(ran))
    assert ran.remarks == ("the other statements stay done", LACKS)


def test_with_on_error_stop_what_came_before_the_error_counts(shop: Shop) -> None:
    """And nothing after it is done."""
    made = set(live(shop.run(Script(sql=HALF, stops=True))))
    assert "public.first" in made
    assert "public.third" not in made


@pytest.mark.sample(2)
@pytest.mark.parametrize("script", [Script(sql=HALF, as_one=True), f"BEGIN; {HALF}; COMMIT"])
def test_a_transaction_with_an_error_leaves_nothing(shop: Shop, script: Script | str) -> None:
    """Whether it was begun or is the one of a request."""
    ran = shop.run(script)
    assert "division by zero" in ran.error
    assert live(ran) == live(shop.run("SELECT 1"))
    assert ran.remarks == (LACKS,)


# --- What is lost -------------------------------------------------------------------------------


@pytest.mark.sample(5)
@pytest.mark.parametrize(
    ("script", "lost"),
    [
        (f"TRUNCATE {TRACKING}", ("2 tracking rows",)),
        (f"DELETE FROM {TRACKING} WHERE id = 2", ("1 tracking row",)),
        (f"UPDATE {TRACKING} SET created_at = 5", ("the timestamp of 2 tracking rows",)),
        (f"BEGIN; TRUNCATE {TRACKING}; ROLLBACK", ()),
        (f"ALTER TABLE {TRACKING} SET SCHEMA public", ()),
        (f"CREATE TABLE copy AS TABLE {TRACKING}; DROP SCHEMA drizzle CASCADE", ()),
        ("TRUNCATE makers", ("all rows of public.makers",)),
        ("DELETE FROM makers WHERE id < 5", ("rows of public.makers",)),
        ("DO $$ BEGIN DELETE FROM makers; END $$", ("rows of public.makers",)),
        ("WITH gone AS (DELETE FROM makers RETURNING *) SELECT 1", ("rows of public.makers",)),
        ("BEGIN; DELETE FROM makers; ROLLBACK", ()),
        ("DROP TABLE makers", ("table public.makers",)),
        ("DROP TABLE makers; CREATE TABLE makers (id int)", ("table public.makers",)),
        ("ALTER TABLE makers RENAME TO people", ()),
        ("ALTER TABLE makers DROP COLUMN id", ("column public.makers.id",)),
        (
            "ALTER TABLE makers DROP COLUMN id; ALTER TABLE makers ADD COLUMN id int",
            ("column public.makers.id",),
        ),
        ("ALTER TABLE makers RENAME COLUMN id TO number", ()),
        ("ALTER TABLE makers ALTER COLUMN id TYPE bigint", ()),
    ],
)
def test_what_is_lost_is_told_by_what_it_was(
    shop: Shop, script: str, lost: tuple[str, ...]
) -> None:
    """Rows by their stamps, tables and columns by their numbers, data by who reached for it."""
    ran = shop.run(script)
    assert (*lost_tracking(shop.database, ran.database, "drizzle-kit"), *ran.lost) == lost


@pytest.mark.sample(5)
@pytest.mark.parametrize(
    ("script", "evidence"),
    [
        (
            f"UPDATE {TRACKING} SET hash = 'x' WHERE id = 1",
            ("the recorded hash a of the row with timestamp 1",),
        ),
        (
            f"SELECT setval('{TRACKING}_id_seq', 1)",
            (f"the id sequence of {TRACKING}, which is at 2",),
        ),
        (
            f"TRUNCATE {TRACKING} RESTART IDENTITY",
            (f"the id sequence of {TRACKING}, which is at 2",),
        ),
        (f"DROP TABLE {TRACKING}", (f"the id sequence of {TRACKING}, which is at 2",)),
        (
            f"DROP TABLE {TRACKING}; ROLLBACK",
            (f"the id sequence of {TRACKING}, which is at 2",),
        ),
        (f"BEGIN; DROP TABLE {TRACKING}; ROLLBACK", ()),
        (f"ALTER TABLE {TRACKING} SET SCHEMA public", ()),
        (f"ALTER TABLE {TRACKING} RENAME TO retired", ()),
        (f"ALTER SEQUENCE {TRACKING}_id_seq RENAME TO retired", ()),
        (f"SELECT nextval('{TRACKING}_id_seq')", ()),
        (f"DELETE FROM {TRACKING} WHERE id = 1", ()),
    ],
)
def test_evidence_that_is_destroyed_is_named(
    shop: Shop, script: str, evidence: tuple[str, ...]
) -> None:
    """Hashes and counts, which no command needs; what only moved is still there."""
    assert shop.run(script).evidence == evidence


@pytest.mark.parametrize(
    ("script", "remark"),
    [
        (f"INSERT INTO {TRACKING} (hash, created_at) VALUES ('c', 7)", "it records 1 migration"),
        (
            "UPDATE makers SET id = 1",
            "which rows of public.makers it changes is not known: none were copied",
        ),
    ],
)
def test_what_does_not_show_in_any_command_is_remarked(
    shop: Shop, script: str, remark: str
) -> None:
    """Else it would be `no effect` without another word."""
    assert shop.run(script).remarks == (remark, LACKS)


def test_what_could_not_be_copied_stays_what_it_was(shop: Shop) -> None:
    """A function of the real database is neither lost nor gone."""
    ran = shop.run("DROP TABLE makers")
    assert ran.database.schema is not None
    assert [str(other.name) for other in ran.database.schema.others] == ["public.double"]
    assert ran.remarks == (LACKS,)


def test_rows_that_could_not_be_copied_are_not_lost(shop: Shop) -> None:
    """Where the copy is not what was collected, nothing is said."""
    assert shop.database.tracking is not None
    (table,) = shop.database.tracking.tables
    other = msgspec.structs.replace(table, columns=("id",))
    tracking = msgspec.structs.replace(shop.database.tracking, tables=(other,))
    given = Shop(msgspec.structs.replace(shop.database, tracking=tracking), shop.server)
    with pytest.raises(CannotTry, match="tracking rows could not be copied"):
        given.run("SELECT 1")


# --- What tells nothing -------------------------------------------------------------------------


@pytest.mark.sample(5)
@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("COPY makers FROM STDIN", "COPY from or to the client"),
        ("COPY makers TO PROGRAM 'cat'", "permission denied|must be superuser"),
        ("SELECT pg_read_file('/etc/passwd')", "permission denied"),
        ("CREATE ROLE thief", "permission denied"),
        ("DROP DATABASE shop", "cannot drop the currently open database"),
        ("SELECT pg_terminate_backend(pg_backend_pid())", "terminating connection|broke"),
        ("SELECT * FROM generate_series(1, 1000000)", "more than 100000 rows"),
        ("SELECT 'a\0b'", "NUL"),
        ("SELECT '\udcff'", "not Unicode"),
        ("SELECT pg_sleep(100)", "statement timeout"),
        (f"REVOKE ALL ON {TRACKING} FROM CURRENT_USER", "cannot be read"),
    ],
)
def test_what_the_copy_cannot_do_is_no_verdict(shop: Shop, script: str, why: str) -> None:
    """Rights, limits and hostile SQL: one line, and in time."""
    started = time.monotonic()
    with pytest.raises(CannotTry, match=why):
        shop.run(script)
    assert time.monotonic() - started < SCRIPT_SECONDS


def test_a_command_of_psql_is_refused_before_anything_runs(shop: Shop) -> None:
    """With the line to take out."""
    with pytest.raises(NotSql, match="Line 2"):
        shop.run("TRUNCATE makers;\n\\i other.sql\n")
