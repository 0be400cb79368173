"""Whether the migrations make an empty database, before and after the fix."""

from __future__ import annotations

from forensics.analysis.diagnose import Diagnosis
from forensics.analysis.questions import of_fresh_install
from forensics.analysis.showing import claim
from forensics.model import CommandOutcome, Verification


def fresh_install(diagnosis: Diagnosis) -> Verification | None:
    """What the applying command does on a new machine, with and without the recommended fix.

    `None` where that is not known in either case.
    """
    asked = of_fresh_install(diagnosis.bench)
    if not asked:
        return None
    before, after = (diagnosis.bench.answers[question] for question in asked)
    if before.outcome is after.outcome is CommandOutcome.UNKNOWN:
        return None
    return Verification(
        command=asked[0].run,
        compares_code=False,
        folder=diagnosis.facts.tool.folder,
        before=before,
        after=after,
        discriminates=claim(before) != claim(after),
        certainty=after.certainty,
    )
