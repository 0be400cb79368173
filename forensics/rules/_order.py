"""The order of the timestamps in the list of migrations: where it breaks, and what would fix it."""

from __future__ import annotations

from collections.abc import Mapping

from forensics.facts import (
    Files,
    History,
    LedgerShape,
    Migration,
    Presence,
    Standing,
    ToolUse,
    TrackingTable,
    TrackingTables,
)
from forensics.model import Record, WriteFile
from forensics.rules._account import Account
from forensics.rules._journal import rewritten
from forensics.tracking.matching import matching_rows, readable, recorded_rows


class RecordedOrder(Record, frozen=True, kw_only=True):
    """What the database says of the order."""

    recorded: frozenset[int]
    """The positions that any table of the tool records."""
    read: TrackingTable | None
    """The table that the tool compares with."""
    ledger: LedgerShape
    newest: int | None
    """The greatest timestamp in any table that records one of the migrations."""
    evidence: tuple[str, ...]

    def skips(self, migration: Migration) -> bool:
        """Whether the tool skips it here: its timestamp is at most the newest row's."""
        newest = self.read.newest if self.read else None
        return newest is not None and (migration.stamp or 0) <= newest


class Disorder(Record, frozen=True, kw_only=True):
    """A migration that is stamped no later than one before it, or than one that was applied."""

    migration: Migration
    culprit: Migration
    """The latest stamped of those before it; where it is passed over, of those applied."""
    applied: bool
    stamp: int
    """One millisecond after all before it, those that are put right as well included."""
    helps: bool
    """Whether that timestamp makes it run, and puts no later migration out of order."""
    edit: tuple[WriteFile, ...]
    """The list with a timestamp that makes it run here; empty where it was applied, or its
    place in the text is not known."""

    @property
    def passed_over(self) -> bool:
        """Whether the list alone is in order: what hides it is listed after it, and applied."""
        return self.culprit.position > self.migration.position


def seen(
    history: History, tool: ToolUse, files: Files | None, tracking: TrackingTables | None
) -> RecordedOrder:
    """What the tables of the tool say, the one it reads and all others."""
    tables = readable(tool, tracking)
    rows = recorded_rows(history, files, tool, tracking)
    stamps = (table.newest for table, _ in rows.values())
    return RecordedOrder(
        recorded=frozenset(rows),
        read=next((table for table in tables if table.name == tool.tracking), None),
        newest=max((stamp for stamp in stamps if stamp is not None), default=None),
        ledger=tool.ledger,
        evidence=tuple(table.evidence for table in tables),
    )


def passed_over(
    history: History, files: Files | None, database: RecordedOrder, standing: Standing | None
) -> dict[int, Migration]:
    """Position -> the newest applied migration that hides it, where nothing of it is there.

    What hides it is a row with the very timestamp that the list has for its migration; one that
    no tool wrote, and a row of no listed migration, have rules of their own. Unless the catalogue
    shows that all effects are absent, its row may as well have been lost.
    """
    table = database.read
    if table is None or standing is None or any(row.at is None for row in table.rows):
        return {}
    if len(standing.migrations) != len(history.migrations):
        return {}
    rows = matching_rows(database.ledger, table, history, files)
    recorded = ((it, rows.get(it.position)) for it in history.migrations)
    sound = [it for it, row in recorded if row is not None and row.at == it.stamp]
    newest = max(sound, key=lambda it: it.stamp or 0, default=None)
    if newest is None:
        return {}
    return {
        migration.position: newest
        for migration, there in zip(history.migrations, standing.migrations, strict=True)
        if migration.position < newest.position
        and migration.position not in database.recorded
        and migration.stamp is not None
        and migration.stamp <= (newest.stamp or 0)
        and there.presence is Presence.ABSENT
    }


def hidden_in(found: Account) -> Mapping[int, Migration]:
    """The same of the table that the tool reads."""
    database = seen(found.history, found.tool, found.files, found.tracking)
    return passed_over(found.history, found.files, database, found.standing)


def disorders(
    history: History, database: RecordedOrder, hidden: Mapping[int, Migration] = {}
) -> tuple[Disorder, ...]:
    """Every migration out of order, in list order, and those that are passed over.

    What is recorded keeps its timestamp: with another one it would run again.
    """
    culprits = {**hidden, **_culprits(history)}
    found: list[Disorder] = []
    latest = 0
    for migration in history.migrations:
        if migration.position in culprits:
            applied = migration.position in database.recorded
            culprit = culprits[migration.position]
            late = culprit.position > migration.position
            latest = max(latest, database.newest or 0) if late else latest
            latest += not applied
            kept = _kept(history, migration, culprits, database.recorded if late else frozenset())
            found.append(
                Disorder(
                    migration=migration,
                    culprit=culprit,
                    applied=applied,
                    stamp=latest,
                    helps=not applied
                    and latest > (database.newest or 0)
                    and all(later > latest for later in kept)
                    and not (late and culprit.stamp != database.newest),
                    edit=() if applied else _edit(history, migration, latest, database),
                )
            )
        latest = max(latest, migration.stamp or 0)
    return tuple(found)


def _culprits(history: History) -> dict[int, Migration]:
    found: dict[int, Migration] = {}
    latest: Migration | None = None
    for migration in history.migrations:
        if migration.stamp is None:
            continue
        if latest is None or migration.stamp > (latest.stamp or 0):
            latest = migration
        else:
            found[migration.position] = latest
    return found


def _kept(
    history: History,
    migration: Migration,
    culprits: Mapping[int, Migration],
    without: frozenset[int],
) -> list[int]:
    """The timestamps of later migrations that are in order as they are, but for some positions."""
    return [
        later.stamp
        for later in history.migrations
        if later.position > migration.position
        and later.position not in culprits
        and later.position not in without
        and later.stamp is not None
    ]


def _edit(
    history: History, migration: Migration, stamp: int, database: RecordedOrder
) -> tuple[WriteFile, ...]:
    return rewritten(history, [(migration.listed_at, max(stamp, (database.newest or 0) + 1))])
