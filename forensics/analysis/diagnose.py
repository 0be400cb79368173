"""Diagnose a bundle: every use of every tool, its issues, and what causes what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import msgspec

from forensics.adapters import ADAPTERS
from forensics.adapters.base import Adapter, Hints
from forensics.adapters.begun import not_begun
from forensics.analysis.ask import Gaps, ask, gaps_of, git_gaps
from forensics.analysis.bench import Bench
from forensics.analysis.captured import (
    cut_off,
    explains,
    failure,
    foreseen,
    is_still_locked,
    latest,
    true_error,
    what_began_it,
)
from forensics.analysis.causes import Causation, explain
from forensics.analysis.environments import Elsewhere, healing_everywhere, names_of
from forensics.analysis.experiments import Predictions, Scene
from forensics.analysis.gaps import left_open, of_exceptions, of_searches
from forensics.analysis.goes_with import goes_with
from forensics.analysis.pending import with_pending
from forensics.analysis.rounds import try_repairs, try_the_rest
from forensics.analysis.unexplained import contradictions, explained_by_loss, unexplained
from forensics.dialects import USUAL, dialect_of
from forensics.dialects.counted import Counted
from forensics.dialects.engine import Engine, Recorded, Transcript
from forensics.dialects.observed import Observed
from forensics.evidence.bundle import Bundle, BundleTree
from forensics.evidence.exceptions import Exceptions, read_exceptions
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.recorded import (
    Symptom,
    recorded_commits,
    recorded_mishaps,
    recorded_objects,
    recorded_replays,
    recorded_symptoms,
    recorded_transcripts,
)
from forensics.evidence.recorded_database import recorded_database
from forensics.evidence.tool_runs import Replays
from forensics.evidence.tree import join
from forensics.facts import Captured, CapturedRun, Commits, Database, Facts, Presence, ToolUse
from forensics.model import (
    Finding,
    Outcome,
    Prediction,
    Unanswered,
)
from forensics.model.mishaps import Mishaps
from forensics.tracking.matching import matching_rows


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """Everything found about one use of one tool."""

    scene: Scene
    facts: Facts
    findings: tuple[Finding, ...]
    unanswered: tuple[Unanswered, ...]
    causation: Causation
    bench: Bench
    """Every answer that a report is made of: what the causes were read from, and the rest."""
    goes_with: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    """Issues without a fix of their own -> those whose fix resolves them, by index."""
    observed: frozenset[str] = frozenset()
    """Commands whose prediction stands in a captured output."""
    engine: Engine | None = None
    """Who said what SQL does."""

    @property
    def recommended(self) -> frozenset[int]:
        """The issues whose fix is offered, by index."""
        return self.bench.recommended


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """Everything found in a bundle."""

    bundle: Bundle
    diagnoses: tuple[Diagnosis, ...]
    unanswered: tuple[Unanswered, ...]
    database: Database | None
    commits: Commits | None
    symptoms: tuple[Symptom, ...]
    not_begun: tuple[ToolUse, ...] = ()
    """Uses of a tool that were set aside: they have no migrations and nothing applies them."""
    exceptions: Exceptions = Exceptions()
    """What the project accepts."""
    mishaps: Mishaps = field(default_factory=Mishaps)
    """What of ours broke, up to now."""
    others: tuple[Analysis, ...] = ()
    """Other environments, each judged for itself."""

    @property
    def environments(self) -> tuple[str, ...]:
        """The names of this one and the others, in this order."""
        every = (self, *self.others)
        return tuple(names_of([(it.bundle.manifest.environment, it.database_name) for it in every]))

    @property
    def database_name(self) -> str:
        """Of the database that was examined; empty if there was none."""
        return self.database.identity.database if self.database else ""


def diagnose(
    bundle: Bundle,
    engine: Engine | None = None,
    *,
    node_version: str | None = None,
    others: Sequence[Analysis] = (),
) -> Analysis:
    """Judge a bundle; reads nothing else, so the same bundle gives the same answer anywhere.

    `engine` is given while experiments are made; else it answers from their transcripts. So is
    `node_version`, of the Node.js that will run the tool; else it is that of runs that were seen.
    `others` are other environments of the same project: fixes that also work there come first.
    """
    transcripts, replays = recorded_transcripts(bundle), recorded_replays(bundle)
    symptoms = recorded_symptoms(bundle)
    runs = latest(symptoms)
    database = recorded_database(bundle)
    commits = recorded_commits(bundle)
    mishaps = Mishaps()
    mishaps.add(recorded_mishaps(bundle))
    hints = _hints(bundle, node_version)
    uses, idle = _detected(bundle, commits, hints)
    empty = Analysis(
        bundle=bundle,
        diagnoses=(),
        unanswered=(),
        database=database,
        commits=commits,
        symptoms=symptoms,
        not_begun=idle,
        mishaps=mishaps,
        others=tuple(others),
    )
    made = [
        mishaps.guard(
            f"the diagnosis of {scene.tool.folder}",
            partial(
                _diagnose,
                scene,
                gaps_of(bundle, scene, database),
                runs,
                _engine(scene, database, transcripts, engine),
                replays,
                symptoms,
                partial(_elsewhere, empty, scene),
            ),
            None,
        )
        for scene in _scenes(bundle, database, commits, mishaps, uses, hints)
    ]
    diagnoses = tuple(diagnosis for diagnosis in made if diagnosis is not None)
    root = join(bundle.manifest.project.root, "")
    exceptions = read_exceptions(BundleTree(bundle), root)
    return replace(
        empty,
        diagnoses=diagnoses,
        unanswered=(
            *_symptom_gaps(runs, diagnoses),
            *dict.fromkeys(of_searches(bundle, _hints(bundle, None))),
            *git_gaps(bundle, commits),
            *of_exceptions(exceptions),
        ),
        exceptions=exceptions,
    )


def _elsewhere(analysis: Analysis, scene: Scene) -> tuple[str, tuple[Elsewhere, ...]]:
    """The name of this environment, and the same use of the tool in the others."""
    own, *names = analysis.environments
    pairs = zip(names, analysis.others, strict=True)
    return own, tuple(_in_environment(name, other, scene) for name, other in pairs)


def _in_environment(name: str, analysis: Analysis, scene: Scene) -> Elsewhere:
    for it in analysis.diagnoses:
        same = (it.scene.tool.name, it.scene.tool.folder) == (scene.tool.name, scene.tool.folder)
        if same and it.scene.database is not None:
            return Elsewhere(name=name, scene=it.scene, engine=it.engine, findings=it.findings)
    return Elsewhere(name=name)


def examined(bundle: Bundle) -> tuple[Facts, ...]:
    """The facts of every use of a tool, with what came of the search for lost originals."""
    database, commits = recorded_database(bundle), recorded_commits(bundle)
    hints = _hints(bundle)
    uses, _ = _detected(bundle, commits, hints)
    scenes = _scenes(bundle, database, commits, Mishaps(), uses, hints)
    return tuple(scene.examined() for scene in scenes)


def _detected(
    bundle: Bundle, commits: Commits | None, hints: Hints
) -> tuple[list[tuple[Adapter, ToolUse]], tuple[ToolUse, ...]]:
    """The uses to judge, and those that are set aside."""
    tree, root = BundleTree(bundle), join(bundle.manifest.project.root, "")
    found = [(a.of_use(tool), tool) for a in ADAPTERS for tool in a.detect(tree, root, hints)]
    idle = not_begun((tool for _, tool in found), tree, commits)
    return [(adapter, tool) for adapter, tool in found if tool not in idle], idle


def _scenes(
    bundle: Bundle,
    database: Database | None,
    commits: Commits | None,
    mishaps: Mishaps,
    uses: Iterable[tuple[Adapter, ToolUse]],
    hints: Hints,
) -> Iterator[Scene]:
    tree = BundleTree(bundle)
    objects = recorded_objects(bundle)
    root = join(bundle.manifest.project.root, "")
    outputs = tuple(
        Captured(evidence=it.evidence, text=it.text) for it in recorded_symptoms(bundle)
    )
    scenes = [
        Scene(
            adapter=adapter,
            tool=tool,
            tree=tree,
            root=root,
            hints=hints,
            database=database if _is_of_kind(database, tool) else None,
            commits=commits,
            objects=objects,
            outputs=outputs,
            mishaps=mishaps,
        )
        for adapter, tool in uses
    ]
    recorded = [scene for scene in scenes if len(scenes) == 1 or _is_so(_belongs, scene)]
    owners = recorded or [scene for scene in scenes if _is_so(_shows, scene)] or _only(scenes)
    for scene in scenes:
        owns = any(scene is owner for owner in owners)
        yield scene if owns else _without_database(scene)


def _engine(
    scene: Scene,
    database: Database | None,
    transcripts: Iterable[Transcript],
    live: Engine | None,
) -> Engine:
    """Who says what SQL does: the live server for its own kind of database alone."""
    dialect = dialect_of(scene.tool)
    kind = database.identity.dialect if database else USUAL
    return live if live and dialect.name == kind else Recorded(transcripts, dialect.run)


def _is_of_kind(database: Database | None, tool: ToolUse) -> bool:
    """Whether a database can be that of a tool, by its kind."""
    dialect = dialect_of(tool)
    return database is not None and dialect.examined and database.identity.dialect == dialect.name


def _hints(bundle: Bundle, node_version: str | None = None) -> Hints:
    node_version = node_version or recorded_replays(bundle).node_version or _printed_version(bundle)
    items = bundle.of_kind(EvidenceKind.HINTS)
    told = bundle.value(items[0], Hints) if items else Hints()
    return msgspec.structs.replace(told, node_version=node_version)


def _printed_version(bundle: Bundle) -> str | None:
    """The version that Node.js printed into the captured outputs, if that is one."""
    printed = {dict(symptom.versions).get("node") for symptom in recorded_symptoms(bundle)}
    return printed.pop() if len(printed) == 1 else None


def _is_so(question: Callable[[Scene], bool], scene: Scene) -> bool:
    part = f"whether the database is that of {scene.tool.folder}"
    return scene.mishaps.guard(part, partial(question, scene), otherwise=False)


def _belongs(scene: Scene) -> bool:
    """Whether the database records migrations that this use of the tool lists."""
    facts = scene.facts_after()
    if facts.tracking is None or facts.history is None:
        return False
    return any(
        matching_rows(facts.tool.ledger, table, facts.history, facts.files)
        for table in facts.tracking.tables
    )


def _shows(scene: Scene) -> bool:
    """Whether the catalogue has what a listed migration makes: its rows may be what is missing."""
    facts = scene.facts_after()
    tables = facts.tracking.of_tool(scene.tool.name) if facts.tracking else ()
    if facts.tracking is None or any(it.outcome is not Outcome.COLLECTED for it in tables):
        return False
    standing = scene.standing(facts)
    return standing is not None and any(
        migration.presence is Presence.PRESENT for migration in standing.migrations
    )


def _only(scenes: list[Scene]) -> list[Scene]:
    """The one use with a config, for a database in which nothing is recorded yet."""
    fitting = [scene for scene in scenes if scene.database and scene.tool.config]
    if len(fitting) != 1 or _is_so(_records, fitting[0]):
        return []
    return fitting


def _records(scene: Scene) -> bool:
    """Whether a tracking table has rows, or could not be read."""
    tracking = scene.facts_after().tracking
    return tracking is None or any(
        it.rows or it.outcome is not Outcome.COLLECTED for it in tracking.tables
    )


def _without_database(scene: Scene) -> Scene:
    return replace(scene, database=None)


def _diagnose(
    scene: Scene,
    gaps: Gaps,
    runs: tuple[CapturedRun, ...],
    engine: Engine,
    replays: Replays,
    symptoms: tuple[Symptom, ...] = (),
    elsewhere: Callable[[], tuple[str, tuple[Elsewhere, ...]]] = lambda: ("", ()),
) -> Diagnosis:
    scene, engine = _with_captured(scene, runs, symptoms, _with_counts(scene, engine))
    facts = scene.examined(engine)
    findings, asked = ask(facts, gaps, scene.mishaps, scene.adapter.artefacts)
    findings = with_pending(scene, facts, findings, engine)
    findings += tuple(contradictions(scene, facts, findings, engine))
    findings = healing_everywhere(findings, *elsewhere())
    bench = try_repairs(Bench(scene, findings), engine, replays)
    now = bench.after()
    causation = explain(bench, shown=_shown(runs, now), database_seen=scene.database is not None)
    bench = try_the_rest(bench, facts, engine, replays)
    return Diagnosis(
        scene=scene,
        facts=facts,
        findings=findings,
        unanswered=tuple(dict.fromkeys(left_open(scene, facts, asked, bench, causation))),
        causation=causation,
        bench=bench,
        goes_with=scene.mishaps.guard("what other fixes resolve", partial(goes_with, bench), {}),
        observed=frozenset(command for run in _own(scene, runs) for command in _told(run, now)),
        engine=engine,
    )


def _with_counts(scene: Scene, engine: Engine) -> Engine:
    """The engine that knows what was counted of rows."""
    counted = scene.database.counted if scene.database else None
    known = {it.query: it.violations for it in counted.counts} if counted else {}
    counts = {query: number for query, number in known.items() if number is not None}
    return Counted(engine, dialect_of(scene.tool), counts) if counts else engine


def _with_captured(
    scene: Scene,
    runs: tuple[CapturedRun, ...],
    symptoms: tuple[Symptom, ...],
    engine: Engine,
) -> tuple[Scene, Engine]:
    """The scene and the engine that know how the applying command was seen to fail."""
    if not runs:
        return scene, engine
    facts = scene.facts_after()
    captured = failure(runs, scene.adapter, facts)
    if captured is None:
        return scene, engine
    if captured.statement is None:
        told = scene.applying_run(facts, engine)
        placed = foreseen(captured.run, told)
        cut = cut_off(captured.run, facts, told) if placed is None else None
        captured = msgspec.structs.replace(
            captured, statement=placed or cut, inferred=cut is not None
        )
    if scene.tool.driver is not None and scene.tool.driver.transaction.keeps:
        captured = what_began_it(captured, symptoms, scene.adapter, facts)
    scene = replace(scene, captured=captured)
    if captured.statement is None:
        return scene, engine
    error = true_error(captured.run)
    text, still = captured.statement.text, is_still_locked(captured, facts)
    return scene, Observed(engine, dialect_of(scene.tool), text, error, still=still)


def _own(scene: Scene, runs: tuple[CapturedRun, ...]) -> tuple[CapturedRun, ...]:
    """The runs, that of the applying command with what the server's log says of it."""
    captured = scene.captured.run if scene.captured else None
    return tuple(
        captured
        if captured and it.evidence == captured.evidence and it.text == captured.text
        else it
        for it in runs
    )


def _shown(runs: tuple[CapturedRun, ...], now: Predictions) -> frozenset[str]:
    """The commands that the user ran: an output names one, or holds what only that one prints."""
    told = (command for run in runs for command in _told(run, now))
    return frozenset(filter(None, (*(run.command for run in runs), *told)))


def _told(run: CapturedRun, now: Predictions) -> frozenset[str]:
    """The command whose prediction a run bears out; none where it may be either of two."""
    telling = frozenset(command for command, told in now.items() if explains(told, run))
    if run.command is not None:
        return telling & {run.command}
    return telling if len(telling) == 1 else frozenset()


def _symptom_gaps(
    runs: tuple[CapturedRun, ...], diagnoses: tuple[Diagnosis, ...]
) -> Iterator[Unanswered]:
    """A captured failure that no prediction bears out and no issue is about."""
    explained = [run for it in diagnoses for run in _explained(it, runs)]
    seen = any(it.scene.database is not None for it in diagnoses)
    yield from unexplained(runs, explained, database_seen=seen)


def _explained(diagnosis: Diagnosis, runs: tuple[CapturedRun, ...]) -> Iterator[CapturedRun]:
    now, captured = diagnosis.bench.after(), diagnosis.facts.captured
    for run, own in zip(runs, _own(diagnosis.scene, runs), strict=True):
        borne_out = any(explains(told, own) for told in _of_command(own, now))
        found = captured is not None and own == captured.run and _is_told(own, diagnosis.findings)
        if borne_out or found or explained_by_loss(own, diagnosis.facts, diagnosis.findings):
            yield run


def _is_told(run: CapturedRun, findings: tuple[Finding, ...]) -> bool:
    """Whether an issue rests on a captured run."""
    return any(run.evidence in finding.evidence for finding in findings)


def _of_command(run: CapturedRun, now: Predictions) -> Iterator[Prediction]:
    return (told for command, told in now.items() if run.command in (None, command))
