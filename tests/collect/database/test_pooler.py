"""Behind a real PgBouncer in transaction mode nothing of ours reaches the next client."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from forensics.replay.postgres import Server
from tests.collect.database.conftest import DRIZZLE_TABLE, Collect

PORT = 6999
"""Not one by which a pooler is known."""
TOUCHED = (
    "search_path lock_timeout statement_timeout idle_in_transaction_session_timeout row_security"
    " client_encoding datestyle timezone application_name default_transaction_read_only"
    " transaction_read_only transaction_isolation restrict_nonsystem_relation_kind"
)


@pytest.fixture(scope="module")
def pooler(server: Server) -> Iterator[Path]:
    """Start PgBouncer with a single server connection for all clients; gives its socket folder."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert program, "install PgBouncer: 'apt-get install pgbouncer' or 'brew install pgbouncer'"
    folder = Path(tempfile.mkdtemp(prefix="pooler-"))
    owner = server.socket_folder.stat().st_uid
    (folder / "users").write_text('"postgres" ""\n', encoding="ascii")
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n* = host={server.socket_folder} port={server.port}\n"
        f"[pgbouncer]\npool_mode = transaction\ndefault_pool_size = 1\nauth_type = trust\n"
        f"auth_file = {folder / 'users'}\nlisten_addr =\nlisten_port = {PORT}\n"
        f"unix_socket_dir = {folder}\nlogfile = {folder / 'log'}\n",
        encoding="ascii",
    )
    for path in (folder, *folder.iterdir()):
        os.chown(path, owner, pwd.getpwuid(owner).pw_gid)
    process = subprocess.Popen(
        [program, "--quiet", str(folder / "pgbouncer.ini")],
        user=owner if os.geteuid() == 0 else None,
        cwd="/",
    )
    try:
        _wait_for(folder / f".s.PGSQL.{PORT}", process)
        yield folder
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder)


def test_no_setting_survives_us_on_the_pooled_connection(
    server: Server, database: str, pooler: Path, collect: Collect
) -> None:
    """The next client gets the very server connection that we had, as it was before us."""
    server.execute(DRIZZLE_TABLE.format(schema="drizzle"), database=database)
    before = _settings(pooler, database)
    found = collect(_url(pooler, database))
    assert found.problems == []
    assert len(found.table("drizzle.__drizzle_migrations").rows) == 2
    assert _settings(pooler, database) == before


def test_nothing_survives_a_failed_look_either(
    server: Server, database: str, pooler: Path, collect: Collect
) -> None:
    """A run that is broken off in the middle rolls back like one that ends well."""
    before = _settings(pooler, database)
    with pytest.raises(KeyboardInterrupt):
        collect(_url(pooler, database), on_connect=_interrupt)
    assert _settings(pooler, database) == before


def test_options_of_the_environment_and_the_address_are_not_sent(
    database: str, pooler: Path, collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PgBouncer refuses start-up options; another pooler would keep what they set."""
    monkeypatch.setenv("PGOPTIONS", "-c statement_timeout=1234")
    monkeypatch.setenv("PGAPPNAME", "somebody")
    with pytest.raises(psycopg.OperationalError, match="options"):
        psycopg.connect(_url(pooler, database))
    found = collect(_url(pooler, database) + "&options=-c%20lock_timeout%3D7&pgbouncer=true")
    assert found.problems == []
    assert found.database is not None
    note = found.note("database", found.bundle.of_kind("database")[0].locator)
    assert note == "left out of the address: options, pgbouncer"


def test_a_pooler_gives_itself_away_by_its_behaviour(
    database: str, pooler: Path, collect: Collect
) -> None:
    """On an unusual port with a harmless name, the process that answers is not the one that greeted."""
    [identity] = collect(_url(pooler, database)).identities
    assert identity.pooler is not None
    assert "behaviour" in identity.pooler


def test_without_a_pooler_none_is_claimed(database: str, collect: Collect) -> None:
    """A direct connection answers from the process that let us in."""
    [identity] = collect().identities
    assert identity.pooler is None


def test_a_database_that_the_pooler_does_not_find_is_one_line(
    pooler: Path, collect: Collect
) -> None:
    """The pooler accepts the client first and fails later, at the first statement."""
    found = collect(_url(pooler, "no_such_database"))
    assert found.database is None
    [problem] = found.problems
    assert "has no database no_such_database" in problem


def _url(pooler: Path, database: str) -> str:
    return f"postgresql://postgres@/{database}?host={pooler}&port={PORT}"


def _settings(pooler: Path, database: str) -> dict[str, str]:
    """The settings as the next client finds them, and the process that serves it."""
    with psycopg.connect(_url(pooler, database), autocommit=True) as connection:
        query = (
            "SELECT name, setting FROM pg_settings WHERE name = ANY (%s)"
            " UNION ALL SELECT 'process', pg_backend_pid()::text"
        )
        return dict(connection.execute(query, [TOUCHED.split()]).fetchall())


def _interrupt(identity: object) -> None:
    raise KeyboardInterrupt


def _wait_for(socket: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while not socket.exists():
        assert process.poll() is None, "PgBouncer did not start"
        assert time.monotonic() < deadline, "PgBouncer did not open its socket"
        time.sleep(0.02)
