"""The snapshots have a format that this release of the tool does not read."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import Commits, History, Snapshot, SnapshotFormat, Snapshots, ToolUse
from forensics.model import Artefact, DeleteFile, Finding, Fix, Outcome, RunCommand, Severity
from forensics.model.wording import counted, listed
from forensics.rules._base import rule
from forensics.rules._git import added_by
from forensics.rules._snapshots import sound


@rule(artefact=Artefact.SNAPSHOT, since="0.2.0")
def outdated_snapshot_version(
    history: History, snapshots: Snapshots, tool: ToolUse, commits: Commits | None
) -> Iterator[Finding]:
    """
    The snapshots have a format that this release of the tool does not read.

    ## What breaks

    Commands that read snapshots stop, until all snapshots have the format of the release. Applying
    migrations reads no snapshot and still works, unless the release wants another layout of the
    whole folder.

    ## Evidence

    The version that each snapshot names, and the one that the release accepts: the release that is
    installed, else the one that is locked or declared.

    ## Not this

    A snapshot that cannot be read is `malformed-snapshot`. Entries of several versions in the list
    of migrations do not matter.

    ## Fix

    Run the command of the tool that converts older snapshots, and commit the result. If the
    snapshots are newer than the release, a colleague uses a later one: update the tool instead.

    ## Fix safety

    No database is involved. Conversion keeps ids and contents. Afterwards the generate command must
    find no changes. Everybody needs a release that reads the new format.

    ## Prevention

    Pin one version of the tool for everybody, and convert in the commit that updates it.
    """
    wanted = snapshots.format
    if wanted is None or history.outcome is not Outcome.COLLECTED:
        return
    if wanted.left:
        yield _left_behind(wanted, history, tool, commits)
        return
    others = _others(snapshots, wanted.version)
    if not others and not wanted.version and history.path.endswith(".json"):
        yield _left_behind(wanted, history, tool, commits)
    if not others:
        return
    too_new = [it for it in others if wanted.version and _number(it) > float(wanted.version)]
    yield outdated_snapshot_version.finding(
        severity=Severity.MEDIUM if wanted.version else Severity.HIGH,
        subject=tool.folder,
        title=_title(wanted.version, too_new, tool),
        root_cause=(_root_cause(wanted.version, others, tool), _first(wanted)),
        evidence=(snapshots, others[0], others[-1], *tool.evidence[:1]),
        fix=None if too_new else _fix(wanted, tool),
        counterfactual=wanted.steps if wanted.version else (DeleteFile(path=history.path),),
        paths=(others[0].path,),
        origin=added_by(commits, too_new[0].path) if too_new else None,
    )


def _left_behind(
    wanted: SnapshotFormat, history: History, tool: ToolUse, commits: Commits | None
) -> Finding:
    left = wanted.left or history.path
    return outdated_snapshot_version.finding(
        severity=Severity.HIGH,
        subject=tool.folder,
        title=f"{tool.folder} still has the list of an earlier release",
        root_cause=(
            f"{left} is there, and {_release(tool)} takes the whole folder for one of an earlier "
            "release. The folder was converted in part, or a merge or an older release brought the "
            "list back.",
            _first(wanted),
        ),
        evidence=(history, *tool.evidence[:1]),
        fix=_fix(wanted, tool),
        counterfactual=(DeleteFile(path=left),),
        paths=(left,),
        origin=added_by(commits, wanted.left) if wanted.left else None,
    )


def _others(snapshots: Snapshots, version: str) -> list[Snapshot]:
    return [it for it in sound(snapshots).values() if it.version not in (None, version)]


def _number(snapshot: Snapshot) -> float:
    try:
        return float(snapshot.version or "")
    except ValueError:
        return 0.0


def _release(tool: ToolUse) -> str:
    return f"{tool.name} {tool.version}" if tool.version else tool.name


def _title(version: str, too_new: list[Snapshot], tool: ToolUse) -> str:
    if not version:
        return f"{tool.folder} has the layout of an earlier release than {_release(tool)}"
    if too_new:
        return f"Snapshots in {tool.folder} have a newer format than {_release(tool)} reads"
    return f"Snapshots in {tool.folder} have an older format than {_release(tool)} reads"


def _root_cause(version: str, others: list[Snapshot], tool: ToolUse) -> str:
    versions = listed(sorted({it.version or "" for it in others}))
    counts = counted(len(others), "snapshot")
    has = "has" if len(others) == 1 else "have"
    first = f"{counts} {has} the format of version {versions}, {others[0].name} for one."
    where = f" ({tool.version_source})" if tool.version_source else ""
    if not version:
        return f"{first} {_release(tool)}{where} wants a folder of its own for each migration."
    return f"{first} {_release(tool)}{where} accepts only version {version}."


def _first(wanted: SnapshotFormat) -> str:
    """What has to be put right before the conversion; empty where nothing has."""
    if wanted.refusal:
        return f"The conversion stops now, and says: {wanted.refusal}"
    if not wanted.lost:
        return ""
    which = "a snapshot whose" if len(wanted.lost) == 1 else "snapshots whose"
    return (
        f"The conversion would report success and delete {listed(wanted.lost)}, {which} migration "
        "file is missing: restore that file first."
    )


def _fix(wanted: SnapshotFormat, tool: ToolUse) -> Fix | None:
    """None where the command would stop, or delete what nothing else holds."""
    if not wanted.upgrade or wanted.refusal or wanted.lost:
        return None
    if wanted.moves:
        why = "moves each migration into its own folder, rewrites the snapshots, deletes the list"
    else:
        why = "rewrites the older snapshots, and nothing else"
    return Fix(
        title=f"Convert the snapshots to the format of {_release(tool)}",
        steps=(RunCommand(argv=wanted.upgrade, why=why),),
        safety_note="No database is touched. It runs the project's own tool: commit before, and "
        "review what it changed.",
    )
