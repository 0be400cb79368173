"""Rule `statement-timeout`."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.dialects import dialect_of
from forensics.dialects.sessions import Sessions
from forensics.facts import (
    Applying,
    CapturedFailure,
    Circumstances,
    Files,
    LiveSchema,
    SqlStatement,
    ToolUse,
)
from forensics.model import Artefact, Certainty, Finding, Fix, Severity
from forensics.rules._base import rule
from forensics.rules._fixes import example
from forensics.statements import evidence, joined, opening, quoted, where

_NO_LIMIT = ("", "0")


@rule(artefact=Artefact.MIGRATION_FILE, since="0.2.0")
def statement_timeout(
    tool: ToolUse,
    applying: Applying,
    files: Files,
    schema: LiveSchema | None,
    circumstances: Circumstances | None,
    captured: CapturedFailure | None,
) -> Iterator[Finding]:
    """A statement timeout cancels a pending statement that has to read every row.

    ## What breaks

    `canceling statement due to statement timeout` (SQLSTATE 57014): the statement takes longer than
    the role, the database or a pooler allows. The command that runs pending migrations stops there
    every time, unless the table gets smaller.

    ## Evidence

    The error in a captured output. Without one, the `statement_timeout` with which a session of the
    role begins, and the pending statements that take longer the more rows there are: indexes,
    constraints that are validated, `NOT NULL`, changes of type, `UPDATE` and `DELETE`. That alone
    is a note, because the size of the table decides. If the output names no statement, the only one
    of that kind is meant.

    ## Not this

    `canceling statement due to user request` has the same code, but means that somebody canceled
    it. A wait for another session's lock counts towards the limit too: see `held-lock`. A limit for
    locks alone is `lock_timeout` (SQLSTATE 55P03).

    ## Fix

    Lift the limit for the migration: `SET LOCAL statement_timeout = 0` in front of the statement
    holds until the end of the transaction. Or run the migration as a role without the limit, over
    an address that bypasses the pooler.

    ## Fix safety

    Needs review: the statement may hold its lock for as long as it takes.

    ## Prevention

    Run migrations as a role of their own, with limits that fit the largest table.
    """
    sessions = dialect_of(tool).sessions
    if sessions is None:
        return
    seen = _seen(sessions, captured)
    if seen is not None and captured is not None:
        yield _observed(tool, sessions, applying, files, captured, seen)
        return
    limit = circumstances.get("statement_timeout") if circumstances else ""
    if circumstances is None or schema is None or limit in _NO_LIMIT:
        return
    slow = [it for it in applying.statements if sessions.scanned(schema, it.text)]
    if slow:
        yield _possible(tool, sessions, applying, files, circumstances, slow)


def _seen(sessions: Sessions, captured: CapturedFailure | None) -> SqlStatement | None:
    """The statement that a time limit was seen to end."""
    error = captured.run.error if captured else None
    if captured is None or error is None or not sessions.took_too_long(error):
        return None
    return captured.statement


def _observed(
    tool: ToolUse,
    sessions: Sessions,
    applying: Applying,
    files: Files,
    captured: CapturedFailure,
    statement: SqlStatement,
) -> Finding:
    return statement_timeout.finding(
        subject=statement.tag,
        severity=Severity.HIGH,
        title=f"A time limit ended {where(statement)}",
        root_cause=f"{opening(statement)} is {statement.code}. The captured output says: "
        f"{sessions.BY_TIME_LIMIT}.{_ALONE * captured.inferred} The statement took longer than a "
        f"session of `{tool.words.apply}` may take there. With the same limit and no fewer rows it "
        "fails again.",
        certainty=Certainty.INFERRED if captured.inferred else Certainty.OBSERVED,
        evidence=(captured.run.evidence, *evidence(applying, files, statement)),
        alternatives=(_lifted(tool, sessions, statement),),
        shown=quoted(files, statement),
        paths=(statement.path,),
    )


_ALONE = (
    " It names no statement: of those that are pending, this is the only one that takes longer the "
    "more rows there are."
)


def _possible(
    tool: ToolUse,
    sessions: Sessions,
    applying: Applying,
    files: Files,
    circumstances: Circumstances,
    slow: list[SqlStatement],
) -> Finding:
    first = slow[0]
    more = len(slow) - 1
    others = f" So do {more} more." if more > 1 else " So does another one." if more else ""
    limit = circumstances.get("statement_timeout")
    return statement_timeout.finding(
        subject=first.tag,
        severity=Severity.NOTE,
        title=f"A time limit of {limit} ms may end {where(first)}",
        root_cause=f"A session of {circumstances.role} begins with `statement_timeout` at {limit} "
        f"ms. {opening(first)} takes longer the more rows its table has: {first.code}.{others}",
        evidence=(circumstances.evidence, *evidence(applying, files, first)),
        alternatives=(_lifted(tool, sessions, first),),
        shown=quoted(files, *slow[:1]),
        paths=(first.path,),
    )


def _lifted(tool: ToolUse, sessions: Sessions, statement: SqlStatement) -> Fix:
    return example(
        statement,
        f"Lift the limit before {where(statement)}",
        f"{joined(tool, (sessions.WITHOUT_LIMIT, statement.text))};",
        "Decide how long the table may be locked. Only change a file that no database has applied.",
        "It holds until the transaction ends; without a transaction around the migration it does "
        "nothing.",
    )
