"""The effects of migrations are in the database, but no tracking table records them."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import MadeBy, ToolUse, TrackingTable, TrackingTables
from forensics.model import Artefact, Finding, Outcome, Severity, Unanswered
from forensics.model.wording import counted
from forensics.rules._account import Account
from forensics.rules._base import rule
from forensics.rules._baseline import about_missing, left_out, listed_tags, quoted
from forensics.rules._drivers import left_by_driver
from forensics.rules._made_by import ids_lost, was_pushed


@rule(artefact=Artefact.TRACKING_TABLE, since="0.1.0")
def tracking_rows_missing(
    found: Account | None, tool: ToolUse, tracking: TrackingTables
) -> Iterator[Finding | Unanswered]:
    """
    The effects of migrations are in the database, but no tracking table records them.

    ## What breaks

    Applying migrations runs them again, and stops at the first object that already exists. If every
    statement has `IF NOT EXISTS`, it passes and does some things twice, above all inserts. A tool
    that only looks at the newest row does not notice a missing row before it.

    ## Evidence

    The rows, the list of migrations, and the effect of every statement in the catalogue. Also the
    id sequence of the table: ids without a row belonged to deleted rows, or to runs that were
    rolled back.

    ## Not this

    Rows in another schema are `tracking-table-in-two-schemas`. A database that the sync command
    brought to the newest state is `pushed-before-migrating`. A migration whose effects are missing
    too is simply pending. One whose effects exist only in part is `partially-applied-migration`.

    ## Fix

    Insert the rows that the tool would have written, for exactly the migrations whose effects
    exist. If the table does not exist, it is created as the tool creates it.

    ## Fix safety

    Review it first: statements on rows leave nothing in a catalogue, and are listed. Guards check
    that nothing was recorded in between, and `rollback.sql` removes the rows again.

    ## Prevention

    Dump and restore the tracking table together with the application's schema, and never empty it
    to make an error go away.
    """
    read = tracking.get(tool.tracking)
    if read is not None and read.outcome is not Outcome.COLLECTED:
        yield tracking_rows_missing.unread(read)
        return
    if found is None:
        return
    if doubt := _doubt(found):
        yield tracking_rows_missing.unanswered(*doubt)
    if found.missing and found.unread:
        yield from map(tracking_rows_missing.unread, found.unread)
    elif found.missing and not was_pushed(found):
        yield _finding(found)


def _doubt(found: Account) -> tuple[str, str] | None:
    """Whether migrations without a row are in the database is open if the state is unknown."""
    later = found.standing.migrations[found.last + 1 :]
    unknown = next((it for it in later if not it.known), None)
    if unknown is None:
        return None
    return (
        f"whether {unknown.tag} is in the database: {unknown.why_unknown}",
        "compare the database with the migration by hand, or restore the file",
    )


def _finding(found: Account) -> Finding:
    missing = found.missing
    is_ = "is" if len(missing) == 1 else "are"
    return tracking_rows_missing.finding(
        severity=Severity.LOW if _is_passed_over(found) else Severity.MEDIUM,
        title=f"{listed_tags(found, missing)} {is_} in the database, but not recorded",
        root_cause=_root_cause(found),
        **about_missing(found, safe=found.proven(missing) and not found.may_have_stopped()),
    )


def _is_passed_over(found: Account) -> bool:
    """Whether the tool never runs them again, since a later one is recorded."""
    return found.may_skip and found.missing[-1] < found.last


def _root_cause(found: Account) -> Iterator[str]:
    missing, count = found.missing, len(found.missing)
    yield f"{found.tool.name} reads {found.name}, {held(found.read)}."
    yield (
        f"The catalogue has the effects of {listed_tags(found, missing)}, and no tracking table of "
        f"this database has a row for {'it' if count == 1 else 'them'}."
    )
    misnamed = _misnamed(found)
    if misnamed:
        have = "row has" if misnamed == 1 else "rows have"
        yield (
            f"{misnamed} {have} the time of one of them, and the name of another migration, by "
            f"which `{found.tool.words.apply}` goes: the name was written over."
        )
    yield from _lost(found)
    if found.strangers > misnamed:
        yield f"{found.strangers} row(s) match none of the listed migrations."
    if _is_passed_over(found):
        yield (
            f"Later ones are recorded, and `{found.tool.words.apply}` only looks at the newest "
            "row: it does not run them again."
        )
    yield from left_out(found)
    if stopped := found.may_have_stopped():
        yield (
            f"A run that failed at its last statements would leave just this, since no catalogue "
            f"shows whether they ran: {quoted(stopped)}."
        )


def _misnamed(found: Account) -> int:
    """How many rows have the time of a missing migration, and another name."""
    names = {it.stamp: it.key for it in map(found.migration, found.missing)}
    rows = found.read.applied if found.read else ()
    return sum(it.at in names and it.key not in (None, names[it.at]) for it in rows)


def _lost(found: Account) -> Iterator[str]:
    lost = ids_lost(found.read) if found.read else None
    if left := left_by_driver(found.tool):
        yield left
    if lost:
        yield (
            f"Its sequence handed out {lost} id(s) after the last row that exists: rows were "
            "deleted, or runs were rolled back."
        )
    elif found.read is None:
        yield (
            "The table was dropped with its schema, or never restored, or somebody applied the SQL "
            "by hand."
        )
    elif lost == 0 and not left:
        yield "Its sequence handed out no id for this: the SQL was applied without the tool."
    sync = found.tool.words.sync
    if found.standing.made_by is MadeBy.MIGRATIONS and sync:
        yield (
            "The columns are in the order in which the migrations add them, not in that of the "
            f"schema code, so `{sync}` did not make them."
        )


def held(table: TrackingTable | None) -> str:
    """`which has 3 rows`, for the end of a sentence."""
    if table is None:
        return "which does not exist"
    count = len(table.rows)
    return f"which has {counted(count, 'row')}" if count else "which is empty"
