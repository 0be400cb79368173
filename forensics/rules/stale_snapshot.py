"""The newest snapshot lacks what an earlier migration made."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.evidence.tree import split
from forensics.facts import Commits, History, Snapshots, Stale, ToolUse
from forensics.model import Artefact, Finding, Severity
from forensics.model.wording import listed
from forensics.rules._base import rule
from forensics.rules._fixes import fix_of
from forensics.rules._git import changed_by, last_change
from forensics.rules._snapshots import afterwards, sound

_SHOWN = 5


@rule(artefact=Artefact.SNAPSHOT, since="0.2.0")
def stale_snapshot(
    history: History, snapshots: Snapshots, tool: ToolUse, commits: Commits | None
) -> Iterator[Finding]:
    """
    The newest snapshot lacks what an earlier migration made.

    ## What breaks

    The generate command compares the schema code with the newest snapshot. What that lacks, and the
    code still has, is generated again, and applying the result fails at objects that already exist.
    The check command reports no problem. This is what remains of a merge after which only the
    parent of a snapshot was corrected.

    ## Evidence

    The tables and columns of the newest snapshots. An earlier one has everything that its migration
    made, the next one has nothing of it, and no later migration drops or renames it.

    ## Not this

    Two snapshots that still share a parent are `snapshot-collision`. A newest migration without a
    snapshot is `missing-snapshot`. Objects that only hand-written SQL creates are not compared: no
    snapshot ever had them.

    ## Fix

    Add what is missing to the newest snapshot, as the earlier one has it.

    ## Fix safety

    No database is involved, but review it: run the generate command afterwards. It must find no
    changes. If it wants to drop what was added, the schema code no longer has it, and the migration
    that drops it is missing.

    ## Prevention

    After a rebase or merge, generate the branch's migration again instead of editing snapshots.
    """
    if (found := snapshots.stale) is None:
        return
    newest = sound(snapshots)[found.path]
    earlier = sound(snapshots)[found.known_to]
    yield stale_snapshot.finding(
        severity=Severity.MEDIUM,
        subject=found.path,
        title=f"The newest snapshot lacks what {found.migration} made",
        root_cause=(*_root_cause(found, tool), last_change(commits, found.path, newest.sha256)),
        evidence=(newest, earlier, history),
        fix=fix_of(
            f"Add to {split(found.path)[1]} what {found.migration} made",
            (found.step,),
            f"No database is touched.{afterwards(tool)}",
        ),
        paths=(found.path, found.known_to),
        origin=changed_by(commits, found.path, newest.sha256),
    )


def _root_cause(found: Stale, tool: ToolUse) -> Iterator[str]:
    yield (
        f"{found.known_to}, the snapshot of {found.migration}, has {listed(found.lost, _SHOWN)}. "
        f"No later snapshot has {'it' if len(found.lost) == 1 else 'them'}, and no later migration "
        "drops or renames anything of that name."
    )
    if tool.words.generate:
        yield f"If the schema code has it, `{tool.words.generate}` writes it again."
