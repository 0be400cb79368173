"""Two snapshots have the same parent, as after a merge of two branches."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.evidence.tree import split
from forensics.facts import Commits, Rejoined, Snapshot, Snapshots, ToolUse
from forensics.model import Artefact, DeleteFile, Finding, Fix, RunCommand, Safety, Severity, Step
from forensics.model.wording import shortened
from forensics.rules._base import rule
from forensics.rules._git import added_by, describe, first_version

_SHOWN = 4


@rule(artefact=Artefact.SNAPSHOT, since="0.1.0")
def snapshot_collision(
    snapshots: Snapshots, tool: ToolUse, commits: Commits | None
) -> Iterator[Finding]:
    """
    Two snapshots have the same parent, as after a merge of two branches.

    ## What breaks

    The check and generate commands stop, so no migration can be written any more. Applying
    migrations reads no snapshot and still works. Worse, the later snapshot does not know what the
    other branch changed: if only its parent is corrected, the next generated migration makes those
    changes again, or reverts them.

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
        earlier, later = by_path[joint.earlier], by_path[joint.later]
        delete = () if joint.listed else (DeleteFile(path=later.path),)
        yield snapshot_collision.finding(
            severity=Severity.MEDIUM,
            subject=later.path,
            title=f"The snapshots {earlier.name} and {later.name} have the same parent",
            root_cause=" ".join(
                (
                    *_shared(joint, earlier, later),
                    *_brought(earlier, later, commits),
                    *_lacks(joint),
                )
            ),
            evidence=(earlier.evidence, later.evidence, snapshots.evidence),
            fix=_fix(joint, tool),
            counterfactual=delete,
            paths=(later.path, earlier.path),
            origin=added_by(commits, later.path),
        )


def _shared(joint: Rejoined, earlier: Snapshot, later: Snapshot) -> Iterator[str]:
    yield f"{earlier.path} and {later.path} both name {later.parent} as their parent."
    if earlier.sha256 == later.sha256:
        yield f"{later.name} is a copy of {earlier.name}, byte for byte."
    elif joint.same_id:
        yield f"They also have the same id, so {later.name} is an edited copy of {earlier.name}."
    else:
        yield "Both were generated from the same state, as on two branches."
    if not joint.listed:
        yield f"No listed migration belongs to {later.name}."


def _brought(earlier: Snapshot, later: Snapshot, commits: Commits | None) -> Iterator[str]:
    for entry in (earlier, later):
        first = first_version(commits, entry.path) if commits else None
        if first is not None:
            yield f"{entry.name} came with {describe(first[0])}."


def _lacks(joint: Rejoined) -> Iterator[str]:
    name = split(joint.later)[1]
    if joint.conflict:
        yield f"Both sides changed {joint.conflict}, each in its own way, so a person has to merge."
    elif joint.lacks:
        told = "; ".join(shortened(it, 100) for it in joint.lacks[:_SHOWN])
        more = len(joint.lacks) - _SHOWN
        yield (
            f"{name} lacks what was changed before it: with another parent alone, the next "
            f"generated migration would contain {told}"
            f"{f'; and {more} more' if more > 0 else ''}."
        )
    elif joint.steps:
        yield f"{name} already contains what was changed before it."


def _fix(joint: Rejoined, tool: ToolUse) -> Fix | None:
    name = split(joint.later)[1]
    if not joint.listed:
        steps: tuple[Step, ...] = (
            RunCommand(argv=("git", "rm", "--", joint.later), why="no listed migration needs it"),
        )
        title = f"Delete {name}"
    elif joint.steps:
        steps, title = joint.steps, f"Let {name} follow {split(joint.after)[1]}"
    else:
        return None
    return Fix(
        title=title,
        steps=steps,
        safety=Safety.REVIEW,
        safety_note=f"No database is touched.{_afterwards(tool)}",
    )


def _afterwards(tool: ToolUse) -> str:
    check, generate = tool.words.check, tool.words.generate
    passes = f" Run `{check}` afterwards, which must pass." if check else ""
    return passes + (
        f" Run `{generate}` afterwards, which must find no changes." if generate else ""
    )
