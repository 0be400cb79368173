"""Makes a bundle's second layer: every experiment on a scratch server, with its answers kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import msgspec

from forensics import limits
from forensics.analysis.diagnose import Analysis, diagnose
from forensics.dialects import dialect_named
from forensics.dialects.effect import Done, Effect, Failed, Undecided
from forensics.dialects.engine import Engine, Transcript, key
from forensics.evidence.bundle import Bundle
from forensics.evidence.custody import Action
from forensics.evidence.experiments_file import Experiments
from forensics.evidence.recorded import record_experiments, recorded_experiments
from forensics.evidence.recorded_database import recorded_database, recorded_dump
from forensics.facts import LiveSchema
from forensics.model import Topic, Unanswered
from forensics.model.mishaps import Mishaps
from forensics.model.wording import shortened
from forensics.scratch.binaries import Binaries
from forensics.scratch.engines import ENGINES, ScratchEngine
from forensics.system.alarm import OutOfTime, alarm

Judge = Callable[..., Analysis]
"""Diagnoses the bundle, with an engine if there is one."""
Made = tuple[Analysis | None, Experiments | None]
"""An analysis, and what a server answered."""
_MOST = 120
"""Characters of a statement or a message in a warning."""
_PART = "the experiments on the scratch server"


class Recording:
    """An engine that keeps what the server answered; where it does not, the model answers again."""

    def __init__(self, server: ScratchEngine, mishaps: Mishaps, model: Engine, end: float) -> None:
        """`end` is an instant of `time.monotonic()`, after which the server is asked nothing."""
        self.late = False
        """Whether it was not asked any more."""
        self._end = end
        self._server = server
        self._model = model
        self._mishaps = mishaps
        self._transcripts: dict[str, Transcript] = {}

    def __call__(self, schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """The effect, which a `Recorded` engine will give from the transcripts."""
        texts = tuple(texts)
        if time.monotonic() > self._end:
            self.late = True
            return self._model(schema, texts)
        asked = partial(self._server.answer, schema, texts)
        answer = self._mishaps.guard("an experiment on the scratch server", asked, None)
        if answer is None:
            return self._model(schema, texts)
        name = key(schema, texts)
        self._transcripts[name] = Transcript(key=name, effect=answer)
        return answer

    @property
    def transcripts(self) -> tuple[Transcript, ...]:
        """In the order of the first question."""
        return tuple(self._transcripts.values())


def make_experiments(
    bundle: Bundle,
    *,
    binaries: Binaries | None = None,
    others: Sequence[Analysis] = (),
    seconds: float = limits.SCRATCH_SECONDS,
    on_problem: Callable[[str], None] = lambda line: None,
) -> Analysis:
    """Diagnose a bundle while a scratch server says what SQL does, and keep its answers.

    They are written into the bundle's folder, from which `diagnose` gives the same analysis.
    Nothing is written where no server was asked: no SQL would run, or none can be started.
    `others` are environments to compare with. `on_problem` hears why, in one line. What the
    project's own tool did is kept. After so many `seconds` the model answers, which the bundle
    says, and a server that hangs is broken off. Raises `OutOfTime` where the model hangs too.
    """
    mishaps = Mishaps()
    judge = partial(diagnose, bundle, others=others)
    experiment = partial(_made, bundle, judge, binaries, on_problem, mishaps, seconds)
    analysis, layer = _in_time(experiment, mishaps, seconds)
    for question in mishaps.found:
        on_problem(f"{question.lacks}; {question.how_to_get_it}.")
    earlier = recorded_experiments(bundle)
    if layer is None and not mishaps.found:  # what an earlier server answered still stands
        return analysis if analysis and not earlier else in_time(judge)
    layer = layer or Experiments(collected_sha256=bundle.sha256, server_version="")
    replays = earlier.replays if earlier else ()
    layer = msgspec.structs.replace(layer, replays=replays, mishaps=mishaps.found)
    record_experiments(bundle, Action.EXPERIMENTED, layer)
    return in_time(judge) if mishaps.found or analysis is None else analysis


def in_time(judge: Callable[[], Analysis]) -> Analysis:
    """An analysis without a server; raises `OutOfTime` where it takes more than its time."""
    with alarm(limits.ANALYSIS_SECONDS, "the analysis"):
        return judge()


def _in_time(experiment: Callable[[], Made], mishaps: Mishaps, seconds: float) -> Made:
    nothing: Made = (None, None)
    try:
        with alarm(seconds + limits.HANGING_SECONDS, _PART):
            return mishaps.guard(_PART, experiment, nothing)
    except OutOfTime:
        mishaps.add([_late(seconds)])
        return nothing


def _late(seconds: float) -> Unanswered:
    """The open question where not all could be asked."""
    return Unanswered(
        topic=Topic.TIME,
        name=_PART,
        lacks=f"some of {_PART}: the time left for them ({seconds:.0f} s) was over",
        how_to_get_it="run it again when the machine is less busy, or give it more time with "
        "--time-limit SECONDS",
    )


def _told(effect: Effect) -> str:
    """An effect in a few words: of one that passes, the catalogue is pages long."""
    match effect:
        case Failed(message=message, statement=statement):
            return f"{shortened(statement, _MOST)} fails: {shortened(message, _MOST)}"
        case Undecided(why=why):
            return f"unknown: {why}"
        case Done():
            return "every statement passes"


def _made(
    bundle: Bundle,
    judge: Judge,
    binaries: Binaries | None,
    on_problem: Callable[[str], None],
    mishaps: Mishaps,
    seconds: float,
) -> tuple[Analysis, Experiments | None]:
    """The analysis, and what a server answered while it was made, if one was asked."""
    database, dump = recorded_database(bundle), recorded_dump(bundle)
    dialect = dialect_named(database.identity.dialect if database else None)
    with ENGINES[dialect.name](database, dump, binaries) as server:
        engine = Recording(server, mishaps, dialect.run, time.monotonic() + seconds)
        analysis = judge(engine)
        version, not_rebuilt = server.version, server.not_rebuilt
    if engine.late:
        mishaps.add([_late(seconds)])
    elif server.trouble:
        on_problem(server.trouble)
    for foreseen, seen in server.disagreements:
        on_problem(
            f"{dialect.title} did otherwise than the model foresaw, a defect of forensics: "
            f"{_told(seen)} instead of {_told(foreseen)}."
        )
    if version is None:
        return analysis, None
    made = Experiments(
        collected_sha256=bundle.sha256,
        server_version=version,
        transcripts=engine.transcripts,
        not_rebuilt=not_rebuilt,
    )
    return analysis, made
