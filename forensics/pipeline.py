"""The public API: what the command line does, as functions that return data and print nothing.

Every function that writes takes an `output` folder, which is made or must be one of ours; every
function that examines a project only reads it. What the user can act on is raised as a
`ForensicsError`; anything else is a defect of ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from forensics import output as place
from forensics.analysis.diagnose import Analysis, diagnose, examined
from forensics.dialects import dialect_named
from forensics.errors import ForensicsError
from forensics.evidence.bundle import Bundle, BundleError
from forensics.evidence.custody import Action, Custodian, Custody
from forensics.evidence.recorded_database import recorded_database
from forensics.facts import Facts, Recovered
from forensics.model import Report
from forensics.model.mishaps import Mishaps
from forensics.output import new_bundle, output_folder
from forensics.progress import Progress
from forensics.render.files import REPORT_FILES, known_formats, write_report
from forensics.report.build import build, with_mishaps
from forensics.system.safe_folder import CannotWrite
from forensics.system.temporary import temporary_folder

if TYPE_CHECKING:
    from forensics.analysis.attempt import Attempt
    from forensics.analysis.audit import Audit
    from forensics.collect.case import Request
    from forensics.evidence.tool_runs import Replay
    from forensics.redaction.scan import Scan
    from forensics.render.recovered import RecoveryAnswer
    from forensics.system.safe_folder import SafeFolder
    from forensics.verify.answer import Verified
    from forensics.verify.closure import Closure

OUTPUT = Path("forensics-report")
"""Where everything is written if nothing else is said."""
FORMATS = ("md", "html", "json")
"""The formats of a report if nothing else is said; `pdf` is the fourth."""

_NEAR = 5
"""Tags that an error names."""


class NothingToJudge(ForensicsError):
    """The bundle holds no migration folder that can be read."""


class UnknownTag(ForensicsError):
    """No list of migrations has a migration that was requested."""


class ProjectOptions(TypedDict, total=False):
    """How a project's files are examined; every key may be left out."""

    at: str | None
    """A revision of git to examine instead of the working tree."""
    config: str | None
    """The tool's config file, from the project folder or absolute."""
    out_folder: str | None
    """The migration folder, from the project folder or absolute."""
    tracking_table: str | None
    """The table that the tool reads, `SCHEMA.TABLE`."""
    history: bool
    """Whether the git history of the migrations is read."""


class CaseOptions(ProjectOptions, total=False):
    """What is examined in addition to the files; every key may be left out."""

    database_url: str | None
    """Address of a PostgreSQL, in libpq's forms, or of a SQLite file; it is only read. `None` for
    no database."""
    symptoms: Sequence[tuple[str, str]]
    """Captured outputs of the failing command: name and text of each."""
    probe_rows: bool
    """Whether the rows are counted on which pending statements depend."""
    copy_database: bool
    """Whether pending migrations run on a copy of a SQLite file, to count the rows they lose."""
    custody: Custody | None
    """What else the custody log says: who collects, sign-off, signing key, timestamps."""


@dataclass(frozen=True, kw_only=True)
class ProjectCode:
    """The permission to run the project's own migration tool on copies, and how."""

    project: Path | None = None
    """The project that was examined; `None` for the one in which the bundle lies."""
    kit: Path | None = None
    """A folder with the tool in its `node_modules`; `None` for the project's own."""
    install_kit: bool = False
    """Fetch the version that the project runs with npm, without its scripts. Needs the network."""
    accept_uncontained: bool = False
    """Run it also where it cannot be cut off from network and files."""


@dataclass(frozen=True, kw_only=True)
class Investigation:
    """What an investigation came to."""

    report: Report
    bundle: Bundle
    written: tuple[Path, ...]
    """The files of report and fix, in the output folder; the bundle lies next to them."""


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """What came of the search for lost originals."""

    found: tuple[tuple[Recovered, RecoveryAnswer], ...]
    """Every migration that was looked for, with its verdict and the file that was written."""
    has_rows: bool
    """Whether a tracking table was seen: only rows say whether a file is what was applied."""


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
    request = _request(project, progress, options, options)
    with output_folder(Path(output)) as folder:
        bundle = _collected(request, folder, progress, outdated=REPORT_FILES)
        report = _report(_analyzed(bundle, progress, scratch=scratch))
        scan = _scan(bundle, options.get("database_url"))
        written, mishaps = _written(report, folder, wanted, progress, bundle, scan)
        _log_report(bundle, written, progress)
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
    new one is complete.

    Raises `ForensicsError` as `investigate` does.
    """
    progress = progress or Progress()
    request = _request(project, progress, options, options)
    with output_folder(Path(output)) as folder:
        return _collected(request, folder, progress)


def analyze(bundle: Bundle | Path | str) -> Report:
    """Judge a bundle. Reads nothing else: the same bundle gives the same report anywhere.

    A path may lead to the bundle, or to the output folder that it lies in.

    Raises `BundleError` for what is not a bundle or was changed, `NothingToJudge` where it holds no
    migration folder that can be read.
    """
    return _report(diagnose(open_bundle(bundle)))


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
    bundle.custodian = _custodian(custody, None, progress)
    analysis = _analyzed(bundle, progress, scratch=True)
    if project_code is not None:
        _run_project_code(bundle, project_code, progress)
        analysis = diagnose(bundle)
    return _report(analysis)


def check(
    project: Path | str,
    *,
    progress: Progress | None = None,
    **options: Unpack[ProjectOptions],
) -> Report:
    """Examine the files alone, without any database; nothing is left behind.

    Without `history=True` git's history is not read. Rules that need a database are not asked, and
    stand in `report.unanswered`.

    Raises `ForensicsError` for a project without a known migration tool, and for options of no use.
    """
    from forensics.collect import case

    progress = progress or Progress()
    request = _request(project, progress, options, None)
    with temporary_folder("check") as folder:
        bundle = case.collect(request, folder / "bundle", progress.step)
        progress.collected(bundle)
        return _report(diagnose(bundle))


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
    request = _request(project, progress, options, options)
    with output_folder(Path(output)) as folder:
        facts = examined(_collected(request, folder, progress))
        found = write_recovered(_wanted(facts, tuple(tags)), folder)
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
    progress: Progress | None = None,
) -> tuple[Path, ...]:
    """Write a report and its fixes into `output`; returns the paths of the files.

    `bundle` is the one that the report was made from: a folder with another one is refused.
    Where the PDF cannot be made, everything else is written, and `progress.problem` is told.

    Raises `ForensicsError` for an unknown format, and for an `output` that is not ours.
    """
    wanted, progress = known_formats(formats), progress or Progress()
    with output_folder(Path(output), beside=bundle) as folder:
        written, _ = _written(report, folder, wanted, progress, bundle, _scan(bundle, None))
    if bundle is not None and bundle.place is not None:
        bundle.custodian = _custodian(None, None, progress)
        _log_report(bundle, written, progress)
    return written


def verify(
    subject: Path | str,
    *,
    bundle: Path | str | None = None,
    allowed_signers: Path | None = None,
    timestamp_ca: Path | None = None,
) -> Verified:
    """Check that a bundle or a report is what was written, and that every claim still follows.

    `bundle` is the one of a report that does not lie next to it. Where signers or authorities are
    given, signatures or timestamps of theirs are demanded.

    Raises `BundleError` for what is neither, and for a report without a bundle.
    """
    from forensics.verify import run
    from forensics.verify.answer import Trust

    trust = Trust(allowed_signers=allowed_signers, timestamp_ca=timestamp_ca)
    return run.verify(Path(subject), trust, None if bundle is None else Path(bundle))


def compare(before: Bundle | Path | str, after: Bundle | Path | str) -> Closure:
    """Hold the bundle from after a fix against the one from before, claim by claim.

    Raises `BundleError` as `analyze` does.
    """
    from forensics.verify import closure

    return closure.compare(open_bundle(before), open_bundle(after))


def archive(bundle: Bundle | Path | str, file: Path | str) -> Path:
    """Write a bundle as one file, the same for the same bundle; returns its path.

    Raises `BundleError`, and `CannotArchive` where the file cannot be written or exists.
    """
    from forensics.evidence.archive import write_archive

    opened, target = open_bundle(bundle), Path(file)
    if opened.is_old_form:
        raise BundleError(
            f"{opened.folder} has the form of version 0.1, which cannot be one file: collect the "
            "evidence again."
        )
    collected_at = datetime.fromisoformat(opened.manifest.collected_at)
    write_archive(opened.files, target, int(collected_at.timestamp()))
    return target


def open_bundle(given: Bundle | Path | str) -> Bundle:
    """A bundle by its folder, or by the output folder that it lies in.

    Raises `BundleError` for what is not a bundle, or was changed.
    """
    if isinstance(given, Bundle):
        return given
    return place.open_bundle(Path(given))


# --- The parts ----------------------------------------------------------------------------------


def _request(
    project: Path | str, progress: Progress, options: ProjectOptions, case: CaseOptions | None
) -> Request:
    """What to look at; without `case` that is the files alone, and git's history if requested."""
    from forensics.collect.case import Request
    from forensics.collect.hints import hints

    place, config, out_folder = Path(project), options.get("config"), options.get("out_folder")
    table = options.get("tracking_table")
    return Request(
        project=place,
        database_url=case.get("database_url") if case else None,
        revision=options.get("at"),
        symptoms=tuple(case.get("symptoms", ())) if case else (),
        probe_rows=case.get("probe_rows", False) if case else False,
        copy_database=case.get("copy_database", False) if case else False,
        hints=lambda top: hints(place, top, config, out_folder, table),
        history=options.get("history", case is not None),
        look_at_database=case is not None,
        on_connect=progress.connected,
        custodian=_custodian(case.get("custody"), case.get("database_url"), progress)
        if case is not None
        else None,
    )


def _custodian(given: Custody | None, address: str | None, progress: Progress) -> Custodian:
    from forensics.collect.custodian import custodian
    from forensics.collect.database.address import secrets_of

    return custodian(given or Custody(), secrets_of(address), progress.problem)


def _log_report(bundle: Bundle, written: Iterable[Path], progress: Progress) -> None:
    """Note in the custody log which files were written; where that cannot be, say so."""
    from forensics.system.code import code_sha256

    try:
        hashes = {path.name: sha256(path.read_bytes()).hexdigest() for path in written}
        bundle.append(Action.REPORTED, outputs=hashes, code_sha256=code_sha256())
    except (OSError, CannotWrite, BundleError) as error:
        progress.problem(f"The custody log does not know of this report: {error}")


def _collected(
    request: Request, output: SafeFolder, progress: Progress, outdated: Iterable[str] = ()
) -> Bundle:
    """A new bundle in the output folder; `outdated` are files there that belong to the last one."""
    from forensics.collect import case

    with new_bundle(output, outdated=outdated) as folder:
        case.collect(request, folder, progress.step)
    bundle = place.open_bundle(output)
    if request.custodian is not None:
        bundle.custodian = request.custodian
    progress.collected(bundle)
    return bundle


def _scan(bundle: Bundle | None, database_url: str | None) -> Scan:
    """The last look for secrets; what stands in the evidence was judged when it was collected."""
    from forensics.collect.case import redactor_of
    from forensics.evidence.holding import holds
    from forensics.redaction.scan import Scan

    kept = partial(holds, bundle) if bundle is not None else lambda found: False
    return Scan(redactor_of(database_url), kept)


def _written(
    report: Report,
    folder: SafeFolder,
    formats: list[str],
    progress: Progress,
    bundle: Bundle | None,
    scan: Scan,
) -> tuple[tuple[Path, ...], Mishaps]:
    """The files of a report, and what of ours broke while they were made, which is told."""
    mishaps = Mishaps()
    written = write_report(
        report,
        folder,
        formats,
        on_problem=progress.problem,
        mishaps=mishaps,
        bundle=bundle.evidence_zip if bundle else None,
        scan=scan,
    )
    for line in mishaps.lines():
        progress.problem(line)
    return written, mishaps


def _analyzed(bundle: Bundle, progress: Progress, *, scratch: bool) -> Analysis:
    """The one diagnosis of a run, made while the experiments are answered."""
    if not scratch:
        progress.step("Trying fixes on the model; no SQL runs, so its errors are predicted")
        return diagnose(bundle)
    from forensics.scratch.make_experiments import make_experiments

    database = recorded_database(bundle)
    dialect = dialect_named(database.identity.dialect if database else None)
    progress.step(f"Trying fixes on the model and a scratch {dialect.title}")
    lost = "The model alone predicts what the SQL would do."
    return make_experiments(bundle, on_problem=lambda line: progress.problem(f"{line} {lost}"))


def _report(analysis: Analysis) -> Report:
    if not analysis.diagnoses:
        raise NothingToJudge(
            f"The bundle in {analysis.bundle.folder} holds no migration folder that can be read. "
            "Collect the evidence again, with --out-folder DIR where it is not found."
        )
    return build(analysis)


def _run_project_code(bundle: Bundle, code: ProjectCode, progress: Progress) -> None:
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


def _wanted(facts: Iterable[Facts], tags: tuple[str, ...]) -> list[Recovered]:
    """What came of the migrations that were requested, or of all whose original was looked for."""
    each = tuple(facts)
    found = [item for it in each if it.recovered for item in it.recovered.items]
    asked = [tag.rpartition("/")[2].removesuffix(".sql") for tag in tags]
    listed = {it.key for one in each if one.history for it in one.history.migrations}
    for tag in asked:
        if tag not in listed:
            near = ", ".join(sorted(listed)[-_NEAR:]) or "none"
            raise UnknownTag(f"No migration {tag!r} is listed. The last ones are: {near}.")
    return [item for item in found if not asked or item.tag in asked]
