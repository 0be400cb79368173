"""Issues that the fix of another one resolves: looked for again where only that is fixed."""

from __future__ import annotations

from collections.abc import Mapping

from forensics.analysis.ask import subjects_of
from forensics.analysis.bench import Bench
from forensics.facts import Facts
from forensics.model import (
    ByHand,
    DatabaseStep,
    DeleteFile,
    Finding,
    RunCommand,
    RunSql,
    Step,
    WriteFile,
)
from forensics.model.findings import can_be_tried


def goes_with(bench: Bench, facts: Facts) -> Mapping[int, tuple[int, ...]]:
    """Issues without a fix of their own -> those whose fixes resolve them, by index.

    `facts` are those of things as they are. Of each, the rule was asked again in the state after
    just these fixes: it had an answer, and found neither this issue nor a new one. Fixes with a
    step that is not simulated are left out.
    """
    waiting = [index for index, it in enumerate(bench.findings) if it.fix is None]
    fixes = [able for group in bench.groups if (able := _simulated(bench, group))]
    if not waiting or not fixes:
        return {}
    rules = frozenset(bench.findings[index].rule for index in waiting)
    look = _Look(bench, rules, subjects_of(facts, bench.scene.adapter.artefacts, rules))
    gone = [it for it in waiting if look.is_gone(it, frozenset().union(*fixes))]
    return {index: tuple(sorted(_fewest(index, fixes, look))) for index in gone}


def _simulated(bench: Bench, group: frozenset[int]) -> frozenset[int]:
    return frozenset(index for index in group if _is_simulated(bench.findings[index]))


def _is_simulated(finding: Finding) -> bool:
    fix = finding.fix
    return fix is not None and fix.needed and all(map(_shows, fix.steps)) and bool(fix.steps)


def _shows(step: Step) -> bool:
    """Whether the simulated state has what the step does, as far as a rule looks at it."""
    if isinstance(step, ByHand):
        return not step.line  # a new file, behind the others
    if isinstance(step, RunCommand):
        return step.marks is not None
    if isinstance(step, RunSql):
        return can_be_tried(step)
    return isinstance(step, WriteFile | DeleteFile | DatabaseStep)


def _fewest(index: int, fixes: list[frozenset[int]], look: _Look) -> frozenset[int]:
    """The fixes that an issue needs to be gone, where all of them resolve it."""
    left = list(fixes)
    for fix in reversed(fixes):
        rest = frozenset[int]().union(*(it for it in left if it != fix))
        if rest and look.is_gone(index, rest):
            left.remove(fix)
    return frozenset().union(*left)


class _Look:
    """What some rules find in each state; a rule that lacks something tells nothing."""

    def __init__(
        self, bench: Bench, rules: frozenset[str], now: Mapping[str, frozenset[str]]
    ) -> None:
        self._bench = bench
        self._rules = rules
        self._found = {frozenset[int](): now}

    def is_gone(self, index: int, fixed: frozenset[int]) -> bool:
        """Whether a state is without an issue that is found as things are."""
        finding = self._bench.findings[index]
        if fixed not in self._found:
            self._found[fixed] = self._look(fixed)
        was = self._found[frozenset()].get(finding.rule)
        now = self._found[fixed].get(finding.rule)
        if was is None or now is None:
            return False
        return finding.subject in was and now <= was - {finding.subject}

    def _look(self, fixed: frozenset[int]) -> Mapping[str, frozenset[str]]:
        """Rule -> subjects, of those that had an answer."""
        fixes = (self._bench.findings[index].fix for index in sorted(fixed))
        steps = tuple(it for fix in fixes if fix for it in fix.steps if can_be_tried(it))
        scene = self._bench.scene
        facts = scene.after(steps).examined()
        return subjects_of(facts, scene.adapter.artefacts, self._rules)
