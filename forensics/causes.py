"""Causes: which fault stops which command, in which order they show, and what is refuted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from forensics.experiments import FAILS, Bench
from forensics.model import (
    CommandOutcome,
    Experiment,
    Finding,
    Prediction,
    Record,
    Refuted,
    Role,
    Severity,
)

USUAL_COMMAND = "migrate"
"""What the user is taken to have run where no captured output says otherwise; also the command
that production depends on."""


class Verdict(Record, frozen=True, kw_only=True):
    """What experiments say of one finding."""

    role: Role
    severity: Severity
    stops: tuple[str, ...]
    """Commands that fail, or would lose data, when this fault alone is left."""
    changes: tuple[str, ...]
    """Commands that behave otherwise in some state once this fault is repaired."""
    endangers_data: bool
    tried: bool
    """False where no repair of it is known, so that no experiment could be made."""


class Causation(Record, frozen=True, kw_only=True):
    """What causes what, for one use of one tool; findings are named by index."""

    before: tuple[Prediction, ...]
    after: tuple[Prediction, ...]
    """With everything repaired that can be."""
    blocked_by: dict[str, tuple[int, ...]]
    """Command -> the faults that stop it, in the order in which they show."""
    verdicts: tuple[Verdict, ...]
    refuted: tuple[Refuted, ...]
    experiments: tuple[Experiment, ...]


def explain(
    bench: Bench, findings: Sequence[Finding], *, symptom: str | None, database_seen: bool
) -> Causation:
    """Try the repairs, and say what follows.

    But-for causality: a fault is *sufficient* for a failure that stays when all others are
    repaired, *necessary* when its repair alone cures.
    """
    judge = _Judge(bench, findings, database_seen)
    chains = {command: judge.chain(command) for command in bench.run()}
    verdicts = tuple(judge.verdict(index, chains) for index in range(len(findings)))
    return Causation(
        before=tuple(bench.run().values()),
        after=tuple(bench.run(bench.everything).values()),
        blocked_by=chains,
        verdicts=_with_primary(verdicts, chains, symptom or USUAL_COMMAND),
        refuted=tuple(judge.refuted(verdicts)),
        experiments=tuple(_experiments(bench)),
    )


def is_bad(prediction: Prediction) -> bool:
    """Whether a command fails, or would lose data if one went on."""
    return prediction.outcome in FAILS or _endangers(prediction)


def _endangers(prediction: Prediction) -> bool:
    return prediction.outcome is CommandOutcome.ASKS and prediction.destructive


class _Judge:
    """Reads the outcomes of experiments; every question is about one finding or one command."""

    def __init__(self, bench: Bench, findings: Sequence[Finding], database_seen: bool) -> None:
        self._bench = bench
        self._findings = findings
        self._database_seen = database_seen
        self._group_of = {index: group for group in bench.groups for index in group}
        self._failing = any(is_bad(prediction) for prediction in bench.run().values())
        if self._failing:
            for group in bench.groups:
                bench.run(group)
                bench.run(bench.everything - group)

    def chain(self, command: str) -> tuple[int, ...]:
        """The faults that stop a command, in the order in which their errors show one by one."""
        bench = self._bench
        if not is_bad(bench.run()[command]):
            return ()
        shown: list[frozenset[int]] = []
        fixed: frozenset[int] = frozenset()
        while is_bad(now := bench.run(fixed)[command]):
            left = (group for group in bench.groups if group not in shown)
            found = next((g for g in left if bench.run(fixed | g)[command] != now), None)
            if found is None:
                break
            shown.append(found)
            fixed |= found
        # Two faults with one message hide each other: neither repair alone changes what is seen.
        shown += [g for g in bench.groups if g not in shown and self._stops(min(g), command)]
        tried = tuple(index for group in shown for index in sorted(group))
        return tried + self._by_elimination(command)

    def verdict(self, index: int, chains: dict[str, tuple[int, ...]]) -> Verdict:
        """Role and severity of one finding."""
        tried = index in self._group_of
        if tried and self._failing:
            stops = tuple(command for command in chains if self._stops(index, command))
            changes = tuple(command for command in chains if self._changes(index, command))
        else:
            stops = changes = tuple(c for c, chain in chains.items() if index in chain)
        endangers = any(_endangers(self._bench.left(index)[command]) for command in stops)
        role = Role.BLOCKING if stops else Role.CONTRIBUTING if changes else Role.LATENT
        return Verdict(
            role=role,
            severity=self._severity(index, stops, endangers),
            stops=stops,
            changes=changes,
            endangers_data=endangers,
            tried=tried,
        )

    def refuted(self, verdicts: Sequence[Verdict]) -> Iterator[Refuted]:
        """Popular claims that the experiments contradict; none where nothing fails."""
        bad = [command for command, now in self._bench.run().items() if is_bad(now)]
        for finding, verdict in zip(self._findings, verdicts, strict=True):
            spared = [command for command in self._bench.run() if command not in verdict.changes]
            if not bad or not finding.folklore or not verdict.tried or not spared:
                continue
            yield Refuted(
                hypothesis=finding.folklore,
                why=_why(verdict, spared, len(self._bench.ran())),
                evidence=finding.evidence,
            )

    def _stops(self, index: int, command: str) -> bool:
        left = self._bench.left(index)[command]
        return is_bad(left) and left != self._bench.run(self._bench.everything)[command]

    def _changes(self, index: int, command: str) -> bool:
        bench, group = self._bench, self._group_of[index]
        states = [fixed for fixed, _ in bench.ran() if not group & fixed]
        return any(
            bench.run(fixed)[command] != bench.run(fixed | group)[command] for fixed in states
        )

    def _by_elimination(self, command: str) -> tuple[int, ...]:
        """Grave faults without a known repair, where the command fails with all others repaired."""
        if not is_bad(self._bench.run(self._bench.everything)[command]):
            return ()
        return tuple(
            index
            for index, finding in enumerate(self._findings)
            if index not in self._group_of and finding.severity.rank >= Severity.HIGH.rank
        )

    def _severity(self, index: int, stops: tuple[str, ...], endangers: bool) -> Severity:
        """How grave a fault is, by the written rule.

        Critical: data in danger, or production's command blocked. High: any command blocked or
        silently wrong. Else what the fault is worth by itself.
        """
        blocks = self._bench.left(index)[USUAL_COMMAND].outcome is CommandOutcome.BLOCKED
        if endangers or (self._database_seen and USUAL_COMMAND in stops and blocks):
            return Severity.CRITICAL
        return Severity.HIGH if stops else self._findings[index].severity


def _why(verdict: Verdict, spared: Sequence[str], states: int) -> str:
    if not verdict.changes:
        return (
            f"In none of {states} states that were tried does repairing it change what any "
            "command does."
        )
    return (
        f"It changes what {_and(verdict.changes)} does, and nothing else: in none of {states} "
        f"states that were tried does repairing it change what {_and(spared)} does."
    )


def _and(names: Sequence[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return " and ".join(filter(None, (", ".join(quoted[:-1]), quoted[-1])))


def _with_primary(
    verdicts: tuple[Verdict, ...], chains: dict[str, tuple[int, ...]], command: str
) -> tuple[Verdict, ...]:
    """Of the faults that stop the command: the one that endangers data, else the one shown last."""
    chain = chains.get(command) or next(filter(None, chains.values()), ())
    blocking = [index for index in chain if verdicts[index].role is Role.BLOCKING]
    if not blocking:
        return verdicts
    endangering = [index for index in blocking if verdicts[index].endangers_data]
    primary = (endangering or blocking)[-1]
    return tuple(
        msgspec.structs.replace(verdict, role=Role.PRIMARY) if index == primary else verdict
        for index, verdict in enumerate(verdicts)
    )


def _experiments(bench: Bench) -> Iterator[Experiment]:
    for fixed, predictions in bench.ran():
        for command, prediction in predictions.items():
            yield Experiment(
                folder=bench.scene.tool.folder,
                command=command,
                fixed=tuple(sorted(fixed)),
                outcome=prediction.outcome,
                exit_code=prediction.exit_code,
                message=prediction.message,
                error=prediction.error,
                certainty=prediction.certainty,
                destructive=prediction.destructive,
            )
