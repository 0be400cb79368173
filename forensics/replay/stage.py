"""The database that replayed commands start from: as collected, then with repairs' own SQL."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

import psycopg

from forensics.answers import EMPTY
from forensics.facts import Database
from forensics.model import SetRecordedHash, Step
from forensics.recorded_database import RecordedDump
from forensics.render.sql import fix_sql
from forensics.replay.case_database import CaseDatabase, build
from forensics.replay.filling import Rows, dumped, nameless
from forensics.replay.postgres import PostgresUnavailable, Server
from forensics.replay.rebuild import in_words
from forensics.replay.simple_query import DiskFull, Stopped

_SECONDS = 30.0
_LEAVING = 5.0


class RepairFailed(Exception):
    """The SQL of a repair did not pass on the copy; the message is PostgreSQL's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A database to copy for every run; its role owns it, and has no other privilege."""

    case: CaseDatabase

    @property
    def not_rebuilt(self) -> tuple[str, ...]:
        """What of the collected one could not be made again, in words."""
        return in_words(self.case.missing)

    def copy(self, name: str) -> None:
        """Create a database like this one."""
        self.case.server.create_database(name, template=self.case.name, owner=self.case.role)


def build_stage(
    server: Server, number: int, database: Database, dump: RecordedDump | None = None
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
        case = build(server, number, database.schema, rows, deadline, dumped(database, dump))
    except (psycopg.Error, Stopped, DiskFull) as error:
        raise PostgresUnavailable(
            f"The collected schema could not be built on a scratch database: {error}."
        ) from error
    return Stage(case=case)


def empty_stage(server: Server, name: str) -> Stage:
    """A database as on a new machine; raises `PostgresUnavailable`."""
    try:
        case = build(server, name, EMPTY, {}, time.monotonic() + _SECONDS)
    except (psycopg.Error, Stopped, DiskFull) as error:
        raise PostgresUnavailable(f"No empty database could be made: {error}.") from error
    return Stage(case=case)


def repaired_stage(stage: Stage, name: str, steps: Iterable[Step]) -> Stage:
    """A copy of a stage on which the repairs' own SQL ran; raises `RepairFailed`.

    Hashes first: a step names its table as it was found, whichever order the findings have.
    """
    script = fix_sql(sorted(steps, key=lambda step: not isinstance(step, SetRecordedHash)))
    stage.copy(name)
    case = replace(stage.case, name=name)
    if script:
        try:
            with case.connected() as connection:
                connection.execute(script.encode())
        except psycopg.Error as error:
            raise RepairFailed(str(error).splitlines()[0]) from error
    return Stage(case=case)


def was_entered(server: Server, name: str) -> bool:
    """Whether anybody has connected to a database; before PostgreSQL 14 nobody can tell: true."""
    if int(server.version.split(".")[0]) < 14:
        return True
    place = f"datname = '{name}'"
    deadline = time.monotonic() + _LEAVING
    # A session is counted when it ends.
    while server.execute(f"SELECT FROM pg_catalog.pg_stat_activity WHERE {place}"):
        if time.monotonic() > deadline:
            return True
        time.sleep(0.02)
    counted = f"SELECT sessions FROM pg_catalog.pg_stat_database WHERE {place}"
    return server.execute(counted) not in ([], [(0,)])
