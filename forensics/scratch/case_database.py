"""One scratch database with a collected schema and its tracking rows, owned by an ordinary role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psycopg

from forensics.facts import LiveSchema, OtherObject
from forensics.scratch.entering import catalogue, connected
from forensics.scratch.filling import Dumped, Empty, Rows
from forensics.scratch.server import ScratchServer
from forensics.scratch.simple_query import Connection
from forensics.scratch.stand_ins import StandIns, Used, platform_functions

_RELATIONS = "SELECT oid::bigint FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p', 'm')"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDatabase:
    """A database with a collected schema; its role owns it, and has no other privilege."""

    server: ScratchServer
    name: str
    role: str
    before: LiveSchema
    """What our own reader makes of it."""
    relations: list[object]
    """The oids of its tables."""
    missing: tuple[OtherObject, ...]
    """What of the collected schema could not be made again."""
    used: Used = frozenset()
    """What of stand-ins is in use."""

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """A connection as the real database's role sees it; raises `psycopg.Error`."""
        with connected(self.server, self.name, self.role, self.before.search_path) as connection:
            yield connection

    def drop(self) -> None:
        """Remove it, and end what may still run in it."""
        with suppress(psycopg.Error):  # the whole server goes away later
            self.server.drop_database(self.name)
            self.server.drop_role(self.role)


def build(
    server: ScratchServer,
    number: int | str,
    schema: LiveSchema,
    rows: Rows,
    deadline: float,
    dumped: Dumped | None = None,
    stand_ins: StandIns | None = None,
) -> CaseDatabase:
    """Make everything of the schema that can be made: from its dump, else by statements of ours.

    `stand_ins` are those of the server. Raises `psycopg.Error`, `Stopped` and `DiskFull`.
    """
    name, role = f"case_{number}", f"owner_{number}"
    server.create_role(role)
    missing, functions = None, platform_functions(schema)
    stand_ins = stand_ins or StandIns(server=server)
    stand_ins.offer_for(schema)
    empty = Empty(server=server, name=name, role=role, schema=schema, rows=rows, deadline=deadline)
    if dumped is not None and dumped.fits(schema):
        _create(server, name, role, schema)
        missing = empty.fill_from(dumped.dump)
    if missing is None:
        _create(server, name, role, schema)
        stand_ins.make_functions(name, role, functions)
        missing = empty.fill()
    else:
        lost = {str(it.name) for it in missing if it.kind == "function"}
        functions = tuple(it for it in functions if it.split("(")[0] in lost)
        stand_ins.make_functions(name, role, functions)
    missing = stand_ins.still_missing(missing, functions, schema)
    with connected(server, name, role, ()) as connection:
        used = stand_ins.used(connection)
        before = catalogue(connection, schema.search_path)
        relations: list[object] = [oid for (oid,) in connection.execute(_RELATIONS).fetchall()]
    return CaseDatabase(
        server=server,
        name=name,
        role=role,
        before=before,
        relations=relations,
        missing=missing,
        used=used,
    )


def _create(server: ScratchServer, name: str, role: str, schema: LiveSchema) -> None:
    server.drop_database(name)
    server.create_database(name, template="template0", owner=role)
    kept = "public" in schema.schemas
    public = f"ALTER SCHEMA public OWNER TO {role}" if kept else "DROP SCHEMA public"
    server.execute(public, database=name)
