"""A list of migrations, snapshot or migration file contains unresolved merge conflict markers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.facts import (
    Blob,
    Commits,
    Fault,
    Files,
    History,
    MigrationFile,
    Snapshot,
    Snapshots,
)
from forensics.model import Artefact, Finding, Record, Severity, Step, WriteFile
from forensics.rules._base import rule
from forensics.rules._git import last_change, origin, since

# Both ends (git-merge, "how conflicts are presented"): a line of `=` alone may frame a comment.
OPENED = re.compile(r"^<{7} ", re.MULTILINE)
CLOSED = re.compile(r"^>{7} ", re.MULTILINE)


@rule(artefact=Artefact.JOURNAL, since="0.1.0", or_else=Artefact.MIGRATION_FILE, of_folder=True)
def merge_conflict_markers(
    history: History, files: Files | None, snapshots: Snapshots | None, commits: Commits | None
) -> Iterator[Finding]:
    """
    A list of migrations, snapshot or migration file contains unresolved merge conflict markers.

    ## What breaks

    A list or snapshot with markers cannot be parsed, so every command that reads it stops. A
    migration file with markers is not valid SQL, so applying it fails.

    ## Evidence

    Lines in the file that begin with `<<<<<<<` and `>>>>>>>`.

    ## Not this

    Other damage is `malformed-journal` or `malformed-snapshot`. A leftover of a merge tool in the
    snapshot folder (a file that ends in `.orig`) is `stray-file-in-meta`. A line of `=======`
    alone, as in a comment of an SQL file, is not a conflict.

    ## Fix

    Resolve the merge: keep the entries of both sides, in one order, with increasing timestamps.

    ## Fix safety

    Needs a decision: both sides may have applied their migrations already.

    ## Prevention

    Generate a branch's migration again after rebasing it, and let CI parse the list of migrations.
    """
    listed = {migration.path for migration in history.migrations}
    for file in _marked(history, files, snapshots):
        sql = file.says is None
        yield merge_conflict_markers.finding(
            severity=Severity.LOW if sql and file.path not in listed else Severity.HIGH,
            subject=file.path,
            title=f"{file.path} contains unresolved merge conflict markers",
            root_cause=(
                f"A merge was committed or left with its conflict unresolved in {file.path}"
                f"{'' if sql else f': {file.says}'}.",
                last_change(commits, file.path, file.sha256),
            ),
            evidence=(file,),
            counterfactual=_resolved(file),
            paths=(file.path,),
            origin=origin(since(commits, file.path, _is_marked)) if commits else None,
        )


class _Marked(Record, frozen=True, kw_only=True):
    """A file with markers, and what the tool's parser says of it, if one reads it."""

    path: str
    evidence: str
    text: str | None
    sha256: str | None
    says: str | None = None


def _marked(
    history: History, files: Files | None, snapshots: Snapshots | None
) -> Iterator[_Marked]:
    parsed: list[History | Snapshot] = [history]
    entries = snapshots.entries if snapshots else ()
    parsed += [it for it in entries if it.named_as_snapshot and not it.ignored]
    for read in parsed:
        problem = read.problem
        if problem is not None and problem.fault is Fault.CONFLICT_MARKERS:
            yield _marked_file(read, problem.message)
    for file in files.files if files else ():
        if _is_marked(file):
            yield _marked_file(file)


def _marked_file(read: History | Snapshot | MigrationFile, says: str | None = None) -> _Marked:
    return _Marked(
        path=read.path, evidence=read.evidence, text=read.text, sha256=read.sha256, says=says
    )


def _is_marked(held: Blob | MigrationFile) -> bool:
    return bool(held.text and OPENED.search(held.text) and CLOSED.search(held.text))


def _resolved(file: _Marked) -> tuple[Step, ...]:
    """The file as if its own side had won; only to see what the conflict hides, never a fix."""
    if file.text is None:
        return ()
    kept: list[str] = []
    ours = True
    for line in file.text.splitlines(keepends=True):
        if line.startswith(("<<<<<<< ", ">>>>>>> ")):
            ours = True
        elif line.startswith("||||||| ") or line.rstrip("\r\n") == "=======":
            ours = False
        elif ours:
            kept.append(line)
    return (WriteFile(path=file.path, before=file.text, after="".join(kept)),)
