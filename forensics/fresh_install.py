"""Whether the migrations make an empty database, before and after the repair."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from forensics.causes import USUAL_COMMAND
from forensics.diagnose import Diagnosis
from forensics.facts import Database, DatabaseIdentity, LiveSchema, TrackingTables
from forensics.model import CommandOutcome, Prediction, Step, Verification
from forensics.narrative import outcome_in_words

COMMAND = f"{USUAL_COMMAND} on an empty database"
_EMPTY = Database(
    identity=DatabaseIdentity(database="", server="", server_version="", role=""),
    tracking=TrackingTables(tables=(), evidence=""),
    schema=LiveSchema(evidence="", schemas=("public",)),
)
"""As `CREATE DATABASE` leaves it."""


def fresh_install(diagnosis: Diagnosis, fixed: Iterable[int]) -> Verification | None:
    """What the usual command does on a new machine, with and without the repair of some findings.

    `None` where that is not known in either case.
    """
    tool = diagnosis.facts.tool
    if tool.dialect not in (None, "postgresql") or USUAL_COMMAND not in diagnosis.bench.run():
        return None
    steps = [step for index in sorted(fixed) for step in diagnosis.findings[index].repair]
    before, after = _predicted(diagnosis, ()), _predicted(diagnosis, steps)
    if before.outcome is after.outcome is CommandOutcome.UNKNOWN:
        return None
    return Verification(
        command=COMMAND,
        folder=tool.folder,
        before=outcome_in_words(before),
        after=outcome_in_words(after),
        discriminates=before != after,
        certainty=after.certainty,
    )


def _predicted(diagnosis: Diagnosis, steps: Iterable[Step]) -> Prediction:
    scene = replace(diagnosis.scene, database=_EMPTY)
    return scene.adapter.predict(scene.facts_after(steps), USUAL_COMMAND, scene.engine)
