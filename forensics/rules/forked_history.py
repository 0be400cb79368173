"""Two migrations follow the same one, and none follows both."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import (
    Branches,
    Commits,
    Files,
    History,
    Migration,
    Snapshots,
    ToolUse,
    TrackingTables,
)
from forensics.model import Artefact, DeleteFile, Finding, Fix, RunCommand, Severity
from forensics.rules._base import rule
from forensics.rules._fixes import deleted
from forensics.rules._git import added_by
from forensics.tracking.matching import recorded_rows, unreadable


@rule(artefact=Artefact.SNAPSHOT, since="0.2.0", of_folder=True)
def forked_history(
    history: History,
    files: Files,
    snapshots: Snapshots,
    tool: ToolUse,
    tracking: TrackingTables | None,
    commits: Commits | None,
) -> Iterator[Finding]:
    """
    The migrations have two heads: two branches were merged, and no migration follows both.

    ## What breaks

    Nothing, if the branches change different things: the tool runs both, in either order. If both
    change the same thing, every command that reads the snapshots stops, before it reaches the
    database.

    ## Evidence

    The parents that each snapshot names, and what the statements of both branches write and read.

    ## Not this

    In a tool that allows one parent only, this is `snapshot-collision`. A snapshot whose parent is
    missing is `broken-snapshot-chain`. A copied folder is `duplicate-migration`.

    ## Fix

    Without a conflict none is needed: the next generated migration follows both. With one, delete
    the branch that no environment has applied, and generate its migration again on top of the
    other.

    ## Fix safety

    A branch that was applied anywhere must stay. Look into every environment first.

    ## Prevention

    Generate migrations after merging or rebasing, not before.
    """
    recorded = recorded_rows(history, files, tool, tracking)
    for pair in snapshots.branches:
        later = next(it for it in history.migrations if it.key == pair.later)
        if pair.conflict is None or _is_copy(later, history, files):
            continue
        kept = later.position in recorded or unreadable(tool, tracking)
        removal = _removal(later, snapshots, commits) if pair.conflict else ()
        path = later.snapshot_path or later.path
        yield forked_history.finding(
            severity=Severity.HIGH if pair.conflict else Severity.NOTE,
            subject=pair.later,
            title=f"{pair.earlier} and {pair.later} are on two branches"
            + (" that conflict" if pair.conflict else ""),
            root_cause=f"No migration follows both {pair.earlier} and {pair.later}, as after a "
            f"merge of two branches of the code. {_effect(pair, tool)}",
            evidence=(snapshots, history),
            fix=_fix(pair, removal) if removal and not kept else None,
            counterfactual=removal,
            paths=(path,),
            origin=added_by(commits, path),
        )


def _is_copy(later: Migration, history: History, files: Files) -> bool:
    """Whether an earlier migration has the same bytes: then that is why they conflict."""
    own = files.get(later.path)
    before = (files.get(it.path) for it in history.migrations[: later.position])
    return own is not None and any(it is not None and it.sha256 == own.sha256 for it in before)


def _effect(pair: Branches, tool: ToolUse) -> str:
    if not pair.conflict:
        return f"They change different things, so `{tool.words.apply}` runs both."
    return (
        f"Both change {pair.conflict}. Every command that reads the snapshots stops, "
        f"`{tool.words.apply}` before it reaches the database."
    )


def _removal(
    later: Migration, snapshots: Snapshots, commits: Commits | None
) -> tuple[DeleteFile, ...]:
    there = (it.path for it in snapshots.entries)
    own = (later.path, *(it for it in there if it == later.snapshot_path))
    return tuple(deleted(it, commits) for it in own)


def _fix(pair: Branches, steps: tuple[DeleteFile, ...]) -> Fix:
    again = RunCommand(argv=pair.generate, why="writes what is left of it, after the other branch")
    return Fix(
        title=f"Delete {pair.later}, and generate it again",
        steps=(*steps, *((again,) if pair.generate else ())),
        safety_note=f"This database has not recorded {pair.later}. Look into every other "
        "environment first: where it is recorded, it must stay.",
    )
