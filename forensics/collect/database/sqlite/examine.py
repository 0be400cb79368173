"""One look at a SQLite file: identity, tracking tables, catalogue, each as evidence."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from msgspec.structs import replace

from forensics.collect.database.address import Address, one_line
from forensics.collect.database.collector import Asked
from forensics.collect.database.known_tables import KnownTable
from forensics.collect.database.look import Look, candidates
from forensics.collect.database.sqlite.file import ERRORS, opened, written_by
from forensics.collect.database.sqlite.guard import Guard
from forensics.collect.database.sqlite.rows import read_table
from forensics.dialects.sqlite.catalogue import HOME, read_catalogue
from forensics.dialects.sqlite.rebuilds import is_numbered
from forensics.dialects.sqlite.text import quoted
from forensics.evidence.kinds import EvidenceKind
from forensics.facts import (
    Database,
    DatabaseIdentity,
    LiveSchema,
    LiveTable,
    RelationKind,
    TrackingTable,
    TrackingTables,
)
from forensics.model import Outcome, TableName

_SEARCH = (EvidenceKind.TRACKING_SEARCH, "the whole file")


def examine(asked: Asked) -> Database:
    """Look at a file in one transaction; raises `DatabaseUnavailable` if it cannot be read.

    There is nothing to dump: the catalogue holds the statements that make it again.
    """
    with opened(asked.address.path, asked.deadline) as connection:
        guard = Guard(connection)
        look = _Look(asked.writer, asked.mask, asked.on_problem, connection, guard, asked.address)
        identity = look.identity()
        asked.on_connect(identity)
        schema = asked.mishaps.guard("the look at the catalogue", look.catalogue, None)
        read = partial(look.tracking, schema, asked.extra_tables)
        tracking = asked.mishaps.guard("the look at the tracking tables", read, None)
    return Database(identity=identity, tracking=tracking, schema=schema)


@dataclass(frozen=True, slots=True)
class _Look(Look):
    """What the steps of one look share."""

    connection: sqlite3.Connection
    guard: Guard
    address: Address

    def identity(self) -> DatabaseIdentity:
        """By its file; what wrote it last is in its header."""
        identity = DatabaseIdentity(
            dialect="sqlite",
            database=self._locator,
            server="a local file",
            server_version=written_by(self.address.path),
            role="",
        )
        note = "; ".join(self.address.notes)
        evidence = self.writer.add_value(EvidenceKind.DATABASE, self._locator, identity, note=note)
        return replace(identity, evidence=evidence)

    @property
    def _locator(self) -> str:
        return str(self.address)

    def catalogue(self) -> LiveSchema | None:
        """The catalogue, if it is available."""
        try:
            schema = read_catalogue(self._rows)
            schema = replace(schema, emptied=tuple(self._emptied(schema)))
        except ERRORS as error:
            what = f"the catalogue of {self._locator}"
            self.lose(EvidenceKind.CATALOGUE, self._locator, what, error)
            return None
        return self.keep_catalogue(schema, self._locator)

    def _emptied(self, schema: LiveSchema) -> Iterator[TableName]:
        """Tables of which SQLite has kept the greatest number it gave, and that have no row.

        One look at whether there is any row; nothing of it is read.
        """
        if not any(is_numbered(it) for it in schema.tables):
            return
        numbered = {
            str(name) for (name,) in self._rows("SELECT name FROM sqlite_sequence WHERE seq > 0")
        }
        for table in schema.tables:
            name = table.name.table
            if name not in numbered or table.kind is not RelationKind.TABLE:
                continue
            self.guard.tables.add(name)
            [(there,)] = self._rows(f"SELECT EXISTS (SELECT 1 FROM {quoted(name)})")
            self.guard.tables.discard(name)
            if not there:
                yield table.name

    def tracking(
        self, schema: LiveSchema | None, extra: tuple[TableName, ...]
    ) -> TrackingTables | None:
        """Every tracking table, read or with the reason why not."""
        if schema is None:
            return None
        names = {it.table for it in extra if it.schema in (HOME, "")}
        told = candidates(schema.tables, names, _types_of)
        try:
            seen = [self._table(table, known) for table, known in told.found]
        except ERRORS as error:
            self.lose(*_SEARCH, f"the tracking tables of {self._locator}", error)
            return None
        return self.keep_tables(seen, told, _SEARCH)

    def _table(self, table: LiveTable, known: KnownTable) -> TrackingTable:
        if table.kind is not RelationKind.TABLE:
            return TrackingTable(
                name=table.name,
                tool=known.tool,
                evidence="",
                outcome=Outcome.SKIPPED,
                problem="is a view, which may run code when it is read: never read",
            )
        self.guard.tables.add(table.name.table)
        return read_table(self._rows, table, known)

    def _rows(self, sql: str) -> Iterable[tuple[object, ...]]:
        return self.connection.execute(sql).fetchall()

    def reason(self, error: Exception) -> tuple[Outcome, str]:
        """What to call an error, and what to do next."""
        return Outcome.FAILED, one_line(str(error))[:300] or type(error).__name__


def _types_of(table: LiveTable) -> dict[str, str]:
    return {it.name: it.type for it in table.columns}
