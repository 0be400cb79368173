"""A migration file lies in the folder, but no list names it."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import Commits, Files, History, MigrationFile, ToolUse
from forensics.model import Artefact, Finding, Outcome, Severity
from forensics.rules._base import rule
from forensics.rules._git import describe, first_version
from forensics.tree import split


@rule(artefact=Artefact.MIGRATION_FILE, since="0.1.0")
def unlisted_migration_file(
    history: History, files: Files, tool: ToolUse, commits: Commits | None
) -> Iterator[Finding]:
    """
    A migration file lies in the folder, but the list of migrations does not name it.

    ## What breaks

    `migrate` never runs it and says "applied successfully" all the same; no command reports it.
    What the file should have made is missing wherever nobody ran it by hand.

    ## Evidence

    The listing of the folder and the list of migrations. Git says whether the entry was lost in a
    merge or never written.

    ## Not this

    An entry without a file is `missing-migration-file`. Where a runner applies the folder itself
    (`wrangler d1 migrations apply`, the Supabase CLI), the journal does not decide, and an unlisted
    file is only noted. An empty or missing journal is reported as that.

    ## Fix

    If it should run: list it, with a stamp greater than that of every migration applied anywhere.
    If it was run by hand, record it. If it is retired, move it out of the folder.

    ## Fix safety

    Needs a decision: listing a file runs it on every database. Read it first, above all for `DROP`.

    ## Prevention

    Let drizzle-kit write migrations (`generate --custom` for SQL by hand), and let CI check that
    every .sql file of the folder is listed.
    """
    if history.outcome is not Outcome.COLLECTED or history.problem or not history.migrations:
        return
    listed = {migration.path for migration in history.migrations}
    for file in files.files:
        if file.path in listed or file.outcome is not Outcome.COLLECTED:
            continue
        yield unlisted_migration_file.finding(
            severity=Severity.NOTE if tool.runner_reads_folder else Severity.MEDIUM,
            subject=file.path,
            title=f"{split(file.path)[1]} is not listed, so migrate never runs it",
            root_cause=f"{file.path} is in no entry of {history.path}. {_origin(file, commits)}{_runner(tool)}",
            evidence=(file.evidence, history.evidence),
            paths=(file.path,),
        )


def _origin(file: MigrationFile, commits: Commits | None) -> str:
    first = first_version(commits, file.path) if commits else None
    drops = " It drops objects: read it before anything runs it." if _drops(file.text) else ""
    return (
        f"It came with {describe(first[0])}."
        if first
        else "Where it came from is not in the history seen."
    ) + drops


def _drops(text: str | None) -> bool:
    upper = (text or "").upper()
    return "DROP TABLE" in upper or "DROP COLUMN" in upper or "DROP SCHEMA" in upper


def _runner(tool: ToolUse) -> str:
    if not tool.runner_reads_folder:
        return ""
    return f" Here {tool.runner} applies the files of the folder, whatever the journal lists."
