"""The tool reads one tracking table, and the rows are in another."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import Facts, Files, History, ToolUse, TrackingTable, TrackingTables
from forensics.model import (
    Artefact,
    Finding,
    Fix,
    MoveTable,
    Outcome,
    RenameTable,
    Safety,
    Severity,
    Step,
    TableName,
    Unanswered,
)
from forensics.rules._base import rule
from forensics.rules._tracking import matching_rows


@rule(artefact=Artefact.TRACKING_TABLE, since="0.1.0")
def tracking_table_in_two_schemas(
    tool: ToolUse, history: History, tracking: TrackingTables, facts: Facts
) -> Iterator[Finding | Unanswered]:
    """
    The tool reads one tracking table, but the applied migrations are recorded in another.

    ## What breaks

    `migrate` finds its table empty, or makes it, and starts again from the first migration. It
    stops at the first statement whose object exists; statements with `IF NOT EXISTS` before it
    pass unnoticed. Nothing is lost, since the run is rolled back. `push` offers to delete a
    tracking table that lies in a schema it compares.

    ## Evidence

    Both tables with all rows, the list of migrations whose stamps match the rows, the config that
    says (or does not say) which table is read, and code that calls a migrator with another table.

    ## Not this

    One table with rows missing is `tracking-rows-missing`. Rows that match no migration listed
    here belong to another application: `shared-tracking-table`. An empty second table that the
    tool does not read is harmless.

    ## Fix

    Retire the empty table under another name inside its own schema, and move the full one to where
    the tool looks: ids, hashes and sequence stay as they are, and not one row is written. Where
    code reads the other table on purpose, the config is changed instead.

    ## Fix safety

    Safe in the database that was examined: guards check the rows, and the inverse is in
    `rollback.sql`. Every other environment has to be looked at by itself.

    ## Prevention

    Write `migrations: { schema: ... }` into the config and the same into every `migrate()` call,
    and never let two of them differ.
    """
    rule_ = tracking_table_in_two_schemas
    if tool.tracking is None:
        if tool.dialect in (None, "postgresql"):
            yield rule_.unanswered(
                "the tracking table that the config names", "give --tracking-table SCHEMA.TABLE"
            )
        return
    read = tracking.get(tool.tracking)
    if read is not None and read.outcome is not Outcome.COLLECTED:
        yield rule_.unanswered(
            f"the rows of {read.name}", read.grant or "try again when the table is not locked"
        )
        return
    for other in tracking.of_tool(tool.name):
        if other.name != tool.tracking and _holds_more(other, read, history, facts.files):
            yield _finding(tool, tool.tracking, read, other, tracking, facts)


def _holds_more(
    other: TrackingTable, read: TrackingTable | None, history: History, files: Files | None
) -> bool:
    here = len(matching_rows(read, history, files)) if read else 0
    return len(matching_rows(other, history, files)) > here


def _finding(
    tool: ToolUse,
    name: TableName,
    read: TrackingTable | None,
    other: TrackingTable,
    tracking: TrackingTables,
    facts: Facts,
) -> Finding:
    move = _move(name, read, other)
    config = _config(other, facts)
    seen = (read.evidence,) if read else ()
    by_code = any(call.tracking == other.name for call in tool.migrator_calls)
    mergeable = read is None or not read.rows
    recommended = config if by_code and config else (move if mergeable else None)
    others = tuple(
        fix for fix in (move if mergeable else None, config) if fix and fix is not recommended
    )
    return tracking_table_in_two_schemas.finding(
        severity=Severity.MEDIUM,
        subject=str(name),
        title=f"The tool reads {name}, but the rows are in {other.name}",
        root_cause=_root_cause(tool, name, read, other, mergeable),
        evidence=tuple(dict.fromkeys((*seen, other.evidence, tracking.evidence, *tool.evidence))),
        fix=recommended,
        alternatives=others,
        counterfactual=() if recommended else move.steps,
    )


def _root_cause(
    tool: ToolUse,
    name: TableName,
    read: TrackingTable | None,
    other: TrackingTable,
    mergeable: bool,
) -> str:
    here = "which does not exist" if read is None else f"which holds {_rows(len(read.rows))}"
    says = {
        "default": "names no table, so it is the default",
        "option": "was overruled by --tracking-table",
    }
    source = says.get(tool.tracking_source, "names it")
    text = (
        f"drizzle-kit reads {name}, {here}: the config {source}. "
        f"{other.name} holds {_rows(len(other.rows))}, whose stamps are those of the journal."
    )
    callers = [call for call in tool.migrator_calls if call.tracking == other.name]
    text += "".join(
        f" {call.path}:{call.line} runs the migrator on {other.name}." for call in callers
    )
    if not callers:
        text += f" What filled {other.name} cannot be seen here: no release defaults to it, and no code found names it."
    if read is not None and not read.rows:
        text += f" The empty {name} is an effect, not the cause: migrate makes the table before it fails{_tries(read)}."
    if not mergeable:
        text += " Both tables hold rows, so they have to be merged by hand, row by row."
    return text


def _tries(read: TrackingTable) -> str:
    sequence = read.sequence
    if sequence is None or not sequence.is_called:
        return ""
    return (
        f"; its id sequence stands at {sequence.last_value} without one row, "
        "so runs that were rolled back, or rows since deleted, used it"
    )


def _rows(count: int) -> str:
    return {0: "no row", 1: "1 row"}.get(count, f"{count} rows")


def _move(name: TableName, read: TrackingTable | None, other: TrackingTable) -> Fix:
    steps: list[Step] = []
    if read is not None:
        steps.append(_rename(read, f"{name.table}_retired"))
    if other.name.table != name.table:
        steps.append(_rename(other, name.table))
    if other.name.schema != name.schema:
        table = TableName(schema=other.name.schema, table=name.table)
        rows = len(other.rows)
        steps.append(MoveTable(table=table, to_schema=name.schema, rows=rows, newest=other.newest))
    return Fix(
        title=f"Move {other.name} to where the tool looks, {name}",
        steps=tuple(steps),
        safety=Safety.SAFE,
        safety_note="Writes no row, keeps ids and hashes, checks the row counts first, and rollback.sql undoes it. "
        "It holds for this database alone: look at every other environment before the same is run there.",
    )


def _rename(table: TrackingTable, to: str) -> RenameTable:
    return RenameTable(
        table=table.name,
        to=to,
        rows=len(table.rows),
        sequence=table.sequence.name.table if table.sequence else None,
        primary_key=table.primary_key,
    )


def _config(other: TrackingTable, facts: Facts) -> Fix | None:
    edit = next((edit for edit in facts.config_edits if edit.tracking == other.name), None)
    if edit is None:
        return None
    trap = (
        " But in 0.x `push` then offers to delete this table with its rows, and `push --force` does so unasked."
        if other.name.schema in facts.tool.schema_filter
        else ""
    )
    return Fix(
        title=f"Tell the config to read {other.name}",
        steps=(edit.step,),
        safety=Safety.REVIEW,
        safety_note=f"Changes no database, and every environment reads {other.name} from then on.{trap}",
    )
