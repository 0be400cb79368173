"""The public API: what the command line does, as functions that return data and print nothing.

Every function that writes takes an `output` folder, which is made or must be one of ours; every
function that examines a project only reads it. What the user can act on is raised as a
`ForensicsError`; anything else is a defect of ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Unpack, cast

from forensics import output as place
from forensics.analysis.diagnose import diagnose
from forensics.analysis.scenes import examined
from forensics.evidence.bundle import Bundle
from forensics.evidence.custody import Custody
from forensics.model import Report
from forensics.output import output_folder
from forensics.progress import Progress
from forensics.render.files import REPORT_FILES, known_formats
from forensics.report.build import with_mishaps
from forensics.workflow import collecting, judging
from forensics.workflow.answers import Edition, Investigation, Recovery
from forensics.workflow.custodians import custodian_for, log_report, worker_on
from forensics.workflow.judging import NothingToJudge
from forensics.workflow.options import CaseOptions, Environment, ProjectCode, ProjectOptions
from forensics.workflow.recovering import UnknownTag, wanted_originals
from forensics.workflow.writing import last_look, write_files

if TYPE_CHECKING:
    from forensics.analysis.attempt import Attempt
    from forensics.analysis.audit import Audit
    from forensics.verify.answer import Verified
    from forensics.verify.closure import Closure

__all__ = [
    "EDITION",
    "FORMATS",
    "OUTPUT",
    "CaseOptions",
    "Edition",
    "Environment",
    "Investigation",
    "NothingToJudge",
    "ProjectCode",
    "ProjectOptions",
    "Recovery",
    "UnknownTag",
    "analyze",
    "archive",
    "attempt",
    "audit",
    "check",
    "collect",
    "compare",
    "edition",
    "evidence_query",
    "investigate",
    "open_bundle",
    "others_beside",
    "recover",
    "render",
    "replay",
    "verify",
]

OUTPUT = Path("forensics-report")
"""Where everything is written if nothing else is said."""
EDITION = Path("forensics-edition")
"""The same for an external edition."""
FORMATS = ("md", "html", "json")
"""The formats of a report if nothing else is said; `pdf` is the fourth."""


def investigate(
    project: Path | str,
    *,
    output: Path | str = OUTPUT,
    formats: Iterable[str] = FORMATS,
    scratch: bool = True,
    progress: Progress | None = None,
    **options: Unpack[CaseOptions],
) -> Investigation:
    """Collect the evidence, try fixes, judge, and write report and fixes.

    `project` is the folder to examine, `output` the folder for everything that is written.
    `scratch` lets experiments run their SQL on a throw-away PostgreSQL; where none starts,
    `progress.problem` is told, and the behaviour model answers alone.

    Raises `ForensicsError`: before anything is read for an unknown format or an `output` that is
    not ours, then for a project without a known migration tool, and for options of no use. What of
    git or the database is missing stands in `report.unanswered` and is not an error.
    """
    wanted, progress = known_formats(formats), progress or Progress()
    requests = collecting.requests_for(project, progress, options)
    end = collecting.deadline(options)
    with output_folder(Path(output)) as folder:
        bundles = collecting.collect_each(requests, folder, progress, outdated=REPORT_FILES)
        bundle, *others = bundles
        report = judging.report_of_all(bundles, progress, scratch=scratch, end=end)
        scan = last_look(bundle, [it.database_url for it in requests])
        written, mishaps = write_files(report, folder, wanted, progress, bundle, scan)
        log_report(bundle, written, progress, others)
    return Investigation(report=with_mishaps(report, mishaps), bundle=bundle, written=written)


def collect(
    project: Path | str,
    *,
    output: Path | str = OUTPUT,
    progress: Progress | None = None,
    **options: Unpack[CaseOptions],
) -> Bundle:
    """Gather the evidence into a bundle in `output`; project and database are only read.

    Secrets are masked before anything is written. A bundle of an earlier run is replaced once the
    new one is complete. Of several environments the first one's is returned; those of the others
    are next to it.

    Raises `ForensicsError` as `investigate` does.
    """
    progress = progress or Progress()
    requests = collecting.requests_for(project, progress, options)
    with output_folder(Path(output)) as folder:
        return collecting.collect_each(requests, folder, progress)[0]


def analyze(bundle: Bundle | Path | str, *others: Bundle | Path | str) -> Report:
    """Judge a bundle. Reads nothing else: the same bundle gives the same report anywhere.

    A path may lead to the bundle, or to the output folder that it lies in. `others` are bundles of
    other environments, which are compared; without them, those that lie in the output folder.

    Raises `BundleError` for what is not a bundle or was changed, `NothingToJudge` where it holds no
    migration folder that can be read.
    """
    beside = () if isinstance(bundle, Bundle) else others_beside(bundle)
    judged = [diagnose(it) for it in map(open_bundle, others or beside)]
    return judging.report_of(diagnose(open_bundle(bundle), others=judged))


def evidence_query(tracking_table: str | None = None) -> str:
    """The SELECT that returns the evidence of a database, to be run by somebody who may enter it.

    Its answer, saved in a file, is an `Environment.database_evidence`. `tracking_table` is read
    whatever it is called. Raises `ForensicsError` for one that is not `SCHEMA.TABLE`.
    """
    from forensics.collect import hints
    from forensics.collect.database.supplied.select import evidence_query as query

    return query((hints.tracking_table(tracking_table),) if tracking_table else ())


def replay(
    bundle: Bundle | Path | str,
    *,
    project_code: ProjectCode | None = None,
    custody: Custody | None = None,
    progress: Progress | None = None,
) -> Report:
    """Run the experiments of a bundle again, keep their answers in it, and judge it.

    With `project_code` the project's real tool runs on copies too, without network, against a
    throw-away database. `progress.announced` is told first; what that raises ends it.

    Raises as `analyze` does, and `ForensicsError` where the project's code cannot be run safely,
    differs from what was collected, or its tool is not there.
    """
    progress, bundle = progress or Progress(), open_bundle(bundle)
    bundle.require_open()
    bundle.custodian = worker_on(bundle, custody, progress)
    analysis = judging.diagnosed(bundle, progress, scratch=True)
    if project_code is not None:
        judging.run_project_code(bundle, project_code, progress)
        analysis = diagnose(bundle)
    return judging.report_of(analysis)


def check(
    project: Path | str,
    *,
    progress: Progress | None = None,
    **options: Unpack[ProjectOptions],
) -> Report:
    """Examine the files alone, without any database; nothing is written anywhere.

    Without `history=True` git's history is not read. Rules that need a database are not asked, and
    stand in `report.unanswered`.

    Raises `ForensicsError` for a project without a known migration tool, and for options of no use.
    """
    from forensics.collect import case
    from forensics.evidence.files import HeldFiles

    progress = progress or Progress()
    request = collecting.request_for(project, progress, cast("CaseOptions", options))
    bundle = case.collect(request, HeldFiles(Path(project)), progress.step)
    progress.collected(bundle)
    return judging.report_of(diagnose(bundle))


def recover(
    project: Path | str,
    tags: Iterable[str] = (),
    *,
    output: Path | str = OUTPUT,
    progress: Progress | None = None,
    **options: Unpack[CaseOptions],
) -> Recovery:
    """Find or rebuild the originals of migrations whose file is gone, or is not what was applied.

    Without `tags` all of them are looked for. What was found is written to `recovered/TAG.sql` in
    `output`; neither project nor database is touched.

    Raises `UnknownTag`, and `ForensicsError` as `investigate` does.
    """
    from forensics.render.recovered import write_recovered

    progress = progress or Progress()
    request, *_ = collecting.requests_for(project, progress, options)
    with output_folder(Path(output)) as folder:
        facts = examined(collecting.collect_into(request, folder, progress))
        found = write_recovered(wanted_originals(facts, tuple(tags)), folder)
    seen = any(it.tracking and it.tracking.tables for it in facts)
    return Recovery(found=found, has_rows=seen)


def attempt(
    bundle: Bundle | Path | str,
    action: str,
    *,
    project_code: ProjectCode | None = None,
    progress: Progress | None = None,
) -> Attempt:
    """Say what a command, a statement, a script or a patch would do, tried on a scratch copy.

    With `project_code` the project's real tool runs every command before and after it, on copies;
    `progress.announced` is told first.

    Raises `BundleError`, `CannotTry` for an action that is not understood or cannot be tried, and
    `PostgresUnavailable` where SQL is to be tried and no server starts.
    """
    from forensics.trying import on_the_model as tryout
    from forensics.trying.actions import parse_action

    progress, bundle, wanted = progress or Progress(), open_bundle(bundle), parse_action(action)
    if project_code is None:
        return tryout.attempt(bundle, wanted)
    from forensics.trying import with_the_tool as tried_for_real

    with tried_for_real.tryout(
        bundle,
        wanted,
        project_code.project,
        kit=project_code.kit,
        install=project_code.install_kit,
        accept_uncontained=project_code.accept_uncontained,
    ) as ready:
        progress.announced(tuple(ready.announcement))
        return ready.run()


def audit(writeup: str, bundle: Bundle | Path | str) -> Audit:
    """Hold a write-up to the evidence: `writeup` is its text, in Markdown.

    What it says was done is done to copies, in its order. Raises `BundleError`, and `CannotTry`
    where the bundle holds no use of a migration tool.
    """
    from forensics.audit.audit import audit as held

    return held(open_bundle(bundle), writeup)


def render(
    report: Report,
    output: Path | str = OUTPUT,
    *,
    formats: Iterable[str] = FORMATS,
    bundle: Bundle | None = None,
    others: Sequence[Bundle] = (),
    progress: Progress | None = None,
) -> tuple[Path, ...]:
    """Write a report and its fixes into `output`; returns the paths of the files.

    `bundle` is the one that the report was made from: a folder with another one is refused.
    `others` are those that it was compared with, for the log.
    Where the PDF cannot be made, everything else is written, and `progress.problem` is told.

    Raises `ForensicsError` for an unknown format, and for an `output` that is not ours.
    """
    wanted, progress = known_formats(formats), progress or Progress()
    with output_folder(Path(output), beside=bundle) as folder:
        written, _ = write_files(report, folder, wanted, progress, bundle, last_look(bundle, ()))
    if bundle is not None and bundle.place is not None:
        bundle.custodian = worker_on(bundle, None, progress)
        log_report(bundle, written, progress, others)
    return written


def verify(
    subject: Path | str,
    *,
    bundle: Path | str | None = None,
    allowed_signers: Path | None = None,
    timestamp_ca: Path | None = None,
    original: Path | str | None = None,
) -> Verified:
    """Check that a bundle or a report is what was written, and that every claim still follows.

    `bundle` is the one of a report that does not lie next to it, `original` the one of which the
    subject is the external edition. Where signers or authorities are
    given, signatures or timestamps of theirs are demanded.

    Raises `BundleError` for what is neither, and for a report without a bundle.
    """
    from forensics.verify import run
    from forensics.verify.answer import Trust

    trust = Trust(allowed_signers=allowed_signers, timestamp_ca=timestamp_ca)
    verified = run.verify(Path(subject), trust, None if bundle is None else Path(bundle))
    if original is None:
        return verified
    from forensics.verify.edition import with_original

    return with_original(verified, open_bundle(subject), open_bundle(original))


def compare(before: Bundle | Path | str, after: Bundle | Path | str) -> Closure:
    """Hold the bundle from after a fix against the one from before, claim by claim.

    Raises `BundleError` as `analyze` does.
    """
    from forensics.verify import closure

    return closure.compare(open_bundle(before), open_bundle(after))


def edition(
    bundle: Bundle | Path | str,
    *,
    output: Path | str = EDITION,
    project: Path | None = None,
    hide: Iterable[str] = (),
    keep: Iterable[str] = (),
    custody: Custody | None = None,
    progress: Progress | None = None,
) -> Edition:
    """Write the external edition of a bundle: names, hosts and people replaced by tokens.

    The authors of the commits are read from `project`, by default the one with the bundle.
    `hide` are more names, `keep` words that are none. The edition is a bundle of its own that names
    the original, and is judged like it.

    Raises `BundleError`, and `CannotEdit` where it would be judged otherwise, or a name be left.
    """
    from forensics.collect.people import authors_of
    from forensics.workflow.editing import make

    progress, original = progress or Progress(), open_bundle(bundle)
    who = custodian_for(custody, None, progress)
    authors = authors_of(project or original.folder.resolve().parent.parent)
    return make(original, Path(output), who, authors, hide=hide, keep=keep)


def archive(bundle: Bundle | Path | str, file: Path | str) -> Path:
    """Write a bundle as one file, the same for the same bundle; returns its path.

    Raises `BundleError`, and `CannotArchive` where the file cannot be written or exists.
    """
    from forensics.workflow.packing import pack

    target = Path(file)
    pack(open_bundle(bundle), target)
    return target


def others_beside(output: Path | str) -> tuple[Bundle, ...]:
    """The bundles of the other environments in an output folder.

    Raises `BundleError` for one that was changed.
    """
    return place.others_beside(Path(output))


def open_bundle(given: Bundle | Path | str) -> Bundle:
    """A bundle by its folder, or by the output folder that it lies in.

    Raises `BundleError` for what is not a bundle, or was changed.
    """
    if isinstance(given, Bundle):
        return given
    return place.open_bundle(Path(given))
