"""Whether the migrations make an empty database, before and after the repair."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from forensics.causes import USUAL_COMMAND, claim
from forensics.diagnose import Diagnosis
from forensics.facts import Database, DatabaseIdentity, LiveSchema, TrackingTables
from forensics.model import CommandOutcome, Prediction, Step, Unanswered, Verification
from forensics.replays import Replay, disagreement, judged

COMMAND = f"{USUAL_COMMAND} on an empty database"
EMPTY = LiveSchema(evidence="", schemas=("public",))
"""As `CREATE DATABASE` leaves it."""
_EMPTY = Database(
    identity=DatabaseIdentity(database="", server="", server_version="", role=""),
    tracking=TrackingTables(tables=(), evidence=""),
    schema=EMPTY,
)


def fresh_install(diagnosis: Diagnosis) -> Verification | None:
    """What the usual command does on a new machine, with and without the recommended repair.

    `None` where that is not known in either case.
    """
    if not states(diagnosis):
        return None
    before, after = (_judged(diagnosis, steps) for steps in states(diagnosis))
    if before.outcome is after.outcome is CommandOutcome.UNKNOWN:
        return None
    return Verification(
        command=COMMAND,
        folder=diagnosis.facts.tool.folder,
        before=before,
        after=after,
        discriminates=claim(before) != claim(after),
        certainty=after.certainty,
    )


def disagreements(diagnosis: Diagnosis) -> Iterator[Unanswered]:
    """Where the project's real tool did something else on an empty database than was predicted."""
    for steps in states(diagnosis):
        replay = _replay(diagnosis, steps)
        if replay and (found := disagreement(_predicted(diagnosis, steps), replay)):
            yield found


def states(diagnosis: Diagnosis) -> tuple[tuple[Step, ...], ...]:
    """The steps before and after the recommended repair; none where there is nothing to compare."""
    tool = diagnosis.facts.tool
    usual = USUAL_COMMAND in diagnosis.bench.run()
    if tool.dialect not in (None, "postgresql") or not usual or not diagnosis.recommended:
        return ()
    return (), diagnosis.bench.steps(diagnosis.recommended)


def _judged(diagnosis: Diagnosis, steps: tuple[Step, ...]) -> Prediction:
    return judged(_predicted(diagnosis, steps), _replay(diagnosis, steps))


def _replay(diagnosis: Diagnosis, steps: tuple[Step, ...]) -> Replay | None:
    return diagnosis.scene.replays.get(diagnosis.scene.tool, COMMAND, steps)


def _predicted(diagnosis: Diagnosis, steps: Iterable[Step]) -> Prediction:
    scene = replace(diagnosis.scene, database=_EMPTY)
    return scene.foresee(scene.facts_after(steps), USUAL_COMMAND)
