"""The sync command brought the database to the newest state, without recording a migration."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.dialects.reach import ONLY_IN_SQL
from forensics.facts import Aspect, MadeBy
from forensics.model import Artefact, Certainty, Finding, Severity
from forensics.rules._account import Account, Statements
from forensics.rules._base import rule
from forensics.rules._baseline import about_missing, listed_tags, quoted
from forensics.rules._made_by import was_pushed
from forensics.rules.tracking_rows_missing import held


@rule(artefact=Artefact.TRACKING_TABLE, since="0.1.0")
def pushed_before_migrating(found: Account) -> Iterator[Finding]:
    """
    The sync command brought the database to the newest state, without recording a migration.

    ## What breaks

    The sync command compares the schema code with the database and changes the database without
    recording a migration. Applying migrations later starts from the first one that is not recorded,
    and stops at the first object that already exists.

    ## Evidence

    The catalogue equals the state after the newest migration, and columns are in the order of the
    schema code, not in the order in which the migrations add them. If both orders are the same: no
    migration was ever recorded, and the tracking table handed out no id.

    ## Not this

    Ids that no row has, an older state than the newest, or a state together with recorded rows
    point to `tracking-rows-missing`. A single object that somebody made by hand is `schema-drift`.

    ## Fix

    Record all migrations whose state the database has. Do by hand what the sync command does not
    do: statements on rows, and functions, triggers and extensions of hand-written migrations.

    ## Fix safety

    Review it first: what the sync command left out is listed, and is never run once it is recorded.

    ## Prevention

    Use the sync command only for throw-away databases, and never give it the address of another.
    """
    if found.missing and was_pushed(found):
        state = found.migration(found.reached).key
        yield pushed_before_migrating.finding(
            severity=Severity.MEDIUM,
            certainty=Certainty.INFERRED,
            title=f"The database has the state of {state}, but {found.name} does not record it",
            root_cause=_root_cause(found),
            **about_missing(found, safe=found.proven(found.missing) and not _never_run(found)),
        )


def _root_cause(found: Account) -> Iterator[str]:
    missing, apply = found.missing, found.tool.words.apply
    sync = found.tool.words.sync
    yield f"{found.tool.name} reads {found.name}, {held(found.read)}."
    yield (
        f"The catalogue has the state after {found.migration(found.reached).key}, and "
        f"{listed_tags(found, missing)} {'has' if len(missing) == 1 else 'have'} no row in any "
        "tracking table of this database."
    )
    if found.standing.made_by is MadeBy.SYNC:
        yield (
            "Columns are in the order of the schema code, not in that in which the migrations add "
            f"them: `{sync}` made them."
        )
    elif found.read is None:
        yield (
            f"No `{apply}` ever ran here with this config, or the table would exist, unless it was "
            f"dropped since: `{sync}` is the likeliest origin. A restored dump of the "
            "application's schema alone looks the same."
        )
    else:
        yield (
            f"The table never handed out an id for them, so no `{apply}` recorded them here: "
            f"`{sync}` is the likeliest origin. A restored dump of the schema without its rows, or "
            "SQL run by hand, looks the same."
        )
    if lacking := (*found.lacking(missing), *found.may_lack(missing)):
        yield f"`{sync}` does not make everything. Missing or different: {quoted(lacking)}."
    if never_run := _never_run(found):
        yield (
            f"`{sync}` never runs what the schema code does not have, so these did not run unless "
            f"somebody ran them by hand: {quoted(never_run)}."
        )


def _never_run(found: Account) -> Statements:
    """Statements without a visible effect, on nothing that the sync command makes or changes."""
    return tuple(
        (migration, statement)
        for migration, statement in found.open(found.missing)
        if all(it.kind in ONLY_IN_SQL and it.aspect is not Aspect.EXTRA for it in statement.touches)
    )
