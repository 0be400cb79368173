"""Rule `held-lock`."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.dialects import dialect_of
from forensics.dialects.sessions import Sessions
from forensics.facts import (
    Applying,
    CapturedFailure,
    Circumstances,
    Files,
    HeldLock,
    LiveSchema,
    SqlStatement,
    ToolUse,
)
from forensics.model import Artefact, Certainty, Finding, Fix, RunSql, Severity, TableName
from forensics.rules._base import rule
from forensics.statements import evidence, opening, quoted, without

_NO_LIMIT = ("", "0")


@rule(artefact=Artefact.DATABASE_SCHEMA, since="0.2.0")
def held_lock(
    tool: ToolUse,
    applying: Applying,
    files: Files,
    schema: LiveSchema,
    circumstances: Circumstances | None,
    captured: CapturedFailure | None,
) -> Iterator[Finding]:
    """Another session holds a lock that a pending statement has to wait for.

    ## What breaks

    The command that runs pending migrations waits, and seems to hang. Meanwhile everybody else who
    needs the table waits behind it. With a `lock_timeout` it fails instead (SQLSTATE 55P03).

    ## Evidence

    The locks that other sessions held when the evidence was collected, in transactions that were
    idle or older than five seconds, and the pending statements that need the table. That alone is a
    note. If captured output shows that a run gave up waiting, the lock is why that run failed.

    ## Not this

    Locks come and go: a session that has ended since then blocks nothing. What other roles'
    sessions do is hidden from a role without `pg_monitor`, so their locks may be missing here.

    ## Fix

    Look at that session. Wait until it ends, or end it if nobody needs it any more.

    ## Fix safety

    Ending a session rolls its transaction back.

    ## Prevention

    Set `idle_in_transaction_session_timeout` for the application, and a `lock_timeout` for the role
    that migrates, so that it gives up instead of blocking everybody.
    """
    if circumstances is None or (sessions := dialect_of(tool).sessions) is None:
        return
    gave_up = _gave_up(sessions, captured, schema, circumstances)
    by_table: dict[TableName, tuple[SqlStatement, list[HeldLock]]] = {}
    for statement in applying.statements:
        for lock in sessions.waits_for(schema, statement.text, circumstances):
            _, locks = by_table.setdefault(lock.table, (statement, []))
            if lock not in locks:
                locks.append(lock)
    for table, (statement, locks) in by_table.items():
        given_up = table in gave_up
        run = captured if given_up else None
        statement = (run.statement if run else None) or statement
        fix = _fix(sessions, locks)
        holders = "; ".join(dict.fromkeys(map(_holder, locks)))
        yield held_lock.finding(
            subject=str(table),
            severity=Severity.HIGH if given_up else Severity.NOTE,
            title=f"`{tool.words.apply}` {'gave up waiting' if given_up else 'will wait'} for "
            f"{table}, which another session holds",
            root_cause=(
                f"{opening(statement)} needs {table}: {statement.code}. When the evidence was "
                f"collected, it was locked by {holders}.",
                _limit(circumstances),
                _GAVE_UP * given_up,
            ),
            certainty=Certainty.INFERRED if given_up else Certainty.OBSERVED,
            evidence=(
                *(circumstances, run.run if run else None),
                *evidence(applying, files, statement),
            ),
            fix=None if given_up else fix,
            alternatives=(fix,) if given_up else (),
            counterfactual=without(files, statement) if given_up else (),
            shown=quoted(files, statement),
            paths=(statement.path,),
        )


def _gave_up(
    sessions: Sessions, captured: CapturedFailure | None, schema: LiveSchema, seen: Circumstances
) -> frozenset[TableName]:
    """The tables for which a captured run waited until its time was over."""
    error = captured.run.error if captured else None
    if captured is None or captured.statement is None or error is None:
        return frozenset()
    if not sessions.gave_up_waiting(error):
        return frozenset()
    waits = sessions.waits_for(schema, captured.statement.text, seen)
    return frozenset(lock.table for lock in waits)


_GAVE_UP = "The captured output says that it waited for a lock until its time was over."


def _holder(lock: HeldLock) -> str:
    details = (
        f"role {lock.role}" if lock.role else "",
        f"application {lock.application}" if lock.application else "",
        lock.state,
        lock.mode,
    )
    return f"process {lock.process} ({', '.join(filter(None, details))})"


def _limit(circumstances: Circumstances) -> str:
    limit = circumstances.get("lock_timeout")
    if limit in _NO_LIMIT:
        return (
            f"{circumstances.role} has no `lock_timeout`: it waits until that session is done, and "
            "everybody else waits behind it."
        )
    return f"{circumstances.role} has a `lock_timeout` of {limit} ms, and fails after that."


def _fix(sessions: Sessions, locks: list[HeldLock]) -> Fix:
    ends = tuple(dict.fromkeys(lock.process for lock in locks))
    return Fix(
        title="Wait for that session, or end it",
        steps=tuple(
            RunSql(
                text=sessions.ending(process),
                why="as the role of that session or a superuser, if it is still there and nobody "
                "needs it",
            )
            for process in ends
        ),
        safety_note="Its transaction is rolled back. Process numbers are used again: look first.",
        needed=False,
    )
