"""The dump of the schema: by the system's own program, within limits, and without traces."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from forensics.collect.database import dump as module
from forensics.collect.database.address import Address
from forensics.collect.database.collect import collect_database
from forensics.collect.database.dump import SchemaDump, _end, _started
from forensics.collect.database.masking import Mask, unmasked
from forensics.collect.programs import find_dump_program
from forensics.evidence.bundle import Bundle
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.items import Item
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.recorded_database import recorded_dump
from forensics.model import Outcome, Project
from forensics.redaction.redactor import Redactor
from forensics.scratch.postgres import Server
from tests.support.pooler import pooled_url, pooling, settings_behind
from tests.support.waiting import soon

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
SHOP = """
CREATE TABLE orders (id int PRIMARY KEY);
CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
"""
PROBLEM = "Functions, triggers and the like are then not on the scratch database."
# The child's pg_dump is a program that never ends; the child waits for it.
CHILD = """
import sys, time
from pathlib import Path
from forensics.evidence.bundle_writer import BundleWriter
from forensics.collect.database import dump
from forensics.collect.database.collect import collect_database
from forensics.evidence.kinds import EvidenceKind
dump.find_dump_program = lambda least, outside: Path(sys.argv[2])
with dump.SchemaDump(Path("/nowhere")) as made:
    writer = BundleWriter(Path(sys.argv[3]))
    collect_database(sys.argv[1], writer, deadline=time.monotonic() + 30, dump=made)
    print("waiting", flush=True)
    made.record(writer, lambda text, path: (text, 0))
"""


class Taken:
    """What came of one dump."""

    def __init__(self, bundle: Bundle, problems: list[str]) -> None:
        self.bundle = bundle
        self.problems = problems

    @property
    def item(self) -> Item:
        """How it stands in the bundle."""
        (item,) = self.bundle.of_kind(EvidenceKind.DUMP)
        return item

    @property
    def text(self) -> str:
        """What was kept."""
        found = recorded_dump(self.bundle)
        return found.text if found else ""


Take = Callable[..., Taken]


@pytest.fixture
def take(server: Server, database: str, tmp_path: Path) -> Take:
    """Take the dump of the test's database."""

    def taken(url: str | None = None, mask: Mask = unmasked) -> Taken:
        problems: list[str] = []
        writer = BundleWriter(tmp_path / f"bundle-{time.monotonic_ns()}")
        with SchemaDump(tmp_path / "project", problems.append) as dump:
            deadline = time.monotonic() + 30
            collect_database(url or server.url(database), writer, deadline=deadline, dump=dump)
            dump.record(writer, mask)
        project = Project(root=".", head=None, branch=None)
        return Taken(writer.seal(project, datetime.now(UTC)), problems)

    return taken


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Path]:
    """Make a shell script be the system's pg_dump."""

    def made(script: str) -> Path:
        program = program_of(tmp_path / "pg_dump", script)
        monkeypatch.setattr(module, "find_dump_program", lambda least, outside: program)
        return program

    return made


def program_of(path: Path, script: str) -> Path:
    """A shell script as a program."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


Run = Callable[[str], list[tuple[object, ...]]]


def test_it_is_the_same_twice_and_has_what_the_catalogue_lacks(run: Run, take: Take) -> None:
    """The commands of psql around it, with a key made up each time, are cut off."""
    run(SHOP)
    one, two = take(), take()
    assert one.item.outcome is Outcome.COLLECTED
    assert one.problems == []
    assert "CREATE FUNCTION public.one()" in one.text
    assert not [line for line in one.text.splitlines() if line.startswith("\\")]
    assert one.item.sha256 == two.item.sha256


def test_the_server_sees_only_reads(server: Server, database: str, run: Run, take: Take) -> None:
    """By its log; and no transaction id was used, no lock is left."""
    run(SHOP)
    logged = server.log_path.stat().st_size
    before = run("SELECT txid_snapshot_xmax(txid_current_snapshot())")
    assert take().item.outcome is Outcome.COLLECTED
    said = server.log_path.read_bytes()[logged:].decode()
    lines = [line for line in said.splitlines() if f"[{database}]" in line and "statement:" in line]
    first = {line.split("statement: ")[1].split()[0].rstrip(";").upper() for line in lines}
    ours = {"BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "SET", "SELECT"}
    assert first - ours <= {"LOCK", "PREPARE", "EXECUTE"}
    assert "ACCESS SHARE MODE" in said and "EXCLUSIVE" not in said
    assert run("SELECT txid_snapshot_xmax(txid_current_snapshot())") == before
    others = "SELECT count(*) FROM pg_locks WHERE pid <> pg_backend_pid() AND database IS NOT NULL"
    assert run(others) == [(0,)]


def test_its_secrets_are_masked_and_counted(run: Run, take: Take) -> None:
    """In a default, a function, wherever: comments are not even asked for."""
    run(
        "CREATE TABLE t (dsn text DEFAULT 'postgresql://app:tr0ub4dor@db/app');"
        "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS "
        "$$ SELECT 'host=db password=tr0ub4dor' $$;"
        "COMMENT ON TABLE t IS 'ask for hunter2'"
    )
    taken = take(mask=Redactor().mask)
    assert taken.item.masked == 2
    assert "tr0ub4dor" not in taken.text and "hunter2" not in taken.text
    assert "CREATE TABLE public.t" in taken.text


def test_the_password_is_not_in_its_arguments(
    server: Server, database: str, reader: str, take: Take, fake: Callable[[str], Path]
) -> None:
    """Anybody on the machine can read those; options of the environment do not reach it."""
    program = fake('echo "$@" > "$0.arguments"; env > "$0.environment"; exit 1')
    where = f"127.0.0.1:{server.port}/{database}"
    taken = take(f"postgresql://{reader}:sesame-{database}@{where}")
    arguments = Path(f"{program}.arguments").read_text()
    assert "--schema-only" in arguments and f"user={reader}" in arguments
    assert "sesame" not in arguments
    variables = [
        line.split("=")[0] for line in Path(f"{program}.environment").read_text().splitlines()
    ]
    assert [name for name in variables if name.startswith("PG")] == ["PGPASSWORD"]
    assert taken.item.outcome is Outcome.FAILED


def test_a_password_of_the_environment_is_found_again(
    server: Server,
    database: str,
    reader: str,
    take: Take,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It comes to the very server and role that we came to."""
    monkeypatch.setenv("PGPASSWORD", f"sesame-{database}")
    monkeypatch.setenv("PGPORT", str(server.port))
    taken = take(f"postgresql://{reader}@127.0.0.1/{database}")
    assert (taken.item.outcome, taken.problems) == (Outcome.COLLECTED, [])


def test_a_role_that_may_not_read_a_table_gets_none(
    server: Server, database: str, reader: str, run: Run, take: Take
) -> None:
    """Said in one line; all else goes on."""
    run(SHOP)
    taken = take(f"postgresql://{reader}:sesame-{database}@127.0.0.1:{server.port}/{database}")
    assert taken.item.outcome is Outcome.DENIED
    assert "permission denied for table orders" in taken.item.note
    assert taken.problems == [f"No dump of the schema: {taken.item.note}. {PROBLEM}"]
    assert recorded_dump(taken.bundle) is None


def test_it_waits_for_no_lock(server: Server, database: str, run: Run, take: Take) -> None:
    """Whoever waits behind us would be held up too."""
    import psycopg

    run(SHOP)
    with psycopg.connect(server.url(database)) as holder:
        holder.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        started = time.monotonic()
        taken = take()
        assert time.monotonic() - started < 5
    assert taken.item.outcome is Outcome.TIMED_OUT


def test_through_a_pooler_it_is_not_taken(server: Server, database: str, take: Take) -> None:
    """What it sets for its session would be there for the next client."""
    with pooling(server) as pooler:
        before = settings_behind(pooler, database)
        taken = take(pooled_url(pooler, database))
        assert settings_behind(pooler, database) == before
    assert taken.item.outcome is Outcome.SKIPPED
    assert "not through a pooler" in taken.item.note


def test_a_server_short_of_locks_is_spared(
    take: Take, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    """All sessions share their number."""
    assert run(module._ROOM) == [(True,)]
    monkeypatch.setattr(module, "_ROOM", module._ROOM.replace("4 *", "100000 + 4 *"))
    taken = take()
    assert (taken.item.outcome, taken.item.note[:28]) == (
        Outcome.SKIPPED,
        "the server has too few locks",
    )


@pytest.mark.parametrize(
    ("script", "outcome", "why"),
    [
        ("exec sleep 4716", Outcome.TIMED_OUT, "longer than"),
        ("exec cat /dev/zero", Outcome.SKIPPED, "larger than"),
        ("echo 'CREATE TABLE t ();'", Outcome.FAILED, "no reason"),
        ("echo 'pg_dump: error: all is lost' >&2; exit 3", Outcome.FAILED, "all is lost"),
    ],
    ids=["hangs", "floods", "is cut off", "fails"],
)
def test_what_is_not_whole_is_not_kept(
    take: Take,
    fake: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    script: str,
    outcome: Outcome,
    why: str,
) -> None:
    """And nothing of it keeps running."""
    fake(script)
    monkeypatch.setattr(module, "SECONDS", 0.5)
    monkeypatch.setattr(module, "MOST_BYTES", 2**20)
    taken = take()
    assert (taken.item.outcome, taken.item.content) == (outcome, None)
    assert why in taken.item.note
    assert not running(script.removeprefix("exec "))


def test_a_program_of_the_project_is_never_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even for its version; nor is a link outside that leads there, nor an older one."""
    project, elsewhere, old = (tmp_path / name for name in ("project", "elsewhere", "old"))
    for folder in (project, elsewhere, old):
        folder.mkdir()
    mark = tmp_path / "ran"
    program_of(project / "pg_dump", f"touch {mark}; echo 'pg_dump (PostgreSQL) 99.1'")
    (elsewhere / "pg_dump").symlink_to(project / "pg_dump")
    program_of(old / "pg_dump", "echo 'pg_dump (PostgreSQL) 9.6.24'")
    monkeypatch.setenv("PATH", f"{project}:{elsewhere}:{old}:node_modules/.bin")
    assert find_dump_program(99, project) is None
    assert not mark.exists()
    assert find_dump_program(99, tmp_path / "other") == project / "pg_dump"


def test_without_the_program_the_outcome_says_which_one_lacks(
    take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No line for that: it is noted."""
    monkeypatch.setattr(module, "find_dump_program", lambda least, outside: None)
    taken = take()
    assert (taken.item.outcome, taken.problems) == (Outcome.ABSENT, [])
    assert "no pg_dump of version" in taken.item.note


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_when_we_are_stopped_it_ends(
    server: Server, database: str, tmp_path: Path, ending: signal.Signals
) -> None:
    """Also by what no handler sees."""
    mark = f"sleep 47{ending.value + 20}"
    program = program_of(tmp_path / "pg_dump", f"exec {mark}")
    command = [sys.executable, "-c", CHILD, server.url(database), str(program), str(tmp_path / "b")]
    child = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "waiting\n"
    assert soon(lambda: bool(running(mark)))
    os.kill(child.pid, ending)
    child.wait(10)
    child.stdout.close()
    assert soon(lambda: not running(mark))


def running(mark: str) -> list[str]:
    """The processes whose arguments hold a mark."""
    listed = subprocess.run(["ps", "-eww", "-o", "args"], capture_output=True, text=True).stdout
    return [line for line in listed.splitlines() if line == mark]


def test_relative_certificates_are_those_that_we_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It works in another folder; what is no path stays as it is."""
    monkeypatch.chdir(tmp_path)
    program = program_of(tmp_path / "pg_dump", 'for last; do :; done; echo "$last"; pwd')
    parameters = {"sslrootcert": "certs/ca.pem", "sslkey": "engine:key", "sslcert": "/c.pem"}
    parameters |= {"sslcrl": "../crl.pem", "dbname": "certs/ca.pem"}
    assert _said(program, parameters) == (
        {
            "sslrootcert": f"{tmp_path}/certs/ca.pem",
            "sslkey": "engine:key",
            "sslcert": "/c.pem",
            "sslcrl": f"{tmp_path}/../crl.pem",
            "dbname": "certs/ca.pem",
        },
        "/",
    )
    assert _said(program, {"sslrootcert": "system"})[0] == {"sslrootcert": "system"}


def _said(program: Path, parameters: dict[str, str]) -> tuple[dict[str, object], str]:
    """The parameters that a program is given, and where it works."""
    process = _started(program, Address(parameters=parameters))
    assert process.stdout is not None
    last, where = process.stdout.read().decode().splitlines()  # it would end with its stdin
    _end(process)
    return dict(conninfo_to_dict(last.removeprefix("--dbname="))), where
