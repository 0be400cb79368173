"""A throw-away MariaDB: on a private socket, without privileges, and gone when we are.

It begins in an empty folder, without even the tables of its own rights: so it starts at once, knows
no user-defined function and no plugin, and asks nobody who they are. Only its folder's owner finds
its socket.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.dialects.mysql.product import MARIADB, name_of, version_of
from forensics.dialects.mysql.text import quoted
from forensics.errors import ForensicsError
from forensics.scratch.accounts import Account, account_of
from forensics.scratch.limits import PROCESS_LIMITS
from forensics.system.interruption import shielded
from forensics.system.private_folder import private_folder
from forensics.system.programs import find_program, search_path

if TYPE_CHECKING:
    import pymysql

Row = tuple[object, ...]

_START_LIMIT = 30.0
_PLACES = ("/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin", "/usr/libexec")
_PASSAGE = 0o711
_HOW_TO_INSTALL = (
    "Install one: 'apt-get install mariadb-server' (Debian, Ubuntu) or 'brew install mariadb'."
)
_DRIVER = "pip install 'migration-forensics[mysql]'"
# A lost scratch database costs nothing, so nothing waits for the disk. No file but its own is read
# or written, and nothing listens but the socket.
_SETTINGS = (
    "--skip-grant-tables",
    "--skip-networking",
    "--skip-log-bin",
    "--skip-symbolic-links",
    "--local-infile=0",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--skip-innodb-doublewrite",
    "--innodb-buffer-pool-size=24M",
    "--innodb-log-file-size=4M",
    "--innodb-data-file-path=ibdata1:3M:autoextend:max:256M",
    "--innodb-temp-data-file-path=ibtmp1:3M:autoextend:max:256M",
    "--key-buffer-size=1M",
    "--aria-pagecache-buffer-size=1M",
    "--max-connections=30",
    "--max-statement-time=10",
    "--character-set-server=utf8mb4",
    "--default-time-zone=+00:00",
)


class MariaDbUnavailable(ForensicsError):
    """No throw-away MariaDB can be started; the message says why and what to install."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MariaDb:
    """A running throw-away MariaDB."""

    socket: Path
    version: str
    """As the server says it."""

    def connect(self, database: str | None = None) -> pymysql.Connection[Any]:
        """A connection of its own; each statement stays by itself."""
        import pymysql

        return pymysql.connect(
            unix_socket=str(self.socket),
            user="root",
            database=database,
            charset="utf8mb4",
            autocommit=True,
            local_infile=False,
            read_timeout=60,
        )

    def execute(self, *statements: str, database: str | None = None) -> list[Row]:
        """Run statements, and return the rows of the last one. Raises the driver's errors."""
        connection = self.connect(database)
        try:
            rows: list[Row] = []
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                    rows = [tuple(row) for row in cursor.fetchall()]
            return rows
        finally:
            connection.close()

    def create_database(self, name: str, collation: str | None = None) -> None:
        """Create a database; one that has that name is dropped first."""
        how = f" COLLATE {collation}" if collation and collation.isidentifier() else ""
        self.execute(
            f"DROP DATABASE IF EXISTS {quoted(name)}", f"CREATE DATABASE {quoted(name)}{how}"
        )


def find_mariadb() -> Path | None:
    """The server's program, in the path or where systems keep it."""
    found = find_program("mariadbd") or shutil.which("mariadbd", path=os.pathsep.join(_PLACES))
    return Path(found) if found else None


def version_of_program(program: Path) -> str:
    """What it says of itself; empty where it does not run, or is another product."""
    try:
        told = subprocess.run(
            [program, "--no-defaults", "--version"], capture_output=True, text=True, cwd="/"
        ).stdout
    except OSError:
        return ""
    word = next((it for it in told.split() if it[:1].isdigit()), "")
    return word if name_of(told) == MARIADB else ""


@contextmanager
def throw_away_mariadb(*settings: str, tcp_port: int | None = None) -> Iterator[MariaDb]:
    """Start a MariaDB of our own, hand it out, and remove every trace of it.

    `settings` are further options of the program. With a port it also listens on 127.0.0.1, which
    tests of Node's drivers need. Raises `MariaDbUnavailable`.
    """
    program = find_mariadb()
    version = version_of_program(program) if program else ""
    if program is None or not version:
        raise MariaDbUnavailable(f"There is no MariaDB server to start. {_HOW_TO_INSTALL}")
    _require_driver()
    account = _account()
    with private_folder() as folder:
        place = folder.path / "run"
        place.mkdir(mode=0o700)
        if account:
            folder.path.chmod(_PASSAGE)
            os.chown(place, account["user"], account["group"])
        with _running(program, place, _network(settings, tcp_port), account) as process:
            folder.owns(process.pid)
            server = MariaDb(socket=place / "s", version=version)
            _wait_until_ready(process, server, place / "log")
            yield server


def _network(settings: tuple[str, ...], port: int | None) -> tuple[str, ...]:
    if port is None:
        return settings
    return (*settings, "--skip-networking=0", "--bind-address=127.0.0.1", f"--port={port}")


def _require_driver() -> None:
    try:
        import pymysql  # noqa: F401
    except ImportError as error:
        raise MariaDbUnavailable(f"The driver of MariaDB is missing: {_DRIVER}.") from error


def _account() -> Account:
    """As root it would be more than we need."""
    if (found := account_of("mysql", "nobody")) is None:
        raise MariaDbUnavailable("There is no account 'mysql' or 'nobody' to run MariaDB as.")
    return found


# A shell sets them, as for PostgreSQL; POSIX counts files in blocks of 512 bytes.
_LIMIT = 'ulimit -f "$1"; shift; exec "$@"'


@contextmanager
def _running(
    program: Path, place: Path, settings: tuple[str, ...], account: Account
) -> Iterator[subprocess.Popen[bytes]]:
    for name in ("data", "files", "plugins", "tmp"):
        (place / name).mkdir(mode=0o700)
        if account:
            os.chown(place / name, account["user"], account["group"])
    own = (
        f"--datadir={place / 'data'}",
        f"--socket={place / 's'}",
        f"--pid-file={place / 'pid'}",
        f"--tmpdir={place / 'tmp'}",
        f"--secure-file-priv={place / 'files'}",
        f"--plugin-dir={place / 'plugins'}",
    )
    command = [str(program), "--no-defaults", *_SETTINGS, *own, *settings]
    limited = ["/bin/sh", "-c", _LIMIT, "limited", str(PROCESS_LIMITS.file // 512), *command]
    with (place / "log").open("wb") as log, shielded():
        process = subprocess.Popen(
            limited,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={"PATH": search_path(), "LC_ALL": "C", "TZ": "UTC"},
            process_group=0,  # Ctrl-C is ours to handle
            **account,
        )
    try:
        yield process
    finally:
        with shielded():  # nothing of it is kept, so it need not put its files in order
            process.kill()
            process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], server: MariaDb, log: Path) -> None:
    import pymysql

    deadline = time.monotonic() + _START_LIMIT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            server.execute("SELECT 1")
        except (pymysql.MySQLError, OSError):
            time.sleep(0.02)
        else:
            return
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    told = next((it for it in reversed(lines) if "ERROR" in it), lines[-1] if lines else "")
    why = told.partition("] ")[2] or told or "it did not answer in time"
    raise MariaDbUnavailable(f"MariaDB did not start: {why}. {_HOW_TO_INSTALL}")


def is_older(ours: str, theirs: str) -> bool:
    """Whether one release came before another."""
    return version_of(ours)[:2] < version_of(theirs)[:2]
