"""Builds the database of a lab project: left so by the real kit once, copied from then on."""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from uuid import uuid4

from forensics.demo.database import (
    DEFAULT,
    EARLIER_ROUNDS,
    EMPTY,
    FAILED_RUNS,
    PUBLIC,
    hash_with_newline,
    record_hash,
)
from forensics.demo.migrator import MigrationFailed, migrate, read_migrations
from forensics.demo.story import Story
from forensics.scratch.postgres import Server
from tests.lab.build import Fault, Home, LabProject, build_project
from tests.lab.run import run_kit
from tests.lab.transcript import Outcome

_lock = threading.Lock()


class RecordedHash(StrEnum):
    """What F3 finds in the tracking row of the last migration."""

    NEWLINE = "newline"
    """The hash of the file with one more newline at its end."""
    GARBAGE = "garbage"
    """Not a hash at all."""


def build_database(
    server: Server,
    name: str,
    project: LabProject,
    *,
    recorded: RecordedHash = RecordedHash.NEWLINE,
) -> str:
    """Create the database that belongs to a project and its faults; returns its address."""
    server.create_database(name, template=template(server, project))
    if Fault.F3 in project.faults:
        _record(server, name, project, recorded)
    return server.url(name)


@contextmanager
def fresh_database(
    server: Server, project: LabProject, *, recorded: RecordedHash = RecordedHash.NEWLINE
) -> Iterator[str]:
    """A database for one experiment, dropped afterwards; yields its name."""
    name = f"lab_{uuid4().hex[:12]}"
    build_database(server, name, project, recorded=recorded)
    try:
        yield name
    finally:
        server.drop_database(name)


def template(server: Server, project: LabProject) -> str:
    """The name of the database to copy; the real kit makes it when it is not there yet."""
    split = Fault.F4 in project.faults and project.home is Home.PUBLIC
    name = f"lab_{project.told.project}_{'split' if split else project.home.value}"
    with _lock:
        known = {str(row[0]) for row in server.execute("SELECT datname FROM pg_database")}
        if name not in known:
            _make_template(server, name, project.told, home=project.home, split=split)
    return name


def _make_template(server: Server, name: str, told: Story, *, home: Home, split: bool) -> None:
    unfinished = f"{name}_unfinished"
    server.drop_database(unfinished)
    server.create_database(unfinished)
    with tempfile.TemporaryDirectory() as scratch:
        _migrate(server, unfinished, told, Path(scratch), home=home)
        if split:
            _fail(server, unfinished, told, Path(scratch))
    server.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')


def _migrate(server: Server, name: str, told: Story, scratch: Path, *, home: Home) -> None:
    healthy = build_project(
        scratch / "healthy", told.kit, project=told.project, home=home, git=False
    )
    if home is Home.PUBLIC:
        _earlier(server, name, healthy)
    run = run_kit(healthy, "migrate", server.url(name))
    if run.outcome is not Outcome.PASSES:
        raise RuntimeError(f"the healthy {told.project} does not migrate: {run}")


def _earlier(server: Server, name: str, project: LabProject) -> None:
    """The rounds before: all that stays of them is how far the sequence got."""
    for _ in range(EARLIER_ROUNDS):
        migrate(server.url(name), read_migrations(project.app / "drizzle"), PUBLIC)
        server.execute(EMPTY, database=name)


def _fail(server: Server, name: str, told: Story, scratch: Path) -> None:
    """Failed runs leave the empty table of F4 and, in 0.21.4, an advanced sequence.

    The last one is the real kit's; those before are the migrator's that is held against it.
    """
    broken = build_project(
        scratch / "broken", told.kit, frozenset({Fault.F4}), project=told.project, git=False
    )
    for _ in range(FAILED_RUNS - 1):
        with suppress(MigrationFailed):
            migrate(server.url(name), read_migrations(broken.app / "drizzle"), DEFAULT)
    if run_kit(broken, "migrate", server.url(name)).outcome is not Outcome.BLOCKED:
        raise RuntimeError(f"migrate of {told.project} should have failed")


def _record(server: Server, name: str, project: LabProject, recorded: RecordedHash) -> None:
    told = project.told
    value = recorded.value if recorded is RecordedHash.GARBAGE else hash_with_newline(told)
    table = PUBLIC if project.home is Home.PUBLIC else DEFAULT
    server.execute(record_hash(told, table, value), database=name)
