"""A real PgBouncer before a throw-away PostgreSQL."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from forensics.scratch.postgres import Server

PORT = 6999
"""Not one by which a pooler is known."""
TOUCHED = (
    "search_path lock_timeout statement_timeout idle_in_transaction_session_timeout row_security"
    " client_encoding datestyle timezone application_name default_transaction_read_only"
    " transaction_read_only transaction_isolation restrict_nonsystem_relation_kind"
)


@contextmanager
def pooling(server: Server, *roles: str, mode: str = "transaction") -> Iterator[Path]:
    """Run PgBouncer with one server connection for all clients; gives the folder of its socket."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert program, "install PgBouncer: 'apt-get install pgbouncer' or 'brew install pgbouncer'"
    folder = Path(tempfile.mkdtemp(prefix="pooler-"))
    owner = server.socket_folder.stat().st_uid
    for role in roles:
        server.url(user=role)  # which gives it its password
    known = {role: server.password(role) for role in ("postgres", *roles)}
    users = "".join(f'"{role}" "{password}"\n' for role, password in known.items())
    (folder / "users").write_text(users, encoding="ascii")
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n* = host={server.socket_folder} port={server.port}\n"
        f"[pgbouncer]\npool_mode = {mode}\ndefault_pool_size = 1\nauth_type = trust\n"
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
        process.wait(60)
        shutil.rmtree(folder)


def pooled_url(pooler: Path, database: str, role: str = "postgres") -> str:
    """The address of a database behind the pooler."""
    return f"postgresql://{role}@/{database}?host={pooler}&port={PORT}"


def settings_behind(pooler: Path, database: str, role: str = "postgres") -> dict[str, str]:
    """The settings as the next client finds them, and the process that serves it."""
    with psycopg.connect(pooled_url(pooler, database, role), autocommit=True) as connection:
        query = (
            "SELECT name, setting FROM pg_settings WHERE name = ANY (%s)"
            " UNION ALL SELECT 'process', pg_backend_pid()::text"
        )
        return dict(connection.execute(query, [TOUCHED.split()]).fetchall())


def _wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while not _answers(path):
        assert process.poll() is None, "PgBouncer did not start"
        assert time.monotonic() < deadline, "PgBouncer did not open its socket"
        time.sleep(0.01)


def _answers(path: Path) -> bool:
    """Whether somebody accepts connections there: the file exists a moment before that."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True
