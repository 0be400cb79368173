"""A migration is listed, but its file is gone."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import Commits, Files, History, Migration, ToolUse, TrackingTables
from forensics.model import Artefact, Finding, Fix, Outcome, Safety, Severity, WriteFile
from forensics.rules._base import rule
from forensics.rules._git import Restorable, deletion, describe, last_versions, never_committed
from forensics.rules._tracking import recorded_hash


@rule(artefact=Artefact.MIGRATION_FILE, since="0.1.0")
def missing_migration_file(
    history: History,
    files: Files,
    tool: ToolUse,
    tracking: TrackingTables | None,
    commits: Commits | None,
) -> Iterator[Finding]:
    """
    A migration is listed, but its file is gone.

    ## What breaks

    Commands that read migration files read all of them, also those applied long ago, and stop
    before they reach the database. Commands that do not read them say that all is well.

    ## Evidence

    The entry in the list of migrations, and the absence of the file at the path it names. Git says
    when it went, and often still holds its bytes; the hash recorded in the database proves whether
    those bytes are the ones that were applied.

    ## Not this

    A file that lies in the folder without being listed is `unlisted-migration-file`.

    ## Fix

    Restore the file from git. The database needs no change: the restored file has the recorded
    hash, and no release of drizzle compares hashes anyway.

    ## Fix safety

    Safe: the bytes are those that git holds. Where the repository does not hold them, no fix is
    offered, since a rebuilt file is a guess until a hash proves it.

    ## Prevention

    Let CI check that every entry of the journal has its .sql file, and every .sql file its entry.
    """
    for migration in history.migrations:
        file = files.get(migration.path)
        if file is None or file.outcome is not Outcome.ABSENT:
            continue
        restored, proven = _restorable(migration, tool, tracking, commits)
        yield missing_migration_file.finding(
            severity=Severity.MEDIUM,
            subject=migration.path,
            title=f"The migration {migration.tag} is listed, but its file is gone",
            root_cause=f"The journal lists {migration.tag} at position {migration.position}, but "
            f"{migration.path} is not there. {_how(migration.path, commits)}{_source(restored, proven)}",
            evidence=tuple(
                dict.fromkeys((history.evidence, file.evidence, *_git_evidence(commits)))
            ),
            fix=_fix(migration.path, restored, proven),
            counterfactual=()
            if restored
            else (WriteFile(path=migration.path, before=None, after=""),),
            paths=(migration.path,),
        )


def _restorable(
    migration: Migration, tool: ToolUse, tracking: TrackingTables | None, commits: Commits | None
) -> tuple[WriteFile | None, bool]:
    """The step that restores the file, and whether the recorded hash proves it to be the original."""
    if commits is None:
        return None, False
    versions = last_versions(commits, migration.path)
    recorded = recorded_hash(migration, tool, tracking)
    for version in versions:
        if recorded is not None and version.blob.sha256 == recorded:
            return version.write(migration.path), True
    return _first_written(versions, migration.path), False


def _first_written(versions: tuple[Restorable, ...], path: str) -> WriteFile | None:
    return next((step for version in versions if (step := version.write(path))), None)


def _how(path: str, commits: Commits | None) -> str:
    if commits is None:
        return "Without git nothing says when it went."
    if (commit := deletion(commits, path)) is not None:
        return f"It was removed by {describe(commit)}."
    if (state := commits.state(path)) is not None and state.state == "tracked":
        return "Git tracks it, so it was deleted in the working tree and the deletion is not committed."
    if not any(commits.of(path)):
        return f"As for its origin, {never_committed(commits)}."
    return "It exists on another branch, in a stash or in the reflog, not on HEAD."


def _source(restored: WriteFile | None, proven: bool) -> str:
    if restored is None:
        return " Nothing in this repository can restore it: ask for the machine that ran this migration."
    if proven:
        return " Git still holds its bytes, and their SHA-256 is the hash that the database recorded: this is the original."
    return " Git still holds its bytes; whether they are the ones that were applied, no recorded hash proves."


def _fix(path: str, restored: WriteFile | None, proven: bool) -> Fix | None:
    if restored is None:
        return None
    return Fix(
        title=f"Restore {path}",
        steps=(restored,),
        safety=Safety.SAFE if proven else Safety.REVIEW,
        safety_note="The bytes are those that git holds; the database is not touched."
        + (
            ""
            if proven
            else " Compare them with what the database has before a fresh database is built from them."
        ),
    )


def _git_evidence(commits: Commits | None) -> tuple[str, ...]:
    return () if commits is None else (commits.evidence,)
