"""One look at a MySQL or MariaDB database: identity, catalogue, tracking tables, as evidence."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from msgspec.structs import replace

from forensics import limits
from forensics.collect.database.address import Address
from forensics.collect.database.collector import Asked
from forensics.collect.database.known_tables import NAMES, KnownTable
from forensics.collect.database.look import Look, candidates, reason, told_rows
from forensics.collect.database.mysql.explain import DENIED, TOO_LONG, number_of, unavailable
from forensics.collect.database.mysql.rights import sees_everything
from forensics.collect.database.mysql.session import Session, errors, read_only_session
from forensics.dialects.mysql.catalogue import Row, read_catalogue
from forensics.dialects.mysql.text import literal, quoted
from forensics.dialects.mysql.work import HOME
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.recorded_database import PassedOver
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

_SEARCH = (EvidenceKind.TRACKING_SEARCH, "the whole database")
_IDENTITY = """\
SELECT DATABASE(), IF(CURRENT_USER() = '@', USER(), CURRENT_USER()), @@version, @@read_only"""
_ELSEWHERE = """\
SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES
WHERE TABLE_SCHEMA <> DATABASE() AND TABLE_NAME IN ({names}) ORDER BY 1, 2 LIMIT 100"""
_REMOTE = frozenset({"federated", "connect", "spider", "sphinx", "oqgraph", "s3"})
"""Engines whose tables lie elsewhere, or are computed."""


def examine(asked: Asked) -> Database:
    """Look at a database in one transaction; raises `DatabaseUnavailable` if it lets nobody in.

    There is nothing to dump: the catalogue is enough to make the schema again.
    """
    with read_only_session(asked.address, asked.deadline) as session:
        look = _Look(
            asked.writer, asked.mask, asked.on_problem, session, asked.address, asked.deadline
        )
        identity = look.identity()
        asked.on_connect(identity)
        is_whole = partial(look.is_whole, identity)
        whole = asked.mishaps.guard("the look at the rights", is_whole, False)
        read = look.catalogue if whole else partial(look.hidden, identity)
        schema = asked.mishaps.guard("the look at the catalogue", read, None)
        tables = partial(look.tracking, schema, asked.extra_tables)
        tracking = asked.mishaps.guard("the look at the tracking tables", tables, None)
    return Database(identity=identity, tracking=tracking, schema=schema)


@dataclass(frozen=True, slots=True)
class _Look(Look):
    """What the steps of one look share; a step that fails is an outcome, and the next one runs."""

    session: Session
    address: Address
    deadline: float

    def identity(self) -> DatabaseIdentity:
        """Database, server, version, role; raises `DatabaseUnavailable`."""
        try:
            [(database, role, version, read_only)] = self.session.rows(_IDENTITY)
        except errors() as error:
            refused = unavailable(error, self.address)
        else:
            identity = DatabaseIdentity(
                dialect="mysql",
                database=str(database),
                server=self.session.server,
                server_version=str(version),
                role=str(role),
                replica=str(read_only) not in ("0", "OFF"),
            )
            note = "; ".join(self.address.notes)
            kind, locator = EvidenceKind.DATABASE, self._locator
            evidence = self.writer.add_value(kind, locator, identity, note=note)
            return replace(identity, evidence=evidence)
        raise refused

    @property
    def _locator(self) -> str:
        return f"{self.session.server}/{self.address.database}/{self.address.role or ''}"

    def is_whole(self, identity: DatabaseIdentity) -> bool:
        """Whether the catalogue shows every table to this role."""
        return sees_everything(self.session.asked, identity.database)

    def hidden(self, identity: DatabaseIdentity) -> None:
        """Where the catalogue hides tables, it does not show which ones are missing."""
        line = (
            f"Role {identity.role} sees only those tables of {identity.database} that it has a "
            f"right on: ask for GRANT SELECT ON {identity.database}.* TO this role."
        )
        self.writer.add(EvidenceKind.CATALOGUE, self._locator, Outcome.DENIED, note=line)
        self.writer.add(*_SEARCH, Outcome.DENIED, note=line)
        self.on_problem(line)

    def catalogue(self) -> LiveSchema | None:
        """The catalogue; `None` where it could not be read."""
        try:
            schema = read_catalogue(self.session.rows)
        except errors() as error:
            self.lose(
                EvidenceKind.CATALOGUE,
                self._locator,
                f"the catalogue of {self.address.database}",
                error,
            )
            return None
        return self.keep_catalogue(schema, self._locator)

    def tracking(
        self, schema: LiveSchema | None, extra: tuple[TableName, ...]
    ) -> TrackingTables | None:
        """Every tracking table of this database, read or with the reason why not."""
        if schema is None:
            return None
        names = {it.table for it in extra if it.schema in (HOME, self.address.database)}
        told = candidates(schema.tables, names, _types_of)
        try:
            seen = [self._table(table, known) for table, known in told.found]
            told.passed += self._elsewhere()
        except errors() as error:
            self.lose(*_SEARCH, f"the tracking tables of {self.address.database}", error)
            return None
        return self.keep_tables(seen, told, _SEARCH)

    def _elsewhere(self) -> Iterator[PassedOver]:
        """Tables of such a name in other databases of the server; none of them is read."""
        names = ", ".join(map(literal, NAMES))
        for database, table in self.session.rows(_ELSEWHERE.format(names=names)):
            name = TableName(schema=str(database), table=str(table))
            yield PassedOver(name=name, why="in another database than the address names")

    def _table(self, table: LiveTable, known: KnownTable) -> TrackingTable:
        unread = partial(TrackingTable, name=table.name, tool=known.tool, evidence="")
        if problem := _untouchable(table):
            return unread(outcome=Outcome.SKIPPED, problem=problem)
        try:
            return _read_table(self.session.rows, table, known)
        except errors() as error:
            if number_of(error) not in DENIED:
                raise
            grant = f"GRANT SELECT ON {table.name.table} TO CURRENT_USER();"
            return unread(outcome=Outcome.DENIED, grant=grant)

    def reason(self, error: Exception) -> tuple[Outcome, str]:
        """What to call an error, and what to do next."""
        return reason(
            late=time.monotonic() >= self.deadline,
            lost=self.session.lost,
            busy=number_of(error) in TOO_LONG,
            said=str(error.args[-1]) if error.args else type(error).__name__,
        )


def _untouchable(table: LiveTable) -> str:
    """Why it must not be read whatever it holds; empty for a table."""
    if table.kind is not RelationKind.TABLE:
        return "is a view, which may run code when it is read: never read"
    words = (table.definition or "").lower().replace("=", " ").split()
    if "engine" in words and words[words.index("engine") + 1] in _REMOTE:
        return "lies on another server, or is computed: never read"
    return ""


def _read_table(
    query: Callable[[str], list[Row]], table: LiveTable, known: KnownTable
) -> TrackingTable:
    """All rows of a table in the order in which they were written; raises the driver's errors."""
    columns = tuple(it.name for it in table.columns)
    cells = ", ".join(f"LEFT(CAST({quoted(it)} AS CHAR), {limits.CELL})" for it in columns)
    order = f" ORDER BY {quoted(known.order)} DESC" if known.order in columns else ""
    found = query(f"SELECT {cells} FROM {quoted(table.name.table)}{order} LIMIT {limits.ROWS}")
    return told_rows(table, known, [tuple(map(_text, row)) for row in found])


def _types_of(table: LiveTable) -> Mapping[str, str]:
    """Column -> type in plain words, by which a tool knows its own table."""
    return {it.name: it.type.partition("(")[0].partition(" ")[0] for it in table.columns}


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    return None if value is None else str(value)
