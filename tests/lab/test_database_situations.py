"""Databases that are not there, do not open, or are busy: one line each, and the rest is told."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.lab.situations import (
    APP,
    FILES,
    HALF_STRANGER,
    INCIDENT,
    STRANGER,
    World,
    copied,
    faults,
    lacking,
    look,
    screen,
    texts,
    told,
)
from tests.support.pooler import pooled_url, pooling, settings_behind

pytestmark = pytest.mark.lab

TABLE = "tracking-table-in-two-schemas"
SECRET = "not-the-password"


@pytest.fixture(scope="module")
def files(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The incident's files without git: quick to read."""
    return copied(world.broken, tmp_path_factory.mktemp("files") / "files", git=False)


def test_without_a_database_a_healthy_project_is_not_called_healthy(
    world: World, tmp_path: Path
) -> None:
    """Exit code 3, and how to give one."""
    found = look(world.healthy / APP, tmp_path / "out")
    assert found.exit_code == 3
    assert found.report["issues"] == []
    assert "a database: give --env-file FILE" in lacking(found, TABLE)
    assert "rules need a database: give --env-file FILE" in screen(found)
    assert "no issue found in what could be examined" in found.stdout.splitlines()[0]


def test_without_a_database_the_faults_of_the_files_are_found(world: World, tmp_path: Path) -> None:
    """Faults beat what could not be seen: exit code 1, and both are said."""
    found = look(world.broken / APP, tmp_path / "out")
    assert (found.exit_code, faults(found)) == (1, FILES)
    assert "--database-url-env NAME" in lacking(found, TABLE)
    assert found.command("migrate")["outcome"] == "blocked"


# What each address leads to: the whole line that the user reads, and what to do stands in it.
ADDRESSES = {
    "host": (
        f"postgresql://app:{SECRET}@nowhere.invalid:5432/clinic",
        "The host of nowhere.invalid:5432 has no address: check its spelling, or the network and "
        "VPN.",
    ),
    "port": (
        f"postgresql://app:{SECRET}@127.0.0.1:1/clinic",
        "Nothing listens at 127.0.0.1:1: check host and port, and that the server is running.",
    ),
    "password": (
        "postgresql://postgres:{secret}@127.0.0.1:{port}/clinic",
        "127.0.0.1:{port} refuses the password of role postgres (or has no such role): check both, "
        "and that special characters of a password in a URL are percent-encoded.",
    ),
    "no password": (
        "postgresql://postgres@127.0.0.1:{port}/clinic",
        "127.0.0.1:{port} asks for a password for role postgres: give it in PGPASSWORD, ~/.pgpass "
        "or the address.",
    ),
    "database": (
        "postgresql://postgres:{own}@/nowhere?host={folder}&port={port}",
        "{folder} has no database nowhere: check the name at the end of the address (psql -l lists "
        "them).",
    ),
    "malformed": (
        f"postgresql//app:{SECRET}@localhost/clinic",
        "The database address is not one of PostgreSQL, MySQL or SQLite; write it as "
        "postgresql://role@host:5432/database, mysql://... or file:app.sqlite.",
    ),
}


@pytest.mark.parametrize("wrong", ADDRESSES)
def test_a_wrong_address_costs_the_database_alone(
    world: World, files: Path, tmp_path: Path, wrong: str
) -> None:
    """One line says what to do, on the screen and in the report; no password stands anywhere."""
    values = {
        "port": world.server.port,
        "folder": world.server.socket_folder,
        "secret": SECRET,
        "own": world.server.password("postgres"),
    }
    address, line = (text.format(**values) for text in ADDRESSES[wrong])
    found = look(files, tmp_path / "out", "--database-url", address)
    assert (found.exit_code, faults(found)) == (1, FILES)
    assert line in told(found)
    assert line in lacking(found, TABLE)
    assert line in screen(found).replace(line, "", 1), "the answer says it too"
    assert SECRET not in found.stderr + found.stdout + texts(found.folder)


def test_a_database_that_does_not_open_leaves_a_healthy_project_in_doubt(
    world: World, tmp_path: Path
) -> None:
    """Nothing was found, but not everything was seen: exit code 3."""
    found = look(world.healthy / APP, tmp_path / "out", url=ADDRESSES["port"][0])
    assert (found.exit_code, found.report["issues"]) == (3, [])
    assert "The database could not be read" in found.report["summary"]


def test_every_missing_grant_is_named_at_once(world: World, tmp_path: Path) -> None:
    """USAGE on schema drizzle and SELECT on both tables: nobody has to ask twice."""
    found = look(world.broken / APP, tmp_path / "out", url=world.url("clinic", STRANGER))
    assert (found.exit_code, faults(found)) == (1, FILES)
    for grant in (
        'GRANT USAGE ON SCHEMA "drizzle" TO "stranger";',
        'GRANT SELECT ON "drizzle"."__drizzle_migrations" TO "stranger";',
        'GRANT SELECT ON "public"."__drizzle_migrations" TO "stranger";',
    ):
        assert grant in lacking(found, TABLE)
        assert grant in found.stderr
        assert grant in " ".join(found.stdout.split())
    assert found.command("migrate")["outcome"] == "blocked"


def test_a_role_that_may_not_select_leaves_a_healthy_project_in_doubt(
    world: World, tmp_path: Path
) -> None:
    """The schema is open, its table is not; the catalogue is read all the same."""
    found = look(world.healthy / APP, tmp_path / "out", url=world.url("healthy", HALF_STRANGER))
    assert (found.exit_code, found.report["issues"]) == (3, [])
    grant = 'GRANT SELECT ON "drizzle"."__drizzle_migrations" TO "half_stranger";'
    assert lacking(found, TABLE) == f"the rows of drizzle.__drizzle_migrations: ask for: {grant}"
    assert "USAGE" not in screen(found)
    assert "has every table and column of the newest snapshot" in found.report["summary"]


@pytest.fixture
def locked(world: World) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Somebody's migration that holds the incident's full table."""
    address = world.url("clinic", "app")
    with psycopg.connect(address, application_name="deploy-42") as holder:
        holder.execute("LOCK TABLE public.__drizzle_migrations IN ACCESS EXCLUSIVE MODE")
        yield holder


def test_who_locks_a_table_is_named(
    world: World, locked: psycopg.Connection[tuple[object, ...]], tmp_path: Path
) -> None:
    """Which session to wait for, on the screen and in the report; the other table is read."""
    found = look(world.broken / APP, tmp_path / "out", url=world.url())
    assert (found.exit_code, faults(found)) == (1, FILES)
    holder = f"locked by process {locked.info.backend_pid} (role app, application deploy-42"
    assert f"the rows of public.__drizzle_migrations: {holder}" in lacking(found, TABLE)
    assert holder in found.stderr
    assert holder in " ".join(found.stdout.split())
    outcomes = {
        e["locator"]: e["outcome"]
        for e in found.report["evidence"]
        if e["kind"] in ("tracking-table", "catalogue")
    }
    assert outcomes.pop("public.__drizzle_migrations") == "timed-out"
    assert set(outcomes.values()) == {"collected"}


def test_behind_a_pooler_the_same_is_found_and_nothing_is_left(
    world: World, tmp_path: Path
) -> None:
    """The very server connection that we had serves the next client as it was before us."""
    direct = look(world.broken / APP, tmp_path / "direct", url=world.url())
    with pooling(world.server, "support_readonly") as pooler:
        before = settings_behind(pooler, "clinic", "support_readonly")
        address = pooled_url(pooler, "clinic", "support_readonly")
        pooled = look(world.broken / APP, tmp_path / "pooled", url=address)
        assert settings_behind(pooler, "clinic", "support_readonly") == before
    assert "through a pooler" in pooled.stderr
    assert (pooled.exit_code, faults(pooled)) == (1, INCIDENT)
    for part in ("summary", "commands", "issues", "refuted", "unanswered", "database_changes"):
        assert pooled.report[part] == direct.report[part]


def test_of_two_projects_the_database_is_that_of_one(world: World, tmp_path: Path) -> None:
    """The other's faults are found in its files, and which database it lacks is said."""
    both = _monorepo(world, tmp_path / "both")
    found = look(both, tmp_path / "out", url=world.url())
    by_folder = {(i["rule"], i["folder"]) for i in found.report["issues"]}
    assert (TABLE, "apps/clinic/drizzle") in by_folder
    assert ("empty-journal", "apps/library/drizzle") in by_folder
    assert (TABLE, "apps/library/drizzle") not in by_folder
    assert (
        "the database of apps/library/drizzle: the one given records none of its migrations"
        in lacking(found, TABLE)
    )
    assert found.exit_code == 1


def test_whose_database_it_is_is_not_said_of_tables_that_are_closed(
    world: World, tmp_path: Path
) -> None:
    """Whether it records their migrations is just what could not be seen."""
    both = _monorepo(world, tmp_path / "both")
    found = look(both, tmp_path / "out", url=world.url("clinic", STRANGER))
    for folder in ("apps/clinic/drizzle", "apps/library/drizzle"):
        asked = f"whether the database is that of {folder}: ask for: GRANT USAGE"
        assert asked in lacking(found, TABLE)
    assert "records none" not in screen(found)


def _monorepo(world: World, top: Path) -> Path:
    """The incident's app beside another one, whose journal lists nothing."""
    other = Path(__file__).parent / "projects/library/tree" / APP
    copied(world.broken / APP, top / "apps/clinic")
    copied(other, top / "apps/library")
    (top / "apps/library/drizzle/meta/_journal.json").write_text("")
    return top
