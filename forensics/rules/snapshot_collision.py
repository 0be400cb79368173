"""Two snapshots have the same parent, as after a merge of two branches."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.evidence.tree import split
from forensics.facts import Commits, Files, History, Rejoined, Snapshot, Snapshots, ToolUse
from forensics.model import Artefact, DeleteFile, Finding, Fix, Severity
from forensics.model.wording import shortened
from forensics.rules._base import rule
from forensics.rules._fixes import deleted, fix_of
from forensics.rules._git import added_by, came_with
from forensics.rules._snapshots import afterwards, own_file

_SHOWN = 4


@rule(artefact=Artefact.SNAPSHOT, since="0.2.0", of_folder=True)
def snapshot_collision(
    history: History,
    snapshots: Snapshots,
    tool: ToolUse,
    files: Files | None,
    commits: Commits | None,
) -> Iterator[Finding]:
    """
    Two snapshots have the same parent, as after a merge of two branches.

    ## What breaks

    The check and generate commands stop, so no new migration can be generated. Applying migrations
    reads no snapshot and still works. Worse, the later snapshot does not know what the other branch
    changed: if only its parent is corrected, the next generated migration makes those changes
    again, or reverts them.

    ## Evidence

    The parent that each snapshot names, in the order of the list of migrations. Git says which
    commits added the two. The contents of both, compared with their common parent, say what the
    later one lacks.

    ## Not this

    A parent that no snapshot has is `broken-snapshot-chain`. A snapshot of a migration that is not
    listed is `orphan-snapshot`. A later snapshot that already follows the earlier one, and lacks
    its changes, is `stale-snapshot`.

    ## Fix

    Let the later snapshot follow the one before it: its parent is that one, and it also contains
    what the other branch changed. Snapshots that were made from it get the same changes. A copy
    with the same id gets an id of its own. If both branches changed the same thing, remove the
    later migration (SQL, snapshot and entry), merge the code, and generate it again; only if no
    database has applied it.

    ## Fix safety

    No database is involved, but review it: run the check command, which must pass, and the generate
    command, which must find no changes.

    ## Prevention

    After a rebase or merge, generate the branch's migration again. Let CI run the check command on
    the merge result.
    """
    by_path = {entry.path: entry for entry in snapshots.entries}
    for joint in snapshots.rejoined:
        both = earlier, later = by_path[joint.earlier], by_path[joint.later]
        own = None if joint.listed else own_file(later, files, history)
        fix = None if own else _fix(joint, tool, commits)
        yield snapshot_collision.finding(
            severity=Severity.MEDIUM,
            subject=later.path,
            title=f"The snapshots {earlier.name} and {later.name} have the same parent",
            root_cause=(
                *_shared(earlier, later),
                *_unlisted(joint, own),
                *(came_with(commits, it.path, f"{it.name} came with {{}}.") for it in both),
                *_lacks(joint),
            ),
            evidence=(earlier, later, snapshots),
            fix=fix,
            counterfactual=() if joint.listed and fix else (DeleteFile(path=later.path),),
            paths=(later.path, earlier.path),
            origin=added_by(commits, later.path),
        )


def _shared(earlier: Snapshot, later: Snapshot) -> Iterator[str]:
    yield f"{earlier.path} and {later.path} both name {later.parent} as their parent."
    if earlier.id == earlier.parent:
        yield f"That is the id of {earlier.name} itself, so that snapshot is its own parent."
    elif earlier.sha256 == later.sha256:
        yield f"{later.name} is a copy of {earlier.name}, byte for byte."
    elif earlier.id == later.id:
        yield f"They also have the same id, so {later.name} is an edited copy of {earlier.name}."
    else:
        yield "Both were generated from the same state, as on two branches."


def _unlisted(joint: Rejoined, own: str | None) -> Iterator[str]:
    if not joint.listed:
        yield f"No listed migration belongs to {split(joint.later)[1]}."
    if own is not None:
        yield (
            f"{own} has its number and is not listed either: first decide whether it should be. "
            "Then the snapshot has to follow the one before it."
        )


def _lacks(joint: Rejoined) -> Iterator[str]:
    name = split(joint.later)[1]
    if joint.conflict:
        yield f"Both sides changed {joint.conflict}, each in its own way, so a person has to merge."
    elif joint.lacks:
        told = "; ".join(shortened(it, 100) for it in joint.lacks[:_SHOWN])
        more = len(joint.lacks) - _SHOWN
        yield (
            f"{name} lacks what was changed before it: with another parent alone, the next "
            f"generated migration would contain {told}{f'; and {more} more' if more > 0 else ''}."
        )
    elif joint.steps:
        yield f"{name} already contains what was changed before it."


def _fix(joint: Rejoined, tool: ToolUse, commits: Commits | None) -> Fix | None:
    name = split(joint.later)[1]
    note = f"No database is touched.{afterwards(tool)}"
    if not joint.listed:
        return fix_of(f"Delete {name}", (deleted(joint.later, commits),), note)
    return fix_of(f"Let {name} follow {split(joint.after)[1]}", joint.steps, note)
