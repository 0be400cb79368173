"""What `push` of 1.0 would do with tables that the schema code lacks, as far as they are ours."""

from __future__ import annotations

import re

from forensics.adapters.drizzle.commands.reach import passes_filter
from forensics.adapters.predictions import unknown
from forensics.facts import Facts, TrackingTable
from forensics.model import CommandOutcome, Outcome, Prediction
from forensics.model.wording import listed

_PATTERN = re.compile(r"[*?\[\]{}()!+@|]")
_NOT_MODELLED = "what push of 1.0 would change is not modelled"


def predict_push(facts: Facts) -> Prediction:
    """It drops every table that it compares and the code lacks: after a question, if it has rows.

    It leaves out only the configured table (filterMigrationsSchema, 1.0.0-rc.5). Without a
    terminal the question is an exit code of 2, also with `--force`. Exit codes are those.
    """
    if facts.tracking is None:
        return unknown("push", "the database was not seen")
    if any(_PATTERN.search(it) for it in (*facts.tool.schema_filter, *facts.tool.tables_filter)):
        return unknown("push", "it is not known which tables the patterns of the config let in")
    doomed = doomed_by_push(facts)
    if unread := [it.name for it in doomed if it.outcome is not Outcome.COLLECTED]:
        return unknown("push", f"{unread[0]}, which it would drop, could not be read")
    filled = [it.name for it in doomed if it.rows]
    if not filled:
        return unknown("push", _NOT_MODELLED + _silently(doomed))
    return Prediction(
        command="push",
        outcome=CommandOutcome.ASKS,
        exit_code=2,
        message=f"Confirm data loss  —  table  {_spelled(filled[0].schema)}.{filled[0].table}",
        destructive=True,
    )


def doomed_by_push(facts: Facts) -> list[TrackingTable]:
    """The tracking tables in its reach but for the one that the config names."""
    tool = facts.tool
    seen = facts.tracking.of_tool(tool.name) if facts.tracking else ()
    found = (it for it in seen if it.name != tool.tracking and tool.compares(it.name.schema))
    inside = (
        it for it in found if passes_filter(it.name.table, tool.tables_filter, negated_count=True)
    )
    return sorted(inside, key=lambda it: it.name)


def _silently(doomed: list[TrackingTable]) -> str:
    if not doomed:
        return ""
    names = listed([str(it.name) for it in doomed])
    return f"; it would drop {names}, without rows, and ask nothing"


def _spelled(schema: str) -> str:
    """Of SQLite, too, it says `public`."""
    return "public" if schema == "main" else schema
