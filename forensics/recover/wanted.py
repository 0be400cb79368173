"""Which migrations need their original looked for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.facts import (
    Facts,
    ListPlace,
    Migration,
    MigrationFile,
    RecoveryVerdict,
    TrackingRow,
    TrackingTable,
)
from forensics.model import Outcome, Record
from forensics.tracking.matching import readable, recorded_rows

_HASH = re.compile(r"[0-9a-f]{64}")
"""A SHA-256: others were never the hash of a file."""


class Wanted(Record, frozen=True, kw_only=True):
    """A listed migration whose file is gone, or does not have the recorded hash."""

    migration: Migration
    file: MigrationFile
    table: TrackingTable | None = None
    row: TrackingRow | None = None

    @property
    def recorded(self) -> str | None:
        """The hash to find, where one was recorded: some drivers and people record none."""
        return self.row.checksum if self.row and _HASH.fullmatch(self.row.checksum) else None


def wanted(facts: Facts) -> tuple[Wanted, ...]:
    """In the order of the list; a path that is listed twice counts once."""
    if facts.history is None or facts.files is None:
        return ()
    rows = recorded_rows(facts.history, facts.files, facts.tool, facts.tracking)
    found: dict[str, Wanted] = {}
    for migration in facts.history.migrations:
        file = facts.files.get(migration.path)
        table, row = rows.get(migration.position, (None, None))
        if file is not None and migration.path not in found and _is_lost(file, row):
            found[migration.path] = Wanted(migration=migration, file=file, table=table, row=row)
    return tuple(found.values())


def wanted_hashes(facts: Facts) -> frozenset[str]:
    """What the database recorded and nothing seen so far has; for the search of git's store."""
    proven = facts.recovered.items if facts.recovered else ()
    found = {item.recorded for item in proven if item.verdict is RecoveryVerdict.PROVEN}
    found |= {
        it.row.checksum
        for it in (facts.recovered.strangers if facts.recovered else ())
        if it.source
    }
    return frozenset(_recorded(facts)) - found


def wanted_stamps(facts: Facts) -> frozenset[int]:
    """The timestamps of rows whose migration no list has that was seen so far."""
    found = facts.recovered.strangers if facts.recovered else ()
    return frozenset(
        it.row.at for it in found if it.place is ListPlace.NOWHERE and it.row.at is not None
    )


def _recorded(facts: Facts) -> Iterator[str]:
    held = {file.sha256 for file in facts.files.files} if facts.files else set()
    for table in readable(facts.tool, facts.tracking):
        for row in table.rows:
            if _HASH.fullmatch(row.checksum) and row.checksum not in held:
                yield row.checksum


def _is_lost(file: MigrationFile, row: TrackingRow | None) -> bool:
    if file.outcome is Outcome.ABSENT:
        return True
    if file.outcome is not Outcome.COLLECTED or row is None or not row.checksum:
        return False
    return file.sha256 != row.checksum and row.at is not None
