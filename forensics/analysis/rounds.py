"""Asks in rounds: which fixes are worth trying next depends on what was answered before."""

from __future__ import annotations

from forensics.analysis.answers import Answers, Question, answer
from forensics.analysis.bench import Bench
from forensics.analysis.questions import of_causes, of_report
from forensics.dialects.engine import Engine
from forensics.evidence.tool_runs import Replays
from forensics.facts import Facts


def try_repairs(bench: Bench, engine: Engine, replays: Replays) -> Bench:
    """The bench with every state answered that causes are read from.

    `engine` says what SQL does, `replays` what the project's real tool did.
    """
    while asked := of_causes(bench):
        bench = bench.tried(asked, _answers(bench, asked, engine, replays))
    return bench


def try_the_rest(bench: Bench, facts: Facts, engine: Engine, replays: Replays) -> Bench:
    """The bench, its fixes tried, with everything answered that a report also asks."""
    return bench.knowing(_answers(bench, of_report(bench, facts), engine, replays))


def _answers(
    bench: Bench, asked: tuple[Question, ...], engine: Engine, replays: Replays
) -> Answers:
    new = (question for question in asked if question not in bench.answers)
    return answer(new, bench.scene, engine, replays)
