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
from forensics.experiments import Bench, Scene
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
    command = next((symptom.command for symptom in symptoms if symptom.command), None)
    diagnoses = tuple(
        _diagnose(scene, _gaps(bundle, scene), command)
        for scene in _scenes(bundle, database, commits, engine)
    )
    return Analysis(
        bundle=bundle,
        diagnoses=diagnoses,
        unanswered=tuple(_git_gaps(bundle, commits)),
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


def _diagnose(scene: Scene, gaps: Gaps, symptom: str | None) -> Diagnosis:
    facts = scene.facts_after()
    answers = [answer for rule in RULES for answer in _ask(rule, facts, gaps)]
    findings = tuple(answer for answer in answers if isinstance(answer, Finding))
    bench = Bench(scene, findings)
    causation = explain(bench, findings, symptom=symptom, database_seen=scene.database is not None)
    unanswered = _open_questions(answers, facts)
    unanswered += [*bench.disagreements(), *_config_gaps(facts)]
    unanswered += _command_gaps(facts, causation) if scene.database is not None else []
    return Diagnosis(
        scene=scene,
        facts=facts,
        findings=findings,
        unanswered=tuple(dict.fromkeys(unanswered)),
        causation=causation,
        bench=bench,
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


def _command_gaps(facts: Facts, causation: Causation) -> list[Unanswered]:
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


def _gaps(bundle: Bundle, scene: Scene) -> Gaps:
    """Why a kind of fact is not there, and how to get it."""
    database = _database_gap(bundle, scene)
    tree = ("the migration folder", f"look whether {scene.tool.folder} can be read")
    git = ("the git history", "run it where the repository is")
    by_type: Gaps = dict.fromkeys((TrackingTables, LiveSchema), database)
    by_type[Commits] = git
    for rule in RULES:
        for type_ in rule.fact_types:
            by_type.setdefault(type_, tree)
    return by_type


def _database_gap(bundle: Bundle, scene: Scene) -> tuple[str, str]:
    give = "give --database-url-env NAME, --env-file FILE or --database-url URL"
    items = bundle.of_kind("database")
    if not items:
        return "a database", give
    if items[0].outcome is not Outcome.COLLECTED:
        return f"the database {items[0].locator}: {items[0].note}", give
    if scene.database is None:
        return (
            f"the database of {scene.tool.folder}: the one given records none of its migrations",
            give,
        )
    blocked = "; ".join(read.grant for read in scene.database.blocked)
    return "the tracking tables of the database", blocked or give


def _git_gaps(bundle: Bundle, commits: Commits | None) -> Iterator[Unanswered]:
    if commits is None:
        note = next((item.note for item in bundle.of_kind("git") if item.note), "no git history")
        yield Unanswered(
            rule=ORIGIN,
            lacks=f"who or what introduced the faults: {note}",
            how_to_get_it="run it in the repository's working tree",
        )
    elif not commits.whole:
        yield Unanswered(
            rule=ORIGIN,
            lacks=f"the whole history: {commits.gap}",
            how_to_get_it="run it in a full clone (`git fetch --unshallow`)",
        )
