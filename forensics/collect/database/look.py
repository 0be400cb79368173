"""What one look at a database records, of the kinds whose catalogue tells of every table."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from forensics.collect.database.address import one_line
from forensics.collect.database.known_tables import NAMES, KnownTable, recognise
from forensics.collect.database.masking import Mask, Masking
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.recorded_database import PassedOver, TrackingSearch, table_locator
from forensics.evidence.sealing import encode
from forensics.facts import LiveSchema, LiveTable, TrackingTable, TrackingTables
from forensics.model import Outcome
from forensics.tracking.ledgers import integer

Recorded = TypeVar("Recorded", bound=msgspec.Struct)


@dataclass(slots=True)
class Candidates:
    """Tables that are called, or made, like one in which a tool records migrations."""

    found: list[tuple[LiveTable, KnownTable]]
    passed: list[PassedOver]
    """What has the name, and not the columns."""


def candidates(
    tables: Iterable[LiveTable],
    asked: set[str],
    types_of: Callable[[LiveTable], Mapping[str, str]],
) -> Candidates:
    """Those of a catalogue; `asked` are read whatever they are called."""
    told = Candidates([], [])
    for table in tables:
        name = table.name.table
        known = recognise(name, types_of(table), asked_for=name in asked)
        if known is not None:
            told.found.append((table, known))
        elif name in NAMES or name in asked:
            columns = ", ".join(f"{it.name} {it.type}" for it in table.columns)
            why = f"no tool's columns: {columns[:200]}"
            told.passed.append(PassedOver(name=table.name, why=why))
    return told


def told_rows(
    table: LiveTable, known: KnownTable, found: Sequence[Sequence[str | None]]
) -> TrackingTable:
    """A table with its rows, the newest first, in words of its tool."""
    columns = tuple(it.name for it in table.columns)
    rows = [dict(zip(columns, row, strict=True)) for row in reversed(found)]
    ledger = known.reader_of(columns)
    at = ledger.shape.at if ledger else None
    odd = at is not None and any(_is_no_number(row.get(at)) for row in rows)
    return TrackingTable(
        name=table.name,
        tool=known.tool,
        evidence="",
        outcome=Outcome.FAILED if odd else Outcome.COLLECTED,
        problem=f"a row has a {at} that is not a number: correct it, and try again" if odd else "",
        columns=columns,
        rows=tuple(ledger.read(row) for row in rows) if ledger else (),
        raw_rows=() if ledger else tuple(tuple(row.values()) for row in rows),
        is_lock=known.lock,
    )


def _is_no_number(text: str | None) -> bool:
    """SQLite keeps what it is given; to a tool it is then neither early nor late."""
    return text is not None and integer(text) is None


@dataclass(frozen=True, slots=True)
class Look(ABC):
    """Masks and records what was seen; what could not be read in full is told."""

    writer: BundleWriter
    mask: Mask
    on_problem: Callable[[str], None]

    def keep(
        self,
        kind: EvidenceKind,
        locator: str,
        found: Recorded,
        masked: Callable[[Masking, Recorded], Recorded],
    ) -> Recorded:
        """What was found, as it was recorded."""
        masking = Masking(self.mask)
        kept = masked(masking, found)
        evidence = self.writer.add(kind, locator, data=encode(kept), masked=masking.count)
        return replace(kept, evidence=evidence)

    def keep_catalogue(self, schema: LiveSchema, locator: str) -> LiveSchema:
        """The catalogue as it was recorded."""
        return self.keep(EvidenceKind.CATALOGUE, locator, schema, Masking.schema)

    def keep_tables(
        self, seen: Iterable[TrackingTable], told: Candidates, where: tuple[EvidenceKind, str]
    ) -> TrackingTables:
        """The tracking tables as they were recorded, after the search for them."""
        found = tuple(table.name for table, _ in told.found)
        search = TrackingSearch(names=NAMES, found=found, passed_over=tuple(told.passed))
        evidence = self.writer.add_value(*where, search)
        tables = tuple(self.keep_table(table, table.problem) for table in seen)
        return TrackingTables(tables=tables, evidence=evidence)

    def keep_table(self, table: TrackingTable, note: str) -> TrackingTable:
        """A tracking table as it was recorded; a note is told."""
        masking = Masking(self.mask)
        masked = masking.table(table)
        evidence = self.writer.add(
            EvidenceKind.TRACKING_TABLE,
            table_locator(masked.name),
            masked.outcome,
            data=encode(masked),
            masked=masking.count,
            note=note,
        )
        if note:
            end = "" if note.endswith(";") else "."  # a GRANT to copy
            self.on_problem(one_line(f"{masked.name}: {note}{end}"))
        return replace(masked, evidence=evidence)

    def lose(self, kind: EvidenceKind, locator: str, what: str, error: Exception) -> None:
        """Record and tell that something could not be read."""
        outcome, why = self.reason(error)
        line = f"Could not read {what}: {why}."
        self.writer.add(kind, locator, outcome, note=line)
        self.on_problem(line)

    @abstractmethod
    def reason(self, error: Exception) -> tuple[Outcome, str]:
        """What to call an error, and what to do next."""


def reason(*, late: bool, lost: bool, busy: bool, said: str) -> tuple[Outcome, str]:
    """The same of a server: whether the time is over, the line is lost, or it is busy."""
    if late:
        return Outcome.TIMED_OUT, "it took too long; give it more time or try again"
    if lost:
        return Outcome.FAILED, "the connection was lost; see the server's log and try again"
    if busy:
        return Outcome.TIMED_OUT, "the server was too busy to answer in time; try again"
    return Outcome.FAILED, one_line(said)[:300]
