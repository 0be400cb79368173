"""Where each migration is present, and which snapshot follows which: data of pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from forensics.analysis.diagnose import Analysis
from forensics.facts import (
    Facts,
    History,
    Migration,
    Snapshots,
    TrackingRow,
    TrackingTable,
)
from forensics.model import Issue, MigrationState, Outcome, Presence, SnapshotLink
from forensics.tracking.matching import recorded_rows, unreadable

Numbers = Mapping[str, Sequence[int]]
"""What issues of one migration folder are about -> their numbers."""


def migrations(analysis: Analysis, issues: Sequence[Issue]) -> Iterator[MigrationState]:
    """Every listed migration in the order of its list, then files that no list has."""
    for diagnosis in analysis.diagnoses:
        facts = diagnosis.facts
        if facts.history is None or facts.history.problem is not None:
            continue
        numbers = _numbers(issues, facts)
        yield from _listed(facts, facts.history, numbers)
        yield from _unlisted(facts, facts.history, numbers)


def _listed(facts: Facts, history: History, numbers: Numbers) -> Iterator[MigrationState]:
    tracking = facts.tracking
    recorded = recorded_rows(history, facts.files, facts.tool, tracking) if tracking else {}
    held = {entry.path for entry in facts.snapshots.entries} if facts.snapshots else set()
    for migration in history.migrations:
        yield MigrationState(
            folder=facts.tool.folder,
            key=migration.key,
            listed=Presence.YES,
            file=_file(facts, migration.path),
            snapshot=_snapshot(facts.snapshots, migration, held),
            recorded=_recorded(facts, recorded.get(migration.position)),
            issues=_issues(numbers, {migration.key, migration.path}),
        )


def recorded_states(facts: Facts) -> Iterator[tuple[Migration, Presence]]:
    """Every listed migration, and whether a row records it."""
    if facts.history is None or facts.history.problem is not None:
        return
    tracking = facts.tracking
    found = recorded_rows(facts.history, facts.files, facts.tool, tracking) if tracking else {}
    blind = tracking is None or any(
        it.outcome is not Outcome.COLLECTED for it in tracking.of_tool(facts.tool.name)
    )
    for migration in facts.history.migrations:
        state = _recorded(facts, found.get(migration.position))
        yield migration, Presence.UNKNOWN if blind and state is Presence.NO else state


def _unlisted(facts: Facts, history: History, numbers: Numbers) -> Iterator[MigrationState]:
    listed = {migration.path for migration in history.migrations}
    for file in facts.files.files if facts.files else ():
        if file.path not in listed and file.outcome is Outcome.COLLECTED:
            yield MigrationState(
                folder=facts.tool.folder,
                key=file.path.rpartition("/")[2].removesuffix(".sql"),
                listed=Presence.NO,
                file=Presence.YES,
                snapshot=Presence.UNKNOWN,
                recorded=Presence.UNKNOWN,
                issues=_issues(numbers, {file.path}),
            )


def _file(facts: Facts, path: str) -> Presence:
    file = facts.files.get(path) if facts.files else None
    if file is None or file.outcome not in (Outcome.COLLECTED, Outcome.ABSENT):
        return Presence.UNKNOWN
    return _presence(file.outcome is Outcome.COLLECTED)


def _snapshot(snapshots: Snapshots | None, migration: Migration, held: set[str]) -> Presence:
    if snapshots is None or migration.snapshot_path is None:
        return Presence.UNKNOWN
    if snapshots.outcome is not Outcome.COLLECTED:
        return Presence.NO if snapshots.outcome is Outcome.ABSENT else Presence.UNKNOWN
    return _presence(migration.snapshot_path in held)


def _recorded(facts: Facts, found: tuple[TrackingTable, TrackingRow] | None) -> Presence:
    if facts.tracking is None:
        return Presence.UNKNOWN
    if found is None:
        return Presence.UNKNOWN if unreadable(facts.tool, facts.tracking) else Presence.NO
    return Presence.YES if found[0].name == facts.tool.tracking else Presence.ELSEWHERE


def _presence(there: bool) -> Presence:
    return Presence.YES if there else Presence.NO


def _numbers(issues: Sequence[Issue], facts: Facts) -> Numbers:
    found: dict[str, list[int]] = {}
    for issue in issues:
        if issue.folder == facts.tool.folder:
            found.setdefault(issue.subject, []).append(issue.number)
    return found


def _issues(numbers: Numbers, names: set[str]) -> tuple[int, ...]:
    return tuple(sorted(number for name in names for number in numbers.get(name, ())))


def snapshots(analysis: Analysis, issues: Sequence[Issue]) -> Iterator[SnapshotLink]:
    """Every snapshot that has an id, in the order in which the tool lists them."""
    for diagnosis in analysis.diagnoses:
        facts = diagnosis.facts
        numbers = _numbers(issues, facts)
        for entry in facts.snapshots.entries if facts.snapshots else ():
            if entry.id and not entry.ignored:
                yield SnapshotLink(
                    folder=facts.tool.folder,
                    name=entry.name,
                    id=entry.id,
                    parent=entry.parent or "",
                    issues=_issues(numbers, {entry.path}),
                )
