"""What stays open apart from the issues: commands whose outcome is unknown, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
from forensics.model.wording import named
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
    yield from _of_commands(scene, facts, asked, causation)
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


def _of_commands(
    scene: Scene, facts: Facts, asked: tuple[Unanswered, ...], causation: Causation
) -> Iterator[Unanswered]:
    """Every command whose outcome is unknown, once for all that have the same reason.

    Without a database, what connects to one needs that first, and of what an issue stops that
    issue tells. A command without a reason is told where no rule asks for anything.
    """
    blind = scene.database is None
    connecting = {it.name for it in scene.adapter.commands if blind and it.connects}
    reasons: dict[str, list[Prediction]] = {}
    for each in causation.before:
        told = each.command in connecting or causation.blocked_by[each.command]
        if each.outcome is CommandOutcome.UNKNOWN and not told:
            reasons.setdefault(each.reason, []).append(each)
    for reason, alike in reasons.items():
        names = [each.command for each in alike]
        if all(scene.kind(name) is CommandKind.SYNC for name in names):
            yield _of_code(scene, names, reason)
        elif reason or not (asked or blind):
            yield Unanswered(
                topic=Topic.COMMAND,
                name=names[0],
                lacks=f"what {named(names)} would do in {facts.tool.folder}: "
                f"{reason or 'not known'}",
                how_to_get_it=_how_to_know(names, scene, facts),
            )


def _of_code(scene: Scene, names: Sequence[str], reason: str) -> Unanswered:
    """What a command of kind `SYNC` would do depends on the schema code.

    The newest snapshot stands in for that, of a tool that has snapshots; `reason` says why it
    does not.
    """
    return Unanswered(
        topic=Topic.SCHEMA_CODE,
        lacks=f"whether {named(names)} would change anything: it compares the schema code, which "
        "was not run" + (f", and {reason}" if reason else ""),
        how_to_get_it="in the output folder, `forensics replay . --with-project-code` runs the "
        "real tool on a copy"
        if scene.adapter.real_tool is not None
        else "try it on a copy of the database",
    )


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


def _how_to_know(names: Sequence[str], scene: Scene, facts: Facts) -> str:
    """The query that decides it, where rows do; else what always helps."""
    told = facts.applying
    if scene.applying in names and told is not None and told.doubt is not None:
        asked = (it for it in told.questions if it.statement == told.doubt.statement)
        if query := next((it.question.query for it in asked if it.question.query), ""):
            probe = "run it with --probe-rows, or " if facts.counted is None else ""
            return f"{probe}ask the database, 0 means that it passes: {query.removesuffix(';')}"
    return "try it on copies of the project and the database"
