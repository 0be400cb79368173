"""What comes of an action: heals, no effect, hides, destroys or fails, by what follows it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from forensics.causes import is_bad
from forensics.experiments import FAILS, Predictions
from forensics.facts import Database
from forensics.model import Certainty, CommandState, Prediction, Record


class AttemptVerdict(StrEnum):
    """What an action does, in one word; what it destroys counts more than what it heals."""

    HEALS = "heals"
    NO_EFFECT = "no-effect"
    HIDES = "hides"
    DESTROYS = "destroys"
    FAILS = "fails"


class Attempt(Record, frozen=True, kw_only=True):
    """An action, its verdict, and every command afterwards."""

    action: str
    verdict: AttemptVerdict
    certainty: Certainty
    commands: tuple[CommandState, ...]
    lost: tuple[str, ...] = ()
    """Rows, tables and files that the tool needs and that are gone afterwards."""
    why: str = ""


def judge(
    before: Predictions,
    after: Predictions,
    *,
    causes_left: bool,
    gone: Sequence[str],
    lost: Sequence[str],
    error: str,
) -> tuple[AttemptVerdict, str]:
    """The verdict and its reason.

    `causes_left`: whether a fault that blocked a command which now passes is still there.
    `gone`: the faults that are repaired, which need not show in any command yet.
    `error`: what made the action itself fail, empty where it went through.
    """
    if lost:
        return AttemptVerdict.DESTROYS, f"lost: {', '.join(lost)}"
    if error:
        return AttemptVerdict.FAILS, error
    healed = [c for c in before if is_bad(before[c]) and not is_bad(after[c])]
    worse = [c for c in before if _worse(before[c], after[c])]
    if worse:
        return AttemptVerdict.HIDES, f"worse off than before: {_and(worse)}"
    if healed and not causes_left:
        return AttemptVerdict.HEALS, f"passes afterwards: {_and(healed)}"
    if healed:
        return AttemptVerdict.HIDES, f"passes, but the fault is still there: {_and(healed)}"
    if gone:
        faults = ", ".join(gone)
        return AttemptVerdict.NO_EFFECT, f"repairs {faults}, but another fault is still in the way"
    changed = [c for c in before if is_bad(before[c]) and before[c] != after[c]]
    if changed:
        return (
            AttemptVerdict.HIDES,
            f"fails otherwise than before, and still fails: {_and(changed)}",
        )
    return AttemptVerdict.NO_EFFECT, "every command does what it did before"


def lost_tracking(before: Database | None, after: Database | None, tool: str) -> tuple[str, ...]:
    """Tracking tables and rows that are gone: a row counts by hash and stamp, wherever it lies."""
    if before is None or after is None or before.tracking is None or after.tracking is None:
        return ()
    had = [(row.hash, row.created_at) for t in before.tracking.of_tool(tool) for row in t.rows]
    has = [(row.hash, row.created_at) for t in after.tracking.of_tool(tool) for row in t.rows]
    stamps = {stamp for _, stamp in has}
    rows = sum(1 for _, stamp in had if stamp not in stamps)
    return (f"{rows} tracking row{'' if rows == 1 else 's'}",) if rows else ()


def lost_tables(before: Database | None, after: Database | None) -> tuple[str, ...]:
    """The application's tables and columns that are gone."""
    if before is None or after is None or before.schema is None or after.schema is None:
        return ()
    tracking = {t.name for t in before.tracking.tables} if before.tracking else set()
    left = {t.name: {c.name for c in t.columns} for t in after.schema.tables}
    gone: list[str] = []
    for table in before.schema.tables:
        if table.name in tracking:
            continue
        if table.name not in left:
            gone.append(f"table {table.name}")
            continue
        lacking = [c.name for c in table.columns if c.name not in left[table.name]]
        gone += [f"column {table.name}.{name}" for name in lacking]
    return tuple(gone)


def _worse(before: Prediction, after: Prediction) -> bool:
    """Whether a command that did not fail now does, or one that lost nothing now would."""
    return (after.outcome in FAILS and not is_bad(before)) or (
        after.destructive and not before.destructive
    )


def _and(names: Sequence[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return " and ".join(filter(None, (", ".join(quoted[:-1]), quoted[-1])))
