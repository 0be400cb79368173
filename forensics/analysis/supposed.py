"""Claims of what a fix made by hand still lacks, compared with what commands do after it."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.analysis.bench import Bench
from forensics.analysis.showing import same
from forensics.model import CommandOutcome, Refuted
from forensics.model.wording import named


def refuted_repairs(bench: Bench) -> Iterator[Refuted]:
    """Claims that no command bears out, with all other issues fixed; by the model alone."""
    for index, finding in enumerate(bench.findings):
        told = finding.supposed
        if told is None or not finding.repair:
            continue
        others = bench.steps(bench.everything - bench.group(index))
        scene = bench.scene
        repaired = scene.predict(scene.facts_after((*others, *finding.repair)))
        by_hand = scene.predict(scene.facts_after((*others, *told.steps)))
        known = by_hand[scene.applying].outcome is not CommandOutcome.UNKNOWN
        if known and all(same(repaired[name], by_hand[name]) for name in repaired):
            yield Refuted(
                hypothesis=told.claim,
                why=f"With such a file, {named(repaired)} do the same as after the fix. {told.why}",
                evidence=finding.evidence,
            )
