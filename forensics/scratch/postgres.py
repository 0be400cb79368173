"""A throw-away PostgreSQL: on a private socket, without privileges, and gone when we are."""

import base64
import errno
import hashlib
import hmac
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

from forensics.errors import ForensicsError
from forensics.scratch.accounts import Account, account_of
from forensics.scratch.binaries import Binaries, find_binaries
from forensics.scratch.own_programs import OwnPrograms, own_programs
from forensics.system.interruption import shielded
from forensics.system.private_folder import forbids_programs, private_folder
from forensics.system.programs import search_path

__all__ = ["Binaries", "PostgresUnavailable", "Server", "find_binaries", "throw_away_postgres"]

_START_LIMIT = 30.0
_TRUSTS_EXTENSIONS = 13
_PASSAGE = 0o711
_STOP_LIMIT = 8.0  # the postmaster itself kills backends that did not obey after five seconds
_HOW_TO_INSTALL = (
    "Install one: 'apt-get install postgresql' (Debian, Ubuntu), 'brew install postgresql@17' "
    "(macOS) or 'pip install \"migration-forensics[scratch]\"'."
)
_ROOM = "Make room in /dev/shm, or in the temporary folder, or set TMPDIR to one that has some."
# A lost scratch database costs nothing, so nothing waits for the disk.
_SETTINGS: Mapping[str, str] = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "32MB",
    "dynamic_shared_memory_type": "mmap",  # in our folder: POSIX segments would outlive a kill
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
}


SUPERUSER = "postgres"
JAILED = "forensics_jailed"
"""Members of this group may enter the database of their own name, and no other."""
# The first line that fits decides, also over connections that the server makes to itself.
_WHO_MAY_ENTER = f"""\
local replication all                reject
local sameuser    +{JAILED}  scram-sha-256
local all         +{JAILED}  reject
local all         all                scram-sha-256
"""
_TAKES_VERIFIERS = 14
_OVER_TCP = f"""\
host  all         +{JAILED}  all           reject
host  all         all                127.0.0.1/32  scram-sha-256
"""


class PostgresUnavailable(ForensicsError):
    """No throw-away PostgreSQL can be started here; the message says why and what to install."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running throw-away PostgreSQL; nobody enters it without a password."""

    socket_folder: Path
    port: int
    version: str
    log_path: Path
    tcp: bool = False
    extensions: Path | None = None
    """A folder in which it finds extensions, and that is ours; `None` where there is none."""
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    """What the passwords of all roles are derived from: another one for each server."""
    _known: set[str] = field(default_factory=lambda: {SUPERUSER}, repr=False)
    """Roles that have their password."""

    def url(self, database: str = SUPERUSER, user: str = SUPERUSER) -> str:
        """Return the address on the private socket, for libpq, psycopg and node-postgres alike.

        A role that was created without `create_role` gets its password now.
        """
        if user not in self._known:
            self._set_password(user)
        # Without an empty hostaddr, libpq would let PGHOSTADDR lead us to somebody's real server.
        where = urlencode({"host": self.socket_folder, "port": self.port, "hostaddr": ""}, safe="/")
        who = f"{quote(user, safe='')}:{self.password(user)}"
        return f"postgresql://{who}@/{quote(database, safe='')}?{where}"

    def tcp_url(self, database: str = SUPERUSER) -> str:
        """Return the address on 127.0.0.1, for clients that know no sockets; needs tcp=True."""
        if not self.tcp:
            raise ValueError("this server listens on its socket only: start it with tcp=True")
        where = f"127.0.0.1:{self.port}/{quote(database, safe='')}"
        return f"postgresql://{SUPERUSER}:{self.password(SUPERUSER)}@{where}"

    def password(self, role: str) -> str:
        """The password of a role, which needs no quoting anywhere."""
        return hmac.digest(self.secret, role.encode(), "sha256").hex()

    def create_role(self, name: str) -> None:
        """Create an ordinary role that may log in with its password."""
        self.execute(f"CREATE ROLE {_name(name)} LOGIN PASSWORD '{_verifier(self.password(name))}'")
        self._known.add(name)

    def drop_role(self, name: str) -> None:
        """Drop a role that owns nothing any more."""
        self.execute(f"DROP ROLE IF EXISTS {_name(name)}")
        self._known.discard(name)

    def _set_password(self, role: str) -> None:
        import psycopg

        with suppress(psycopg.errors.UndefinedObject):  # the connection will say so
            self.execute(f"ALTER ROLE {_name(role)} PASSWORD '{_verifier(self.password(role))}'")

    def execute(
        self, sql: str, *, database: str = SUPERUSER, user: str = SUPERUSER
    ) -> list[tuple[object, ...]]:
        """Run a script as one simple query and return the rows of its last statement."""
        import psycopg

        with psycopg.connect(self.url(database, user), autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []

    def create_database(
        self, name: str, *, template: str | None = None, owner: str | None = None
    ) -> None:
        """Create a database, as a copy of another one if requested."""
        command = f"CREATE DATABASE {_name(name)}"
        command += f" TEMPLATE {_name(template)}" if template else ""
        command += f" OWNER {_name(owner)}" if owner else ""
        # The default writes every page to the log too, which takes three times as long.
        command += " STRATEGY FILE_COPY" if int(self.version.split(".")[0]) >= 15 else ""
        self.execute(command)

    def drop_database(self, name: str) -> None:
        """Drop a database if it is there, and throw out whoever is still in it."""
        self.execute(f"DROP DATABASE IF EXISTS {_name(name)} WITH (FORCE)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessLimits:
    """What each process of a server may have, in bytes."""

    file: int
    memory: int
    """In addition to the shared buffers."""


@contextmanager
def throw_away_postgres(
    *,
    settings: Mapping[str, str] | None = None,
    binaries: Binaries | None = None,
    tcp: bool = False,
    limits: ProcessLimits | None = None,
) -> Iterator[Server]:
    """Start a PostgreSQL of our own, hand it out, and remove every trace of it."""
    found = binaries or find_binaries()
    if found is None:
        raise PostgresUnavailable(f"There is no PostgreSQL server to start. {_HOW_TO_INSTALL}")
    account = _account()
    moves = found.packed or not _reachable(found, account)
    with private_folder(executable=moves) as folder, _home_of_programs(folder.path) as home:
        programs = _programs(found, home, moves=moves)
        _open_to(folder.path, account)
        own = own_programs(programs, home, _environment(), account)
        # Before 13, only a superuser creates any extension.
        extensions = own.extensions if found.major >= _TRUSTS_EXTENSIONS else None
        server = Server(
            socket_folder=folder.path / "run",
            port=_free_port() if tcp else 5432,
            version=found.version,
            log_path=folder.path / "run" / "server.log",
            tcp=tcp,
            extensions=extensions,
        )
        _make_cluster(programs, server, account)
        with _running(own, server, settings or {}, account, limits) as pid:
            folder.owns(pid)
            yield server


@contextmanager
def _home_of_programs(folder: Path) -> Iterator[Path]:
    """The server's own folder, or one on disk where that holds data only."""
    if not forbids_programs(folder):
        yield folder
        return
    with private_folder(executable=True) as other:
        other.path.chmod(_PASSAGE)
        yield other.path


def _verifier(password: str) -> str:
    """What the server keeps of a password, and is told: not even its log sees more (RFC 5802).

    One round will do: there is nothing to guess in a random password, and each round costs time.
    """
    salt, rounds = secrets.token_bytes(16), 1
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    keys = (salt, stored, hmac.digest(salted, b"Server Key", "sha256"))
    written = [base64.b64encode(key).decode() for key in keys]
    return f"SCRAM-SHA-256${rounds}:{written[0]}${written[1]}:{written[2]}"


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _account() -> Account:
    """PostgreSQL refuses to run as root, so then as nobody special."""
    if (found := account_of("postgres", "nobody")) is None:
        raise PostgresUnavailable(
            "PostgreSQL does not run as root, and there is no account 'postgres' or 'nobody' to "
            "run it as. Run Forensics as an ordinary user."
        )
    return found


def _reachable(found: Binaries, account: Account) -> bool:
    # A virtual environment below /root is closed to the account that the server runs as.
    try:
        program = found.root / found.bin_folder / "postgres"
        subprocess.run([program, "--version"], capture_output=True, check=True, cwd="/", **account)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _programs(found: Binaries, folder: Path, *, moves: bool) -> Path:
    if not moves:
        return found.root / found.bin_folder
    (folder / "programs").mkdir()
    return found.place(folder / "programs")


def _open_to(folder: Path, account: Account) -> None:
    """Let the server's account through our folder, and into one room of it."""
    (folder / "run").mkdir(mode=0o700)
    if account:
        folder.chmod(_PASSAGE)
        os.chown(folder / "run", account["user"], account["group"])


def _make_cluster(programs: Path, server: Server, account: Account) -> None:
    _initdb(programs, server, account)
    allowed = _WHO_MAY_ENTER + (_OVER_TCP if server.tcp else "")
    (server.socket_folder / "data" / "pg_hba.conf").write_text(allowed, encoding="ascii")


def _initdb(programs: Path, server: Server, account: Account) -> None:
    secret = server.socket_folder / "secret"
    password = server.password(SUPERUSER)
    # Before 14, initdb cuts a password after 99 characters, and a verifier is longer.
    cuts = int(server.version.split(".")[0]) < _TAKES_VERIFIERS
    secret.write_text(password if cuts else _verifier(password), encoding="ascii")
    if account:
        os.chown(secret, account["user"], account["group"])
    command: list[str | Path] = [
        *(programs / "initdb", "--pgdata", server.socket_folder / "data", "--pwfile", secret),
        *(f"--username={SUPERUSER}", "--encoding=UTF8", "--locale=C", "--no-sync"),
        "--auth=scram-sha-256",
    ]
    answer = subprocess.run(
        command, capture_output=True, text=True, cwd="/", env=_environment(), **account
    )
    secret.unlink()
    if answer.returncode != 0:
        raise PostgresUnavailable(_failure(programs / "initdb", answer.stderr))


# A shell sets them, since prlimit(2) needs more privilege than root has in many containers.
# POSIX counts files in blocks of 512 bytes; -d, in KiB, is not POSIX, but dash and bash have it.
_LIMIT = 'ulimit -f "$1"; ulimit -d "$2"; shift 2; exec "$@"'


def _limited(program: Path, limits: ProcessLimits | None) -> list[str | Path]:
    if limits is None:
        return [program]
    numbers = (str(limits.file // 512), str(limits.memory // 1024))
    return ["/bin/sh", "-c", _LIMIT, "limited", *numbers, program]


@contextmanager
def _running(
    programs: OwnPrograms,
    server: Server,
    settings: Mapping[str, str],
    account: Account,
    limits: ProcessLimits | None,
) -> Iterator[int]:
    addresses = "127.0.0.1" if server.tcp else ""
    fixed = {"listen_addresses": addresses, "port": str(server.port)}
    fixed["unix_socket_directories"] = str(server.socket_folder)
    options = [f"--{name}={value}" for name, value in {**_SETTINGS, **settings, **fixed}.items()]
    command = [*_limited(programs.postgres, limits), "-D", server.socket_folder / "data"]
    with ExitStack() as stack:
        with shielded(), server.log_path.open("wb") as log:
            process = subprocess.Popen(
                [*command, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=_environment(),
                process_group=0,  # Ctrl-C is ours to handle
                **account,
            )
            stack.callback(_stop, process)
        _wait_until_ready(process, programs.postgres, server)
        yield process.pid


def _wait_until_ready(process: subprocess.Popen[bytes], program: Path, server: Server) -> None:
    # Line 8 of postmaster.pid is what pg_ctl --wait looks at (PM_STATUS_READY in pidfile.h).
    status = server.socket_folder / "data" / "postmaster.pid"
    deadline = time.monotonic() + _START_LIMIT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            lines = status.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            lines = []
        if len(lines) >= 8 and lines[7].strip() == "ready":
            return
        time.sleep(0.01)
    log = server.log_path.read_text(encoding="utf-8", errors="replace")
    raise PostgresUnavailable(_failure(program, log))


def _stop(process: subprocess.Popen[bytes]) -> None:
    with shielded():
        process.send_signal(signal.SIGQUIT)
        try:
            process.wait(_STOP_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _failure(program: Path, output: str) -> str:
    lines = output.strip().splitlines()
    if full := next((line for line in lines if os.strerror(errno.ENOSPC) in line), ""):
        return f"{program} did not start, for lack of space: {full.strip()}. {_ROOM}"
    last = lines[-1].strip() if lines else "it did not answer in time"
    return f"{program} did not start: {last}. {_HOW_TO_INSTALL}"


def _environment() -> dict[str, str]:
    # Nothing of the caller's: PGDATA, PGPORT or PGOPTIONS would change what we start.
    return {"PATH": search_path(), "LC_ALL": "C", "TZ": "UTC"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
