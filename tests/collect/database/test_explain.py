"""Every way in which a database lets nobody in is one line: what, where, and what to do next."""

import contextlib
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from forensics.collect.database.address import Address
from forensics.collect.database.explain import unavailable
from forensics.evidence.kinds import EvidenceKind
from forensics.facts import DatabaseIdentity
from forensics.model import Outcome
from forensics.scratch.postgres import Server
from tests.collect.database.conftest import DRIZZLE_TABLE, Collect, Collected

pytestmark = pytest.mark.slow

SECRET = "s3cr3t"


@contextlib.contextmanager
def listener(answer: bytes | None) -> Iterator[int]:
    """Listen on a port and answer with some bytes, or never."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = server.accept()
                    held.append(client)
                    if answer is not None:
                        client.recv(1024)
                        client.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        for client in held:
            client.close()


def refused(found: Collected, says: str, outcome: Outcome = Outcome.FAILED) -> None:
    """Check that nothing was collected, and that one line says why, in the bundle too."""
    assert found.database is None
    assert found.identities == []
    [line] = found.problems
    assert re.search(says, line), line
    assert SECRET not in line
    assert "\n" not in line
    [item] = found.bundle.of_kind(EvidenceKind.DATABASE)
    assert (item.outcome, item.note) == (outcome, line)
    assert SECRET not in item.locator


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_port_on_which_nobody_listens(collect: Collect) -> None:
    """The commonest mistake of all."""
    port = free_port()
    found = collect(f"postgresql://amy:{SECRET}@127.0.0.1:{port}/app")
    refused(found, f"Nothing listens at 127.0.0.1:{port}: check host and port")


def test_a_host_that_does_not_exist(collect: Collect) -> None:
    """The reserved domain .invalid has no addresses (RFC 6761)."""
    refused(
        collect(f"postgresql://amy:{SECRET}@db.invalid/app"),
        r"The host of db\.invalid:5432 has no address: check its spelling",
    )


def test_a_socket_folder_without_a_server(collect: Collect, tmp_path: Path) -> None:
    """A folder is a host too."""
    refused(
        collect(f"postgresql://amy@/app?host={tmp_path}"),
        "There is no socket of a PostgreSQL server",
    )


def test_a_wrong_password(server: Server, collect: Collect) -> None:
    """The role is named, its password is not."""
    refused(
        collect(f"postgresql://postgres:{SECRET}@127.0.0.1:{server.port}/postgres"),
        "refuses the password of role postgres",
        Outcome.DENIED,
    )


def test_a_missing_password(
    server: Server, collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where to put it is said."""
    monkeypatch.setenv("PGPASSFILE", os.devnull)
    refused(
        collect(f"postgresql://postgres@127.0.0.1:{server.port}/postgres"),
        r"asks for a password for role postgres: give it in PGPASSWORD, ~/\.pgpass",
        Outcome.DENIED,
    )


def test_a_database_that_does_not_exist(server: Server, collect: Collect) -> None:
    """The name at the end of the address is what to check."""
    refused(collect(server.url("nowhere")), "has no database nowhere: check the name")


def test_a_role_that_does_not_exist(server: Server, collect: Collect) -> None:
    """Where no password is asked for, the server says that the role is unknown."""
    allowed = server.socket_folder / "data" / "pg_hba.conf"
    usual = allowed.read_bytes()
    _reload(server, allowed, b"local all nobody_here trust\n" + usual)
    try:
        refused(collect(server.url(user="nobody_here")), "role nobody_here in", Outcome.DENIED)
    finally:
        _reload(server, allowed, usual)


def _reload(server: Server, allowed: Path, lines: bytes) -> None:
    """Let the server know who may enter, and wait until it does."""
    before = server.execute("SELECT pg_conf_load_time()")
    allowed.write_bytes(lines)
    server.execute("SELECT pg_reload_conf()")
    deadline = time.monotonic() + 60
    while server.execute("SELECT pg_conf_load_time()") == before and time.monotonic() < deadline:
        time.sleep(0.05)


def test_a_role_that_may_not_connect(
    server: Server, database: str, reader: str, collect: Collect
) -> None:
    """CONNECT is granted to everybody unless somebody took it away."""
    server.execute(f"REVOKE CONNECT ON DATABASE {database} FROM public")
    refused(
        collect(server.url(database, reader)),
        f"Role {reader} may not connect to database {database}.*GRANT CONNECT",
        Outcome.DENIED,
    )


def test_a_server_without_tls_where_tls_is_demanded(server: Server, collect: Collect) -> None:
    """The address asks for what the server cannot do."""
    refused(
        collect(f"postgresql://amy:{SECRET}@127.0.0.1:{server.port}/app?sslmode=require"),
        "does not speak TLS, but the address demands it",
    )


def test_a_service_that_is_not_defined(collect: Collect, monkeypatch: pytest.MonkeyPatch) -> None:
    """PGSERVICE alone is an address, also a wrong one."""
    monkeypatch.setenv("PGSERVICE", "no_such_service")
    refused(collect(None), "service no_such_service is not defined: look at PGSERVICE")


def test_something_else_listens_there(collect: Collect) -> None:
    """A web server answers too, but not as PostgreSQL does."""
    with listener(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        refused(
            collect(f"postgresql://amy:{SECRET}@127.0.0.1:{port}/app"),
            f"What listens at 127.0.0.1:{port} is not PostgreSQL",
        )


def test_a_server_that_never_answers_costs_no_more_than_the_deadline(collect: Collect) -> None:
    """A firewall that swallows packets looks like this."""
    with listener(None) as port:
        began = time.monotonic()
        found = collect(f"postgresql://amy:{SECRET}@127.0.0.1:{port}/app", seconds=1)
        assert time.monotonic() - began < 5
    refused(found, "did not answer in time: check host and port", Outcome.TIMED_OUT)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (f"mongodb://amy:{SECRET}@h/app", "this version reads only PostgreSQL"),
        (f"postgresql://amy:{SECRET}@h:x/app", "cannot be taken apart"),
    ],
)
def test_an_address_that_cannot_be_used(collect: Collect, given: str, says: str) -> None:
    """The run goes on without the database."""
    refused(collect(given), says)


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (
            'FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "amy", database "app", no encryption',
            r"over TLS: add \?sslmode=require",
        ),
        (
            'FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "amy", database "app", SSL encryption',
            "does not allow role amy from this host",
        ),
        ("FATAL:  sorry, too many clients already", "has no free connection"),
        ("FATAL:  the database system is starting up", "try again in a moment"),
        ("SSL error: certificate verify failed", "cannot be verified: give the right authority"),
        ("FATAL:  unsupported startup parameter: geqo", "unset PGOPTIONS, PGGEQO"),
    ],
)
def test_refusals_that_a_test_server_does_not_give(said: str, line: str) -> None:
    """Worded as PostgreSQL 15, libpq 18 and PgBouncer 1.18 do."""
    address = Address(parameters={"host": "h", "user": "amy", "dbname": "app"})
    error = psycopg.OperationalError(f'connection to server at "h" failed: {said}')
    assert re.search(line, str(unavailable(error, address)))


def test_an_unknown_refusal_is_quoted_as_one_clean_line() -> None:
    """Neither a password nor a terminal's control sequence gets through."""
    address = Address(parameters={"host": "h", "user": "amy", "password": SECRET})
    error = psycopg.OperationalError(f"\x1b[31mFATAL: Passwort {SECRET} falsch\nzweite Zeile")
    line = str(unavailable(error, address))
    assert line == "The database at amy@h:5432 cannot be entered: [31mFATAL: Passwort *** falsch"


def test_a_server_that_dies_while_we_read(server: Server, database: str, collect: Collect) -> None:
    """What was read stays, the rest says why it is missing."""

    def kill(identity: DatabaseIdentity) -> None:
        server.execute(
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity"  # and waits for its end
            f" WHERE datname = '{database}' AND application_name = 'forensics'"
        )

    found = collect(on_connect=kill)
    assert found.database is not None
    assert (found.database.tracking, found.database.schema) == (None, None)
    why = "the connection was lost; see the server's log and try again."
    for what in ("the tracking tables", "the catalogue"):
        assert f"Could not read {what} of {database}: {why}" in found.problems
    assert all(line.endswith(f" of {database}: {why}") for line in found.problems), found.problems


def test_a_server_that_falls_silent_while_we_read_is_cut_off(
    server: Server, database: str, collect: Collect
) -> None:
    """A stopped process holds its connection open and never answers."""
    stopped: list[int] = []

    def stop(identity: DatabaseIdentity) -> None:
        [(pid,)] = server.execute(
            f"SELECT pid FROM pg_stat_activity WHERE datname = '{database}'"
            " AND application_name = 'forensics'"
        )
        stopped.append(int(str(pid)))
        os.kill(stopped[0], signal.SIGSTOP)

    server.execute(DRIZZLE_TABLE.format(schema="drizzle"), database=database)
    try:
        began = time.monotonic()
        found = collect(seconds=1, on_connect=stop)
        assert time.monotonic() - began < 5
    finally:
        os.kill(stopped[0], signal.SIGCONT)
    assert found.database is not None
    assert [item.outcome for item in found.bundle.of_kind(EvidenceKind.CATALOGUE)] == [
        Outcome.TIMED_OUT
    ]
    assert "it took too long" in found.problems[0]
