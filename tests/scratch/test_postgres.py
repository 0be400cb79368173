"""The throw-away PostgreSQL starts anywhere, is reachable by nobody else, and leaves no trace."""

import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

import psycopg
import pytest

from forensics.scratch import postgres
from forensics.scratch.binaries import Binaries, binaries_of, carried_binaries, system_binaries
from forensics.scratch.postgres import PostgresUnavailable, Server, throw_away_postgres
from tests.support.waiting import soon

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("real_initdb")]

# The child prints where its server is and then waits to be killed.
CHILD = """
import time
from forensics.scratch.postgres import throw_away_postgres
with throw_away_postgres() as server:
    print(server.socket_folder, flush=True)
    print(server.url(), flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def server(real_initdb: None) -> Iterator[Server]:
    """Start one server for the tests that only look."""
    with throw_away_postgres() as running:
        yield running


def test_programs_lie_on_disk_where_memory_forbids_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in most containers; both folders are gone afterwards."""
    monkeypatch.setattr(postgres, "forbids_programs", lambda folder: True)
    with throw_away_postgres() as server:
        assert server.extensions is not None
        assert not server.extensions.is_relative_to(server.socket_folder.parent)
        assert server.execute("SELECT 1") == [(1,)]
    assert not server.extensions.exists() and not server.socket_folder.exists()


def test_it_answers_in_utf8_and_the_c_locale(server: Server) -> None:
    """The server is what the messages and the order of rows are checked against."""
    row = server.execute(
        "SELECT current_user, current_setting('server_encoding'), datcollate"
        " FROM pg_database WHERE datname = 'postgres'"
    )
    assert row == [("postgres", "UTF8", "C")]


def test_it_is_reachable_through_its_private_socket_only(server: Server) -> None:
    """It listens on no address, and only its owner may enter the socket's folder."""
    assert server.execute("SHOW listen_addresses") == [("",)]
    assert server.socket_folder.stat().st_mode & 0o077 == 0


def test_an_address_in_the_environment_does_not_lead_elsewhere(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PGHOSTADDR would make libpq ignore the socket: scratch statements on a real database."""
    monkeypatch.setenv("PGHOSTADDR", "127.0.0.1")
    assert server.execute("SELECT inet_server_addr()") == [(None,)]


def test_a_database_is_copied_from_a_template_and_dropped_while_in_use(server: Server) -> None:
    """Each experiment works on its own copy, whatever the name looks like."""
    server.create_database('odd "name"/1')
    server.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (7)", database='odd "name"/1')
    server.create_database("copy", template='odd "name"/1')
    idle = psycopg.connect(server.url("copy"))
    assert idle.execute("SELECT a FROM t").fetchall() == [(7,)]
    server.drop_database("copy")
    idle.close()
    assert server.execute("SELECT 1 FROM pg_database WHERE datname = 'copy'") == []


def test_settings_reach_the_server() -> None:
    """A caller can make the scratch server resemble production."""
    with throw_away_postgres(settings={"lock_timeout": "1234ms"}) as running:
        assert running.execute("SHOW lock_timeout") == [("1234ms",)]


def test_over_tcp_it_asks_for_a_password() -> None:
    """Anybody on the machine can reach 127.0.0.1, so there trust ends."""
    with throw_away_postgres(tcp=True) as running:
        with psycopg.connect(running.tcp_url()) as connection:
            assert connection.execute("SELECT inet_server_addr()::text").fetchone() is not None
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgresql://postgres:wrong@127.0.0.1:{running.port}/postgres")


def test_without_tcp_there_is_no_tcp_address(server: Server) -> None:
    """Asking for what was not started is a mistake of the caller, and says so."""
    with pytest.raises(ValueError, match="tcp=True"):
        server.tcp_url()


def test_afterwards_neither_process_nor_folder_is_left() -> None:
    """The end of the block is the end of the server, also when a client is still connected."""
    with throw_away_postgres() as running:
        idle = psycopg.connect(running.url())
        folder = running.socket_folder
        assert _processes_in(folder)
    idle.close()
    assert not folder.parent.exists()
    assert _processes_in(folder) == []


def test_an_error_in_the_block_cleans_up_too() -> None:
    """A failing experiment leaves no server behind, and its own error is the one that shows."""
    with pytest.raises(ZeroDivisionError), throw_away_postgres() as running:
        folder = running.socket_folder
        raise ZeroDivisionError
    assert not folder.parent.exists()


def test_no_account_and_no_privileges_are_needed() -> None:
    """As root it drops to an account that is there already, and adds none."""
    before = _accounts()
    with throw_away_postgres() as running:
        owner = (running.socket_folder / "data").stat().st_uid
    assert _accounts() == before
    assert owner != 0


@pytest.mark.sample(3)
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_when_the_parent_is_killed_nothing_keeps_running(ending: signal.Signals) -> None:
    """Even SIGKILL, which no handler sees, takes server and folder along."""
    with _child() as (child, folder):
        assert _processes_in(folder)
        assert child.stdout is not None
        idle = psycopg.connect(child.stdout.readline().strip())
        child.send_signal(ending)
        child.wait(30)
        assert soon(lambda: not folder.parent.exists())
        idle.close()
        assert soon(lambda: _processes_in(folder) == [])


def test_the_folder_of_a_run_that_died_with_its_watchdog_is_swept() -> None:
    """What nobody could remove at the time goes at the next start, and nobody else's does."""
    with throw_away_postgres() as running:
        base = running.socket_folder.parent.parent
        dead = base / f"forensics-pg-dead{os.getpid()}"
        young = base / f"forensics-pg-young{os.getpid()}"
        dead.mkdir(mode=0o700)  # a folder that others can read is not ours
        (dead / "lock").touch()
        young.mkdir()
        try:
            with throw_away_postgres():
                assert not dead.exists()
                assert young.exists()
                assert running.execute("SELECT 1") == [(1,)]
        finally:
            young.rmdir()


def test_without_any_server_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The message is one line that can be acted on."""
    monkeypatch.setattr(postgres, "find_binaries", lambda: None)
    with pytest.raises(PostgresUnavailable, match=r"apt-get install postgresql.*\[scratch\]"):
        with throw_away_postgres():
            pass


def test_a_server_that_does_not_start_says_why_in_its_own_words() -> None:
    """The last line of PostgreSQL's log is in the message, and the folder is gone."""
    with pytest.raises(PostgresUnavailable, match="no_such_setting"):
        with throw_away_postgres(settings={"no_such_setting": "1"}):
            pass


def test_a_full_disk_is_named_as_the_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In the words of the program that met it; what it said after that is no reason."""
    root = tmp_path / "installation"
    says = "initdb: error: could not write: No space left on device\ninitdb: removing contents"
    _fake_server(root / "bin", "15.1")
    program = root / "bin" / "initdb"
    program.write_text(f"#!/bin/sh\necho '{says}' >&2; exit 1\n")
    full = Binaries(source="test", version="15.1", root=root, bin_folder=PurePath("bin"))
    with pytest.raises(
        PostgresUnavailable, match="for lack of space: .*No space left.* set TMPDIR"
    ):
        with throw_away_postgres(binaries=full):
            pass


def test_the_highest_system_version_is_preferred(tmp_path: Path) -> None:
    """Version 15 is newer than 9.6, which sorts after it as text; a client alone is no server."""
    for version in ("15.3", "9.6.24"):
        _fake_server(tmp_path / "usr/lib/postgresql" / version.split(".")[0] / "bin", version)
    (tmp_path / "usr/lib/postgresql/99/bin").mkdir(parents=True)
    found = system_binaries(tmp_path)
    assert found is not None
    assert (found.version, found.major) == ("15.3", 15)


def test_a_server_of_a_major_version_is_found_beside_newer_ones(tmp_path: Path) -> None:
    """Experiments run best on what production runs."""
    for version in ("14.11", "16.2", "17.0"):
        _fake_server(tmp_path / "usr/lib/postgresql" / version.split(".")[0] / "bin", version)
    found = binaries_of(16, tmp_path)
    assert found is not None
    assert found.version == "16.2"
    assert binaries_of(9, tmp_path) is None
    assert binaries_of(None, tmp_path) is None


def test_the_server_inside_a_wheel_runs_without_its_package_being_imported() -> None:
    """The wheel carries programs; its own code, which may create accounts, is never run."""
    found = carried_binaries()
    assert found is not None, "install the 'dev' extra: it brings a wheel with PostgreSQL"
    with throw_away_postgres(binaries=found) as running:
        version = running.execute("SHOW server_version_num")
    assert str(version[0][0]).startswith(str(found.major))
    assert found.source not in sys.modules


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user owns what it can reach")
def test_programs_that_the_account_cannot_reach_are_copied(tmp_path: Path) -> None:
    """A virtual environment below /root is closed to the account that the server runs as."""
    found = system_binaries() or carried_binaries()
    assert found is not None
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for name in (found.root.name, f"{found.root.name}.libs"):
        (closed / name).symlink_to(found.root.with_name(name))
    hidden = Binaries(
        source="test",
        version=found.version,
        root=closed / found.root.name,
        bin_folder=found.bin_folder,
    )
    with throw_away_postgres(binaries=hidden) as running:
        assert running.execute("SELECT 1") == [(1,)]
        assert (running.socket_folder.parent / "programs").is_dir()


@contextmanager
def _child() -> Iterator[tuple[subprocess.Popen[str], Path]]:
    child = subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        yield child, Path(child.stdout.readline().strip())
    finally:
        child.kill()
        child.wait()


def _processes_in(folder: Path) -> list[str]:
    listing = subprocess.run(
        ["ps", "-eww", "-o", "args"], capture_output=True, text=True, check=True
    )
    return [line for line in listing.stdout.splitlines() if str(folder) in line]


def _accounts() -> list[str]:
    return sorted(entry.pw_name for entry in pwd.getpwall())


def _fake_server(folder: Path, version: str) -> None:
    folder.mkdir(parents=True)
    for program in ("postgres", "initdb"):
        (folder / program).write_text(f"#!/bin/sh\necho '{program} (PostgreSQL) {version}'\n")
        (folder / program).chmod(0o755)
