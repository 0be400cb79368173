"""The snapshot folder contains an unexpected file."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.evidence.tree import join, split
from forensics.facts import Commits, Fault, Snapshot, Snapshots, ToolUse
from forensics.model import Artefact, DeleteFile, Finding, Fix, Safety, Severity
from forensics.rules._base import rule
from forensics.rules._fixes import deleted, in_git, moved
from forensics.rules._git import added_by, came_with

KNOWN = {
    ".DS_Store": "a folder view of macOS Finder",
    "Thumbs.db": "a thumbnail cache of Windows",
    "desktop.ini": "a folder view of Windows",
    ".gitkeep": "a placeholder that keeps a folder in git",
}
LEFTOVERS = (".tmp", ".bak", ".orig", ".rej", ".swp", "~", "-cwd")


@rule(artefact=Artefact.SNAPSHOT, since="0.1.0", of_folder=True)
def stray_file_in_meta(
    snapshots: Snapshots, tool: ToolUse, commits: Commits | None
) -> Iterator[Finding]:
    """
    The snapshot folder contains an unexpected file.

    ## What breaks

    Commands that read snapshots parse every file in the folder. They stop at the first one that is
    not a snapshot, so problems in later files stay hidden. Applying migrations reads no snapshot
    and still works.

    ## Evidence

    The files in the snapshot folder, the content of the unexpected one, and whether git tracks or
    ignores it. `git status` does not show an ignored file.

    ## Not this

    A file that is named like a snapshot and cannot be read is `malformed-snapshot`. Names that the
    tool ignores are ignored by this rule too.

    ## Fix

    Delete what an editor or an operating system left behind. Move anything else out of the snapshot
    folder. Check its content first.

    ## Fix safety

    Safe for leftovers of editors and operating systems. Anything else may have been put there on
    purpose, so it is moved, not deleted, and needs a review.

    ## Prevention

    Keep everything but snapshots out of the snapshot folder. Run `forensics check` before local
    commands of the tool: a file that git ignores never reaches CI.
    """
    for entry in snapshots.entries:
        if entry.ignored or entry.named_as_snapshot:
            continue
        yield stray_file_in_meta.finding(
            severity=Severity.LOW,
            subject=entry.path,
            title=f"Unexpected file in the snapshot folder: {entry.name}",
            root_cause=_root_cause(entry, commits),
            evidence=(entry, snapshots),
            fix=_fix(entry, tool, commits),
            counterfactual=(DeleteFile(path=entry.path),),
            folklore=f"The file {entry.name} in the snapshot folder stops every {tool.name} "
            "command",
            paths=(entry.path,),
            origin=added_by(commits, entry.path),
        )


def _root_cause(entry: Snapshot, commits: Commits | None) -> str:
    if (known := KNOWN.get(entry.name)) is not None:
        what = f"is {known}"
    elif entry.name.endswith(LEFTOVERS):
        what = "was probably left behind by another program, judging by its name"
    else:
        what = "is not named like a snapshot"
    lines = entry.problem.preview.strip().splitlines() if entry.problem else []
    begins = f' Its content begins with "{lines[0]}".' if lines else ""
    return f"{entry.path} {what}.{begins} {_seen_by_git(entry.path, commits)}"


def _seen_by_git(path: str, commits: Commits | None) -> str:
    state = commits.state(path) if commits else None
    if commits is None or state is None:
        return "We did not see whether git tracks it."
    if state.state == "ignored":
        return f"The ignore rule `{state.rule}` hides it from `git status`. {_added(path, commits)}"
    if state.state == "untracked":
        return f"Git does not track it. {_added(path, commits)}"
    return came_with(commits, path) or "Git tracks it."


def _added(path: str, commits: Commits) -> str:
    """An ignored file can have been committed all the same, and removed since."""
    if any(commits.of(path)):
        return "An earlier commit contains it."
    return "It appears in no commit that we searched."


def _fix(entry: Snapshot, tool: ToolUse, commits: Commits | None) -> Fix:
    """Leftovers are deleted; what somebody may have put there on purpose is moved."""
    folder = entry.problem is not None and entry.problem.fault is Fault.IS_A_FOLDER
    leftover = entry.name in KNOWN or entry.name.endswith(LEFTOVERS)
    if folder or not leftover:
        return _move(entry, commits)
    kept = "git has it" if in_git(entry.path, commits) else "git may have no copy of it"
    return Fix(
        title=f"Delete {entry.path}",
        steps=(deleted(entry.path, commits),),
        safety=Safety.SAFE,
        safety_note=f"No command of {tool.name} needs this file. Check its content first: {kept}.",
    )


def _move(entry: Snapshot, commits: Commits | None) -> Fix:
    folder = split(split(entry.path)[0])[0]
    # In the folder of the migrations an .sql file would be one more that no list names.
    target = join(folder, f"{entry.name}.stray" if entry.name.endswith(".sql") else entry.name)
    return Fix(
        title=f"Move {entry.path} out of the snapshot folder",
        steps=(moved(entry.path, target, commits, "the bytes stay the same"),),
        safety_note="Somebody may have put it there on purpose: check that nothing reads it in its "
        "old place.",
    )
