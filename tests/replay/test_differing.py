"""Which outcomes of a run on a copy depend on what the copy lacks."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from msgspec.structs import replace as changed

from forensics.evidence.tool_runs import Replay
from forensics.facts import Database, Privileges
from forensics.model import CommandOutcome, TrueError
from forensics.replay.differing import Copied
from forensics.replay.stage import Stage, build_stage, prepare_lending
from forensics.scratch.postgres import Server, throw_away_postgres
from forensics.scratch.stand_ins import StandIns
from tests.scratch.scratches import TRACKING, real

pytestmark = pytest.mark.slow

NOTES = TRACKING + "CREATE TABLE notes (id int UNIQUE, n int)"
ROLES = Privileges(role="app", superuser=True, roles=("app",), extensions=("plpgsql", "citext"))


@pytest.fixture(scope="module")
def staged() -> Iterator[tuple[Server, Stage, Database]]:
    """A copy to lend, and the database that it is a copy of."""
    with throw_away_postgres() as server, real(server, "notes", NOTES) as database:
        prepare_lending(server)
        stage = build_stage(server, 0, changed(database, privileges=ROLES))
        assert stage is not None
        yield server, stage, changed(database, privileges=ROLES)


def lacks(staged: tuple[Server, Stage, Database], sql: str, error: TrueError | None = None) -> str:
    """What the copy lacks for a run that sends some SQL."""
    server, stage, database = staged
    stage.lend("run")
    try:
        copied = Copied(stage.case, "run", StandIns(server=server, real=ROLES), database)
        server.execute(sql, database="run", user="run")
        outcome = CommandOutcome.BLOCKED if error else CommandOutcome.PASSES
        return copied.weighed(replay(outcome, error)).lacks
    finally:
        stage.take_back("run")


def replay(outcome: CommandOutcome, error: TrueError | None) -> Replay:
    """A run that ended so."""
    return Replay(
        key="",
        folder="drizzle",
        command="migrate",
        fixed=(),
        outcome=outcome,
        exit_code=1 if error else 0,
        error=error,
        tool_version="",
        node_version="",
    )


@pytest.mark.parametrize(
    "sql, why",
    [
        ("CREATE TABLE more (id int); INSERT INTO more VALUES (1)", ""),
        ("SELECT hash FROM drizzle.__drizzle_migrations", ""),
        ("ALTER TABLE notes ADD COLUMN made text", ""),
        ("ALTER TABLE notes ALTER n SET NOT NULL", "the rows of public.notes"),
        ("SELECT count(*) FROM notes", "the rows of public.notes"),
        ("INSERT INTO notes VALUES (1)", "the rows of public.notes"),
    ],
)
def test_a_success_holds_where_no_row_that_is_not_there_was_asked_for(
    staged: tuple[Server, Stage, Database], sql: str, why: str
) -> None:
    """Rows of tracking tables are on the copy, and new tables have none anywhere."""
    found = lacks(staged, sql)
    assert why in found and bool(why) is bool(found)


@pytest.mark.parametrize(
    "sql, sqlstate, text, why",
    [
        ("SELECT 1", "42P07", 'relation "notes" already exists', ""),
        ("SELECT count(*) FROM notes", "42P07", 'relation "notes" already exists', ""),
        ("SELECT count(*) FROM notes", "23503", "violates foreign key", "the rows of public.notes"),
        ("SELECT 1", "42501", "permission denied for table notes", "privileges"),
        ("SELECT 1", "42704", 'role "app" does not exist', "roles"),
        ("SELECT 1", "42704", 'role "nobody" does not exist', ""),
        ("SELECT count(*) FROM notes", None, "", "the rows of public.notes"),
        ("SELECT 1", None, "", ""),
    ],
)
def test_an_error_holds_where_the_statement_alone_is_its_reason(
    staged: tuple[Server, Stage, Database], sql: str, sqlstate: str | None, text: str, why: str
) -> None:
    """Not one of rows, nor of roles and privileges that the copy has of its own."""
    found = lacks(staged, sql, TrueError(text=text, sqlstate=sqlstate))
    assert why in found and bool(why) is bool(found)


def test_a_run_without_a_result_is_left_alone(staged: tuple[Server, Stage, Database]) -> None:
    """It was stopped, or did not find its database."""
    server, stage, database = staged
    nothing = replay(CommandOutcome.UNKNOWN, None)
    copied = Copied(stage.case, "nowhere", StandIns(server=server), database)
    assert replace(copied).weighed(nothing) is nothing
