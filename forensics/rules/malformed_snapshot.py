"""A snapshot cannot be read, is empty, or is not a snapshot."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import Commits, Fault, Malformed, Snapshot, Snapshots, ToolUse
from forensics.facts.variants import cosmetic_variants
from forensics.model import Artefact, DeleteFile, Finding, Fix, Severity, Unanswered
from forensics.rules._base import MAKE_READABLE, rule
from forensics.rules._git import changed_by, last_change, versions


@rule(artefact=Artefact.SNAPSHOT, since="0.1.0", of_folder=True)
def malformed_snapshot(
    snapshots: Snapshots, tool: ToolUse, commits: Commits | None
) -> Iterator[Finding | Unanswered]:
    """
    A snapshot cannot be read, is empty, or is not a snapshot.

    ## What breaks

    Commands that read snapshots stop at the first one that they cannot understand. Applying
    migrations reads no snapshot and still works.

    ## Evidence

    The bytes of the file, and the error of the tool's own parser.

    ## Not this

    A file with another name is `stray-file-in-meta`. A snapshot in an older or newer format is
    intact. Merge conflict markers are `merge-conflict-markers`. A byte order mark is
    `wrong-text-encoding`. If Forensics lacks permission to read a snapshot, it reports an open
    question.

    ## Fix

    Check out the last version in git that differs from the broken one. If there is none, generate
    the snapshot again from the schema code of that time.

    ## Fix safety

    No database is involved. Run the check and generate commands afterwards: the generate command
    must find no changes.

    ## Prevention

    Keep formatters and merge drivers away from the snapshot folder, and run the tool's check
    command in CI.
    """
    for entry in snapshots.entries:
        problem = entry.problem
        if entry.ignored or not entry.named_as_snapshot:
            continue
        if problem is None:
            if entry.sha256 is None:
                yield malformed_snapshot.unanswered(f"{entry.path}: it was not read", MAKE_READABLE)
            continue
        if problem.fault is Fault.UNREADABLE:
            yield malformed_snapshot.unanswered(f"{entry.path}: {problem.message}", MAKE_READABLE)
        elif problem.fault not in (Fault.CONFLICT_MARKERS, Fault.WRONG_ENCODING):
            yield _finding(entry, problem, snapshots, tool, commits)


def _finding(
    entry: Snapshot,
    problem: Malformed,
    snapshots: Snapshots,
    tool: ToolUse,
    commits: Commits | None,
) -> Finding:
    return malformed_snapshot.finding(
        severity=Severity.MEDIUM,
        subject=entry.path,
        title=f"The snapshot {entry.name} {_STATES.get(problem.fault, 'cannot be read')}",
        root_cause=(
            f"{entry.path}: {problem.message}.",
            _LATER if problem.fault is Fault.LATER_SHAPE else "",
            last_change(commits, entry.path, entry.sha256),
        ),
        evidence=(entry, snapshots),
        fix=None if problem.fault is Fault.LATER_SHAPE else _fix(entry, tool, commits),
        counterfactual=(DeleteFile(path=entry.path),),
        paths=(entry.path,),
        origin=changed_by(commits, entry.path, entry.sha256),
    )


_STATES = {
    Fault.EMPTY: "is empty",
    Fault.WRONG_SHAPE: "is not a valid snapshot",
    Fault.LATER_SHAPE: "was written by a later release of the tool",
    Fault.IS_A_FOLDER: "is a folder",
}
_LATER = (
    "It is intact for a later release, which knows more fields: let everybody use that release. "
    "The file itself needs no fix."
)


def _fix(entry: Snapshot, tool: ToolUse, commits: Commits | None) -> Fix | None:
    # The same broken text with other line ends is not a fix.
    broken = cosmetic_variants(entry.text) | {entry.sha256}
    for version in versions(commits, entry.path):
        checkout = version.checkout(entry.path)
        if checkout is None or not version.blob.size or version.blob.sha256 in broken | {None}:
            continue
        return Fix(
            title=f"Check out the last other version of {entry.path}",
            steps=(checkout,),
            safety_note=f"The bytes are those of {version.where}.{_afterwards(tool)}",
        )
    return None


def _afterwards(tool: ToolUse) -> str:
    """The commands that read snapshots, to be run once it is mended; a tool may have none."""
    commands = [f"`{name}`" for name in (tool.words.check, tool.words.generate) if name]
    return f" Run {' and '.join(commands)} afterwards." if commands else ""
