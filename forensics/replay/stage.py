"""The database that replayed commands start from: as collected, then with fixes' own SQL."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

import psycopg
from psycopg import sql

from forensics.analysis.seen import seen_of
from forensics.evidence.recorded_database import RecordedDump
from forensics.facts import Database, LiveSchema, Privileges
from forensics.model import DatabaseStep, Step
from forensics.render.sql import fix_sql
from forensics.replay.lent_rights import take_rights
from forensics.scratch.case_database import CaseDatabase, build
from forensics.scratch.entering import attachments, catalogue
from forensics.scratch.filling import Rows, dumped, nameless
from forensics.scratch.postgres import JAILED, SUPERUSER, PostgresUnavailable, Server
from forensics.scratch.rebuild import in_words
from forensics.scratch.server import ScratchServer
from forensics.scratch.simple_query import DiskFull, Stopped
from forensics.scratch.stand_ins import StandIns
from forensics.tracking.apply_steps import in_order

EMPTY = LiveSchema(evidence="", schemas=("public",))
_SECONDS = 30.0
_LEAVING = 5.0
CONNECTIONS = 10
"""Of one run at a time: as many as node-postgres opens by itself."""


class RepairFailed(Exception):
    """The SQL of a fix did not pass on the copy; the message is PostgreSQL's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A database to copy for every run; its role owns all that is in it, and nothing else."""

    case: CaseDatabase

    @property
    def not_rebuilt(self) -> tuple[str, ...]:
        """What of the collected one could not be made again, in words."""
        return in_words(self.case.missing)

    def copy(self, name: str) -> None:
        """Create a database like this one, in which its role may create whatever it likes."""
        _share(self.case.server, name, self.case.role, template=self.case.name)

    def lend(self, name: str, rights: Privileges | None = None) -> None:
        """Create a database like this one for a role of its own, of the same name.

        That role owns all that is in it, or what `rights` says; it may enter no other database, and
        belongs to nobody whose objects lie elsewhere: what is shared on the server is out of its
        reach. Raises `NotReplayed`.
        """
        server, quoted = self.case.server, f'"{name}"'
        server.create_database(name, template=self.case.name)
        server.create_role(name)
        server.execute(
            f"ALTER ROLE {quoted} CONNECTION LIMIT {CONNECTIONS}; GRANT {JAILED} TO {quoted};"
            f"REASSIGN OWNED BY {self.case.role} TO {quoted};"
            f"ALTER DATABASE {quoted} OWNER TO {quoted}",
            database=name,
        )
        if rights is not None:
            take_rights(server, name, name, self.case.role, rights)
            path = ", ".join(
                sql.Identifier(schema).as_string() for schema in self.case.before.search_path
            )
            server.execute(f"ALTER ROLE {quoted} SET search_path = {path}")

    def take_back(self, name: str) -> None:
        """Drop what `lend` created, as far as it is there."""
        self.case.server.drop_database(name)
        self.case.server.drop_role(name)


def copied_catalogue(stage: Stage, name: str) -> LiveSchema:
    """What is in a copy of a stage now."""
    with psycopg.connect(stage.case.server.url(name), autocommit=True) as connection:
        return catalogue(connection, stage.case.before.search_path)


def prepare_lending(server: Server) -> None:
    """Create the group of the roles that are let into their own database only."""
    server.execute(f"CREATE ROLE {JAILED} NOLOGIN")


def _share(server: ScratchServer, name: str, role: str, *, template: str | None = None) -> None:
    """Let a role use a database that it does not own, so that it owns nothing but in databases.

    Else `REASSIGN OWNED` in one database would take along all others of the same role.
    """
    if template is not None:
        server.create_database(name, template=template)
    else:
        server.execute(f'ALTER DATABASE "{name}" OWNER TO {SUPERUSER}')
    server.execute(f'GRANT ALL ON DATABASE "{name}" TO {role}')


def build_stage(
    server: Server,
    number: int,
    database: Database,
    dump: RecordedDump | None = None,
    stand_ins: StandIns | None = None,
) -> Stage | None:
    """Make a database with the collected schema and tracking rows, and no user data.

    `None` where no schema was collected. Raises `PostgresUnavailable`.
    """
    if database.schema is None:
        return None
    tables = {table.name: table for table in database.schema.tables}
    tracking = database.tracking.tables if database.tracking else ()
    rows: Rows = {nameless(tables[each.name]): each for each in tracking if each.name in tables}
    try:
        deadline = time.monotonic() + _SECONDS
        given = dumped(database, dump)
        case = build(server, number, database.schema, rows, deadline, given, stand_ins)
    except (psycopg.Error, Stopped, DiskFull) as error:
        raise PostgresUnavailable(
            f"The collected schema could not be built on a scratch database: {error}."
        ) from error
    _share(server, case.name, case.role)
    return Stage(case=case)


def empty_stage(server: Server, name: str) -> Stage:
    """A database as on a new machine; raises `PostgresUnavailable`."""
    try:
        case = build(server, name, EMPTY, {}, time.monotonic() + _SECONDS)
    except (psycopg.Error, Stopped, DiskFull) as error:
        raise PostgresUnavailable(f"No empty database could be made: {error}.") from error
    _share(server, case.name, case.role)
    return Stage(case=case)


def repaired_stage(stage: Stage, name: str, steps: Iterable[Step]) -> Stage:
    """A copy of a stage on which the fixes' own SQL ran; raises `RepairFailed`."""
    ordered = in_order(steps)
    stage.copy(name)
    case = replace(stage.case, name=name)
    if any(isinstance(step, DatabaseStep) for step in ordered):
        try:
            with case.connected() as connection:
                # Whatever runs here has the rights of a role that owns nothing but the copy.
                seen = seen_of(attachments(connection, map(int, map(str, case.relations))))
                connection.execute(fix_sql(ordered, seen=seen, accepted=True).encode())
        except psycopg.Error as error:
            raise RepairFailed(str(error).splitlines()[0]) from error
    return Stage(case=case)


class Visits:
    """Whether anybody connects to a database from now on; what prepared it does not count."""

    def __init__(self, server: Server, name: str) -> None:
        self._server = server
        self._place = f"datname = '{name}'"
        self._before = self._sessions()

    def were_made(self) -> bool:
        """Before PostgreSQL 14 nobody can tell: then it is taken for granted."""
        now = self._sessions()
        return now is None or self._before is None or now > self._before

    def _sessions(self) -> int | None:
        """How many there were so far; `None` where that cannot be told."""
        if int(self._server.version.split(".")[0]) < 14:
            return None
        deadline = time.monotonic() + _LEAVING
        # A session is counted when it ends.
        while self._ask("SELECT 1 FROM pg_catalog.pg_stat_activity"):
            if time.monotonic() > deadline:
                return None
            time.sleep(0.02)
        found = self._ask("SELECT sessions FROM pg_catalog.pg_stat_database")
        return int(str(found[0][0])) if found else 0

    def _ask(self, query: str) -> list[tuple[object, ...]]:
        return self._server.execute(f"{query} WHERE {self._place}")


class Growth:
    """Watches what a run writes into its database, by the size of its files."""

    def __init__(self, server: Server, name: str, most: int) -> None:
        oid = server.execute(f"SELECT oid FROM pg_catalog.pg_database WHERE datname = '{name}'")
        self._folder = server.socket_folder / "data" / "base" / str(oid[0][0])
        self._most = most
        self._start = self._size()

    def why(self) -> str:
        """That it wrote too much, in words; else empty."""
        if self._size() - self._start <= self._most:
            return ""
        return f"it wrote more than {self._most >> 20} MiB into the scratch database"

    def _size(self) -> int:
        with suppress(OSError), os.scandir(self._folder) as files:
            return sum(_blocks(file) for file in files)
        return 0  # the server drops it


def _blocks(file: os.DirEntry[str]) -> int:
    with suppress(OSError):
        return file.stat(follow_symlinks=False).st_size
    return 0
