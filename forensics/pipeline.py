"""The public API: what the command line does, as functions that return data and print nothing.

Every function that writes takes an `output` folder, which is made or must be one of ours; every
function that examines a project only reads it. What the user can act on is raised as a
`ForensicsError`; anything else is a defect of ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from forensics import limits
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
from forensics.model.words import field_names
from forensics.output import new_bundle, output_folder
from forensics.progress import Progress
from forensics.render.files import REPORT_FILES, known_formats, write_report
from forensics.report.build import build, with_mishaps
from forensics.system.safe_folder import CannotWrite

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
EDITION = Path("forensics-edition")
"""The same for an external edition."""
FORMATS = ("md", "html", "json")
"""The formats of a report if nothing else is said; `pdf` is the fourth."""

_NEAR = 5
"""Tags that an error names."""


class NothingToJudge(ForensicsError):
    """The bundle holds no migration folder that can be read, or every one broke the analysis."""


class UnknownTag(ForensicsError):
    """No list of migrations has a migration that was requested."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One database of several, such as `prod`: its address, or what it answered elsewhere."""

    name: str
    database_url: str | None = field(default=None, repr=False)
    database_evidence: Path | None = None
    """A file with the answer to `evidence_query`."""


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
    seconds: float
    """For the whole collection, 120 if nothing is said; what did not come to its turn is left out,
    and stands in `report.unanswered`."""


class CaseOptions(ProjectOptions, total=False):
    """What is examined in addition to the files; every key may be left out."""

    database_url: str | None
    """Address of a PostgreSQL, in libpq's forms, or of a SQLite file; it is only read. `None` for
    no database."""
    database_url_file: Path | None
    """The file that `database_url` was read from. To a host that a file of the project names, no
    password is sent but one in the address or a password file that names this very host."""
    environments: Sequence[Environment]
    """Instead of `database_url`: each is collected into its own bundle. The report covers the
    first, and compares the others."""
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
    requests = _requests(project, progress, options, options)
    with output_folder(Path(output)) as folder:
        bundle, *others = _all_collected(requests, folder, progress, outdated=REPORT_FILES)
        judged = [_analyzed(it, progress, scratch=scratch) for it in others]
        report = _report(_analyzed(bundle, progress, scratch=scratch, others=judged))
        scan = _scan(bundle, [it.database_url for it in requests])
        written, mishaps = _written(report, folder, wanted, progress, bundle, scan)
        _log_report(bundle, written, progress, others)
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

    Of several environments the first one's is returned; those of the others are next to it.

    Raises `ForensicsError` as `investigate` does.
    """
    progress = progress or Progress()
    requests = _requests(project, progress, options, options)
    with output_folder(Path(output)) as folder:
        return _all_collected(requests, folder, progress)[0]


def analyze(bundle: Bundle | Path | str, *others: Bundle | Path | str) -> Report:
    """Judge a bundle. Reads nothing else: the same bundle gives the same report anywhere.

    A path may lead to the bundle, or to the output folder that it lies in. `others` are bundles of
    other environments, which are compared; without them, those that lie in the output folder.

    Raises `BundleError` for what is not a bundle or was changed, `NothingToJudge` where it holds no
    migration folder that can be read.
    """
    judged = [diagnose(it) for it in _others(bundle, others)]
    return _report(diagnose(open_bundle(bundle), others=judged))


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
    bundle.custodian = _worker(bundle, custody, progress)
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
    """Examine the files alone, without any database; nothing is written anywhere.

    Without `history=True` git's history is not read. Rules that need a database are not asked, and
    stand in `report.unanswered`.

    Raises `ForensicsError` for a project without a known migration tool, and for options of no use.
    """
    from forensics.collect import case
    from forensics.evidence.files import HeldFiles

    progress = progress or Progress()
    request = _request(project, progress, options, None)
    bundle = case.collect(request, HeldFiles(Path(project)), progress.step)
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
    request, *_ = _requests(project, progress, options, options)
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
        written, _ = _written(report, folder, wanted, progress, bundle, _scan(bundle, ()))
    if bundle is not None and bundle.place is not None:
        bundle.custodian = _worker(bundle, None, progress)
        _log_report(bundle, written, progress, others)
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


@dataclass(frozen=True, kw_only=True)
class Edition:
    """An external edition, and what of names could not be replaced."""

    bundle: Bundle
    original_sha256: str
    kept: tuple[str, ...]
    """Names that are ordinary words, or too short."""
    knows_authors: bool
    """Whether the project's commits said who their authors are."""


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
    from forensics.edition.make import Wanted, make_edition, replacer_for
    from forensics.edition.names import NameKind, of_author, of_mail
    from forensics.evidence.custody import Operator
    from forensics.system.ownership import derived_key

    progress, original = progress or Progress(), open_bundle(bundle)
    authors = authors_of(project or original.folder.resolve().parent.parent)
    people = [it for name, mail in authors for it in (*of_author(name), *of_mail(mail))]
    people += [(word, NameKind.NAME) for word in hide]
    wanted = Wanted(key=derived_key("edition"), people=tuple(people), keep=tuple(keep))
    given = _custodian(custody, None, progress)
    nobody = replace(given, operator=Operator(), arguments=("edition",))
    replacer = replacer_for(original, wanted)
    with output_folder(Path(output)) as folder:
        with new_bundle(folder, outdated=REPORT_FILES) as place_of_it:
            make_edition(original, replacer, place_of_it, nobody)
        made = Bundle.open(folder.child(place.BUNDLE))
    return Edition(
        bundle=made,
        original_sha256=original.sha256,
        kept=tuple(sorted(name for name in replacer.kept if not name.startswith("pg_"))),
        knows_authors=bool(authors),
    )


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


# --- The parts ----------------------------------------------------------------------------------


def _requests(
    project: Path | str, progress: Progress, options: ProjectOptions, case: CaseOptions
) -> tuple[Request, ...]:
    """One for each environment, each of which has its own bundle."""
    named = tuple(case.get("environments", ()))
    alone = Environment(name="", database_url=case.get("database_url"))
    return tuple(_request(project, progress, options, case, it) for it in named or (alone,))


def _request(
    project: Path | str,
    progress: Progress,
    options: ProjectOptions,
    case: CaseOptions | None,
    environment: Environment | None = None,
) -> Request:
    """What to look at; without `case` that is the files alone, and git's history if requested."""
    from forensics.collect.case import Request
    from forensics.collect.hints import hints, tracking_table

    place, config, out_folder = Path(project), options.get("config"), options.get("out_folder")
    table = options.get("tracking_table")
    url = environment.database_url if environment else None
    if url:
        from forensics.collect.database.project_named import for_project

        url = for_project(url, case.get("database_url_file") if case else None, place)
    evidence = environment.database_evidence if environment else None
    supplied = None
    if evidence is not None:
        from forensics.collect.database.supplied.record import read_supplied

        supplied = read_supplied(evidence, (tracking_table(table),) if table else ())
    return Request(
        project=place,
        database_url=url,
        supplied=supplied,
        environment=environment.name if environment else "",
        revision=options.get("at"),
        symptoms=tuple(case.get("symptoms", ())) if case else (),
        probe_rows=case.get("probe_rows", False) if case else False,
        copy_database=case.get("copy_database", False) if case else False,
        hints=lambda top: hints(place, top, config, out_folder, table),
        history=options.get("history", case is not None),
        look_at_database=case is not None,
        seconds=options.get("seconds", limits.COLLECTION_SECONDS),
        on_connect=progress.connected,
        custodian=_custodian(case.get("custody"), url, progress) if case is not None else None,
    )


def _custodian(given: Custody | None, address: str | None, progress: Progress) -> Custodian:
    from forensics.collect.custodian import custodian
    from forensics.collect.database.passwords import known_secrets

    return custodian(given or Custody(), known_secrets(address), progress.problem)


def _worker(bundle: Bundle, custody: Custody | None, progress: Progress) -> Custodian:
    """Who works on a bundle: an external edition does not learn of accounts and computers."""
    from forensics.evidence.custody import Operator

    who = _custodian(custody, None, progress)
    if not bundle.manifest.edition_of:
        return who
    return replace(who, operator=Operator(name=who.operator.name), arguments=())


def _log_report(
    bundle: Bundle, written: Iterable[Path], progress: Progress, others: Iterable[Bundle]
) -> None:
    """Note in the custody log which files were written; where that cannot be, say so."""
    from forensics.system.code import code_sha256

    try:
        hashes = {path.name: sha256(path.read_bytes()).hexdigest() for path in written}
        compared = {it.folder.name: it.sha256 for it in others}
        bundle.append(Action.REPORTED, outputs=hashes, code_sha256=code_sha256(), compared=compared)
    except (OSError, CannotWrite, BundleError) as error:
        progress.problem(f"The custody log does not know of this report: {error}")


def _others(
    bundle: Bundle | Path | str, given: Sequence[Bundle | Path | str]
) -> tuple[Bundle, ...]:
    """Bundles of other environments: those that were given, else those in the output folder."""
    if given:
        return tuple(map(open_bundle, given))
    return () if isinstance(bundle, Bundle) else place.others_beside(Path(bundle))


def _all_collected(
    requests: Sequence[Request],
    output: SafeFolder,
    progress: Progress,
    outdated: Iterable[str] = (),
) -> tuple[Bundle, ...]:
    """A bundle for each environment. Those of the last run go with its first one."""
    first, *others = requests
    names = {place.name_of(it.environment) for it in others}
    gone = [it for it in output.names() if it.startswith(place.name_of("")) and it not in names]
    made = [_collected(first, output, progress, outdated=(*outdated, *gone))]
    for request in others:
        progress.step(f"The environment {request.environment}")
        made.append(_collected(request, output, progress, name=place.name_of(request.environment)))
    return tuple(made)


def _collected(
    request: Request,
    output: SafeFolder,
    progress: Progress,
    outdated: Iterable[str] = (),
    name: str = place.BUNDLE,
) -> Bundle:
    """A new bundle in the output folder; `outdated` are files there that belong to the last one."""
    from forensics.collect import case

    with new_bundle(output, outdated=outdated, name=name) as folder:
        case.collect(request, folder, progress.step)
    bundle = Bundle.open(output.child(name))
    if request.custodian is not None:
        bundle.custodian = request.custodian
    progress.collected(bundle)
    return bundle


def _scan(bundle: Bundle | None, addresses: Iterable[str | None]) -> Scan:
    """The last look for secrets; what stands in the evidence was judged when it was collected."""
    from forensics.collect.case import redactor_of
    from forensics.evidence.holding import holds
    from forensics.redaction.scan import Scan

    kept = partial(holds, bundle) if bundle is not None else lambda found: False
    return Scan(redactor_of(*addresses), kept, field_names())


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


def _analyzed(
    bundle: Bundle, progress: Progress, *, scratch: bool, others: Sequence[Analysis] = ()
) -> Analysis:
    """The one diagnosis of a run, made while the experiments are answered."""
    if not scratch:
        progress.step("Trying fixes on the model; no SQL runs, so its errors are predicted")
        return diagnose(bundle, others=others)
    from forensics.scratch.make_experiments import make_experiments

    database = recorded_database(bundle)
    dialect = dialect_named(database.identity.dialect if database else None)
    product = dialect.product(database.identity.server_version if database else "")
    progress.step(f"Trying fixes on the model and a scratch {product}")
    lost = "The model alone predicts what the SQL would do."
    return make_experiments(
        bundle, others=others, on_problem=lambda line: progress.problem(f"{line} {lost}")
    )


def _report(analysis: Analysis) -> Report:
    if not analysis.diagnoses:
        if broken := " ".join(analysis.mishaps.lines()):
            raise NothingToJudge(f"There is no report of {analysis.bundle.folder}: {broken}")
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
