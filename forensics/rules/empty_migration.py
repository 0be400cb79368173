"""A listed migration has no statement."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import Commits, Files, History
from forensics.model import Artefact, Finding, Outcome, Severity
from forensics.rules._base import rule
from forensics.rules._git import added_by, came_with
from forensics.statements import is_bare


@rule(artefact=Artefact.MIGRATION_FILE, since="0.2.0")
def empty_migration(history: History, files: Files, commits: Commits | None) -> Iterator[Finding]:
    """
    A listed migration has no statement.

    ## What breaks

    Nothing. It is recorded as applied and does nothing. Somebody may have meant to fill it in.

    ## Evidence

    The text of the file: only blanks and comments.

    ## Not this

    A file with statements inside a comment, as a tool writes it when it takes over an existing
    database, is a baseline. A file that cannot be read is reported as such.

    ## Fix

    None is needed. If statements are missing, write them into a new migration: databases that have
    recorded this one never run it again.

    ## Fix safety

    Filling in the file reaches only databases that have not applied it yet.

    ## Prevention

    Commit a hand-written migration only after its SQL is in it.
    """
    for migration in history.migrations:
        file = files.get(migration.path)
        text = file.text if file and file.outcome is Outcome.COLLECTED else None
        if file is None or text is None or "\0" in text or not is_bare(text):
            continue
        what = "contains only comments" if text.strip() else "is empty"
        yield empty_migration.finding(
            severity=Severity.NOTE,
            subject=migration.key,
            title=f"{migration.key} has no statement",
            root_cause=(
                f"{migration.path} {what}, so applying it does nothing.",
                came_with(commits, migration.path),
            ),
            evidence=(file, history),
            paths=(migration.path,),
            origin=added_by(commits, migration.path),
        )
