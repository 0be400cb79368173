"""The database that replayed commands start from: as collected, then with repairs' own SQL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import psycopg

from forensics.facts import Database, OtherObject
from forensics.model import SetRecordedHash, Step
from forensics.render.sql import fix_sql
from forensics.replay.postgres import Server
from forensics.replay.rebuild import Part, in_words, not_tried, parts, tracking_rows, views

ROLE = "replayed"
"""Owns the databases and has no other privilege: migrations of anybody run as this role."""
_SECONDS = "-c statement_timeout=10s -c lock_timeout=2s -c client_min_messages=error"


class RepairFailed(Exception):
    """The SQL of a repair did not pass on the copy; the message is PostgreSQL's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A database to copy for every run."""

    name: str
    not_rebuilt: tuple[str, ...]
    """What of the collected one could not be made again, in words."""


def build_stage(server: Server, name: str, database: Database) -> Stage:
    """Make a database with the collected schema and tracking rows, and no user data."""
    exists = "SELECT FROM pg_catalog.pg_roles WHERE rolname = "
    if not server.execute(f"{exists} '{ROLE}'"):
        server.execute(f"CREATE ROLE {ROLE} LOGIN")
    server.create_database(name, template="template0", owner=ROLE)
    schema = database.schema
    keeps_public = schema is None or "public" in schema.schemas
    public = f"ALTER SCHEMA public OWNER TO {ROLE}" if keeps_public else "DROP SCHEMA public"
    server.execute(public, database=name)
    if schema is None:
        return Stage(name=name, not_rebuilt=("the schema, which was not collected",))
    rows = database.tracking.tables if database.tracking else ()
    filled = [part for table in rows for part in tracking_rows(table, table.name)]
    missing = list(not_tried(schema))
    with psycopg.connect(server.url(name, ROLE), autocommit=True, options=_SECONDS) as connection:
        missing += _make(connection, (*parts(schema), *filled))
        waiting = views(schema)
        while waiting:
            failed = tuple(part for part in waiting if _make(connection, (part,)))
            if len(failed) == len(waiting):
                missing += [part.makes for part in failed]
                break
            waiting = failed
    return Stage(name=name, not_rebuilt=in_words(dict.fromkeys(missing)))


def repaired_stage(server: Server, name: str, stage: Stage, steps: Iterable[Step]) -> Stage:
    """A copy of a stage on which the repairs' own SQL ran; raises `RepairFailed`.

    Hashes first: a step names its table as it was found, whichever order the findings have.
    """
    script = fix_sql(sorted(steps, key=lambda step: not isinstance(step, SetRecordedHash)))
    server.create_database(name, template=stage.name, owner=ROLE)
    if script:
        try:
            with psycopg.connect(
                server.url(name, ROLE), autocommit=True, options=_SECONDS
            ) as connection:
                connection.execute(script.encode())
        except psycopg.Error as error:
            raise RepairFailed(str(error).splitlines()[0]) from error
    return Stage(name=name, not_rebuilt=stage.not_rebuilt)


def _make(
    connection: psycopg.Connection[tuple[object, ...]], wanted: Iterable[Part]
) -> list[OtherObject]:
    """Run statements one by one; returns what those that fail would have made."""
    missing = []
    for part in wanted:
        ways = (part.statement, part.otherwise)
        if not any(way is not None and _ran(connection, way) for way in ways):
            missing.append(part.makes)
    return missing


def _ran(
    connection: psycopg.Connection[tuple[object, ...]], statement: psycopg.sql.Composed
) -> bool:
    try:
        # Prepared, so that a text from the evidence cannot hold a second statement.
        connection.execute(statement, prepare=True)
    except psycopg.Error:
        return False
    return True
