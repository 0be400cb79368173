"""The tool reads one tracking table, but the applied migrations are recorded in another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from forensics.dialects import dialect_of
from forensics.facts import (
    Commit,
    Facts,
    Family,
    History,
    Match,
    ToolUse,
    TrackingTable,
    TrackingTables,
)
from forensics.model import Artefact, Finding, Outcome, Severity, Unanswered
from forensics.model.wording import listed
from forensics.rules._base import rule
from forensics.rules._git import describe, origin
from forensics.rules._split import Split, config_edited, tables_moved
from forensics.rules.tracking_rows_missing import held
from forensics.tracking.matching import matching_rows


@rule(artefact=Artefact.TRACKING_TABLE, since="0.1.0")
def tracking_table_in_two_schemas(
    tool: ToolUse, history: History, tracking: TrackingTables, facts: Facts
) -> Iterator[Finding | Unanswered]:
    """
    The tool reads one tracking table, but the applied migrations are recorded in another.

    ## What breaks

    Applying migrations finds its table empty, or creates it, and starts again from the first
    migration. It stops at the first statement whose object already exists; statements with `IF NOT
    EXISTS` before it pass unnoticed. If the run is one transaction, it is rolled back and nothing
    is lost. A sync command may offer to delete a tracking table in a schema that it compares.

    ## Evidence

    Both tables with all their rows, the list of migrations whose timestamps match the rows, the
    config that says (or does not say) which table is read, and code that applies migrations with
    another table.

    ## Not this

    A single table without some of its rows is `tracking-rows-missing`. Rows that match no migration
    listed here belong to another application that shares the database. An empty second table that
    the tool does not read is harmless. So are older rows elsewhere, if the table that the tool
    reads has the newest one.

    ## Fix

    Rename the empty table within its own schema, and move the full one to where the tool looks.
    Ids, checksums and the sequence stay the same, and no row is written. If code reads the other
    table on purpose, change the config instead.

    ## Fix safety

    Safe in the database that was examined: guards check the rows, and `rollback.sql` undoes it.
    Check every other environment before running it there.

    ## Prevention

    Name the tracking table in the config and in all code that applies migrations.
    """
    if tool.tracking is None:
        if dialect_of(tool).has_schemas:
            yield _unanswered(
                "the tracking table that the config names", "give --tracking-table SCHEMA.TABLE"
            )
        return
    read = tracking.get(tool.tracking)
    if read is not None and read.outcome is not Outcome.COLLECTED:
        tables = tracking.of_tool(tool.name)
        yield from map(tracking_table_in_two_schemas.unread, _unread(tables))
        return
    others = [table for table in tracking.of_tool(tool.name) if table.name != tool.tracking]
    if not history.migrations and any(other.rows for other in others):
        yield _unanswered(
            "a list of migrations that can be read, to tell whose rows the tables hold",
            "fix the list first, and investigate again",
        )
    if not _is_complete(read, history, facts):
        yield from map(tracking_table_in_two_schemas.unread, _unread(others))
    ahead = [other for other in others if _is_ahead(other, read, history, facts)]
    if ahead:
        yield _finding(Split.of(tool.tracking, read, ahead, history, facts), tracking)


_unanswered = tracking_table_in_two_schemas.unanswered


def _unread(tables: Iterable[TrackingTable]) -> Iterator[TrackingTable]:
    return (table for table in tables if table.outcome is not Outcome.COLLECTED)


def _is_complete(read: TrackingTable | None, history: History, facts: Facts) -> bool:
    """Whether the table that is read records all that the tool would look for."""
    if facts.tool.family is not Family.HIGH_WATER_MARK:
        return len(_matched(read, history, facts)) == len(history.migrations)
    here = _newest(read, history, facts)
    return here is not None and here >= max((m.stamp or 0 for m in history.migrations), default=0)


def _is_ahead(
    other: TrackingTable, read: TrackingTable | None, history: History, facts: Facts
) -> bool:
    """Whether a table records migrations that the tool, by the one that it reads, runs again."""
    if facts.tool.family is not Family.HIGH_WATER_MARK:
        return bool(_matched(other, history, facts) - _matched(read, history, facts))
    return (_newest(other, history, facts) or 0) > (_newest(read, history, facts) or 0)


def _matched(table: TrackingTable | None, history: History, facts: Facts) -> frozenset[int]:
    """The positions of the listed migrations that a table records."""
    if table is None:
        return frozenset()
    return frozenset(matching_rows(facts.tool.ledger, table, history, facts.files))


def _newest(table: TrackingTable | None, history: History, facts: Facts) -> int | None:
    """The latest timestamp that a table records of the listed migrations: how far the tool came."""
    rows = matching_rows(facts.tool.ledger, table, history, facts.files).values() if table else ()
    return max((row.at for row in rows if row.at is not None), default=None)


def _finding(split: Split, tracking: TrackingTables) -> Finding:
    name, read, other, tool = split.name, split.read, split.other, split.facts.tool
    move = tables_moved(split) if split.mergeable else None
    config = config_edited(split)
    to_config = split.callers_of(other.name) or (
        split.compared_by_sync(name) and not split.callers_of(name)
    )
    # Where code reads the other table on purpose, moving it away would break that code.
    recommended = config if config and to_config else move
    if split.callers_of(other.name) and recommended is move:
        recommended = None
    offered = tuple(fix for fix in (move, config) if fix and fix is not recommended)
    return tracking_table_in_two_schemas.finding(
        severity=Severity.MEDIUM,
        subject=str(name),
        title=f"The tool reads {name}, but the rows are in {other.name}",
        root_cause=_root_cause(split),
        evidence=(read, other, tracking, tool.config_evidence),
        fix=recommended,
        alternatives=offered,
        counterfactual=() if recommended else tables_moved(split).steps,
        paths=(tool.config,),
        origin=origin(_turned_away(split)),
    )


_IDENTITY = {Match.BY_KEY: "names", Match.BY_CHECKSUM: "hashes", Match.BY_STAMP: "timestamps"}


def _root_cause(split: Split) -> Iterator[str]:
    name, read, other, tool = split.name, split.read, split.other, split.facts.tool
    says = {
        "default": "does not set a table, so this is the default",
        "option": "was overruled by --tracking-table",
    }
    source = says.get(tool.tracking_source, "names it")
    yield f"{tool.name} reads {name}, {held(read)}: the config {source}."
    count = "1 row" if len(other.rows) == 1 else f"{len(other.rows)} rows"
    all_ = split.matched == len(other.rows)
    what = _IDENTITY[tool.ledger.identified_by[0]]
    whose = f"whose {what}" if all_ else f"and the {what} of {split.matched}"
    yield f"{other.name} has {count}, {whose} match {tool.words.listed_in}."
    if split.more:
        also = "records" if len(split.more) == 1 else "record"
        yield f"{listed(map(str, split.more))} also {also} these migrations."
    yield from _filled_by(split)
    if read is not None and not read.rows:
        yield (
            f"The empty {name} is an effect, not the cause: `{tool.words.apply}` creates the table "
            f"before it fails{_tries(read)}."
        )
    if not split.mergeable:
        yield "Both tables have rows, so they have to be merged by hand, row by row."


def _turned_away(split: Split) -> Commit | None:
    """The commit after which the config no longer named the table that holds the rows."""
    versions, commits = split.facts.config_versions, split.facts.commits
    for later, earlier in pairwise(versions):
        if later.tracking != split.name:
            return None
        if earlier.tracking == split.other.name and commits is not None:
            return next((c for c in commits.commits if c.id == later.commit), None)
    return None


def _filled_by(split: Split) -> Iterator[str]:
    other, calls = split.other.name, split.callers_of(split.other.name)
    if (commit := _turned_away(split)) is not None:
        yield f"The config named {other} until {describe(commit)} changed that."
        return
    yield from (f"{call.path}:{call.line} runs the migrator on {other}." for call in calls)
    if calls:
        return
    if split.facts.tool.tracking_source == "default":
        yield (
            f"We could not determine what wrote to {other}. No release uses it by default, and no "
            "code we found refers to it."
        )
    else:
        yield (
            f"We could not determine what wrote to {other}: probably a run with another config, or "
            f"before this one set {split.name}."
        )


def _tries(read: TrackingTable) -> str:
    sequence = read.sequence
    if sequence is None or not sequence.is_called:
        return ""
    return (
        f". Its id sequence is at {sequence.last_value} but it has no rows, so runs were rolled "
        "back or their rows deleted"
    )
