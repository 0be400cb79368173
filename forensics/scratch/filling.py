"""Fills an empty scratch database with a schema and its tracking rows, and tells what lacks."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psycopg
from msgspec.structs import replace
from psycopg import sql

from forensics.evidence.recorded_database import RecordedDump
from forensics.facts import Database, LiveSchema, LiveTable, OtherObject, TrackingTable
from forensics.model import TableName
from forensics.scratch.comparison import is_near, lacking, too_much
from forensics.scratch.dumped import NoDump, load
from forensics.scratch.entering import catalogue, connected
from forensics.scratch.grouped import in_groups
from forensics.scratch.rebuild import Part, not_tried, parts, tracking_rows, views
from forensics.scratch.server import ScratchServer
from forensics.scratch.simple_query import Connection, ServerError, Stopped, check_disk, run_text

DUMP_SECONDS = 15.0
"""For all of a dump; then it is given up."""
Rows = dict[LiveTable, TrackingTable]
"""Which rows are in which table, whatever the table is called after a rename: see `nameless`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dumped:
    """A dump of the schema, and the schema that was collected with it."""

    dump: RecordedDump
    schema: LiveSchema

    def fits(self, schema: LiveSchema) -> bool:
        """Whether the dump is a good start for a schema, which experiments may have changed."""
        return is_near(schema, self.schema)


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty:
    """A database to fill, and what it shall hold."""

    server: ScratchServer
    name: str
    role: str
    schema: LiveSchema
    rows: Rows
    deadline: float

    def fill(self) -> tuple[OtherObject, ...]:
        """Make everything that statements of ours can make; returns what they cannot.

        Raises `psycopg.Error`, `Stopped` and `DiskFull`.
        """
        missing = list(not_tried(self.schema))
        with connected(self.server, self.name, self.role, ()) as connection:
            missing += (gap for _, gap in self._made(connection, parts(self.schema)))
            missing += self._insert(connection)
            missing += self._make_views(connection, views(self.schema))
        return tuple(dict.fromkeys(missing))

    def fill_from(self, dump: RecordedDump) -> tuple[OtherObject, ...] | None:
        """Run the dump, make it fit the schema, and add what it left out.

        Returns what is lacking then, by our own reader; `None` where the dump leads nowhere, and
        the database cannot be used. Raises `DiskFull`.
        """
        try:
            with connected(self.server, self.name, self.role, ()) as connection:
                deadline = min(self.deadline, time.monotonic() + DUMP_SECONDS)
                failed = load(self.server, connection, dump, deadline)
            # What the dump has set for its session is gone with that.
            with connected(self.server, self.name, self.role, ()) as connection:
                return tuple(dict.fromkeys((*failed, *self._fitted(connection))))
        except (NoDump, Stopped, psycopg.Error, UnicodeError):
            return None

    def _fitted(self, connection: Connection) -> tuple[OtherObject, ...]:
        for statement in too_much(self.schema, self._seen(connection)):
            self._error(connection, statement)
        gaps = lacking(self.schema, self._seen(connection))
        self._add(connection, gaps)
        unfilled = self._insert(connection)
        left = lacking(self.schema, self._seen(connection)) if gaps else ()
        return (*left, *unfilled)

    def _seen(self, connection: Connection) -> LiveSchema:
        return catalogue(connection, self.schema.search_path)

    def _add(self, connection: Connection, gaps: tuple[OtherObject, ...]) -> None:
        wanted = {*gaps} | {replace(gap, kind="owner of a sequence") for gap in gaps}
        needed = [part for part in parts(self.schema) if part.makes in wanted]
        deque(self._made(connection, needed), maxlen=0)
        self._make_views(connection, [p for p in views(self.schema) if p.makes in wanted])

    def _insert(self, connection: Connection) -> list[OtherObject]:
        recorded = ((t.name, self.rows.get(nameless(t))) for t in self.schema.tables)
        filled = (tracking_rows(found, name) for name, found in recorded if found is not None)
        return [gap for each in filled for row in each for gap in self._make(connection, row)]

    def _make_views(
        self, connection: Connection, waiting: Sequence[Part]
    ) -> tuple[OtherObject, ...]:
        """As long as there is progress: they may name each other, in any order."""
        while waiting:
            failed = [part for part, _ in self._made(connection, waiting)]
            if len(failed) == len(waiting):
                return tuple(part.makes for part in failed)
            waiting = failed
        return ()

    def _made(
        self, connection: Connection, some: Sequence[Part]
    ) -> Iterator[tuple[Part, OtherObject]]:
        """Run the statements; gives what is lacking where one fails."""
        texts = [part.statement.as_bytes(connection) for part in some]
        done = in_groups(connection, texts, self.deadline)
        for part, well in zip(some, done, strict=True):
            if not well:
                yield from ((part, gap) for gap in self._make(connection, part))

    def _make(self, connection: Connection, part: Part) -> tuple[OtherObject, ...]:
        """Run one statement; returns what is lacking where it fails."""
        if self._error(connection, part.statement) is None:
            return ()
        if part.otherwise is not None and self._error(connection, part.otherwise()) is None:
            return (replace(part.makes, kind="default of a table"),)
        return (part.makes,)

    def _error(self, connection: Connection, statement: sql.Composed) -> ServerError | None:
        written = statement.as_bytes(connection)
        ran = run_text(connection, written, self.deadline, one_statement=True)
        return check_disk(ran.error)


def nameless(table: LiveTable) -> LiveTable:
    """A table by what it is, not by what it is called."""
    return replace(table, name=TableName(schema="", table=""))


def dumped(database: Database | None, dump: RecordedDump | None) -> Dumped | None:
    """The dump of a database with what else was collected of it."""
    if database is None or database.schema is None or dump is None:
        return None
    return Dumped(dump=dump, schema=database.schema)


def rows_of(database: Database | None) -> Rows:
    """The rows of the tracking tables of a collected database."""
    if database is None or database.schema is None or database.tracking is None:
        return {}
    found = ((table, database.tracking.get(table.name)) for table in database.schema.tables)
    return {nameless(table): recorded for table, recorded in found if recorded is not None}
