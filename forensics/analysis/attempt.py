"""What comes of an action: whether it heals, hides or destroys, by what follows it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum

from forensics.analysis.experiments import FAILS, Predictions
from forensics.analysis.showing import is_bad
from forensics.facts import Database, Facts, TrackingRow
from forensics.model import Certainty, CommandOutcome, CommandState, Finding, Prediction, Record
from forensics.model.wording import counted, named
from forensics.rules.recorded_not_applied import recorded_not_applied


class AttemptVerdict(StrEnum):
    """What an action does, in one word; what it destroys counts more than what it heals."""

    HEALS = "heals"
    """Every command that failed passes, and none got worse."""
    PARTIAL = "partial"
    """An issue is fixed, or a command passes that failed, while others still fail."""
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
    """Rows, tables and files that the tool needs, or the application, gone afterwards."""
    evidence_lost: tuple[str, ...] = ()
    """What no command needs, but tells how it came to this: recorded hashes, counts of runs."""
    changes: tuple[str, ...] = ()
    """What else is different in the catalogue of the database."""
    worse: tuple[str, ...] = ()
    """Commands that fail, or would lose data, and did not before."""
    why: str = ""
    tool: str = ""
    folder: str = ""
    """The migration folder that all this is about."""
    other_folders: tuple[str, ...] = ()
    """Those that the bundle holds too."""
    dialect: str | None = None
    """Of the database."""
    server_version: str = ""
    """Of the scratch server that answered; empty where the behaviour model alone did."""
    defects: tuple[str, ...] = ()
    """Where the real tool did something else than the model had said: defects of our own."""


def judge(
    before: Predictions,
    after: Predictions,
    *,
    hidden: Sequence[str],
    gone: Sequence[str],
    lost: Sequence[str],
    error: str,
    listing: Collection[str] = (),
) -> tuple[AttemptVerdict, str]:
    """The verdict and its reason.

    `hidden`: the commands that were stopped by an issue which is still there.
    `gone`: the issues that are fixed, which need not show in any command yet.
    `error`: what made the action itself fail, empty where it went through.
    `listing`: the commands that say what is pending, which counts only while no issue is fixed.
    """
    healed = [c for c in before if is_bad(before[c]) and _passes(after[c])]
    worse = worsened(before, after)
    unknown = [c for c in before if _unknown(after[c]) and not _unknown(before[c])]
    harmed = worse if not gone or set(worse) - set(listing) else ()
    verdict, why = _judge(before, after, healed, harmed, hidden, gone, lost, error)
    doubt = f"what {named(unknown)} would do then is not known" if unknown else ""
    return verdict, "; ".join(filter(None, (why, doubt)))


def _judge(
    before: Predictions,
    after: Predictions,
    healed: Sequence[str],
    worse: Sequence[str],
    hidden: Sequence[str],
    gone: Sequence[str],
    lost: Sequence[str],
    error: str,
) -> tuple[AttemptVerdict, str]:
    if lost:
        also = f", though {named(healed)} would pass" if healed else ""
        failed = f"; it also fails: {error}" if error else ""
        return AttemptVerdict.DESTROYS, f"what is lost exists nowhere else{also}{failed}"
    if error:
        return AttemptVerdict.FAILS, error
    if worse:
        return AttemptVerdict.HIDES, f"worse off than before: {named(worse)}"
    if masked := [command for command in healed if command in hidden]:
        return AttemptVerdict.HIDES, f"passes, but the issue is still there: {named(masked)}"
    if healed or gone:
        return _cured(before, after, healed, gone)
    changed = [c for c in before if is_bad(before[c]) and _said(before[c]) != _said(after[c])]
    if any(is_bad(after[command]) for command in changed):
        return AttemptVerdict.HIDES, f"fails otherwise, and still fails: {named(changed)}"
    return AttemptVerdict.NO_EFFECT, "every command does what it did before"


def _cured(
    before: Predictions, after: Predictions, healed: Sequence[str], gone: Sequence[str]
) -> tuple[AttemptVerdict, str]:
    """Wholly, or in part: then what still fails is named."""
    did = [f"passes afterwards: {named(healed)}"] if healed else []
    did += [f"fixes {', '.join(gone)}"] if gone and not healed else []
    left = [c for c in before if is_bad(before[c]) and not _passes(after[c])]
    if lists := worsened(before, after):
        then = f"{named(lists)} then name{'s' if len(lists) == 1 else ''} what is pending"
        return AttemptVerdict.PARTIAL, f"{did[0]}; {then}"
    if not left:
        nothing = "" if any(map(is_bad, before.values())) else ", and nothing had failed"
        return AttemptVerdict.HEALS, f"{did[0]}{nothing}"
    asking = [c for c in left if after[c].outcome is CommandOutcome.ASKS]
    failing = [c for c in left if is_bad(after[c]) and c not in asking]
    still = [
        f"{named(which)} still {verb}{'s' if len(which) == 1 else ''}"
        for which, verb in ((failing, "fail"), (asking, "ask"))
        if which
    ]
    return AttemptVerdict.PARTIAL, f"{did[0]}{', but ' if still else ''}{' and '.join(still)}"


def worsened(before: Predictions, after: Predictions) -> tuple[str, ...]:
    """The commands that did not fail and now do, or that lost nothing and now would."""
    return tuple(command for command in before if _worse(before[command], after[command]))


def never_there(facts: Facts, findings: Iterable[Finding]) -> frozenset[int | str | None]:
    """What the rows count by of which the catalogue proves that nothing stands behind them."""
    subjects = {it.subject for it in findings if it.rule == recorded_not_applied.name}
    listed = facts.history.migrations if facts.history else ()
    meant = [migration for migration in listed if migration.key in subjects]
    return frozenset(it for migration in meant for it in (migration.key, migration.stamp))


def lost_tracking(
    before: Database | None,
    after: Database | None,
    tool: str,
    spared: Collection[int | str | None] = (),
) -> tuple[str, ...]:
    """Lost rows that record what was applied, but for those `spared`; each counts wherever it was.

    By its timestamp, or by its name where the tool has no timestamps.
    """
    if before is None or after is None or before.tracking is None or after.tracking is None:
        return ()
    had = [_counts_by(row) for it in before.tracking.of_tool(tool) for row in it.applied]
    has = [_counts_by(row) for it in after.tracking.of_tool(tool) for row in it.applied]
    rows = sum(1 for stamp in had if stamp not in has and stamp not in spared)
    if not rows:
        return ()
    what = "the timestamp of " if len(has) >= len(had) else ""
    return (f"{what}{counted(rows, 'tracking row')}",)


def _counts_by(row: TrackingRow) -> int | str | None:
    return row.key if row.at is None else row.at


def _passes(prediction: Prediction) -> bool:
    return prediction.outcome is CommandOutcome.PASSES


def _unknown(prediction: Prediction) -> bool:
    return prediction.outcome is CommandOutcome.UNKNOWN


def _said(prediction: Prediction) -> tuple[object, ...]:
    """What a command does, however that is known."""
    return prediction.outcome, prediction.message, prediction.error


def _worse(before: Prediction, after: Prediction) -> bool:
    return (after.outcome in FAILS and not is_bad(before)) or (
        after.destructive and not before.destructive
    )
