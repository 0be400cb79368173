"""Makes a bundle's second layer: every experiment on a scratch server, with its answers kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import msgspec

from forensics.analysis.diagnose import Analysis, diagnose
from forensics.dialects import dialect_named
from forensics.dialects.effect import Effect
from forensics.dialects.engine import Engine, Transcript, key
from forensics.evidence.bundle import Bundle
from forensics.evidence.custody import Action
from forensics.evidence.experiments_file import Experiments
from forensics.evidence.recorded import record_experiments, recorded_experiments
from forensics.evidence.recorded_database import recorded_database, recorded_dump
from forensics.facts import LiveSchema
from forensics.model.mishaps import Mishaps
from forensics.scratch.binaries import Binaries
from forensics.scratch.engines import ENGINES, ScratchEngine

Judge = Callable[..., Analysis]
"""Diagnoses the bundle, with an engine if there is one."""


class Recording:
    """An engine that keeps what the server answered; where it does not, the model answers again."""

    def __init__(self, server: ScratchEngine, mishaps: Mishaps, model: Engine) -> None:
        self._server = server
        self._model = model
        self._mishaps = mishaps
        self._transcripts: dict[str, Transcript] = {}

    def __call__(self, schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """The effect, which a `Recorded` engine will give from the transcripts."""
        texts = tuple(texts)
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
    on_problem: Callable[[str], None] = lambda line: None,
) -> Analysis:
    """Diagnose a bundle while a scratch server says what SQL does, and keep its answers.

    They are written into the bundle's folder, from which `diagnose` gives the same analysis.
    Nothing is written where no server was asked: no SQL would run, or none can be started.
    `others` are environments to compare with. `on_problem` hears why, in one line. What the
    project's own tool did is kept.
    """
    mishaps = Mishaps()
    judge = partial(diagnose, bundle, others=others)
    experiment = partial(_made, bundle, judge, binaries, on_problem, mishaps)
    part = "the experiments on the scratch server"
    analysis, layer = mishaps.guard(part, experiment, (None, None))
    for question in mishaps.found:
        on_problem(f"{question.lacks}; {question.how_to_get_it}.")
    earlier = recorded_experiments(bundle)
    if layer is None and not mishaps.found:  # what an earlier server answered still stands
        return analysis if analysis and not earlier else judge()
    layer = layer or Experiments(collected_sha256=bundle.sha256, server_version="")
    replays = earlier.replays if earlier else ()
    layer = msgspec.structs.replace(layer, replays=replays, mishaps=mishaps.found)
    record_experiments(bundle, Action.EXPERIMENTED, layer)
    return judge() if mishaps.found or analysis is None else analysis


def _made(
    bundle: Bundle,
    judge: Judge,
    binaries: Binaries | None,
    on_problem: Callable[[str], None],
    mishaps: Mishaps,
) -> tuple[Analysis, Experiments | None]:
    """The analysis, and what a server answered while it was made, if one was asked."""
    database, dump = recorded_database(bundle), recorded_dump(bundle)
    dialect = dialect_named(database.identity.dialect if database else None)
    with ENGINES[dialect.name](database, dump, binaries) as server:
        engine = Recording(server, mishaps, dialect.run)
        analysis = judge(engine)
        version, not_rebuilt = server.version, server.not_rebuilt
    if server.trouble:
        on_problem(server.trouble)
    for foreseen, seen in server.disagreements:
        on_problem(
            f"{dialect.title} did otherwise than the model foresaw, a defect of forensics: {seen} "
            f"instead of {foreseen}."
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
