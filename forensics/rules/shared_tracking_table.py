"""Another application of the repository keeps its rows in the same tracking table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forensics.facts import (
    Family,
    Files,
    History,
    ListPlace,
    Migration,
    Recoveries,
    Stranger,
    ToolUse,
    TrackingTables,
)
from forensics.model import Artefact, Finding, Severity
from forensics.model.wording import counted, listed
from forensics.rules._base import rule
from forensics.tracking.matching import matching_rows

_SHOWN = 4


@rule(artefact=Artefact.TRACKING_TABLE, since="0.2.0")
def shared_tracking_table(
    history: History,
    files: Files,
    tool: ToolUse,
    tracking: TrackingTables,
    recovered: Recoveries | None,
) -> Iterator[Finding]:
    """
    Another application of the repository keeps its rows in the same tracking table.

    ## What breaks

    A tool that only looks at the newest row takes the other application's row for its own. Every
    migration with an earlier timestamp is skipped, and applying migrations reports success: tables
    are missing, in one application or the other, depending on who migrated last.

    ## Evidence

    Rows that belong to no migration of this list, and to one of another list in the repository.

    ## Not this

    Rows of a branch, or of migrations that were removed from this list, are
    `applied-but-unknown-migration`. A copy of this list in a build output is not another
    application.

    ## Fix

    Give each application a table of its own, in its config and in its code. Before that, record in
    the new table exactly the migrations that this database really has. Then apply what was skipped.

    ## Fix safety

    Needs care: a new, empty table makes the tool start from the first migration again. Change
    config and rows together, in every environment.

    ## Prevention

    Where several applications share a database, name the tracking table in each config.
    """
    table = tracking.get(tool.tracking)
    others = [
        it
        for it in (recovered.strangers if recovered else ())
        if it.place is ListPlace.OTHER_LIST and table is not None and it.table == table.name
    ]
    if table is None or not others:
        return
    recorded = matching_rows(tool.ledger, table, history, files)
    newest = max(it.row.at or 0 for it in others)
    own = max((row.at or 0 for row in recorded.values()), default=0)
    skipped = [
        it
        for it in history.migrations
        if tool.family is Family.HIGH_WATER_MARK
        and it.position not in recorded
        and own < (it.stamp or 0) <= newest
    ]
    yield shared_tracking_table.finding(
        severity=Severity.HIGH if skipped else Severity.MEDIUM,
        subject=str(table.name),
        title=f"{table.name} also holds the rows of another application",
        root_cause=_root_cause(others, skipped, tool),
        evidence=(table, history, *(e for it in others for e in it.evidence)),
    )


def _root_cause(
    others: Sequence[Stranger], skipped: Sequence[Migration], tool: ToolUse
) -> Iterator[str]:
    rows = counted(len(others), "row")
    lists = listed(sorted({it.path or "" for it in others})[:_SHOWN])
    names = listed((it.tag or "" for it in others), _SHOWN)
    belong = "belongs" if len(others) == 1 else "belong"
    yield f"{rows} of the table that {tool.name} reads here {belong} to {lists}: {names}."
    if skipped:
        keys = [it.key for it in skipped]
        yield (
            f"The newest of them is later than {listed(keys[:_SHOWN])}, which this table does not "
            f"record: `{tool.words.apply}` skips {'it' if len(keys) == 1 else 'them'}, and reports "
            "success."
        )
    elif tool.family is Family.HIGH_WATER_MARK:
        yield (
            f"`{tool.words.apply}` only looks at the newest row, so it skips a migration that was "
            "generated before the other application's newest one."
        )
