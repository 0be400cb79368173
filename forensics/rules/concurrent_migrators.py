"""Several processes applied the same migrations at once, and nothing prevents that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forensics.facts import (
    Files,
    History,
    LiveSchema,
    Standing,
    ToolUse,
    TrackingTable,
    TrackingTables,
)
from forensics.model import Artefact, Certainty, Finding, Fix, Severity
from forensics.model.wording import listed
from forensics.rules._account import Statements
from forensics.rules._base import rule
from forensics.rules._baseline import quoted
from forensics.rules._copies import How, Told, exhibit, on_rows, tables_with_copies
from forensics.rules._fixes import fix_of

_SHOWN = 4


@rule(artefact=Artefact.TRACKING_TABLE, since="0.2.0")
def concurrent_migrators(
    history: History,
    tool: ToolUse,
    tracking: TrackingTables,
    files: Files | None,
    schema: LiveSchema | None,
    standing: Standing | None,
) -> Iterator[Finding]:
    """
    Several processes applied the same migrations at once, and nothing prevents that.

    ## What breaks

    A tool that takes no lock reads which migrations are pending before it runs them. If several
    processes start together (replicas of a service, a deployment that is retried), each of them
    reads the same state and runs the same migrations. Statements that create something fail in all
    processes but one. Inserts and updates run once in each process, all of them report success, and
    the data is wrong.

    ## Evidence

    Several rows of one migration, each written by a transaction of its own, of a migration that can
    run more than once. The code or command that applies the migrations takes no lock.

    ## Not this

    Rows that were copied or restored are only `duplicate-tracking-row`: one transaction wrote them,
    or the migration cannot have run twice. A tool with a lock of its own, or code that takes one,
    keeps processes apart.

    ## Fix

    Take a lock of the database around the call, or let one process apply the migrations before the
    others start. Then check what the repeated statements changed, and correct it by hand.

    ## Fix safety

    The lock belongs to a session: it needs a connection to the server itself, not to a pooler that
    hands out sessions per transaction. A person has to check the data: apart from the number of
    rows, nothing in the database shows how often an update ran.

    ## Prevention

    Apply migrations in one step of the deployment, not when each replica starts, and write updates
    so that running them twice does no harm.
    """
    if tool.takes_lock:
        return
    for table, told in tables_with_copies(history, tool, tracking, files, schema):
        again = [it for it in told if it.ran_again]
        if again and table.name == tool.tracking:
            yield _finding(table, again, history, tool, standing)


def _finding(
    table: TrackingTable,
    again: Sequence[Told],
    history: History,
    tool: ToolUse,
    standing: Standing | None,
) -> Finding:
    rows = on_rows(again, standing, history)
    names = listed((it.name for it in again), _SHOWN)
    applies = tool.runner is not None and tool.runner_applies
    most = max(len(it.copies.rows) for it in again)
    return concurrent_migrators.finding(
        severity=Severity.HIGH if rows else Severity.MEDIUM,
        certainty=Certainty.INFERRED,
        subject=tool.folder,
        title=f"{most} processes applied {names} at the same time",
        root_cause=(
            *_seen(table, again),
            f"`{tool.words.apply}` takes no lock, and reads which migrations are pending "
            "before it runs them.",
            f"Here the migrations are applied by {tool.runner}." if applies else "",
            *_damage(rows, most),
        ),
        evidence=(table, history, *tool.evidence[:1]),
        fix=_fix(tool),
        shown=(exhibit(table, again),),
        data=f"Rows may have been changed up to {most} times by {names}." if rows else "",
        paths=tuple(it.copies.migration.path for it in again if it.copies.migration)[:_SHOWN],
    )


def _fix(tool: ToolUse) -> Fix | None:
    return fix_of(
        "Take a lock of the database before migrations are applied",
        (it.by_hand(_WHY) for it in tool.lock_examples),
        "It keeps processes apart from now on, and corrects no data. The lock needs a connection "
        "to the server itself. Where one job can apply the migrations before the others start, "
        "that is as good.",
    )


_WHY = "Decide which processes apply migrations; each of them has to take the same lock."


def _seen(table: TrackingTable, again: Sequence[Told]) -> Iterator[str]:
    for it in again[:_SHOWN]:
        count = len(it.copies.rows)
        by = listed(str(row.transaction) for row in it.copies.rows)
        apart = f" each written by a transaction of its own ({by}),"
        yield (
            f"{table.name} has {count} rows of {it.name},"
            f"{apart if it.how is How.RAN_AGAIN else ''} and its SQL can run more than once."
        )


def _damage(rows: Statements, most: int) -> Iterator[str]:
    if rows:
        yield (
            f"These statements on rows ran up to {most} times, and the data that they changed has "
            f"to be checked by hand: {quoted(rows)}."
        )
    else:
        yield "No statement of it is known to change rows."
