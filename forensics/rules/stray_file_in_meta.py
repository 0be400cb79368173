"""Something that is no snapshot lies in drizzle's snapshot folder."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.evidence.tree import join, split
from forensics.facts import Commits, Fault, Snapshot, Snapshots
from forensics.model import Artefact, DeleteFile, Finding, Fix, RunCommand, Safety, Severity
from forensics.rules._base import rule
from forensics.rules._git import added_by, describe, first_version

KNOWN = {
    ".DS_Store": "a folder view of macOS Finder",
    "Thumbs.db": "a thumbnail cache of Windows",
    "desktop.ini": "a folder view of Windows",
    ".gitkeep": "a placeholder that keeps a folder in git",
}
LEFTOVERS = (".tmp", ".bak", ".orig", ".rej", ".swp", "~", "-cwd")


@rule(artefact=Artefact.SNAPSHOT, since="0.1.0")
def stray_file_in_meta(snapshots: Snapshots, commits: Commits | None) -> Iterator[Finding]:
    """
    A file that is no snapshot lies in the `meta` folder.

    ## What breaks

    drizzle-kit 0.x parses everything in `meta/` whose name does not begin with `_` as a JSON
    snapshot. One file that is not JSON stops `check`, `generate` and `up`; `generate` exits with
    code 0 all the same. `migrate` and `push` do not look into `meta/` and go on working.

    ## Evidence

    The listing of `meta/`, the content of the file, and whether git tracks or ignores it. A file
    that an ignore rule hides is invisible in `git status`.

    ## Not this

    A file named `NNNN_snapshot.json` that cannot be read is `malformed-snapshot`. Names that begin
    with `_` are ignored by the tool, and so by this rule.

    ## Fix

    Delete what an editor or an operating system left behind; move anything else out of `meta/`.
    Look at it first.

    ## Fix safety

    Safe for leftovers of editors and operating systems. Any other file may have been put there on
    purpose, so it is moved, not deleted, and needs a look.

    ## Prevention

    Keep `meta/` for drizzle-kit alone, and let CI run `drizzle-kit check`, which fails on any
    foreign file there.
    """
    for entry in snapshots.entries:
        if entry.ignored or entry.named_as_snapshot:
            continue
        yield stray_file_in_meta.finding(
            severity=Severity.LOW,
            subject=entry.path,
            title=f"A file that is no snapshot lies in the meta folder: {entry.name}",
            root_cause=_root_cause(entry, commits),
            evidence=(entry.evidence, snapshots.evidence),
            fix=_fix(entry, commits),
            counterfactual=(DeleteFile(path=entry.path),),
            folklore=f"{entry.name} in meta/ stops every drizzle-kit command",
            paths=(entry.path,),
            origin=added_by(commits, entry.path),
        )


def _root_cause(entry: Snapshot, commits: Commits | None) -> str:
    what = KNOWN.get(entry.name) or (
        "a leftover of another program, by its name"
        if entry.name.endswith(LEFTOVERS)
        else "no snapshot by its name"
    )
    lines = entry.problem.preview.strip().splitlines() if entry.problem else []
    begins = f', which begins with "{lines[0]}"' if lines else ""
    return f"{entry.path} is {what}{begins}. {_seen_by_git(entry.path, commits)}"


def _seen_by_git(path: str, commits: Commits | None) -> str:
    state = commits.state(path) if commits else None
    if commits is None or state is None:
        return "Whether git knows it could not be seen."
    if state.state == "ignored":
        return (
            f"Git does not show it: the ignore rule `{state.rule}` hides it, so no commit brought "
            "it in."
        )
    if state.state == "untracked":
        return "Git does not track it, so no commit brought it in."
    first = first_version(commits, path)
    return f"It came with {describe(first[0])}." if first else "Git tracks it."


def _fix(entry: Snapshot, commits: Commits | None) -> Fix:
    """Leftovers are deleted; what somebody may have put there on purpose is moved."""
    state = commits.state(entry.path) if commits else None
    folder = entry.problem is not None and entry.problem.fault is Fault.IS_A_FOLDER
    leftover = entry.name in KNOWN or entry.name.endswith(LEFTOVERS)
    if folder or not leftover:
        return _move(entry)
    tracked = state is not None and state.state == "tracked"
    kept = "git keeps it" if tracked else "nothing here keeps a copy"
    return Fix(
        title=f"Delete {entry.path}",
        steps=(DeleteFile(path=entry.path, in_git=tracked),),
        safety=Safety.SAFE,
        safety_note=f"No drizzle command needs the file. Look at it first: {kept}.",
    )


def _move(entry: Snapshot) -> Fix:
    folder = split(split(entry.path)[0])[0]
    # In the folder of the migrations an .sql file would be one more that no list names.
    target = join(folder, f"{entry.name}.stray" if entry.name.endswith(".sql") else entry.name)
    argv = ("mv", "-n", "--", entry.path, target)
    return Fix(
        title=f"Move {entry.path} out of meta/",
        steps=(RunCommand(argv=argv, why="out of meta/, bytes unchanged"),),
        safety=Safety.REVIEW,
        safety_note="Somebody may have put it there on purpose: check that nothing reads it at "
        "its old place.",
    )
