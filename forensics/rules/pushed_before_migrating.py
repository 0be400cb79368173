"""The database was brought to the newest state by `push`, and migrations were to follow."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import (
    Files,
    History,
    LiveSchema,
    MadeBy,
    Standing,
    ToolUse,
    TrackingTables,
)
from forensics.model import Artefact, Certainty, Finding, Severity
from forensics.rules._account import Account, account, was_pushed
from forensics.rules._base import rule
from forensics.rules._baseline import baseline, listed_tags, quoted
from forensics.rules.tracking_rows_missing import MOST_PATHS, held


@rule(artefact=Artefact.TRACKING_TABLE, since="0.1.0")
def pushed_before_migrating(
    tool: ToolUse,
    history: History,
    files: Files,
    tracking: TrackingTables,
    schema: LiveSchema,
    standing: Standing,
) -> Iterator[Finding]:
    """
    The database has the newest state, and the tool never recorded how: it was pushed.

    ## What breaks

    `push` compares the schema code with the database and changes the database, without a row. A
    later `migrate` starts from the first migration that is not recorded, and stops at the first
    object that exists already.

    ## Evidence

    The catalogue equals the state after the newest migration, and columns lie in the order of the
    schema code and not in that in which the migrations add them. Where these orders are one: no
    migration was ever recorded, and no id of the tracking table handed out.

    ## Not this

    Ids that were handed out and are in no row speak of `tracking-rows-missing`, and so does an
    older state than the newest, and what is there beside rows of `migrate`. One object that
    somebody made by hand is `schema-drift`.

    ## Fix

    Record all migrations whose state the database has. What `push` does not do has to be done by
    hand: statements on rows, and functions, triggers and extensions of hand-written migrations.

    ## Fix safety

    Needs a look: what `push` left out is listed, and `migrate` never runs it once it is recorded.

    ## Prevention

    Use `push` only for databases that are thrown away, and give it no address of another one.
    """
    found = account(tool, history, files, tracking, schema, standing)
    if found is not None and found.missing and was_pushed(found):
        yield _finding(found, tracking)


def _finding(found: Account, tracking: TrackingTables) -> Finding:
    missing = found.missing
    repair = baseline(found, missing)
    whole = not found.lacking()
    further = baseline(found, (*missing, *found.trailing())) if found.trailing() else None
    offered = tuple(fix for fix in (None if whole else repair, further) if fix)
    state = found.migration(found.reached).tag
    return pushed_before_migrating.finding(
        severity=Severity.MEDIUM,
        certainty=Certainty.INFERRED,
        subject=str(found.name),
        title=f"The database has the state of {state}, but {found.name} does not record it",
        root_cause=" ".join(_root_cause(found)),
        evidence=(*found.evidence(missing), tracking.evidence),
        fix=repair if whole else None,
        alternatives=offered,
        counterfactual=repair.steps if repair and not whole else (),
        paths=tuple(found.migration(position).path for position in missing[:MOST_PATHS]),
    )


def _root_cause(found: Account) -> Iterator[str]:
    missing = found.missing
    yield f"{found.tool.name} reads {found.name}, {held(found.read)}."
    yield (
        f"The catalogue has the state after {found.migration(found.reached).tag}, and "
        f"{listed_tags(found, missing)} {'has' if len(missing) == 1 else 'have'} no row in any "
        "tracking table of this database."
    )
    if found.standing.made_by is MadeBy.PUSH:
        yield (
            "Columns lie in the order of the schema code, and not in that in which the migrations "
            "add them: `push` made them."
        )
    elif found.read is None:
        yield (
            "No migrate ever ran here under this config, else the table would be there, unless it "
            "was dropped since: `push` is the likeliest origin. A dump of the application's schema "
            "alone, restored, leaves the same."
        )
    else:
        yield (
            "No id of the table was ever handed out for them, so no migrate recorded them here: "
            "`push` is the likeliest origin. A dump of the schema without its rows, restored, or "
            "SQL run by hand leaves the same."
        )
    if lacking := found.lacking():
        yield f"`push` does not make all; not there, or otherwise there, is: {quoted(lacking)}."
