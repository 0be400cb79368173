"""A snapshot names a parent that does not exist, or is not the snapshot before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from forensics.facts import Commits, History, Migration, Snapshot, Snapshots
from forensics.model import Artefact, DeleteFile, Finding, Fix, Severity
from forensics.rules._base import rule
from forensics.rules._fixes import fix_of
from forensics.rules._git import added_by, last_change, versions
from forensics.rules._snapshots import in_order


@rule(artefact=Artefact.SNAPSHOT, since="0.2.0", of_folder=True)
def broken_snapshot_chain(
    history: History, snapshots: Snapshots, commits: Commits | None
) -> Iterator[Finding]:
    """
    A snapshot names a parent that does not exist, or is not the snapshot before it.

    ## What breaks

    Nothing, in a tool that only checks whether two snapshots share a parent. It shows that
    migrations were removed, moved or written by hand, and matters when the folder is converted for
    a release that follows the parents. A tool that follows them stops at a parent that does not
    exist.

    ## Evidence

    The ids and parents of all snapshots, in the order of the list of migrations.

    ## Not this

    If a snapshot cannot be read, it may be the parent, so nothing is said. Two snapshots with one
    parent are `snapshot-collision`. The parent of the first snapshot is never checked. Migrations
    without a snapshot in between are skipped.

    ## Fix

    Restore the parent from git if the tool follows parents. Otherwise none is needed. Do not edit
    parents by hand only to make the chain look right: contents matter, and the next generated
    migration shows whether they are complete.

    ## Fix safety

    Only snapshots are restored. No database is involved.

    ## Prevention

    After a merge, generate the branch's migration again instead of moving its files.
    """
    if not snapshots.whole:
        return  # the parent may be the one that cannot be read
    if any(migration.parents for migration in history.migrations):
        yield from _without_parent(history, snapshots, commits)
        yield from _before_parent(history, snapshots, commits)
        return
    shared = {joint.later for joint in snapshots.rejoined}
    ids = {entry.id for entry in snapshots.entries if not entry.ignored}
    for before, entry in pairwise(in_order(snapshots, history)):
        if entry.parent in (None, before.id) or entry.path in shared:
            continue
        yield broken_snapshot_chain.finding(
            severity=Severity.NOTE,
            subject=entry.path,
            title=_title(entry, ids),
            root_cause=f"{entry.path} names {entry.parent} as its parent. The snapshot before it, "
            f"{before.path}, is {before.id}. {_what(entry, ids)} "
            f"{last_change(commits, entry.path, entry.sha256)}",
            evidence=(entry, before, history),
            paths=(entry.path,),
            origin=added_by(commits, entry.path),
        )


def _without_parent(
    history: History, snapshots: Snapshots, commits: Commits | None
) -> Iterator[Finding]:
    """In a tool that follows the parents: it stops where one does not exist."""
    entries = {it.path: it for it in snapshots.entries if not it.ignored}
    ids = {it.id for it in entries.values()}
    for migration in history.migrations:
        entry = entries.get(migration.snapshot_path or "")
        missing = [parent for parent in migration.parents if parent not in ids]
        if entry is None or not missing:
            continue
        yield broken_snapshot_chain.finding(
            severity=Severity.MEDIUM,
            subject=entry.path,
            title=f"The snapshot {entry.name} names a parent that does not exist",
            root_cause=(
                f"{entry.path} names {missing[0]} as its parent, and no snapshot here has that id: "
                "it was removed, or replaced.",
                last_change(commits, entry.path, entry.sha256),
            ),
            evidence=(entry, history),
            fix=_restored(history, entries, commits),
            counterfactual=(DeleteFile(path=migration.path), DeleteFile(path=entry.path)),
            paths=(entry.path,),
            origin=added_by(commits, entry.path),
        )


def _before_parent(
    history: History, snapshots: Snapshots, commits: Commits | None
) -> Iterator[Finding]:
    """In a tool that follows the parents: a migration that would run before its parent."""
    entries = {it.path: it for it in snapshots.entries if not it.ignored}
    owners: dict[str | None, Migration] = {}
    for it in history.migrations:  # of copies with one id the first is the parent
        if (entry := entries.get(it.snapshot_path or "")) is not None:
            owners.setdefault(entry.id, it)
    for migration in history.migrations:
        entry = entries.get(migration.snapshot_path or "")
        later = [owners[it] for it in migration.parents if it in owners]
        parent = next((it for it in later if it.position > migration.position), None)
        if entry is None or parent is None:
            continue
        yield broken_snapshot_chain.finding(
            severity=Severity.MEDIUM,
            subject=entry.path,
            title=f"{migration.key} sorts before {parent.key}, which it follows",
            root_cause=f"{entry.path} names the snapshot of {parent.key} as its parent, but its "
            "own name comes first, so it would run first. Rename it so that it sorts after "
            f"{parent.key}, unless an environment has recorded it under this name.",
            evidence=(entry, history),
            counterfactual=(DeleteFile(path=migration.path), DeleteFile(path=entry.path)),
            paths=(entry.path,),
            origin=added_by(commits, entry.path),
        )


def _restored(
    history: History, entries: Mapping[str, Snapshot], commits: Commits | None
) -> Fix | None:
    """The snapshots that listed migrations lack, from git; `None` where it has none of them."""
    paths = [it.snapshot_path for it in history.migrations if it.snapshot_path]
    gone = [path for path in paths if path not in entries]
    newest = [next(iter(versions(commits, path)), None) for path in gone]
    return fix_of(
        f"Restore {gone[0]}" if len(gone) == 1 else f"Restore {len(gone)} snapshots",
        (it.restore(path) if it else None for it, path in zip(newest, gone, strict=True)),
        "The bytes are those that git has. No database is touched.",
    )


def _title(entry: Snapshot, ids: set[str | None]) -> str:
    if entry.parent == entry.id:
        return f"The snapshot {entry.name} names itself as its parent"
    if entry.parent not in ids:
        return f"The snapshot {entry.name} names a parent that does not exist"
    return f"The snapshot {entry.name} does not follow the one before it"


def _what(entry: Snapshot, ids: set[str | None]) -> str:
    if entry.parent == entry.id:
        return "A snapshot that names itself was edited by hand."
    if entry.parent not in ids:
        return "No snapshot here has the id that it names: it was removed, or replaced."
    return "The one that it names is another: migrations were moved or merged."
