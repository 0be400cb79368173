"""A snapshot names a parent that does not exist, or is not the snapshot before it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from forensics.facts import Commits, History, Snapshot, Snapshots
from forensics.model import Artefact, Finding, Severity
from forensics.rules._base import rule
from forensics.rules._git import added_by, last_change
from forensics.rules._snapshots import in_order


@rule(artefact=Artefact.SNAPSHOT, since="0.2.0")
def broken_snapshot_chain(
    history: History, snapshots: Snapshots, commits: Commits | None
) -> Iterator[Finding]:
    """
    A snapshot names a parent that does not exist, or is not the snapshot before it.

    ## What breaks

    Nothing, in a tool that only looks whether two snapshots share a parent. It shows that
    migrations were removed, moved or written by hand, and matters when the folder is converted for
    a release that follows the parents.

    ## Evidence

    The ids and parents of all snapshots, in the order of the list of migrations.

    ## Not this

    If a snapshot cannot be read, it may be the parent, so nothing is said. Two snapshots with one
    parent are `snapshot-collision`. The parent of the first snapshot is never looked at. Migrations
    without a snapshot in between are skipped.

    ## Fix

    None is needed. Do not edit parents by hand only to make the chain look right: contents matter,
    and the next generated migration shows whether they are complete.

    ## Fix safety

    Nothing is changed.

    ## Prevention

    After a merge, generate the branch's migration again instead of moving its files.
    """
    if any(entry.problem and not entry.ignored for entry in snapshots.entries):
        return  # the parent may be the one that cannot be read
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
            evidence=(entry.evidence, before.evidence, history.evidence),
            paths=(entry.path,),
            origin=added_by(commits, entry.path),
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
