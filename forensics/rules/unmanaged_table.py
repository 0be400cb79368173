"""The schema of the migrations has a table that none of them makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from forensics.facts import (
    Files,
    History,
    LiveSchema,
    Recoveries,
    Standing,
    ToolUse,
    TrackingTables,
)
from forensics.model import Artefact, Certainty, Finding, MoveObjects, Severity, TableName
from forensics.model.wording import code, counted, listed
from forensics.rules._absent import is_made
from forensics.rules._base import rule
from forensics.rules._marks import by_mark
from forensics.tracking.unmanaged import unmanaged_tables

_SHOWN = 4
_ELSEWHERE = "elsewhere"
"""A schema that the tool does not look at, for experiments."""


@rule(artefact=Artefact.DATABASE_SCHEMA, since="0.2.0")
def unmanaged_table(
    tool: ToolUse,
    history: History,
    files: Files,
    tracking: TrackingTables,
    schema: LiveSchema,
    standing: Standing,
    recovered: Recoveries | None,
) -> Iterator[Finding]:
    """
    The schema of the migrations has a table that none of them makes.

    ## What breaks

    A tool that compares the whole schema stops there. Before the first migration it refuses to
    start, since the schema is not empty. Later its development command reports drift, and offers to
    drop the schema with all rows.

    ## Evidence

    The tables of the catalogue, compared with everything that the listed migrations make.

    ## Not this

    Tables that the listed migrations make without being recorded are `pushed-before-migrating` or
    `tracking-rows-missing`. A table that some migration may make, for example in a block of code,
    is not reported. A tool that leaves other tables alone has no such issue.

    ## Fix

    Find out who made the table. If another application owns it, give each application a schema or a
    database of its own. If it belongs to this application, add a migration that makes it, and mark
    that one as applied on the databases that have the table.

    ## Fix safety

    No script is offered, because the table may be in use. Marking a listed migration as applied
    does not help: its own tables would never be created.

    ## Prevention

    One schema for each application, and no table by hand or by the sync command in a database that
    is migrated.
    """
    if not tool.minds_others or tool.tracking is None or not history.migrations:
        return
    found = [
        it
        for it in unmanaged_tables(schema, standing, tool.tracking)
        if not is_made(tool, it.table, history, files)
    ]
    if found:
        yield _finding(found, tool, history, tracking, schema, recovered)


def _finding(
    found: Sequence[TableName],
    tool: ToolUse,
    history: History,
    tracking: TrackingTables,
    schema: LiveSchema,
    recovered: Recoveries | None,
) -> Finding:
    names = [str(it) for it in found]
    return unmanaged_table.finding(
        severity=Severity.MEDIUM,
        certainty=Certainty.OBSERVED,
        subject=names[0],
        others=tuple(names[1:]),
        title=f"No migration makes {_some(names)}",
        root_cause=_root_cause(names, tool, tracking, recovered),
        evidence=(schema, history, tracking),
        counterfactual=(MoveObjects(names=tuple(found), to_schema=_ELSEWHERE),),
    )


def _root_cause(
    names: Sequence[str],
    tool: ToolUse,
    tracking: TrackingTables,
    recovered: Recoveries | None,
) -> Iterator[str]:
    assert tool.tracking is not None
    one = len(names) == 1
    them, those = ("it", "that table") if one else ("them", "those tables")
    yield (
        f"{_some(map(code, names))} {'is' if one else 'are'} in the schema {tool.tracking.schema}, "
        f"and no file in {tool.folder} makes {them}."
    )
    strangers = recovered.strangers if recovered else ()
    if strangers:
        rows = counted(len(strangers), "row")
        yield f"{rows} of {tool.tracking} may tell who did: see that issue."
    else:
        sync = f", or `{tool.words.sync}`" if tool.words.sync else ""
        yield f"Another application made {them}{sync}, or somebody by hand."
    if tracking.get(tool.tracking) is None:
        yield (
            f"`{tool.words.apply}` has never run here, and refuses a schema with tables. Do not "
            "mark a migration as applied to get past that, unless all that it makes is there."
        )
    yield (
        f"If another application owns {those}, give each application a schema or a database of its "
        f"own. If this one does, add a migration that makes {them}, and mark that migration "
        f"as applied where {'the table exists' if one else 'the tables exist'}{by_mark(tool)}."
    )


def _some(names: Iterable[str]) -> str:
    shown = list(names)
    more = len(shown) - _SHOWN
    return listed([*shown[:_SHOWN], f"{more} more tables"] if more > 0 else shown)
