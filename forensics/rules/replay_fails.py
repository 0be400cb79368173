"""A migration fails on an empty database, where a command runs all of them."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from forensics.dialects.effect import BY_ROWS
from forensics.facts import ApplyFailure, Files, History, LiveSchema, Replaying, ToolUse
from forensics.model import Artefact, Certainty, Finding, Severity
from forensics.rules._absent import absent
from forensics.rules._base import rule
from forensics.rules._marks import by_mark
from forensics.statements import opening, quoted, said, where


@rule(artefact=Artefact.MIGRATION_FILE, since="0.2.0")
def replay_fails(
    tool: ToolUse,
    replaying: Replaying | None,
    history: History,
    files: Files,
    schema: LiveSchema | None,
) -> Iterator[Finding]:
    """
    A migration fails on an empty database, where a command runs all of them.

    ## What breaks

    A development command runs every migration on an empty database first, and stops at this one. So
    does each new database: that of a test, a preview, or a new member of the team.

    ## Evidence

    The statement and the error. On this database it passed, because of something that no listed
    migration makes: a table made by hand, or rows.

    ## Not this

    A statement that also fails here, where it is pending, is `failing-statement` or a rule of its
    own. A tool without such a command does not show it.

    ## Fix

    Add a migration that comes before this one and makes what is missing, the table or the rows.
    Mark it as applied on databases that already have them. Do not reset this database.

    ## Fix safety

    The applied file stays as it is, so its checksum does. Compare the table of the new migration
    with the one that is there first.

    ## Prevention

    Let CI apply all migrations to an empty database.
    """
    failure = replaying.failure if replaying else None
    if replaying is None or failure is None or failure.statement is None:
        return
    statement = failure.statement
    yield replay_fails.finding(
        severity=Severity.HIGH,
        certainty=Certainty.PREDICTED,
        subject=statement.tag,
        title=f"{opening(statement)} fails on an empty database: {failure.error.text}",
        root_cause=f"`{replaying.command}` first runs all migrations on an empty database. It "
        f"stops at {where(statement)}: {statement.code}. The database answers: "
        f"{said(failure.error)}.{_why(tool, failure, history, files, schema)} Add a migration "
        f"before {statement.tag} that makes what is missing, and mark that migration as applied "
        f"where it is there already{by_mark(tool)}.",
        evidence=(files.get(statement.path), history),
        shown=quoted(files, statement),
        paths=(statement.path,),
    )


def _why(
    tool: ToolUse, failure: ApplyFailure, history: History, files: Files, schema: LiveSchema | None
) -> str:
    """What the empty database lacks, with a space before it."""
    if (failure.error.sqlstate or "").startswith(BY_ROWS):
        return (
            " An empty database only has the rows that the migrations write; where it passed, "
            "there were others."
        )
    empty = None if schema is None else replace(schema, tables=(), enums=())
    return absent(tool, failure, history, files, empty)
