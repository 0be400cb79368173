"""A listed migration has no statement."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import Commits, Files, History
from forensics.model import Artefact, Finding, Outcome, Severity
from forensics.rules._base import rule
from forensics.rules._git import added_by, describe, first_version
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
    database, is a baseline. A file that cannot be read is reported as that.

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
        if file is None or file.outcome is not Outcome.COLLECTED or not _is_empty(file.text):
            continue
        first = first_version(commits, migration.path) if commits else None
        came = f" It was added by {describe(first[0])}." if first else ""
        what = "is empty" if not (file.text or "").strip() else "contains only comments"
        yield empty_migration.finding(
            severity=Severity.NOTE,
            subject=migration.key,
            title=f"{migration.key} has no statement",
            root_cause=f"{migration.path} {what}, so applying it does nothing.{came}",
            evidence=(file.evidence, history.evidence),
            paths=(migration.path,),
            origin=added_by(commits, migration.path),
        )


def _is_empty(text: str | None) -> bool:
    """Whether every line is blank or a comment; a block comment may hold statements."""
    return text is not None and "\0" not in text and is_bare(text)
