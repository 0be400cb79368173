"""Ask every rule about every use of every tool in a bundle; keep what could not be asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from forensics.adapters import ADAPTERS
from forensics.adapters.base import Hints
from forensics.bundle import Bundle, BundleTree
from forensics.causes import Causation, explain
from forensics.effects.engine import Engine, Recorded
from forensics.experiments import Bench, Predictions, Scene
from forensics.facts import Commits, Database, Facts, LiveSchema, TrackingTables
from forensics.model import CommandOutcome, Finding, Outcome, Unanswered
from forensics.recorded import (
    Symptom,
    recorded_commits,
    recorded_replays,
    recorded_symptoms,
    recorded_transcripts,
)
from forensics.recorded_database import recorded_database
from forensics.rules import RULES
from forensics.rules._base import Rule
from forensics.rules._tracking import matching_rows
from forensics.tree import join

ORIGIN = "origin"
"""Stands for a rule's name where only the origin of faults is in doubt; such a run is whole."""
CONFIG = "config"
"""Stands for a rule's name where the config is in doubt: of the files, all was judged."""
FOLDER = "folder"
"""Stands for all rules where none could be asked about a folder."""

Gaps = dict[type, tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """Everything found about one use of one tool."""

    scene: Scene
    facts: Facts
    findings: tuple[Finding, ...]
    unanswered: tuple[Unanswered, ...]
    causation: Causation
    bench: Bench
    observed: frozenset[str]
    """Commands whose prediction stands in a captured output."""


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """Everything found in a bundle."""

    bundle: Bundle
    diagnoses: tuple[Diagnosis, ...]
    unanswered: tuple[Unanswered, ...]
    database: Database | None
    commits: Commits | None
    symptoms: tuple[Symptom, ...]


def analyze(bundle: Bundle, engine: Engine | None = None) -> Analysis:
    """Judge a bundle; reads nothing else, so the same bundle gives the same answer anywhere.

    `engine` is given while experiments are made; else it answers from their transcripts.
    """
    engine = engine or Recorded(recorded_transcripts(bundle))
    symptoms = recorded_symptoms(bundle)
    database = recorded_database(bundle)
    commits = recorded_commits(bundle)
    diagnoses = tuple(
        _diagnose(scene, _gaps(bundle, scene, database), symptoms)
        for scene in _scenes(bundle, database, commits, engine)
    )
    return Analysis(
        bundle=bundle,
        diagnoses=diagnoses,
        unanswered=(*_symptom_gaps(symptoms, diagnoses), *_git_gaps(bundle, commits)),
        database=database,
        commits=commits,
        symptoms=symptoms,
    )


def _scenes(
    bundle: Bundle, database: Database | None, commits: Commits | None, engine: Engine
) -> Iterator[Scene]:
    tree, hints, replays = BundleTree(bundle), _hints(bundle), recorded_replays(bundle)
    root = join(bundle.manifest.project.root, "")
    scenes = [
        Scene(
            adapter=adapter,
            tool=tool,
            tree=tree,
            root=root,
            hints=hints,
            database=database if tool.dialect in (None, "postgresql") else None,
            commits=commits,
            engine=engine,
            replays=replays,
        )
        for adapter in ADAPTERS
        for tool in adapter.detect(tree, root, hints)
    ]
    for scene in scenes:
        yield scene if len(scenes) == 1 or _belongs(scene) else _without_database(scene)


def _hints(bundle: Bundle) -> Hints:
    items = bundle.of_kind("hints")
    return bundle.value(items[0], Hints) if items else Hints()


def _belongs(scene: Scene) -> bool:
    """Whether the database records migrations that this use of the tool lists."""
    facts = scene.facts_after()
    if facts.tracking is None or facts.history is None:
        return False
    return any(matching_rows(table, facts.history, facts.files) for table in facts.tracking.tables)


def _without_database(scene: Scene) -> Scene:
    return replace(scene, database=None)


def _diagnose(scene: Scene, gaps: Gaps, symptoms: tuple[Symptom, ...]) -> Diagnosis:
    facts = scene.facts_after()
    answers = [answer for rule in RULES for answer in _ask(rule, facts, gaps)]
    findings = tuple(answer for answer in answers if isinstance(answer, Finding))
    bench = Bench(scene, findings)
    now = bench.run()
    causation = explain(
        bench, findings, symptom=_failed(symptoms, now), database_seen=scene.database is not None
    )
    unanswered = _open_questions(answers, facts)
    unanswered += [*bench.disagreements(), *_config_gaps(facts)]
    if scene.database is not None and not unanswered:
        unanswered += _command_gaps(causation)
    return Diagnosis(
        scene=scene,
        facts=facts,
        findings=findings,
        unanswered=tuple(dict.fromkeys(unanswered)),
        causation=causation,
        bench=bench,
        observed=frozenset(command for symptom in symptoms for command in _told(symptom, now)),
    )


def _open_questions(answers: Sequence[Finding | Unanswered], facts: Facts) -> list[Unanswered]:
    """Where nothing of a folder was read, the tool's use says why, once for all rules."""
    if facts.history is None and facts.tool.unread:
        return []
    return [answer for answer in answers if isinstance(answer, Unanswered)]


def findings_of(facts: Facts) -> tuple[Finding, ...]:
    """What the rules find in facts, whatever they lack."""
    nothing: Gaps = defaultdict(lambda: ("", ""))
    answers = (answer for rule in RULES for answer in _ask(rule, facts, nothing))
    return tuple(answer for answer in answers if isinstance(answer, Finding))


def _failed(symptoms: tuple[Symptom, ...], now: Predictions) -> str | None:
    """The command that the user ran: the output names it, or holds what only that one prints."""
    told = (symptom.command or min(_told(symptom, now), default=None) for symptom in symptoms)
    return next(filter(None, told), None)


def _told(symptom: Symptom, now: Predictions) -> frozenset[str]:
    """The command whose prediction stands in an output; none where it may be either of two."""
    telling = _telling(symptom, now)
    if symptom.command is not None:
        return telling & {symptom.command}
    return telling if len(telling) == 1 else frozenset()


def _telling(symptom: Symptom, now: Predictions) -> frozenset[str]:
    return frozenset(
        command
        for command, told in now.items()
        if any(it and it in symptom.text for it in (told.message, told.error and told.error.text))
    )


def _symptom_gaps(
    symptoms: tuple[Symptom, ...], diagnoses: tuple[Diagnosis, ...]
) -> Iterator[Unanswered]:
    """A captured output that no prediction explains was made in another state than this one."""
    for symptom in symptoms:
        if symptom.message and not any(_telling(symptom, d.bench.run()) for d in diagnoses):
            yield Unanswered(
                rule="symptom",
                lacks=f"an explanation of the captured output: {symptom.message}",
                how_to_get_it="capture it again in the state that is examined, with its database, "
                "or examine the commit at which it was captured (--at REV)",
            )


def _ask(rule: Rule, facts: Facts, gaps: Gaps) -> Iterator[Finding | Unanswered]:
    if rule.needs_database and facts.tool.dialect not in (None, "postgresql"):
        return
    yield from rule.ask(facts, gaps)


def _config_gaps(facts: Facts) -> list[Unanswered]:
    return [
        Unanswered(
            rule=FOLDER if facts.history is None else CONFIG,
            lacks=_placed(unread.what, facts.tool.config or facts.tool.folder),
            how_to_get_it=unread.how_to_get_it,
        )
        for unread in facts.tool.unread
    ]


def _placed(what: str, place: str) -> str:
    return what if place in what else f"{what} ({place})"


def _command_gaps(causation: Causation) -> list[Unanswered]:
    """A command that changes nothing but what it says, or that runs SQL we could not judge."""
    return [
        Unanswered(
            rule=f"command {prediction.command}",
            lacks=f"what `{prediction.command}` would do: {prediction.message or 'not known'}",
            how_to_get_it="try it on a copy of the database",
        )
        for prediction in causation.before
        if prediction.outcome is CommandOutcome.UNKNOWN and prediction.command != "push"
    ]


def _gaps(bundle: Bundle, scene: Scene, database: Database | None) -> Gaps:
    """Why a kind of fact is not there, and how to get it."""
    tree = ("the migration folder", f"look whether {scene.tool.folder} can be read")
    git = ("the git history", "run it where the repository is")
    by_type: Gaps = {
        TrackingTables: _database_gap(bundle, scene, database, "tracking-search"),
        LiveSchema: _database_gap(bundle, scene, database, "catalogue"),
        Commits: git,
    }
    for rule in RULES:
        for type_ in rule.fact_types:
            by_type.setdefault(type_, tree)
    return by_type


def _database_gap(
    bundle: Bundle, scene: Scene, database: Database | None, kind: str
) -> tuple[str, str]:
    give = "give --database-url-env NAME, --env-file FILE or --database-url URL"
    items = bundle.of_kind("database")
    if not items:
        return "a database", give
    if database is None:
        return f"the database at {items[0].locator}", items[0].note
    tables = database.tracking.tables if database.tracking else ()
    unread = [table for table in tables if table.outcome is not Outcome.COLLECTED]
    if scene.database is None and unread:
        how = "; ".join(f"ask for: {it.grant}" if it.grant else it.problem for it in unread)
        return f"whether the database is that of {scene.tool.folder}", how
    if scene.database is None:
        return (
            f"the database of {scene.tool.folder}: the one given records none of its migrations",
            give,
        )
    note = next((item.note for item in bundle.of_kind(kind) if item.note), give)
    return f"the {kind.replace('-search', ' tables')} of the database", note


def _git_gaps(bundle: Bundle, commits: Commits | None) -> Iterator[Unanswered]:
    if commits is None:
        item = next(iter(bundle.of_kind("git")), None)
        outcome = item.outcome if item else Outcome.ABSENT
        yield Unanswered(
            rule=ORIGIN,
            lacks=f"the git history ({item.note if item else 'it was not looked for'})",
            how_to_get_it=_GIT_REMEDIES.get(outcome, "repair what git says, and run it again"),
        )
    elif not commits.whole:
        yield Unanswered(
            rule=ORIGIN,
            lacks=f"the whole history ({commits.gap})",
            how_to_get_it=commits.remedy or "run it in a full clone",
        )


_GIT_REMEDIES = {
    Outcome.ABSENT: "run it in the repository's working tree",
    Outcome.SKIPPED: "run it without --no-history",
}
