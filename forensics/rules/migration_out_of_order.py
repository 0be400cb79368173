"""A migration has a timestamp no later than one that is listed, or was applied, before it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from forensics.facts import (
    Commit,
    Commits,
    Family,
    Files,
    History,
    Migration,
    Standing,
    ToolUse,
    TrackingTables,
)
from forensics.model import Artefact, Finding, Fix, Origin, Severity
from forensics.model.wording import listed
from forensics.rules._base import rule
from forensics.rules._git import added_by, describe, first_version
from forensics.rules._git import origin as as_origin
from forensics.rules._journal import listed_since, runner_sentence
from forensics.rules._order import Disorder, RecordedOrder, disorders, passed_over, seen
from forensics.rules._refused_order import (
    as_if_renamed,
    in_any_order,
    later_paths,
    refused,
    renamed,
)

SLACK = timedelta(days=1)
"""A timestamp this far after the commit that brought it was not made by a clock."""


@rule(
    artefact=Artefact.MIGRATION_ORDER,
    since="0.1.0",
    families=frozenset({Family.HIGH_WATER_MARK, Family.PREFIX}),
    of_folder=True,
)
def migration_out_of_order(
    history: History,
    tool: ToolUse,
    files: Files | None,
    tracking: TrackingTables | None,
    commits: Commits | None,
    standing: Standing | None,
) -> Iterator[Finding]:
    """
    A migration has a timestamp no later than one that is listed, or was applied, before it.

    ## What breaks

    A tool that only runs what is later than the newest recorded migration skips this one on every
    database that already has the later one, and still reports success. Other tools then refuse to
    apply anything. A fresh database gets both:
    it works in CI and is missing in production. This happens when a branch is merged after a later
    migration was deployed, even if the merged list is in timestamp order.

    ## Evidence

    The timestamps in the order of the list, and the recorded rows: a skipped migration has none. If
    the list is in order, also the catalogue: it has nothing of the skipped migration.

    ## Not this

    Gaps and repeats in the numbers of migrations do not matter. A migration with a row was applied
    whatever its timestamp, so the list is only untidy. If a runner applies the files of the folder
    directly, timestamps decide nothing. If the list is in order and the effects exist, the row was
    lost: `tracking-rows-missing`. If the row with the later timestamp belongs to no listed
    migration, it is `applied-but-unknown-migration`.

    ## Fix

    Set its timestamp one millisecond after the latest before it, or, if the list is in order, after
    the newest one that was applied; where the tool refuses, give its file a later version. If an
    earlier entry has a timestamp in the future, that entry is the cause. If later migrations have
    been applied as well, write a new migration.

    ## Fix safety

    Review it first: a database that has already applied the migration would run it again.

    ## Prevention

    Let CI check that the timestamps of the list strictly increase, above all on the merge result,
    and generate a branch's migration again after rebasing it.
    """
    if tool.family is Family.PREFIX:
        yield from _refused(history, tool, files, tracking, commits)
        return
    database = seen(history, tool, files, tracking)
    hidden = passed_over(history, files, database, standing)
    for disorder in disorders(history, database, {} if tool.runner_reads_folder else hidden):
        migration = disorder.migration
        mendable = disorder.helps and disorder.edit and not tool.runner_reads_folder
        catalogue = standing if disorder.passed_over else None
        yield migration_out_of_order.finding(
            severity=_severity(disorder, tool, database),
            subject=migration.key,
            title=_title(disorder),
            root_cause=_root_cause(disorder, database, history, tool, commits),
            evidence=(history, *database.evidence, catalogue),
            fix=_fix(disorder, history, tool, commits) if mendable else None,
            counterfactual=disorder.edit,
            paths=(migration.path,),
            origin=_origin(disorder, history, commits),
        )


def _refused(
    history: History,
    tool: ToolUse,
    files: Files | None,
    tracking: TrackingTables | None,
    commits: Commits | None,
) -> Iterator[Finding]:
    early, last = refused(history, tool, tracking)
    if not early:
        return
    table = tracking.get(tool.tracking) if tracking else None
    names = listed(it.key for it in early)
    paths = later_paths(early, last, history)
    yield migration_out_of_order.finding(
        severity=Severity.HIGH,
        subject=early[0].key,
        title=f"{names} {'has' if len(early) == 1 else 'have'} an earlier version than {last}, "
        "which is already applied",
        root_cause=f"{tool.tracking} records {last}, and not {names}. `{tool.words.apply}` applies "
        "nothing while a pending version is earlier than the last one that is recorded. "
        "Two branches that were merged in another order than that of their versions lead to this.",
        evidence=(history, table),
        fix=renamed(paths, last, commits),
        counterfactual=as_if_renamed(paths, files),
        alternatives=(in_any_order(tool),),
        paths=(it.path for it in early),
        origin=added_by(commits, early[0].path),
    )


def _origin(disorder: Disorder, history: History, commits: Commits | None) -> Origin | None:
    """What brought the migration; where it is passed over, what brought it into the list."""
    migration = disorder.migration
    listed = listed_since(history, migration.key, commits) if disorder.passed_over else None
    return as_origin(listed) or added_by(commits, migration.path)


def _title(disorder: Disorder) -> str:
    migration, culprit = disorder.migration, disorder.culprit
    if not disorder.passed_over:
        return f"{migration.key} is listed after {culprit.key}, but its timestamp is not later"
    how = "an earlier" if (migration.stamp or 0) < (culprit.stamp or 0) else "no later"
    return f"{migration.key} has {how} timestamp than {culprit.key}, which is already applied"


def _root_cause(
    disorder: Disorder,
    database: RecordedOrder,
    history: History,
    tool: ToolUse,
    commits: Commits | None,
) -> Iterator[str]:
    migration, culprit = disorder.migration, disorder.culprit
    if disorder.passed_over:
        yield from _passed_over(disorder, database, history, tool, commits)
        yield _blame(migration, culprit, commits)
        return
    yield (
        f"{migration.key} has the timestamp {_stamp(migration)}, {culprit.key} before it has "
        f"{_stamp(culprit)}."
    )
    yield _blame(migration, culprit, commits)
    yield _effect(disorder, database, tool)
    yield runner_sentence(tool)


def _passed_over(
    disorder: Disorder,
    database: RecordedOrder,
    history: History,
    tool: ToolUse,
    commits: Commits | None,
) -> Iterator[str]:
    migration, culprit = disorder.migration, disorder.culprit
    assert database.read is not None
    yield (
        f"{migration.key} has the timestamp {_stamp(migration)}. {database.read.name} records "
        f"{culprit.key}, with {_stamp(culprit)}, but not {migration.key}, and the catalogue has "
        "nothing of it."
    )
    yield (
        f"`{tool.words.apply}` runs only what has a later timestamp than the newest row: the list "
        f"is in order, and {migration.key} is still skipped on every run."
    )
    if (listed := listed_since(history, migration.key, commits)) is not None:
        yield f"It is listed since {describe(listed)}."


def _severity(disorder: Disorder, tool: ToolUse, database: RecordedOrder) -> Severity:
    if tool.runner_reads_folder:
        return Severity.NOTE
    if disorder.applied:
        return Severity.LOW
    return Severity.HIGH if database.skips(disorder.migration) else Severity.MEDIUM


def _effect(disorder: Disorder, database: RecordedOrder, tool: ToolUse) -> str:
    if disorder.applied:
        return "This database has recorded it, so here the list is only untidy."
    if database.read is None:
        return f"A database that has {disorder.culprit.key} skips it."
    if database.skips(disorder.migration):
        return (
            f"{database.read.name} has no row for it, and its newest timestamp is "
            f"{database.read.newest}: `{tool.words.apply}` skips it."
        )
    return (
        f"{database.read.name} has no row that late, so this database would get it; one that has "
        f"{disorder.culprit.key} skips it."
    )


def _fix(disorder: Disorder, history: History, tool: ToolUse, commits: Commits | None) -> Fix:
    migration, culprit = disorder.migration, disorder.culprit
    note = f"Right only if no environment has applied {migration.key}: there it would run again."
    if disorder.passed_over:
        warns = f" `{tool.words.check}` may warn of that." if tool.words.check else ""
        note += (
            f" {culprit.key}, which is listed after it, then has the earlier timestamp."
            f"{warns} That does no harm where it was applied, nor in a database that has "
            f"neither. Move the entry of {migration.key} after it to keep the list in order."
        )
    elif (later := _first_after(disorder, history)) is not None:
        note = (
            f"Right only if no environment has applied {migration.key} and stopped there: it would "
            f"run again. One that has {later.key} still skips it: there it needs a new migration."
        )
    elif _ahead_of_its_commit(culprit, commits) is not None:
        note += (
            f" {culprit.key} keeps its timestamp in the future: what is generated before then is "
            "skipped again."
        )
    return Fix(
        title=f"Set the timestamp of {migration.key} after that of {culprit.key}",
        steps=disorder.edit,
        safety_note=note,
    )


def _first_after(disorder: Disorder, history: History) -> Migration | None:
    """The first of the later migrations whose timestamp is above the new one."""
    later = (m for m in history.migrations if m.position > disorder.migration.position)
    return next((m for m in later if m.stamp is not None and m.stamp > disorder.stamp), None)


def _blame(migration: Migration, culprit: Migration, commits: Commits | None) -> str:
    for suspect in (culprit, migration):
        if (commit := _ahead_of_its_commit(suspect, commits)) is not None:
            return (
                f"The culprit is {suspect.key}: its timestamp is later than {describe(commit)}, "
                "which added it, so no clock made it."
            )
    round_ = [m for m in (culprit, migration) if m.stamp is not None and m.stamp % 1000 == 0]
    if round_:
        return (
            f"The timestamp of {round_[0].key} is a whole number of seconds, which a clock gives "
            "once in a thousand times: it was probably typed."
        )
    return (
        "Both timestamps look generated: the two probably come from branches that were merged in "
        "the other order."
    )


def _ahead_of_its_commit(suspect: Migration, commits: Commits | None) -> Commit | None:
    """The commit that added a migration, if its timestamp is more than a day later."""
    first = first_version(commits, suspect.path)
    if first is None or not suspect.stamp or suspect.stamp < 0 or not first[0].committed:
        return None
    stamped = _moment(suspect.stamp)
    late = stamped is None or stamped - datetime.fromisoformat(first[0].committed) > SLACK
    return first[0] if late else None


def _stamp(migration: Migration) -> str:
    moment = _moment(migration.stamp or 0)
    date = moment.isoformat(timespec="seconds") if moment else "in no calendar"
    return f"{migration.stamp} ({date})"


def _moment(milliseconds: int) -> datetime | None:
    """The moment of a timestamp; `None` if no calendar has it, as one in microseconds."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
