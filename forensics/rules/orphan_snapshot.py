"""A snapshot belongs to no listed migration."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import Commits, Files, History, Snapshot, Snapshots, ToolUse
from forensics.model import Artefact, DeleteFile, Finding, Outcome, Severity
from forensics.rules._base import rule
from forensics.rules._fixes import deleted, fix_of
from forensics.rules._git import added_by, came_with
from forensics.rules._snapshots import afterwards, own_file, sound, unlisted


@rule(artefact=Artefact.SNAPSHOT, since="0.2.0", of_folder=True)
def orphan_snapshot(
    history: History,
    snapshots: Snapshots,
    tool: ToolUse,
    files: Files | None,
    commits: Commits | None,
) -> Iterator[Finding]:
    """
    A snapshot belongs to no listed migration.

    ## What breaks

    Usually nothing. But the generate command compares the schema code with the snapshot whose name
    sorts last, listed or not. If that is this one, the next generated migration starts from a state
    that no database has. A later migration that gets the same number overwrites the file.

    ## Evidence

    The files in the snapshot folder and the list of migrations. An unlisted .sql file with the same
    number shows that the entry was lost, not the migration.

    ## Not this

    A file that is not named like a snapshot is `stray-file-in-meta`. Where the list is empty or
    missing, that is reported instead. If a runner applies the files of the folder directly, this is
    only a note.

    ## Fix

    Delete the snapshot. If its .sql file is there as well, first decide whether that migration
    should be listed: then the snapshot is needed.

    ## Fix safety

    No database is involved. Run the generate command afterwards: it must find no changes.

    ## Prevention

    Remove a migration as a whole: SQL, snapshot and entry in one commit.
    """
    if history.outcome is not Outcome.COLLECTED or history.problem or not history.migrations:
        return
    for entry in unlisted(snapshots, history):
        file = own_file(entry, files, history)
        newest = [*sound(snapshots)][-1] == entry.path
        yield orphan_snapshot.finding(
            severity=_severity(tool, newest=newest),
            subject=entry.path,
            title=f"The snapshot {entry.name} belongs to no listed migration",
            root_cause=_root_cause(entry, file, history, commits, newest),
            evidence=(entry, history, snapshots),
            fix=fix_of(
                f"Delete {entry.path}",
                () if file else (deleted(entry.path, commits),),
                f"No database is touched.{afterwards(tool)}",
            ),
            counterfactual=(DeleteFile(path=entry.path),),
            paths=(entry.path,),
            origin=added_by(commits, entry.path),
        )


def _severity(tool: ToolUse, *, newest: bool) -> Severity:
    if tool.runner_reads_folder:
        return Severity.NOTE
    return Severity.MEDIUM if newest else Severity.LOW


def _root_cause(
    entry: Snapshot, file: str | None, history: History, commits: Commits | None, newest: bool
) -> Iterator[str]:
    yield f"No entry of {history.path} has a migration for {entry.path}."
    yield came_with(commits, entry.path)
    if file is not None:
        yield f"{file} has its number and is not listed either: the entry was probably lost."
    if newest:
        yield "Its name sorts last, so new migrations are generated from the state in it."
