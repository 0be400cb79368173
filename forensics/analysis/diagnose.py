"""Diagnose a bundle: every use of every tool, its issues, and what causes what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

import msgspec
from msgspec.structs import replace

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
from forensics.analysis.scenes import detected, hints_of, scenes_of
from forensics.analysis.showing import is_bad
from forensics.analysis.unexplained import (
    contradictions,
    explained_by_loss,
    names_the_issue,
    unexplained,
    without_an_end,
)
from forensics.dialects import USUAL, dialect_of
from forensics.dialects.counted import Counted
from forensics.dialects.engine import Engine, Recorded, Transcript
from forensics.dialects.observed import Observed
from forensics.evidence.bundle import Bundle
from forensics.evidence.bundle_tree import BundleTree
from forensics.evidence.exceptions import Exceptions, read_exceptions
from forensics.evidence.recorded import (
    Symptom,
    recorded_commits,
    recorded_mishaps,
    recorded_replays,
    recorded_symptoms,
    recorded_transcripts,
)
from forensics.evidence.recorded_database import recorded_database
from forensics.evidence.tool_runs import Replays
from forensics.evidence.tree import join
from forensics.facts import CapturedRun, Commits, Database, Facts, ToolUse
from forensics.model import (
    Finding,
    Prediction,
    Unanswered,
)
from forensics.model.mishaps import Mishaps


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """Everything found about one use of one tool."""

    scene: Scene
    facts: Facts
    findings: tuple[Finding, ...]
    unanswered: tuple[Unanswered, ...]
    causation: Causation
    bench: Bench
    """Every answer that a report is made of: what the causes were read from, and the rest."""
    goes_with: Mapping[int, tuple[int, ...]] = {}
    """Issues without a fix of their own -> those whose fix resolves them, by index."""
    observed: frozenset[str] = frozenset()
    """Commands whose prediction stands in a captured output."""
    engine: Engine | None = None
    """Who said what SQL does."""

    @property
    def recommended(self) -> frozenset[int]:
        """The issues whose fix is offered, by index."""
        return self.bench.recommended


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
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
    mishaps: Mishaps = msgspec.field(default_factory=Mishaps)
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
    hints = hints_of(bundle, node_version)
    uses, idle = detected(bundle, commits, hints)
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
        for scene in scenes_of(bundle, database, commits, mishaps, uses, hints)
    ]
    diagnoses = tuple(diagnosis for diagnosis in made if diagnosis is not None)
    root = join(bundle.manifest.project.root, "")
    exceptions = read_exceptions(BundleTree(bundle), root)
    return replace(
        empty,
        diagnoses=diagnoses,
        unanswered=(
            *_symptom_gaps(runs, diagnoses),
            *dict.fromkeys(of_searches(bundle, hints_of(bundle, None))),
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
        goes_with=scene.mishaps.guard(
            "what other fixes resolve", partial(goes_with, bench, facts), {}
        ),
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
    facts = scene.facts
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
    at, error = captured.statement, true_error(captured.run)
    own = scene.adapter.statements(facts, at.position)
    behind = tuple(it.text for it in own if it.number > at.number)
    still = is_still_locked(captured, facts)
    return scene, Observed(engine, dialect_of(scene.tool), at.text, error, behind, still=still)


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
    adapters = [it.scene.adapter for it in diagnoses]
    yield from unexplained(runs, explained, adapters, database_seen=seen)
    stops = {name for it in diagnoses for name, told in it.bench.after().items() if is_bad(told)}
    unclear = [run for run in runs if run.command not in stops]
    yield from without_an_end(unclear, adapters)


def _explained(diagnosis: Diagnosis, runs: tuple[CapturedRun, ...]) -> Iterator[CapturedRun]:
    now, captured = diagnosis.bench.after(), diagnosis.facts.captured
    for run, own in zip(runs, _own(diagnosis.scene, runs), strict=True):
        borne_out = any(explains(told, own) for told in _of_command(own, now))
        found = captured is not None and own == captured.run and _is_told(own, diagnosis.findings)
        by_loss = explained_by_loss(own, diagnosis.facts, diagnosis.findings)
        if borne_out or found or by_loss or _names_issue(diagnosis, own):
            yield run


def _names_issue(diagnosis: Diagnosis, run: CapturedRun) -> bool:
    return names_the_issue(run, diagnosis.scene.adapter, diagnosis.facts, diagnosis.findings)


def _is_told(run: CapturedRun, findings: tuple[Finding, ...]) -> bool:
    """Whether an issue rests on a captured run."""
    return any(run.evidence in finding.evidence for finding in findings)


def _of_command(run: CapturedRun, now: Predictions) -> Iterator[Prediction]:
    return (told for command, told in now.items() if run.command in (None, command))
