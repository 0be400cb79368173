"""A migration is recorded more than once in a tracking table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forensics.facts import (
    Family,
    Files,
    History,
    LiveSchema,
    Standing,
    ToolUse,
    TrackingTable,
    TrackingTables,
)
from forensics.model import Artefact, Finding, Fix, Safety, Severity
from forensics.model.wording import counted, listed, shortened
from forensics.rules._base import rule
from forensics.rules._baseline import quoted
from forensics.rules._copies import How, Told, exhibit, on_rows, tables_with_copies

_SHOWN = 4


@rule(artefact=Artefact.TRACKING_TABLE, since="0.2.0")
def duplicate_tracking_row(
    history: History,
    tool: ToolUse,
    tracking: TrackingTables,
    files: Files | None,
    schema: LiveSchema | None,
    standing: Standing | None,
) -> Iterator[Finding]:
    """
    A migration is recorded more than once in a tracking table.

    ## What breaks

    Nothing by itself. A tool that reads only the newest row, or compares names, behaves as if each
    migration had one row. But the extra rows say that something happened twice: if the migration
    itself ran twice, its inserts and updates changed data twice.

    ## Evidence

    Several rows with the same timestamp or name. The ids, and the transactions that wrote the rows,
    say how they came about. So do the statements: one that creates a table cannot have run twice.

    ## Not this

    Listed migrations that share a timestamp have one row each. Rows in two tables are
    `tracking-table-in-two-schemas`. If nothing keeps two processes from migrating at once, and the
    rows show that they did, `concurrent-migrators` says so as well.

    ## Fix

    Leave the rows: they do no harm, and show how often the migration ran. Check the data that its
    statements changed, and correct it by hand. Delete the extra rows only after that, if at all.

    ## Fix safety

    Nothing is changed. Whether an update ran twice cannot be seen in a catalogue: compare values
    with a backup, or with what the application recorded.

    ## Prevention

    Let one process at a time apply migrations, and never copy rows from one tracking table to
    another.
    """
    for table, told in tables_with_copies(history, tool, tracking, files, schema):
        rows = on_rows(told, standing, history)
        yield duplicate_tracking_row.finding(
            severity=Severity.LOW,
            subject=str(table.name),
            title=_title(table, told),
            root_cause=(
                *_counted(table, told, history),
                *_how(told),
                *_effect(tool, table),
                f"These statements may have run each time: {quoted(rows)}." if rows else "",
            ),
            evidence=(table, history, standing),
            fix=Fix(
                title="Leave the rows, and check the data",
                steps=(),
                safety=Safety.SAFE,
                safety_note="The rows do no harm, and they are the evidence of what ran how often.",
                needed=False,
            ),
            shown=(exhibit(table, told),),
            paths=tuple(it.copies.migration.path for it in told if it.copies.migration)[:_SHOWN],
        )


def _title(table: TrackingTable, told: Sequence[Told]) -> str:
    if len(told) > 1:
        return f"{len(told)} migrations are recorded more than once in {table.name}"
    return f"{told[0].name} is recorded {len(told[0].copies.rows)} times in {table.name}"


def _counted(table: TrackingTable, told: Sequence[Told], history: History) -> Iterator[str]:
    rows = counted(len(table.rows), "row")
    migrations = counted(len(history.migrations), "listed migration")
    surplus = sum(it.copies.surplus for it in told)
    yield f"{table.name} has {rows} for {migrations}, {surplus} too many:"
    more = len(told) - _SHOWN
    others = [f"and {more} more"] if more > 0 else []
    yield "; ".join([*(_ids(it) for it in told[:_SHOWN]), *others]) + "."


def _ids(told: Told) -> str:
    ids = [str(row.id) for row in told.copies.rows if row.id is not None]
    where = f" (ids {listed(ids)})" if ids else ""
    return f"{told.name} has {len(told.copies.rows)}{where}"


def _how(told: Sequence[Told]) -> Iterator[str]:
    for how in dict.fromkeys(it.how for it in told):
        which = [it for it in told if it.how is how]
        of = "" if len(which) == len(told) else f"Of {listed(it.name for it in which[:_SHOWN])}: "
        yield f"{of}{_REASONS[how].format(shortened(which[0].once, 80))}"


_REASONS = {
    How.RAN_AGAIN: "Each row was written by a transaction of its own, as by processes that applied "
    "the migration at the same time. The SQL can run more than once. Somebody who inserted a row "
    "by hand would leave the same rows.",
    How.ONE_TRANSACTION: "One transaction wrote several of these rows, which no run of the tool "
    "does: they were copied or restored, so the migration need not have run again.",
    How.SAME_IDS: "Two rows have the same id, which the table's key would have refused: rows were "
    "restored from a dump into a table without that key.",
    How.CANNOT_RUN_AGAIN: "`{}` fails when it runs again, so the migration ran once: the other "
    "rows were copied, restored from a dump, or inserted by hand.",
    How.NOT_KNOWN: "Which transactions wrote the rows was not seen: processes may have applied the "
    "migration at the same time, or rows were copied or restored.",
}


def _effect(tool: ToolUse, table: TrackingTable) -> Iterator[str]:
    if table.name == tool.tracking:
        newest = tool.family is Family.HIGH_WATER_MARK
        looks = "only looks at the newest row, so it " if newest else ""
        yield f"`{tool.words.apply}` {looks}goes on as with one row."
