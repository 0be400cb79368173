"""What stays open apart from the issues: commands whose outcome is unknown, and why."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.adapters.base import Hints
from forensics.analysis.bench import Bench
from forensics.analysis.causes import Causation
from forensics.analysis.experiments import Scene
from forensics.evidence.bundle import Bundle
from forensics.evidence.exceptions import Exceptions
from forensics.evidence.kinds import EvidenceKind
from forensics.facts import Facts
from forensics.model import (
    CommandKind,
    CommandOutcome,
    Outcome,
    Prediction,
    Topic,
    Unanswered,
)
from forensics.model.wording import depends
from forensics.rules import RULES


def left_open(
    scene: Scene,
    facts: Facts,
    asked: tuple[Unanswered, ...],
    bench: Bench,
    causation: Causation,
) -> Iterator[Unanswered]:
    """What rules could not tell, `asked`, then what the experiments leave open."""
    yield from asked
    yield from bench.answers.disagreements()
    if scene.database is None:
        return
    if not asked:
        yield from _of_commands(scene, causation, facts)
    yield from _of_code(scene, causation)
    yield from _of_rights(scene, bench)


def of_exceptions(exceptions: Exceptions) -> Iterator[Unanswered]:
    """What a project accepts that could not be read, or that names no rule."""
    known = {rule.name for rule in RULES}
    unknown = (
        f"what an exception of {it.rule!r} means: there is no such rule"
        for it in exceptions.accepted
        if it.rule not in known
    )
    for problem in (*exceptions.problems, *unknown):
        yield Unanswered(
            topic=Topic.EXCEPTIONS,
            lacks=problem,
            how_to_get_it="give each exception a rule and a reason: "
            '[[accepted]] rule = "...", subject = "...", reason = "..."',
        )


def of_searches(bundle: Bundle, hints: Hints) -> Iterator[Unanswered]:
    """Parts of the project in which nobody looked for a migration folder, or for its config.

    Where the user named both, nothing was to be found.
    """
    if hints.config is not None or hints.out_folder is not None:
        return
    for item in bundle.of_kind(EvidenceKind.SEARCH):
        if item.outcome not in (Outcome.COLLECTED, Outcome.ABSENT):
            lacks = "whether there is another migration folder: the search was cut"
            yield Unanswered(
                topic=Topic.FOLDER,
                name=item.locator.partition(":")[0],
                lacks=f"{lacks} ({item.note})",
                how_to_get_it="give --config FILE, or the folder of one project",
            )


def _of_code(scene: Scene, causation: Causation) -> list[Unanswered]:
    """What a command of kind `SYNC` would do depends on the schema code.

    The newest snapshot stands in for that, of a tool that has snapshots.
    """
    real = scene.adapter.real_tool is not None
    return [
        Unanswered(
            topic=Topic.SCHEMA_CODE,
            lacks=f"whether `{prediction.command}` would change anything: it compares the schema "
            f"code, which was not run{_because(prediction)}",
            how_to_get_it="in the output folder, `forensics replay . --with-project-code` runs the "
            "real tool on a copy"
            if real
            else "try it on a copy of the database",
        )
        for prediction in _unknown(causation)
        if scene.kind(prediction.command) is CommandKind.SYNC
    ]


def _because(prediction: Prediction) -> str:
    """Why nothing stands in for the schema code."""
    return f", and {prediction.why}" if prediction.why else ""


def _of_rights(scene: Scene, bench: Bench) -> Iterator[Unanswered]:
    """Whether the role may run what is pending, where that was not looked at."""
    database = scene.database
    if database is None or database.privileges is not None or database.identity.superuser:
        return
    now = bench.after()[scene.applying]
    if now.outcome is CommandOutcome.PASSES and scene.adapter.pending_sql(scene.facts):
        yield Unanswered(
            topic=Topic.COMMAND,
            name=now.command,
            lacks=f"whether a role may run what is pending: what {database.identity.role} may do "
            "was not collected",
            how_to_get_it="collect the evidence again with this version",
        )


def _of_commands(scene: Scene, causation: Causation, facts: Facts) -> list[Unanswered]:
    """A command that changes nothing but what it says, or that runs SQL we could not judge."""
    return [
        Unanswered(
            topic=Topic.COMMAND,
            name=prediction.command,
            lacks=f"what `{prediction.command}` would do: {_not_known(prediction)}",
            how_to_get_it=_how_to_know(prediction, scene, facts),
        )
        for prediction in _unknown(causation)
        if scene.kind(prediction.command) is not CommandKind.SYNC
    ]


def _how_to_know(prediction: Prediction, scene: Scene, facts: Facts) -> str:
    """The query that decides it, where rows do; else what always helps."""
    told = facts.applying
    if prediction.command == scene.applying and told is not None and told.doubt is not None:
        asked = (it for it in told.questions if it.statement == told.doubt.statement)
        if query := next((it.question.query for it in asked if it.question.query), ""):
            probe = "run it with --probe-rows, or " if facts.counted is None else ""
            return f"{probe}ask the database, 0 means that it passes: {query.removesuffix(';')}"
    return "try it on a copy of the database"


def _not_known(prediction: Prediction) -> str:
    return depends(prediction.why) or prediction.message or "not known"


def _unknown(causation: Causation) -> Iterator[Prediction]:
    """The commands whose outcome is unknown as things are."""
    return (each for each in causation.before if each.outcome is CommandOutcome.UNKNOWN)
