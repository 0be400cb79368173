"""From a bundle to a report: experiments, the project's own tool, the judgement."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from forensics import limits
from forensics.analysis.diagnose import Analysis, diagnose
from forensics.dialects import dialect_named
from forensics.errors import ForensicsError
from forensics.evidence.bundle import Bundle
from forensics.evidence.recorded_database import recorded_database
from forensics.limits import SCRATCH_SECONDS
from forensics.model import Report
from forensics.progress import Progress
from forensics.report.build import build
from forensics.system.alarm import OutOfTime, alarm

if TYPE_CHECKING:
    from forensics.collect.deadline import Deadline
    from forensics.evidence.tool_runs import Replay
    from forensics.workflow.options import ProjectCode


class NothingToJudge(ForensicsError):
    """The bundle holds no migration folder that can be read, or every one broke the analysis."""


def diagnosed(
    bundle: Bundle,
    progress: Progress,
    *,
    scratch: bool,
    others: Sequence[Analysis] = (),
    seconds: float = limits.SCRATCH_SECONDS,
) -> Analysis:
    """The one diagnosis of a run, made while the experiments are answered, for so many seconds.

    Raises `ForensicsError` where it takes too long without them, too.
    """
    try:
        return _diagnosed(bundle, progress, scratch=scratch, others=others, seconds=seconds)
    except OutOfTime as error:
        raise ForensicsError(
            f"{error} The evidence is in {bundle.folder}: `forensics analyze BUNDLE` takes all the "
            "time that it needs."
        ) from error


def _diagnosed(
    bundle: Bundle,
    progress: Progress,
    *,
    scratch: bool,
    others: Sequence[Analysis],
    seconds: float,
) -> Analysis:
    if not scratch:
        progress.step("Trying fixes on the model; no SQL runs, so its errors are predicted")
        with alarm(limits.ANALYSIS_SECONDS, "the analysis"):
            return diagnose(bundle, others=others)
    from forensics.scratch.make_experiments import make_experiments

    database = recorded_database(bundle)
    dialect = dialect_named(database.identity.dialect if database else None)
    product = dialect.product(database.identity.server_version if database else "")
    progress.step(f"Trying fixes on the model and a scratch {product}")
    lost = "The model alone predicts what the SQL would do."
    return make_experiments(
        bundle,
        others=others,
        seconds=seconds,
        on_problem=lambda line: progress.problem(f"{line} {lost}"),
    )


def report_of_all(
    bundles: Sequence[Bundle], progress: Progress, *, scratch: bool, end: Deadline
) -> Report:
    """The report of the first bundle, compared with those of the other environments."""
    first, *others = bundles
    judge = partial(diagnosed, progress=progress, scratch=scratch)
    analyses = [judge(it, seconds=end.left(SCRATCH_SECONDS)) for it in others]
    return report_of(judge(first, others=analyses, seconds=end.left(SCRATCH_SECONDS)))


def report_of(analysis: Analysis) -> Report:
    """The report of an analysis; raises `NothingToJudge` where there is nothing to tell of."""
    if not analysis.diagnoses:
        if broken := " ".join(analysis.mishaps.lines()):
            raise NothingToJudge(f"There is no report of {analysis.bundle.folder}: {broken}")
        raise NothingToJudge(
            f"The bundle in {analysis.bundle.folder} has no migration folder that can be read. "
            "Collect the evidence again; --out-folder DIR names a folder that was not found."
        )
    return build(analysis)


def run_project_code(bundle: Bundle, code: ProjectCode, progress: Progress) -> None:
    """Run the project's own tool on copies; its answers are kept in the bundle."""
    from forensics.replay.rehearsal import rehearsal, unfinished

    with rehearsal(
        bundle,
        code.project,
        kit=code.kit,
        install=code.install_kit,
        accept_uncontained=code.accept_uncontained,
    ) as ready:
        progress.announced(tuple(ready.announcement()))
        done: list[Replay] = []

        def tell(run: Replay) -> None:
            done.append(run)
            progress.replayed(run, len(done), ready.runs)

        replays = ready.run(tell)
    progress.step(f"Replayed {len(done)} runs; the answers are in the bundle")
    for line in unfinished(replays):
        progress.problem(line)
