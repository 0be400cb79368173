"""Runs the system's `pg_dump --schema-only` alongside the other collectors."""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from forensics import limits
from forensics.collect.database.address import Address
from forensics.collect.database.masking import Mask
from forensics.collect.programs import find_dump_program
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.kinds import EvidenceKind
from forensics.facts import DatabaseIdentity
from forensics.model import Outcome

if TYPE_CHECKING:
    from forensics.collect.database.session import Session

SECONDS = limits.DUMP_SECONDS
MOST_BYTES = limits.DUMP
_MOST_ERRORS = 2**16
_LOCATOR = "pg_dump --schema-only"
_OPTIONS = (
    *("--schema-only", "--no-owner", "--no-privileges", "--no-comments", "--no-security-labels"),
    *("--no-publications", "--no-subscriptions", "--no-tablespaces", "--encoding=UTF8"),
    *("--lock-wait-timeout=50", "--no-password"),
)
_UNTELLABLE = frozenset(
    {"sslpassword", "scram_client_key", "scram_server_key", "oauth_client_secret"}
)
"""Secrets for which libpq has no variable of the environment."""
_FILES = ("passfile", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslcrldir")
"""Parameters that name a file, or a folder, which our own driver finds from where we are."""
# It locks every table at once, in a space that all sessions of the server share.
_ROOM = """\
SELECT 4 * (SELECT count(*) FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p'))
  <= pg_catalog.current_setting('max_locks_per_transaction')::bigint
   * pg_catalog.current_setting('max_connections')::bigint"""
# Our end of its stdin is the lifeline: when we are gone, however we ended, it is killed.
_WITH_LIFELINE = """
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
(read -r _ <&3; kill -KILL "$child") >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait "$child"
code=$?
kill -KILL "$watcher"
exit "$code"
"""
# Since August 2025 a dump stands between two commands of psql with a key made up each time.
_BETWEEN = re.compile(rb"\A((?:--[^\n]*\n|\n)*)\\restrict (\w+)\n(.*)\n\\unrestrict \2\n*\Z", re.S)
_END = b"-- PostgreSQL database dump complete\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """What came of it: the text, or why there is none."""

    outcome: Outcome
    note: str = ""
    text: bytes | None = None


class SchemaDump:
    """One dump: `start` it when the database is known, `record` it at the end; a context."""

    def __init__(self, top: Path, on_problem: Callable[[str], None] = lambda line: None) -> None:
        self._top = top
        self._on_problem = on_problem
        self._pool = ThreadPoolExecutor(1)
        self._taken: Future[_Taken] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed = True
        if self._process is not None:
            _kill(self._process)  # then the thread ends by itself
        self._pool.shutdown()

    def start(self, session: Session, identity: DatabaseIdentity) -> None:
        """Begin, as the role and at the server of a session, which goes on meanwhile."""
        address = session.address()
        if why := _why_not(session, address, identity):
            self._taken = Future()
            self._taken.set_result(_Taken(outcome=Outcome.SKIPPED, note=why))
        else:
            major = int(re.split(r"\D", identity.server_version)[0])
            self._taken = self._pool.submit(self._take, address, major)

    def record(self, writer: BundleWriter, mask: Mask) -> None:
        """Wait for the end, and write what came of it into the bundle, its secrets masked."""
        if self._taken is None:
            return
        taken = self._taken.result()
        data, masked = mask(taken.text, "database.sql") if taken.text is not None else (None, 0)
        writer.add(
            EvidenceKind.DUMP, _LOCATOR, taken.outcome, data=data, masked=masked, note=taken.note
        )
        if taken.outcome not in (Outcome.COLLECTED, Outcome.ABSENT):
            self._on_problem(
                f"No dump of the schema: {taken.note}. Functions, triggers and the like are then "
                "not on the scratch database."
            )

    def _take(self, address: Address, major: int) -> _Taken:
        program = find_dump_program(major, self._top)
        if program is None:
            why = f"there is no pg_dump of version {major} or later here"
            return _Taken(outcome=Outcome.ABSENT, note=why)
        deadline = time.monotonic() + SECONDS
        try:
            self._process = _started(program, address)
        except OSError as error:
            return _Taken(outcome=Outcome.FAILED, note=f"{program}: {error.strerror}")
        if self._closed:
            _kill(self._process)
        return _taken(self._process, deadline, address)


def _why_not(session: Session, address: Address, identity: DatabaseIdentity) -> str:
    """Why it is not begun; empty where it may be."""
    if identity.pooler is not None:
        # It sets for its session what the next client of the pooled connection would get.
        return f"not through a pooler ({identity.pooler}), where its settings would stay behind"
    if told := sorted(_UNTELLABLE & address.parameters.keys()):
        return f"{told[0]} could only be told in its arguments, which anybody can read"
    if not _has_room(session):
        return "the server has too few locks for one on every table at once"
    return ""


def _has_room(session: Session) -> bool:
    import psycopg  # 0.1 s, and only where there is a session

    try:
        with session.attempt():
            return session.rows(_ROOM) == [(True,)]
    except psycopg.Error:
        return False


def _started(program: Path, address: Address) -> subprocess.Popen[bytes]:
    """The password goes where only this account and root can see it: not into the arguments."""
    from psycopg.conninfo import make_conninfo

    public = {
        key: _absolute(key, value) for key, value in address.parameters.items() if key != "password"
    }
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    environment["LC_ALL"] = "C"
    if password := address.parameters.get("password"):
        environment["PGPASSWORD"] = password
    return subprocess.Popen(
        [
            *("/bin/sh", "-c", _WITH_LIFELINE, "forensics-dump", str(program), *_OPTIONS),
            f"--dbname={make_conninfo(**public)}",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd="/",
        env=environment,
        process_group=0,  # Ctrl-C is ours to handle
    )


def _absolute(name: str, value: str) -> str:
    """The program works elsewhere; `system` are the system's certificates, `engine:key` no file."""
    is_file = name in _FILES and (name, value) != ("sslrootcert", "system")
    if not is_file or (name == "sslkey" and ":" in value):
        return value
    return str(Path.cwd() / value)


def _taken(process: subprocess.Popen[bytes], deadline: float, address: Address) -> _Taken:
    out, errors = bytearray(), bytearray()
    try:
        stopped = _read(process, deadline, out, errors)
    finally:
        _end(process)
    if stopped is not None:
        return stopped
    if process.returncode == 0 and _END in out[-500:]:
        return _Taken(outcome=Outcome.COLLECTED, text=_plain(bytes(out)))
    lines = errors.decode("utf-8", "replace").splitlines()
    said = next((line for line in lines if "error:" in line), lines[-1] if lines else "no reason")
    return _Taken(outcome=_outcome(said), note=address.scrub(said)[:300])


def _read(
    process: subprocess.Popen[bytes], deadline: float, out: bytearray, errors: bytearray
) -> _Taken | None:
    """Take all that it writes; why it had to be stopped, `None` where it ended by itself."""
    assert process.stdout is not None and process.stderr is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, out)
        selector.register(process.stderr, selectors.EVENT_READ, errors)
        while selector.get_map():
            left = deadline - time.monotonic()
            ready = selector.select(left) if left > 0 else []
            if not ready:
                why = f"pg_dump took longer than {SECONDS:.0f} seconds"
                return _Taken(outcome=Outcome.TIMED_OUT, note=why)
            for key, _ in ready:
                chunk = os.read(key.fd, 2**16)
                if not chunk:
                    selector.unregister(key.fileobj)
                elif key.data is out or len(errors) < _MOST_ERRORS:
                    key.data.extend(chunk)
            if len(out) > MOST_BYTES:
                why = f"it is larger than {MOST_BYTES >> 20} MiB"
                return _Taken(outcome=Outcome.SKIPPED, note=why)
    with suppress(subprocess.TimeoutExpired):
        process.wait(max(0.0, deadline - time.monotonic()))
    return None


def _outcome(said: str) -> Outcome:
    if "permission denied" in said:
        return Outcome.DENIED
    timed_out = "lock timeout" in said or "statement timeout" in said
    return Outcome.TIMED_OUT if timed_out else Outcome.FAILED


def _plain(text: bytes) -> bytes:
    """The dump without the commands of psql around it, so that the same schema has the same one."""
    found = _BETWEEN.fullmatch(text)
    return found[1] + found[3] if found else text


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _end(process: subprocess.Popen[bytes]) -> None:
    _kill(process)
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
