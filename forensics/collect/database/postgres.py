"""One look at a PostgreSQL database: identity, tracking tables, catalogue, each as evidence."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import psycopg
from msgspec.structs import replace

from forensics.collect.database.address import Address, one_line
from forensics.collect.database.answering import Answering
from forensics.collect.database.attachments import read_attachments
from forensics.collect.database.catalogue import read_catalogue
from forensics.collect.database.circumstances import read_circumstances
from forensics.collect.database.collector import Asked
from forensics.collect.database.explain import unavailable
from forensics.collect.database.identity import read_identity
from forensics.collect.database.look import Look, reason
from forensics.collect.database.masking import Masking
from forensics.collect.database.privileges import read_privileges
from forensics.collect.database.receipt import note_of, read_receipt
from forensics.collect.database.search import Search, search_tracking_tables
from forensics.collect.database.session import Session, read_only_session
from forensics.collect.database.tracking import TableLook, read_tracking_table
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.recorded_database import blocked_reads
from forensics.facts import (
    Attachments,
    Circumstances,
    Database,
    DatabaseIdentity,
    LiveSchema,
    Privileges,
    TrackingTable,
    TrackingTables,
)
from forensics.model import Outcome, TableName
from forensics.model.mishaps import Mishaps

T = TypeVar("T")
_SEARCH = (EvidenceKind.TRACKING_SEARCH, "all schemas")
"""Kind and locator of the search for tracking tables."""


def examine(asked: Asked) -> Database:
    """Look at a database in one transaction; raises `DatabaseUnavailable` if it lets nobody in."""
    with read_only_session(asked.address, asked.deadline) as session:
        identity = _identity(session, asked.address, asked.writer)
        asked.on_connect(identity)
        look = PostgresLook(
            asked.writer, asked.mask, asked.on_problem, session, identity, asked.deadline
        )
        # Before our own dump begins, which locks every table.
        circumstances = asked.mishaps.guard("the look at the settings", look.circumstances, None)
        if asked.dump is not None:
            start = partial(asked.dump.start, session, identity)
            asked.mishaps.guard("the dump of the schema", start, None)
        found = look.around(circumstances, asked.extra_tables, asked.mishaps)
        asked.mishaps.guard("the receipt of the database", partial(_receipt, session, look), None)
        return found


def _receipt(session: Session, look: PostgresLook) -> None:
    """That the transaction wrote nothing, as the server sees it at its end."""
    receipt = read_receipt(session)
    look.writer.add_value(
        EvidenceKind.RECEIPT, locator_of(look.identity), receipt, note=note_of(receipt)
    )
    if receipt.read_only is not None and not receipt.clean:
        look.on_problem(f"The transaction did more than read: {note_of(receipt)}.")


def _identity(session: Session, address: Address, writer: BundleWriter) -> DatabaseIdentity:
    try:
        identity = read_identity(session)
    except psycopg.Error as error:
        refused = unavailable(error, address)
    else:
        note = "; ".join(address.notes)
        evidence = writer.add_value(
            EvidenceKind.DATABASE, locator_of(identity), identity, note=note
        )
        return replace(identity, evidence=evidence)
    raise refused


def locator_of(identity: DatabaseIdentity) -> str:
    """Under what locator a database is recorded."""
    return f"{identity.server or identity.source}/{identity.database}/{identity.role}"


@dataclass(frozen=True, slots=True)
class PostgresLook(Look):
    """What the steps of one look share; a step that fails is an outcome, and the next one runs."""

    session: Answering
    identity: DatabaseIdentity
    deadline: float

    def around(
        self,
        circumstances: Circumstances | None,
        extra_tables: tuple[TableName, ...],
        mishaps: Mishaps,
    ) -> Database:
        """All the steps but the first, which looks at settings and locks."""
        guard = mishaps.guard
        search = guard("the search for tracking tables", partial(self.search, extra_tables), None)
        tables = partial(self.tracking, search)
        tracking = guard("the look at the tracking tables", tables, None)
        schema = guard("the look at the catalogue", self.catalogue, None)
        attached = partial(self.attachments, search)
        attachments = guard("what is attached to the tracking tables", attached, None)
        privileges = guard("the look at the privileges", self.privileges, None)
        return Database(
            identity=self.identity,
            tracking=tracking,
            schema=schema,
            blocked=blocked_reads(tracking.tables if tracking else ()),
            attachments=attachments,
            privileges=privileges,
            circumstances=circumstances,
        )

    def search(self, extra_tables: tuple[TableName, ...]) -> Search | None:
        """Which tracking tables there are, if that is available."""
        try:
            with self.session.attempt():
                return search_tracking_tables(self.session, extra_tables)
        except (psycopg.Error, UnicodeDecodeError) as error:
            self.lose(*_SEARCH, f"the tracking tables of {self.identity.database}", error)
            return None

    def tracking(self, search: Search | None) -> TrackingTables | None:
        """Every tracking table of every schema, read or with the reason why not."""
        if search is None:
            return None
        # All are read before any is recorded: of a part it would be said that it is all.
        seen = [
            read_tracking_table(self.session, relation, known, self.identity.role)
            for relation, known in search.tables
        ]
        evidence = self.writer.add_value(*_SEARCH, search.record())
        return TrackingTables(tables=tuple(map(self._kept, seen)), evidence=evidence)

    def attachments(self, search: Search | None) -> Attachments | None:
        """What is attached to the tracking tables, if that is available."""
        if search is None:
            return None
        oids = [relation.oid for relation, _ in search.tables]
        kind, locator = EvidenceKind.ATTACHMENTS, "the tracking tables"
        what, read = f"what is attached to {locator}", partial(read_attachments, self.session, oids)
        found = self._read(kind, locator, what, read)
        return found and self.keep(kind, locator, found, Masking.attachments)

    def catalogue(self) -> LiveSchema | None:
        """The catalogue, if it is available."""
        kind, locator = EvidenceKind.CATALOGUE, locator_of(self.identity)
        schema = self._read(kind, locator, "the catalogue", partial(read_catalogue, self.session))
        return schema and self.keep_catalogue(schema, locator)

    def privileges(self) -> Privileges | None:
        """What the role may do, if that is available."""
        kind, locator = EvidenceKind.PRIVILEGES, locator_of(self.identity)
        read = partial(read_privileges, self.session)
        found = self._read(kind, locator, "the privileges of the role", read)
        return found and replace(found, evidence=self.writer.add_value(kind, locator, found))

    def circumstances(self) -> Circumstances | None:
        """Settings and locks, if they are available."""
        kind, locator = EvidenceKind.CIRCUMSTANCES, locator_of(self.identity)
        read = partial(read_circumstances, self.session)
        found = self._read(kind, locator, "settings and locks", read)
        return found and replace(found, evidence=self.writer.add_value(kind, locator, found))

    def _read(self, kind: EvidenceKind, locator: str, what: str, read: Callable[[], T]) -> T | None:
        """What was read in an attempt of its own; `None`, and told, where it could not be."""
        try:
            with self.session.attempt():
                return read()
        except (psycopg.Error, UnicodeDecodeError) as error:
            self.lose(kind, locator, f"{what} of {self.identity.database}", error)
            return None

    def _kept(self, seen: TableLook) -> TrackingTable:
        note = one_line(seen.note)
        collected = seen.table.outcome is Outcome.COLLECTED
        return self.keep_table(seen.table if collected else replace(seen.table, problem=note), note)

    def reason(self, error: Exception) -> tuple[Outcome, str]:
        """What to call an error, and what to do next."""
        busy = isinstance(error, psycopg.errors.QueryCanceled | psycopg.errors.LockNotAvailable)
        said = error.diag.message_primary if isinstance(error, psycopg.Error) else str(error)
        return reason(
            late=time.monotonic() >= self.deadline,
            lost=self.session.lost,
            busy=busy,
            said=said or type(error).__name__,
        )
