"""The order of the stamps of a list of migrations: where it breaks, and what would mend it."""

from __future__ import annotations

from forensics.applied import readable, recorded_rows
from forensics.facts import Files, History, Migration, ToolUse, TrackingTable, TrackingTables
from forensics.model import Record, WriteFile


class Seen(Record, frozen=True, kw_only=True):
    """What the database says of the order."""

    recorded: frozenset[int]
    """The positions that any table of the tool records."""
    read: TrackingTable | None
    """The table that `migrate` compares with."""
    newest: int | None
    """The greatest stamp in any table that records one of the migrations."""
    evidence: tuple[str, ...]

    def skips(self, migration: Migration) -> bool:
        """Whether `migrate` passes it by here: what is stamped no later than the newest row."""
        newest = self.read.newest if self.read else None
        return newest is not None and (migration.when or 0) <= newest


class Disorder(Record, frozen=True, kw_only=True):
    """A migration that is stamped no later than one before it."""

    migration: Migration
    culprit: Migration
    """The latest stamped of those before it."""
    applied: bool
    stamp: int
    """One millisecond after all before it, those that are put right as well included."""
    helps: bool
    """Whether that stamp makes it run, and puts no later migration out of order."""
    edit: tuple[WriteFile, ...]
    """The list with a stamp that makes it run here; empty where it was applied, or its place in
    the text is not known."""


def seen(
    history: History, tool: ToolUse, files: Files | None, tracking: TrackingTables | None
) -> Seen:
    """What the tables of the tool say, the one it reads and all others."""
    tables = readable(tool, tracking)
    rows = recorded_rows(history, files, tool, tracking)
    stamps = (table.newest for table, _ in rows.values())
    return Seen(
        recorded=frozenset(rows),
        read=next((table for table in tables if table.name == tool.tracking), None),
        newest=max((stamp for stamp in stamps if stamp is not None), default=None),
        evidence=tuple(table.evidence for table in tables),
    )


def disorders(history: History, database: Seen) -> tuple[Disorder, ...]:
    """Every migration out of order, in the list's order.

    What is recorded keeps its stamp: with another one it would run again.
    """
    culprits = _culprits(history)
    found: list[Disorder] = []
    latest = 0
    for migration in history.migrations:
        if migration.position in culprits:
            applied = migration.position in database.recorded
            latest += not applied
            found.append(
                Disorder(
                    migration=migration,
                    culprit=culprits[migration.position],
                    applied=applied,
                    stamp=latest,
                    helps=not applied
                    and latest > (database.newest or 0)
                    and all(later > latest for later in _kept(history, migration, culprits)),
                    edit=() if applied else _edit(history, migration, latest, database),
                )
            )
        latest = max(latest, migration.when or 0)
    return tuple(found)


def _culprits(history: History) -> dict[int, Migration]:
    found: dict[int, Migration] = {}
    latest: Migration | None = None
    for migration in history.migrations:
        if migration.when is None:
            continue
        if latest is None or migration.when > (latest.when or 0):
            latest = migration
        else:
            found[migration.position] = latest
    return found


def _kept(history: History, migration: Migration, culprits: dict[int, Migration]) -> list[int]:
    """The stamps of later migrations that are in order as they are."""
    return [
        later.when
        for later in history.migrations
        if later.position > migration.position
        and later.position not in culprits
        and later.when is not None
    ]


def _edit(
    history: History, migration: Migration, stamp: int, database: Seen
) -> tuple[WriteFile, ...]:
    if migration.stamp is None or history.text is None:
        return ()
    start, end = migration.stamp
    stamp = max(stamp, (database.newest or 0) + 1)
    after = f"{history.text[:start]}{stamp}{history.text[end:]}"
    return (WriteFile(path=history.path, before=history.text, after=after),)
