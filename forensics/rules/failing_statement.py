"""Rule `failing-statement`."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import ApplyFailure, Applying, CapturedFailure, Files, History, ToolUse
from forensics.model import Artefact, Finding, Severity
from forensics.rules._base import rule
from forensics.rules._statements import (
    certainty,
    evidence,
    kept,
    opening,
    quoted,
    said,
    where,
    without,
)

_EXISTS = frozenset({"42P06", "42P07", "42701", "42710"})
"""A schema, table, column or another object is there already."""


@rule(artefact=Artefact.MIGRATION_FILE, since="0.2.0")
def failing_statement(
    tool: ToolUse,
    applying: Applying,
    history: History,
    files: Files,
    captured: CapturedFailure | None,
) -> Iterator[Finding]:
    """A pending statement fails, for a reason that has no rule of its own.

    ## What breaks

    The command that runs pending migrations stops at this statement every time. Migrations behind
    it never run. Where everything runs in one transaction, nothing before it stays either.

    ## Evidence

    The statement, where it stands, and the database's error: its text, SQLSTATE, DETAIL and HINT.
    Where a throw-away server could be started, the statement was run there, on a copy of the
    collected schema.

    ## Not this

    The migration may not need to run at all: if its effects are in the database already, the cause
    is a missing tracking row (`tracking-rows-missing`) or a repeated change, not this statement.

    ## Fix

    Read the error, and correct the statement in the pending file. Only change a file that no
    database has applied: elsewhere, add a new migration instead.

    ## Fix safety

    There is no automatic fix, because the right statement depends on what was meant.

    ## Prevention

    Run every new migration against a copy of the production schema in CI before it is merged.

    Generated SQL is not tried by the tool that generates it.
    """
    failure = applying.failure
    if failure is None or failure.statement is None:
        return
    statement = failure.statement
    yield failing_statement.finding(
        subject=statement.tag,
        severity=Severity.HIGH,
        title=f"{opening(statement)} fails: {failure.error.text}",
        root_cause=f"`{tool.words.apply}` stops at {where(statement)}: {statement.code}. "
        f"The database answers: {said(failure.error)}.{_repeats(failure, history, files)}"
        f"{kept(tool, applying, statement)}",
        certainty=certainty(applying, captured),
        evidence=evidence(applying, files, statement),
        counterfactual=without(files, statement),
        shown=quoted(files, statement),
        paths=(statement.path,),
    )


def _repeats(failure: ApplyFailure, history: History, files: Files) -> str:
    """Of something that is there already: which migration makes it too, with a space before it."""
    statement = failure.statement
    if statement is None or failure.error.sqlstate not in _EXISTS:
        return ""
    others = [it for it in history.migrations if it.position != statement.position]
    for migration in others:
        file = files.get(migration.path)
        if file is not None and statement.text in " ".join((file.text or "").split()):
            return f" {migration.key} holds the same statement: one of the two repeats the other."
    return (
        " No other listed migration holds that statement, so the object was made by hand, or by a "
        "migration that is no longer listed."
    )
