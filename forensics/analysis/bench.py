"""Every command with some issues fixed and others left, read from answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import msgspec
from msgspec.structs import replace

from forensics.analysis.answers import Answers, Question
from forensics.analysis.experiments import Predictions, Scene
from forensics.model import Finding, Step, TableName

Pair = tuple[Predictions, Predictions]
"""Without a fix, and with it."""

MOST_SINGLE = 12
"""Above this many repairable issues, those of one rule are tried together: the number of states
grows with the groups, not with the issues."""


class Bench(msgspec.Struct, frozen=True, dict=True):
    """Fixes of issues, and what is known of the states that they lead to.

    A state is named by the issues that are fixed in it, issues by their index.
    """

    scene: Scene
    findings: Sequence[Finding]
    answers: Answers = Answers()
    states: tuple[frozenset[int], ...] = ()
    """What was tried so far to find the causes, in the order in which it was planned."""

    @cached_property
    def groups(self) -> tuple[frozenset[int], ...]:
        """The issues that have a fix to try, in the groups in which they are tried."""
        able = [index for index, finding in enumerate(self.findings) if finding.repair]
        if len(able) <= MOST_SINGLE:
            return tuple(frozenset({index}) for index in able)
        by_rule: dict[str, set[int]] = {}
        for index in able:
            by_rule.setdefault(self.findings[index].rule, set()).add(index)
        return tuple(frozenset(indexes) for indexes in by_rule.values())

    @cached_property
    def everything(self) -> frozenset[int]:
        """All issues that have a fix to try."""
        return frozenset().union(*self.groups)

    @cached_property
    def recommended(self) -> frozenset[int]:
        """The issues whose fix is offered."""
        offered = (i for i, finding in enumerate(self.findings) if finding.fix is not None)
        return frozenset(offered) & self.everything

    def group(self, index: int) -> frozenset[int]:
        """The issues that are tried together with one; empty where it has no fix to try."""
        return self._group_of.get(index, frozenset())

    @cached_property
    def _group_of(self) -> dict[int, frozenset[int]]:
        return {index: group for group in self.groups for index in group}

    def steps(self, fixed: frozenset[int]) -> tuple[Step, ...]:
        """What is done to fix some issues."""
        return tuple(step for index in sorted(fixed) for step in self.findings[index].repair)

    # --- Asking ---------------------------------------------------------------------------------

    def questions(self, fixed: frozenset[int] = frozenset()) -> tuple[Question, ...]:
        """What every command does once some issues are fixed."""
        return self.ask(self.steps(fixed), fixed=fixed)

    def ask(
        self,
        steps: tuple[Step, ...] = (),
        *,
        without_table: TableName | None = None,
        fixed: frozenset[int] = frozenset(),
    ) -> tuple[Question, ...]:
        """What every command does in some state, see `Question`."""
        return tuple(
            Question(
                tool=self.scene.tool,
                command=command,
                steps=steps,
                without_table=without_table,
                fixed=fixed,
            )
            for command in self.scene.commands
        )

    def tried(self, asked: Iterable[Question], answers: Answers) -> Bench:
        """The bench after one more round of questions that causes are read from."""
        states = dict.fromkeys(question.fixed for question in asked)
        return replace(self.knowing(answers), states=(*self.states, *states))

    def knowing(self, answers: Answers) -> Bench:
        """The bench with more answers; what causes are read from stays the same."""
        return replace(self, answers=self.answers | answers)

    def was_tried(self, fixed: frozenset[int]) -> bool:
        """Whether a state was among those that were tried to find the causes."""
        return fixed in self._tried

    # --- Reading --------------------------------------------------------------------------------

    def read(self, questions: Iterable[Question]) -> Predictions:
        """What the commands do that were requested; raises `KeyError` where one was not."""
        return {each.command: self.answers[each] for each in questions}

    def after(self, fixed: frozenset[int] = frozenset()) -> Predictions:
        """What every command does once some issues are fixed.

        Raises `KeyError` for a state that nobody planned.
        """
        if fixed not in self._read:
            self._read[fixed] = self.read(self.questions(fixed))
        return self._read[fixed]

    def left(self, index: int) -> Predictions:
        """What every command does when this issue alone is left."""
        group = self.group(index)
        if group not in self._left:
            self._left[group] = self.after(self.everything - group)
        return self._left[group]

    def pairs(self, index: int) -> tuple[Pair, ...]:
        """Any two states that were tried and differ in the fix of this issue alone."""
        group = self.group(index)
        if group not in self._pairs:
            self._pairs[group] = tuple(
                (self.after(fixed), self.after(fixed | group))
                for fixed in self.states
                if not group & fixed and self.was_tried(fixed | group)
            )
        return self._pairs[group]

    def ran(self) -> tuple[tuple[frozenset[int], Predictions], ...]:
        """Every state that was tried to find the causes, fewest fixes first."""
        ordered = sorted(self.states, key=lambda fixed: (len(fixed), sorted(fixed)))
        return tuple((fixed, self.after(fixed)) for fixed in ordered)

    @cached_property
    def _tried(self) -> frozenset[frozenset[int]]:
        return frozenset(self.states)

    @cached_property
    def _read(self) -> dict[frozenset[int], Predictions]:
        return {}

    @cached_property
    def _left(self) -> dict[frozenset[int], Predictions]:
        return {}

    @cached_property
    def _pairs(self) -> dict[frozenset[int], tuple[Pair, ...]]:
        return {}
