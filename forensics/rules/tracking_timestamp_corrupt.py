"""A row of the tracking table has a timestamp that the tool did not write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from forensics.dialects import dialect_of
from forensics.dialects.repeats import lacks_all
from forensics.facts import (
    Family,
    Files,
    History,
    LedgerShape,
    LiveSchema,
    Migration,
    ToolUse,
    TrackingRow,
    TrackingTable,
    TrackingTables,
)
from forensics.facts.variants import cosmetic_variants
from forensics.model import (
    Artefact,
    Cell,
    Finding,
    Fix,
    Outcome,
    Record,
    Safety,
    Scalar,
    Severity,
    Unanswered,
    UpdateRow,
)
from forensics.rules._base import rule
from forensics.tracking.ledgers import without
from forensics.tracking.matching import EARLIEST, LATEST, SHA256, matching_rows


class _Kind(StrEnum):
    """In which way a timestamp is not one that the tool wrote."""

    NULL = "is NULL"
    SECONDS = "is in seconds"
    MICROSECONDS = "is in microseconds"
    ROUNDED = "is a whole second, as a later release of the tool records it"
    LATER = "is later than the timestamp in the list"
    BY_HAND = "is in a row with a hash that no tool wrote"


class _Bad(Record, frozen=True, kw_only=True):
    row: TrackingRow
    kind: _Kind
    migration: Migration | None


@rule(
    artefact=Artefact.MIGRATION_ORDER,
    since="0.1.0",
    families=frozenset({Family.HIGH_WATER_MARK}),
)
def tracking_timestamp_corrupt(
    history: History,
    files: Files,
    tool: ToolUse,
    tracking: TrackingTables,
    schema: LiveSchema | None,
) -> Iterator[Finding | Unanswered]:
    """
    A row of the tracking table has a timestamp that the tool did not write.

    ## What breaks

    A tool that compares the newest recorded time with the timestamps of the list goes wrong. With
    NULL or seconds instead of milliseconds everything counts as pending: it runs again, and stops
    at what already exists. A time that is too late, as in a row inserted by hand with the current
    time, hides every migration generated before it: they are skipped, and applying migrations
    reports success. A later release may record whole seconds: if you go back to the earlier one, it
    runs the newest migration again.

    ## Evidence

    The rows and the list. The checksum identifies the migration of a row; failing that, the time
    does, if it equals a listed timestamp in seconds, in whole seconds, or in microseconds.

    ## Not this

    A row whose time equals a listed timestamp is intact, whatever its checksum. A row with another
    time in milliseconds and an unknown checksum is `applied-but-unknown-migration`. A row with an
    earlier time than the list says was recorded before the timestamp in the list changed. A list
    with timestamps in the future is `migration-out-of-order`.

    ## Fix

    Set the row to the timestamp that the list has for its migration. The row is found by its
    checksum and its old time. If the migration of a row is unknown, somebody has to decide.

    ## Fix safety

    Safe in the database that was examined, for a row whose checksum is that of the file. Review it
    first if the migration was identified by other means.

    ## Prevention

    Never write rows by hand. A baseline takes checksum and timestamp from the files and the list,
    in milliseconds, never from the clock.
    """
    table = tracking.get(tool.tracking)
    if table is None or not history.migrations:
        return
    if table.outcome is not Outcome.COLLECTED:
        yield tracking_timestamp_corrupt.unread(table)
        return
    corrupt = _corrupt(tool.ledger, table, history, files)
    found = _with_the_last_one(tool.ledger, corrupt, table, history, files, schema)
    if found:
        yield _finding(table, history, tool, found)


# --- Which rows -----------------------------------------------------------------------------------


def _corrupt(
    ledger: LedgerShape, table: TrackingTable, history: History, files: Files
) -> list[_Bad]:
    stamps = {migration.stamp for migration in history.migrations}
    strange = [row for row in table.rows if row.at not in stamps or row.at is None]
    recorded = {
        position
        for position, row in matching_rows(ledger, table, history, files).items()
        if row.at in stamps
    }
    open_ = [migration for migration in history.migrations if migration.position not in recorded]
    found = ((row, _migration_of(row, open_, files)) for row in strange)
    return [
        _Bad(row=row, kind=kind, migration=migration)
        for row, migration in found
        if (kind := _kind(row, migration)) is not None
    ]


def _migration_of(
    row: TrackingRow, migrations: Sequence[Migration], files: Files
) -> Migration | None:
    """Of those without a sound row, the one that a row belongs to.

    By its hash, also that of a file with other line ends; else by a timestamp in another unit.
    """
    held = {migration.position: files.get(migration.path) for migration in migrations}
    for migration in migrations:
        file = held[migration.position]
        if file is not None and file.sha256 and file.sha256 == row.checksum:
            return migration
    for migration in migrations:
        file = held[migration.position]
        if file is not None and row.checksum in cosmetic_variants(file.text):
            return migration
    if row.at is None:
        return None
    dated = ((it, it.stamp) for it in migrations if it.stamp is not None)
    return next((it for it, at in dated if at // 1000 == row.at or row.at // 1000 == at), None)


def _kind(row: TrackingRow, migration: Migration | None) -> _Kind | None:
    stamp = row.at
    if stamp is None:
        return _Kind.NULL
    if stamp < EARLIEST:
        return _Kind.SECONDS
    if stamp > LATEST:
        return _Kind.MICROSECONDS
    if migration is None:
        return None if SHA256.fullmatch(row.checksum) else _Kind.BY_HAND
    when = migration.stamp
    if when is None or stamp == when:
        return None
    if stamp == when // 1000 * 1000:
        return _Kind.ROUNDED
    return _Kind.LATER if stamp > when else None


def _with_the_last_one(
    ledger: LedgerShape,
    found: list[_Bad],
    table: TrackingTable,
    history: History,
    files: Files,
    schema: LiveSchema | None,
) -> list[_Bad]:
    """One row that is left, and one migration whose effects the database has, belong together."""
    lost = [bad for bad in found if bad.migration is None]
    if len(lost) != 1 or schema is None:
        return found
    taken = set(matching_rows(ledger, table, history, files))
    taken |= {bad.migration.position for bad in found if bad.migration is not None}
    left = [m for m in history.migrations if m.position not in taken]
    texts = {it.position: file.text for it in left if (file := files.get(it.path))}
    there = [it for it in left if (text := texts.get(it.position)) and not lacks_all(schema, text)]
    if len(there) != 1:
        return found
    return [
        bad if bad.migration is not None else _Bad(row=bad.row, kind=bad.kind, migration=there[0])
        for bad in found
    ]


# --- What is said ---------------------------------------------------------------------------------


def _finding(
    table: TrackingTable, history: History, tool: ToolUse, found: Sequence[_Bad]
) -> Finding:
    telling = {table.newest} | ({None} if dialect_of(tool).nulls_first else set())
    decides = any(bad.row.at in telling for bad in found)
    kinds = " and ".join(dict.fromkeys(_TITLES[bad.kind] for bad in found))
    return tracking_timestamp_corrupt.finding(
        severity=Severity.MEDIUM if decides else Severity.LOW,
        subject=str(table.name),
        title=f"{table.name} records timestamps {kinds}",
        root_cause=(*_told(found), *_effects(found, table, history, tool)),
        evidence=(table, history),
        fix=_fix(tool.ledger, table, found),
    )


_TITLES = {
    _Kind.NULL: "that are NULL",
    _Kind.SECONDS: "in seconds",
    _Kind.MICROSECONDS: "in microseconds",
    _Kind.ROUNDED: "in whole seconds",
    _Kind.LATER: "later than the list's",
    _Kind.BY_HAND: "that were written by hand",
}
_SHOWN = 3


def _told(found: Sequence[_Bad]) -> Iterator[str]:
    for bad in found[:_SHOWN]:
        which = (
            f"of hash {bad.row.checksum[:12]}" if bad.row.id is None else f"with id {bad.row.id}"
        )
        at = bad.row.at
        is_ = str(bad.kind) if at is None else f"is {at}: it {bad.kind}"
        yield f"The timestamp of the row {which} {is_}{_listed(bad)}."
    if (more := len(found) - _SHOWN) > 0:
        yield f"{more} more {'row has' if more == 1 else 'rows have'} the same problem."


def _listed(bad: _Bad) -> str:
    if bad.migration is None:
        return "; its migration is unknown"
    return f"; the list has {bad.migration.stamp} for {bad.migration.key}"


def _effects(
    found: Sequence[_Bad], table: TrackingTable, history: History, tool: ToolUse
) -> Iterator[str]:
    apply, newest = f"`{tool.words.apply}`", table.newest or 0
    nulls_first = dialect_of(tool).nulls_first or table.newest is None
    if any(bad.kind is _Kind.NULL for bad in found) and nulls_first:
        yield f"{apply} sorts NULL first and reads it as 0, so it starts again from the beginning."
        return
    if newest < min(m.stamp or 0 for m in history.migrations):
        yield f"The newest timestamp, {newest}, is before the whole list: {apply} runs all of it."
    elif again := [it for it in found if it.kind is _Kind.ROUNDED and it.row.at == newest]:
        key = again[0].migration.key if again[0].migration else ""
        yield f"{apply} runs {key} again: {newest}, the newest in the table, is before its time."
    elif any(bad.row.at == newest for bad in found):
        yield f"{apply} skips every timestamp up to {newest}, the newest in the table."
    else:
        yield f"A later row decides what {apply} runs, so this has no effect now."


def _fix(ledger: LedgerShape, table: TrackingTable, found: Sequence[_Bad]) -> Fix | None:
    steps = tuple(step for bad in found if (step := _stamped(ledger, table, bad)) is not None)
    if len(steps) < len(found) or not _told_apart(ledger, table, steps):
        return None
    known = all(SHA256.fullmatch(bad.row.checksum) for bad in found)
    late = any(bad.kind is _Kind.LATER for bad in found)
    return Fix(
        title=f"Set {'the row' if len(steps) == 1 else 'the rows'} to the timestamps of the list",
        steps=steps,
        safety=Safety.SAFE if known and not late else Safety.REVIEW,
        safety_note=_note(known=known, late=late),
    )


def _stamped(ledger: LedgerShape, table: TrackingTable, bad: _Bad) -> UpdateRow | None:
    if ledger.at is None or bad.migration is None or bad.migration.stamp is None:
        return None
    return UpdateRow(
        table=table.name,
        column=ledger.at,
        before=bad.row.at,
        after=bad.migration.stamp,
        where=without(ledger, bad.row, ledger.at),
        why="give the row the timestamp that the list of migrations has for it",
    )


def _told_apart(ledger: LedgerShape, table: TrackingTable, steps: Sequence[UpdateRow]) -> bool:
    """Whether each row is the only one of its kind; after the fix too, so that it can be undone."""
    keys: list[tuple[tuple[Cell, ...], Scalar]] = [
        (without(ledger, row, ledger.at or ""), row.at) for row in table.rows
    ]
    after = [(step.where, step.after) for step in steps]
    if any(keys.count((step.where, step.before)) > 1 for step in steps):
        return False
    return len(set(after)) == len(after) and not {*after} & {*keys}


def _note(*, known: bool, late: bool) -> str:
    if late:
        return (
            "A list of another branch may have a later timestamp for the same migration, and been "
            "applied: look for it first, since that list would run the migration again."
        )
    if known:
        return "Hashes and ids stay the same. In another database other rows may be wrong."
    return "The migration of a row was concluded from what the database has: check that."
