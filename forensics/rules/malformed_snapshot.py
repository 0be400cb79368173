"""A snapshot cannot be read, or is no snapshot."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import Commits, Fault, Snapshot, Snapshots
from forensics.model import Artefact, DeleteFile, Finding, Fix, RunCommand, Safety, Severity
from forensics.rules._base import rule
from forensics.rules._git import describe, last_versions


@rule(artefact=Artefact.SNAPSHOT, since="0.1.0")
def malformed_snapshot(snapshots: Snapshots, commits: Commits | None) -> Iterator[Finding]:
    """
    A snapshot cannot be read, is empty, or is no snapshot.

    ## What breaks

    `check`, `generate` and `up` of drizzle-kit 0.x read every snapshot and stop at the first they
    cannot understand; `generate` exits with code 0 all the same. `migrate` and `push` read none.

    ## Evidence

    The file's bytes, and what the tool's own parser says of them.

    ## Not this

    A file with another name is `stray-file-in-meta`. A snapshot of an older or newer version is
    sound. Markers of a merge are `merge-conflict-markers`.

    ## Fix

    Check out the last version that git holds and that is not this one. Where there is none, the
    snapshot has to be made again from the schema code of its time.

    ## Fix safety

    No database is involved. Run `drizzle-kit check` and `generate` afterwards: the latter must find
    no changes.

    ## Prevention

    Keep formatters and merge drivers away from `meta/`, and let CI run `drizzle-kit check`.
    """
    for entry in snapshots.entries:
        problem = entry.problem
        if entry.ignored or not entry.named_as_snapshot or problem is None:
            continue
        if problem.fault is Fault.CONFLICT_MARKERS:
            continue
        yield malformed_snapshot.finding(
            severity=Severity.MEDIUM,
            subject=entry.path,
            title=f"The snapshot {entry.name} {_state(problem.fault)}",
            root_cause=f"{entry.path}: {problem.message}. {_last_change(entry, commits)}",
            evidence=(entry.evidence, snapshots.evidence),
            fix=_fix(entry, commits),
            counterfactual=(DeleteFile(path=entry.path),),
            paths=(entry.path,),
        )


def _state(fault: Fault) -> str:
    return {Fault.EMPTY: "is empty", Fault.WRONG_SHAPE: "is no snapshot"}.get(
        fault, "cannot be read"
    )


def _last_change(entry: Snapshot, commits: Commits | None) -> str:
    changed = next(commits.of(entry.path), None) if commits else None
    if changed is None:
        return "Git says nothing of it."
    return f"The last commit that touched it is {describe(changed[0])}."


def _fix(entry: Snapshot, commits: Commits | None) -> Fix | None:
    for version in last_versions(commits, entry.path) if commits else ():
        if version.blob.sha256 in (None, entry.sha256) or not version.blob.size:
            continue
        argv = ("git", "checkout", version.commit.id, "--", entry.path)
        return Fix(
            title=f"Check out {entry.path} from {version.commit.id[:10]}",
            steps=(RunCommand(argv=argv, why="the last version that differs from the broken one"),),
            safety=Safety.REVIEW,
            safety_note=f"The bytes are those of {describe(version.commit)}; run check and generate afterwards.",
        )
    return None
