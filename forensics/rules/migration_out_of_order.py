"""A migration is stamped earlier than one that is listed before it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from forensics.facts import (
    Commits,
    Files,
    History,
    Migration,
    ToolUse,
    TrackingTable,
    TrackingTables,
)
from forensics.model import Artefact, Finding, Fix, Outcome, Safety, Severity, WriteFile
from forensics.rules._base import rule
from forensics.rules._git import describe, first_version
from forensics.rules._tracking import matching_rows

SLACK = timedelta(days=1)
"""A stamp this far after the commit that brought it was not made by a clock."""


@rule(artefact=Artefact.MIGRATION_ORDER, since="0.1.0")
def migration_out_of_order(
    history: History,
    tool: ToolUse,
    files: Files | None,
    tracking: TrackingTables | None,
    commits: Commits | None,
) -> Iterator[Finding]:
    """
    A migration is stamped no later than one that is listed before it.

    ## What breaks

    `migrate` of drizzle 0.x runs what is stamped later than the newest recorded migration. On a
    database that has the earlier entry, this one is skipped, and the command says "applied
    successfully". A fresh database gets both: it works in CI and is missing in production.

    ## Evidence

    The stamps of the list in its order, and the rows of the database: a skipped migration has none.

    ## Not this

    Gaps or repeats of `idx` and of the number in the name do not matter to `migrate`. A migration
    with a row was applied, whatever its stamp: then it is only untidy.

    ## Fix

    Stamp it one millisecond after the latest before it. Where an earlier entry carries a stamp of
    the future, that one is the culprit. Where later migrations have been applied, write a new one.

    ## Fix safety

    Needs a look: where some database has applied it, a new stamp runs it there again.

    ## Prevention

    Let CI check that the stamps of the journal strictly increase, above all on the merge result;
    generate the migration of a branch anew after rebasing it.
    """
    for position, migration in enumerate(history.migrations):
        earlier = [m for m in history.migrations[:position] if m.when is not None]
        culprit = max(earlier, key=lambda m: m.when or 0, default=None)
        if culprit is None or migration.when is None or migration.when > (culprit.when or 0):
            continue
        table = tracking.get(tool.tracking) if tracking and tool.tracking else None
        table = table if table is not None and table.outcome is Outcome.COLLECTED else None
        applied = table is not None and migration.tag in matching_rows(table, history, files)
        yield migration_out_of_order.finding(
            severity=Severity.LOW if applied else Severity.HIGH,
            subject=migration.tag,
            title=f"{migration.tag} is stamped no later than {culprit.tag}, which is listed before it",
            root_cause=_root_cause(migration, culprit, applied, table, commits),
            evidence=(history.evidence, *((table.evidence,) if table else ())),
            fix=None if applied else _fix(history, migration, culprit, table),
            paths=(migration.path,),
        )


def _root_cause(
    migration: Migration,
    culprit: Migration,
    applied: bool,
    table: TrackingTable | None,
    commits: Commits | None,
) -> str:
    text = (
        f"{migration.tag} has the stamp {_stamp(migration.when)}, {culprit.tag} before it has "
        f"{_stamp(culprit.when)}. {_blame(migration, culprit, commits)}"
    )
    if applied:
        return f"{text} This database has it recorded all the same, so here it is only untidy."
    if table is not None:
        newest = (
            f"the newest recorded stamp is {table.newest}" if table.rows else "nothing is recorded"
        )
        return f"{text} {table.name} has no row for it; {newest}."
    return f"{text} A database that has {culprit.tag} skips it."


def _blame(migration: Migration, culprit: Migration, commits: Commits | None) -> str:
    for suspect in (culprit, migration):
        first = first_version(commits, suspect.path) if commits else None
        if first is None or suspect.when is None:
            continue
        committed = datetime.fromisoformat(first[0].committed)
        if _when(suspect.when) - committed > SLACK:
            return (
                f"The culprit is {suspect.tag}: its stamp lies after {describe(first[0])}, which "
                "brought it, so no clock made it."
            )
    round_ = [m for m in (culprit, migration) if m.when is not None and m.when % 1000 == 0]
    if round_:
        return f"The stamp of {round_[0].tag} is a round number of seconds, so it was typed, not generated."
    return "Both stamps look generated: the two came from branches that were merged in the other order."


def _fix(
    history: History, migration: Migration, culprit: Migration, table: TrackingTable | None
) -> Fix | None:
    if migration.stamp is None or history.text is None:
        return None
    stamp = (culprit.when or 0) + 1
    later = [m.when for m in history.migrations[migration.position + 1 :] if m.when is not None]
    newest = table.newest if table else None
    if (later and min(later) <= stamp) or (newest is not None and newest >= stamp):
        return None
    start, end = migration.stamp
    after = f"{history.text[:start]}{stamp}{history.text[end:]}"
    return Fix(
        title=f"Stamp {migration.tag} after {culprit.tag}",
        steps=(WriteFile(path=history.path, before=history.text, after=after),),
        safety=Safety.REVIEW,
        safety_note=f"Right only if no environment has applied {migration.tag}: there it would run again.",
    )


def _stamp(when: int | None) -> str:
    return f"{when} ({_when(when or 0).isoformat(timespec='seconds')})"


def _when(milliseconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.max.replace(tzinfo=UTC)
