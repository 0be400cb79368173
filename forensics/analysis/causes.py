"""Causes: which issue stops which command, in which order they show, and what is refuted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from forensics.analysis.bench import Bench
from forensics.analysis.showing import endangers, fails, is_bad, is_telling, same, shown
from forensics.analysis.supposed import refuted_repairs
from forensics.model import (
    Artefact,
    CommandOutcome,
    Experiment,
    Finding,
    Prediction,
    Record,
    Refuted,
    Role,
    Severity,
)
from forensics.model.wording import named

Chains = Mapping[str, tuple[int, ...]]
"""Command -> the issues that stop it, in the order in which they show; commands in the order in
which a developer meets them."""


class Verdict(Record, frozen=True, kw_only=True):
    """What experiments say of one issue."""

    role: Role
    because: str = ""
    """Why this one is the primary, where several could be; empty for all others."""
    severity: Severity
    stops: tuple[str, ...]
    """Commands that fail, or would lose data, when this issue alone is left, or that its fix
    cures in some state."""
    changes: tuple[str, ...]
    """Commands that behave otherwise in some state once this issue is fixed."""
    unseen: tuple[str, ...]
    """Commands that tell nothing of it: unknown, or failing for another reason in every state."""
    endangers_data: bool
    tried: bool
    """False where no fix of it is known, so that no experiment could be made."""


class Causation(Record, frozen=True, kw_only=True):
    """What causes what, for one use of one tool; issues are named by index."""

    before: tuple[Prediction, ...]
    after: tuple[Prediction, ...]
    """With everything fixed that can be."""
    blocked_by: dict[str, tuple[int, ...]]
    """Command -> the issues that stop it, in the order in which they show."""
    verdicts: tuple[Verdict, ...]
    refuted: tuple[Refuted, ...]
    experiments: tuple[Experiment, ...]


def explain(bench: Bench, *, shown: frozenset[str], database_seen: bool) -> Causation:
    """Say what follows from the states that `showing.next_states` had tried; runs nothing.

    But-for causality: an issue is *sufficient* for a failure that stays when all others are
    fixed, *necessary* where its fix cures. `shown` are the commands that the user ran.
    """
    judge = _Judge(bench, database_seen)
    commands = shown.intersection(bench.after()) or frozenset({bench.scene.applying})
    chains = {name: judge.chain(name) for name in bench.after()}
    verdicts = tuple(judge.verdict(index, chains) for index in range(len(bench.findings)))
    return Causation(
        before=tuple(bench.after().values()),
        after=tuple(bench.after(bench.everything).values()),
        blocked_by=chains,
        verdicts=_with_primary(verdicts, chains, bench.scene.applying),
        refuted=(*judge.refuted(verdicts, commands), *refuted_repairs(bench)),
        experiments=tuple(_experiments(bench)),
    )


def effect(bench: Bench, index: int, command: str) -> Prediction:
    """What a command does because of one issue: with all others fixed, else as things are."""
    left = bench.left(index)[command]
    return left if is_bad(left) else bench.after()[command]


class _Judge:
    """Reads the outcomes of experiments; every question is about one issue or one command."""

    def __init__(self, bench: Bench, database_seen: bool) -> None:
        self._bench = bench
        self._findings = bench.findings
        self._database_seen = database_seen
        self._now, self._healed = bench.after(), bench.after(bench.everything)
        # Where nothing fails and the fix of everything changes nothing, nothing is to be found.
        self._telling = is_telling(bench)

    def chain(self, command: str) -> tuple[int, ...]:
        """The issues that stop a command, in the order in which their errors show one by one."""
        if not is_bad(self._now[command]):
            return ()
        order, _ = shown(self._bench, command)
        in_order = dict.fromkeys((*order, *self._bench.groups))
        stopping = [group for group in in_order if self._stops(min(group), command)]
        tried = tuple(index for group in stopping for index in sorted(group))
        return tried + self._by_elimination(command)

    def verdict(self, index: int, chains: dict[str, tuple[int, ...]]) -> Verdict:
        """Role and severity of one issue."""
        tried = index in self._bench.everything
        if tried and self._telling:
            stops = tuple(command for command in chains if self._stops(index, command))
            changes = tuple(command for command in chains if self._changes(index, command))
        else:
            stops = changes = tuple(c for c, chain in chains.items() if index in chain)
        effects = [effect(self._bench, index, command) for command in stops]
        applying = self._bench.scene.applying
        loses = any(
            endangers(each) or (each.destructive and each.command == applying) for each in effects
        )
        return Verdict(
            role=Role.BLOCKING if stops else Role.CONTRIBUTING if changes else Role.LATENT,
            severity=self._severity(index, effects, loses),
            stops=stops,
            changes=changes,
            unseen=tuple(c for c in chains if c not in changes and not self._tells(index, c)),
            endangers_data=loses,
            tried=tried,
        )

    def refuted(self, verdicts: Sequence[Verdict], commands: frozenset[str]) -> Iterator[Refuted]:
        """Popular claims that the experiments contradict.

        None if every command passes, or if the commands in question do not depend on the issue.
        """
        for finding, verdict in zip(self._findings, verdicts, strict=True):
            spared = [c for c in self._now if c not in (*verdict.changes, *verdict.unseen)]
            told = fails(self._bench) and spared and not commands.issubset(verdict.unseen)
            if finding.folklore and told:
                yield Refuted(
                    hypothesis=finding.folklore,
                    why=_why(verdict, spared, len(self._bench.ran())),
                    evidence=finding.evidence,
                )

    def _stops(self, index: int, command: str) -> bool:
        left, healed = self._bench.left(index)[command], self._healed[command]
        sufficient = is_bad(left) and not same(left, healed)
        cures = any(
            is_bad(without[command]) and not is_bad(repaired[command])
            for without, repaired in self._bench.pairs(index)
        )
        return sufficient or cures

    def _changes(self, index: int, command: str) -> bool:
        return any(
            not same(without[command], repaired[command])
            for without, repaired in self._bench.pairs(index)
        )

    def _tells(self, index: int, command: str) -> bool:
        """Whether an effect would show: with all others fixed, the command is known to work."""
        if index not in self._bench.everything:
            return False
        healed = self._healed[command]
        left = self._bench.left(index)[command] if self._telling else healed
        return not is_bad(healed) and CommandOutcome.UNKNOWN not in (healed.outcome, left.outcome)

    def _by_elimination(self, command: str) -> tuple[int, ...]:
        """Grave issues without a known fix, where the command fails with all others fixed.

        Of those alone that lie in what the command reads.
        """
        left = self._healed[command]
        if not is_bad(left):
            return ()
        read = self._bench.scene.reads(command)
        return tuple(
            index
            for index, finding in enumerate(self._findings)
            if index not in self._bench.everything
            and finding.severity.rank >= Severity.HIGH.rank
            and finding.artefact in read
            and _may_show(finding, left)
        )

    def _severity(self, index: int, effects: Sequence[Prediction], loses: bool) -> Severity:
        """By the contract's rule.

        Data in danger, or production's command blocked; a command blocked or silently wrong; else
        what the issue is worth by itself.
        """
        blocked = {each.command for each in effects if each.outcome is CommandOutcome.BLOCKED}
        if loses or (self._database_seen and self._bench.scene.applying in blocked):
            return Severity.CRITICAL
        return Severity.HIGH if effects else self._findings[index].severity


def _may_show(finding: Finding, prediction: Prediction) -> bool:
    """A schema has many objects: what is wrong with one stops a command that speaks of it."""
    if finding.artefact is not Artefact.DATABASE_SCHEMA:
        return True
    said = f"{prediction.message} {prediction.error.text if prediction.error else ''}"
    names = {subject.rpartition(".")[2] for subject in finding.subjects}
    return not names.isdisjoint(re.findall(r"\w+", said))


def _why(verdict: Verdict, spared: Sequence[str], states: int) -> str:
    which = _done_by(spared) if verdict.unseen else "any command does"
    if not verdict.changes:
        return f"Fixing it does not change what {which} in any of the {states} states tried."
    return (
        f"Fixing it only changes what {_done_by(verdict.changes)}. What {_done_by(spared)} is the "
        f"same in each of the {states} states tried."
    )


def _done_by(names: Sequence[str]) -> str:
    """`` `check` does ``, `` `check` and `generate` do ``."""
    return f"{named(names)} {'does' if len(names) == 1 else 'do'}"


def _with_primary(
    verdicts: tuple[Verdict, ...], chains: Chains, applying: str
) -> tuple[Verdict, ...]:
    """Mark the main cause, which does not depend on what output was captured.

    Of all issues that stop a command, it is the one that endangers data; else the last to show of
    those that stop the applying command, or any command where that one works.
    """
    stopped = tuple(command for command, chain in chains.items() if chain)
    if not stopped:
        return verdicts
    last = (applying,) if applying in stopped else stopped
    every, counted = _depths(chains, stopped, applying), _depths(chains, last, applying)
    endangering = {it: depth for it, depth in every.items() if verdicts[it].endangers_data}
    candidates = endangering or counted
    primary = max(candidates, key=lambda index: candidates[index])
    because = _because(len(every), len(endangering), len(counted), named(last))
    marked = msgspec.structs.replace(verdicts[primary], role=Role.PRIMARY, because=because)
    return (*verdicts[:primary], marked, *verdicts[primary + 1 :])


def _because(every: int, endangering: int, counted: int, commands: str) -> str:
    """Why the main cause is the main cause, from how many issues could be."""
    if every == 1:
        return "the only issue that stops a command"
    if endangering == 1:
        return "of the issues that stop a command, the one that endangers data"
    if endangering:
        return "of the issues that endanger data, the last to show"
    if counted == 1:
        return f"the only issue that stops {commands}"
    return f"of the issues that stop {commands}, the last to show"


def _depths(
    chains: Chains, commands: Sequence[str], applying: str
) -> dict[int, tuple[int, bool, int]]:
    """Issue -> how many others show before it; of two at one depth, production's comes later."""
    found: dict[int, tuple[int, bool, int]] = {}
    for place, command in enumerate(commands):
        for depth, index in enumerate(chains[command]):
            rank = depth, command == applying, place
            found[index] = max(rank, found.get(index, rank))
    return found


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
