"""Rule `held-lock`."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.dialects.postgres.locks import waits_for
from forensics.facts import (
    Applying,
    Circumstances,
    Files,
    HeldLock,
    LiveSchema,
    SqlStatement,
    ToolUse,
)
from forensics.model import Artefact, Finding, Fix, RunSql, Safety, Severity, TableName
from forensics.rules._base import rule
from forensics.statements import evidence, quoted, where

_NO_LIMIT = ("", "0")


@rule(artefact=Artefact.DATABASE_SCHEMA, since="0.2.0")
def held_lock(
    tool: ToolUse,
    applying: Applying,
    files: Files,
    schema: LiveSchema,
    circumstances: Circumstances | None,
) -> Iterator[Finding]:
    """Another session holds a lock that a pending statement has to wait for.

    ## What breaks

    The command that runs pending migrations waits, and seems to hang. Meanwhile everybody else who
    needs the table waits behind it. With a `lock_timeout` it fails instead (SQLSTATE 55P03).

    ## Evidence

    The locks that other sessions held when the evidence was collected, in transactions that were
    idle or older than five seconds, and the pending statements that need the table.

    ## Not this

    Locks come and go: a session that has ended since then holds nothing up. What other roles'
    sessions do is hidden from a role without `pg_monitor`, so their locks may be missing here.

    ## Fix

    Look at that session. Wait until it ends, or end it if nobody needs it any more.

    ## Fix safety

    Ending a session rolls its transaction back.

    ## Prevention

    Set `idle_in_transaction_session_timeout` for the application, and a `lock_timeout` for the role
    that migrates, so that it gives up instead of blocking everybody.
    """
    if circumstances is None:
        return
    by_table: dict[TableName, tuple[SqlStatement, list[HeldLock]]] = {}
    for statement in applying.statements:
        for lock in waits_for(schema, statement.text, circumstances):
            _, locks = by_table.setdefault(lock.table, (statement, []))
            if lock not in locks:
                locks.append(lock)
    for table, (statement, locks) in by_table.items():
        holders = "; ".join(dict.fromkeys(map(_holder, locks)))
        yield held_lock.finding(
            subject=str(table),
            severity=Severity.NOTE,
            title=f"`{tool.words.apply}` will wait for {table}, which another session holds",
            root_cause=f"{_upper(where(statement))} needs {table}: {statement.code}. When the "
            f"evidence was collected, it was locked by {holders}. {_limit(circumstances)}",
            evidence=(circumstances.evidence, *evidence(applying, files, statement)),
            fix=_fix(locks),
            shown=quoted(files, statement),
            paths=(statement.path,),
        )


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


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


def _fix(locks: list[HeldLock]) -> Fix:
    ends = tuple(dict.fromkeys(lock.process for lock in locks))
    return Fix(
        title="Wait for that session, or end it",
        steps=tuple(
            RunSql(
                text=f"SELECT pg_catalog.pg_terminate_backend({process});",
                why="as the role of that session or a superuser, if it is still there and nobody "
                "needs it",
            )
            for process in ends
        ),
        safety=Safety.REVIEW,
        safety_note="Its transaction is rolled back. Process numbers are used again: look first.",
        needed=False,
    )
