"""The commands: what each takes, prints and exits with."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forensics import __version__
from forensics.cli.console import (
    DEBUG,
    Say,
    complain,
    fail,
    names_database,
    nothing_lost,
    show,
    speaker,
    tell_disagreements,
    tell_evidence,
    unforeseen,
    wanted_of,
)
from forensics.cli.options import database_url, formats, hints, options
from forensics.errors import ForensicsError
from forensics.temporary import temporary_folder

if TYPE_CHECKING:
    from forensics.actions import Action
    from forensics.attempt import Attempt
    from forensics.bundle import Bundle
    from forensics.collect.case import Request
    from forensics.diagnose import Analysis
    from forensics.model import Report
    from forensics.replays import Replay

CLEAR, FAULTS, COULD_NOT_RUN, INCOMPLETE = range(4)
"""Exit codes of the contract."""

PROJECT = click.argument(
    "project", type=click.Path(path_type=Path, exists=True, file_okay=False), default=Path(".")
)
BUNDLE = click.argument("bundle", type=click.Path(path_type=Path))
TEXT_OR_JSON = click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json for machines.",
)

DATABASE = ("database-url", "database-url-env", "env-file", "use-project-env")
CASE = ("config", "out-folder", "tracking-table", "at")
MANNERS = ("quiet", "verbose", "no-color", "no-input", "offline")


class InOrder(click.Group):
    """Lists the commands in the order in which they are used, not by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names as they were declared."""
        return list(self.commands)


@click.group(
    cls=InOrder,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`forensics COMMAND --help` tells all about a command.",
)
@click.version_option(__version__, prog_name="forensics")
def cli() -> None:
    """Explain, with proof, why a database's migration machinery broke.

    \b
    Ask it what is wrong, and hand over what it writes:
    forensics investigate                        the project here, without its database
    forensics investigate --env-file .env.prod   with the database that the file names, read-only
    forensics check                              the files alone, fast, for CI
    forensics explain                            what can be found, and how each fault is told

    Nothing is changed in the project or the database, and none of their code is run.

    Exit codes: 0 no fault; 1 faults found; 2 it could not run; 3 no fault found, but part of the
    evidence could not be had.
    """  # noqa: D301 - click takes the character for "keep these lines"


@cli.command(short_help="Collect, experiment, analyze, report: the main job.")
@PROJECT
@options(*DATABASE, "symptom", *CASE, "history", "scratch", "output", "format", "fail-on", *MANNERS)
def investigate(project: Path, **given: Any) -> None:
    """Collect, experiment, analyze and report in one go.

    PROJECT is the folder to examine, by default the current one. The report and the repairs are
    written to the --output folder; the answer is printed.
    """
    report = _investigate(_request(project, given), given)
    sys.exit(_exit_code(report, given["fail_on"]))


@cli.command(short_help="Gather the evidence into a sealed bundle.")
@PROJECT
@options(*DATABASE, "symptom", *CASE, "history", "output", *MANNERS)
def collect(project: Path, **given: Any) -> None:
    """Gather the evidence into a sealed bundle, read-only, and print its path.

    The bundle can be analyzed elsewhere, without the project and the database.
    """
    show(str(_collect(_request(project, given), given).folder))


@cli.command(short_help="Judge a bundle and print the answer.")
@BUNDLE
@options("fail-on", *MANNERS)
def analyze(bundle: Path, **given: Any) -> None:
    """Judge a bundle and print the answer.

    Starts nothing, and needs neither the project, nor the database, nor a clock.
    """
    from forensics.render.terminal import answer

    report = _report(_diagnosed(_open(bundle)))
    show(answer(report))
    sys.exit(_exit_code(report, given["fail_on"]))


@cli.command("report", short_help="Write the report of a bundle.")
@BUNDLE
@options("output", "format", *MANNERS)
def write(bundle: Path, **given: Any) -> None:
    """Analyze a bundle and write the report in the formats asked for."""
    from forensics.output import prepare

    _formats(given)
    report = _report(_diagnosed(_open(bundle)))
    for path in _write(report, prepare(given["output"], beside=bundle), given):
        show(str(path))


@cli.command(short_help="Run the experiments of a bundle again.")
@BUNDLE
@options("with-project-code", "project", "kit", "install-kit", "accept-uncontained", *MANNERS)
def replay(bundle: Path, **given: Any) -> None:
    """Run the experiments of a bundle again, and print the answer.

    Needs neither the project nor the database: the bundle's schema and tracking rows are made anew
    on a throw-away PostgreSQL, and its answers become the bundle's second layer.

    With --with-project-code the project's own tool runs on copies of the project, against a
    throw-away database, without network. First it is said what will run, and what contains it.
    """
    from forensics.render.terminal import answer

    opened = _open(bundle)
    analysis = _experiment(opened, {**given, "scratch": True})
    if given["with_project_code"]:
        _replay_project_code(opened, given)
        analysis = _diagnosed(opened)
    report = _report(analysis)
    tell_disagreements(report)
    show(answer(report))


@cli.command("try", short_help="Try advice on a scratch copy first.")
@BUNDLE
@click.argument("action")
@options("with-project-code", "project", "kit", "install-kit", "accept-uncontained", *MANNERS)
@TEXT_OR_JSON
def try_action(bundle: Path, action: str, output_format: str, **given: Any) -> None:
    """Say what a command, a statement, a script or a patch would do, before anybody runs it.

    \b
    forensics try BUNDLE 'drizzle-kit push --force'
    forensics try BUNDLE "UPDATE drizzle.__drizzle_migrations SET hash = 'x'"
    forensics try BUNDLE fix.sql
    forensics try BUNDLE 'rm drizzle/meta/notes.txt'

    It is tried on a scratch copy that is made from the bundle. The verdict is heals, no-effect,
    hides (a symptom goes, its cause stays), destroys, or fails.

    With --with-project-code the project's own tool runs every command before the action and after
    it, on copies, as `replay` does; where it differs from the model, the tool is right.
    """  # noqa: D301 - click takes the character for "keep these lines"
    from forensics.actions import parse_action
    from forensics.render.attempt import render_attempt
    from forensics.replay.tryout import attempt

    opened, wanted = _open(bundle), parse_action(action)
    if given["with_project_code"]:
        tried = _try_project_code(opened, wanted, given)
    else:
        tried = attempt(opened, wanted)
    show(render_attempt(tried, output_format), nl=False)


@cli.command(short_help="Find or rebuild a lost migration file, with proof.")
@PROJECT
@click.argument("tags", nargs=-1, metavar="[TAG]...")
@options(*DATABASE, *CASE, "history", "output", *MANNERS)
@TEXT_OR_JSON
def recover(project: Path, tags: tuple[str, ...], output_format: str, **given: Any) -> None:
    """Find or rebuild the original of a migration whose file is gone, or is not what was applied.

    Looked for in the history of its path, in every object that git holds, in copies and bundled
    JavaScript, in Supabase's table, and in the snapshots beside it, from which the bytes of every
    drizzle-kit can be written anew. What has the hash that the database recorded is proven; all
    else is called a reconstruction, and told with what it was held against. What was found is
    written to recovered/TAG.sql in the --output folder; neither project nor database is touched.

    Without a TAG all of them are looked for. The verdicts stand on stdout; the exit code is 2 where
    it could not run, else 0.
    """
    from forensics.diagnose import examined
    from forensics.render.recovered import render_recovered, write_recovered

    facts = examined(_collect(_request(project, given), given))
    found = wanted_of(facts, tags)
    answers = write_recovered(found, given["output"])
    show(render_recovered(answers, given["output"], output_format), nl=False)
    if not answers:
        complain(nothing_lost(facts, tags))


@cli.command(short_help="Examine the files alone, for CI.")
@PROJECT
@options(*CASE, "fail-on", *MANNERS)
@click.option("--history", is_flag=True, help="Also read the git history of the migrations.")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "github", "json"]),
    default="text",
    show_default=True,
    help="`github` makes annotations of a pull request.",
)
def check(project: Path, output_format: str, **given: Any) -> None:
    """Examine the files alone, for CI and pre-commit: no database, fast.

    Prints one line per finding. Rules that need a database are not asked.
    """
    from forensics.collect.case import collect
    from forensics.render.lines import left_open, render_lines

    with temporary_folder("check") as scratch:
        request = _request(project, given, database=False)
        bundle = collect(request, scratch / "bundle", lambda line: None)
        if given["verbose"]:
            tell_evidence(bundle)
        report = _report(_diagnosed(bundle))
    show(render_lines(report, output_format), nl=False)
    if _has_faults(report, given["fail_on"]):
        sys.exit(FAULTS)
    sys.exit(INCOMPLETE if left_open(report) else CLEAR)


@cli.command(short_help="Print a rule's page, or the list of rules.")
@click.argument("rule", required=False)
def explain(rule: str | None) -> None:
    """Print a rule's page; without a name, the list of rules."""
    from forensics.catalogue import index, page
    from forensics.rules import RULES

    if rule is None:
        show(index())
        return
    found = next((known for known in RULES if known.name == rule), None)
    if found is None:
        names = ", ".join(known.name for known in RULES)
        raise ForensicsError(f"There is no rule {rule!r}. The rules are: {names}.")
    show(page(found))


@cli.command("commit-message", short_help="Print the suggested commit message.")
@BUNDLE
def commit_message(bundle: Path) -> None:
    """Print the suggested commit message(s) for what the repair changes."""
    show("\n\n".join(_report(_diagnosed(_open(bundle))).commit_messages))


@cli.command(short_help="Print the JSON Schema of report.json.")
def schema() -> None:
    """Print the JSON Schema of report.json."""
    import json

    from forensics.render.json import report_schema

    show(json.dumps(report_schema(), indent=2))


@cli.command(short_help="Build an incident and investigate it.")
@options("scratch", "output", "format", *MANNERS)
def demo(**given: Any) -> None:
    """Build an incident for real on a throw-away PostgreSQL, and investigate it.

    Takes the ordinary path, and ends by naming the report files.
    """
    from forensics.collect.case import Request
    from forensics.demo import EXPECTED, incident

    _say(given)("Building a project with its history and database, and breaking them")
    with incident() as (project, address):
        request = Request(
            project=project,
            database_url=address,
            on_connect=names_database(_say(given)),
        )
        report = _investigate(request, given)
    _say(given)("What stands under Run cannot be followed: the demo's project is gone again.")
    sys.exit(CLEAR if {issue.rule for issue in report.issues} >= EXPECTED else FAULTS)


def main() -> None:
    """Run the command line; what the user can act on becomes one line, never a traceback."""
    try:
        cli(standalone_mode=False, prog_name="forensics")
    except ForensicsError as error:
        fail(str(error), COULD_NOT_RUN)
    except click.ClickException as error:
        error.show()
        sys.exit(COULD_NOT_RUN)
    except (click.Abort, KeyboardInterrupt):
        fail("Stopped.", COULD_NOT_RUN)
    except Exception as error:  # a defect of ours must not end with 1, which says "faults found"
        if os.environ.get(DEBUG):
            traceback.print_exc()
        fail(unforeseen(error), COULD_NOT_RUN)


def _say(given: dict[str, Any]) -> Say:
    return speaker(quiet=given.get("quiet", False))


def _investigate(request: Request, given: dict[str, Any]) -> Report:
    from forensics.render.terminal import answer

    _formats(given)
    bundle, folder = _collect(request, given), given["output"]
    if given["verbose"]:
        tell_evidence(bundle)
    report = _report(_experiment(bundle, given))
    names = [path.name for path in _write(report, folder, given)]
    show(answer(report, folder, written=[*names, bundle.folder.name]))
    return report


def _try_project_code(bundle: Bundle, action: Action, given: dict[str, Any]) -> Attempt:
    from forensics.replay.tried_for_real import tryout

    _refuse_offline_install(given)
    with tryout(
        bundle,
        action,
        given["project"],
        kit=given["kit"],
        install=given["install_kit"],
        accept_uncontained=given["accept_uncontained"],
    ) as ready:
        for line in ready.announcement:
            complain(line)
        return ready.run()


def _refuse_offline_install(given: dict[str, Any]) -> None:
    if given["install_kit"] and given["offline"]:
        raise ForensicsError("--install-kit needs the network that --offline forbids: give --kit.")


def _replay_project_code(bundle: Bundle, given: dict[str, Any]) -> None:
    from forensics.replay.rehearsal import rehearsal, unfinished

    _refuse_offline_install(given)
    say, done = _say(given), 0

    def count(replay: Replay) -> None:
        nonlocal done
        done += 1
        if given["verbose"]:
            say(f"  {replay.command}, {len(replay.fixed)} repaired: {replay.outcome}")
        elif done % 10 == 0:
            say(f"  {done} of {ready.runs} runs")

    with rehearsal(
        bundle,
        given["project"],
        kit=given["kit"],
        install=given["install_kit"],
        accept_uncontained=given["accept_uncontained"],
    ) as ready:
        for line in ready.announcement():
            complain(line)
        replays = ready.run(count)
    say(f"Replayed {len(replays)} runs; the answers are in the bundle")
    for line in unfinished(replays):
        complain(line)


def _collect(request: Request, given: dict[str, Any]) -> Bundle:
    from forensics.bundle import Bundle
    from forensics.collect.case import collect
    from forensics.output import bundle_folder, new_bundle, prepare

    output = prepare(given["output"])
    with new_bundle(output) as folder:
        collect(request, folder, _say(given))
    return Bundle.open(bundle_folder(output))


def _experiment(bundle: Bundle, given: dict[str, Any]) -> Analysis:
    say = _say(given)
    if not given["scratch"]:
        say("Trying repairs on the model; no SQL runs, so its errors are foreseen, not seen")
        return _diagnosed(bundle)
    from forensics.replay.layer import make_experiments

    say("Trying repairs on the model and a scratch PostgreSQL")
    lost = "The model answers alone what the SQL would do."
    return make_experiments(bundle, on_problem=lambda line: complain(f"{line} {lost}"))


def _request(project: Path, given: dict[str, Any], *, database: bool = True) -> Request:
    from forensics.collect.case import Request

    url = None
    if database:
        project_env = project / ".env" if given["use_project_env"] else None
        sources = (given["database_url"], given["database_url_env"], given["env_file"])
        url = database_url(*sources, project_env, ask=not given["no_input"])
    return Request(
        project=project,
        database_url=url,
        revision=given["at"],
        symptoms=tuple((str(path), _text(path)) for path in given.get("symptoms", ())),
        hints=lambda top: hints(
            project, top, given["config"], given["out_folder"], given["tracking_table"]
        ),
        history=given["history"],
        look_at_database=database,
        on_connect=names_database(_say(given)),
    )


def _open(path: Path) -> Bundle:
    from forensics.bundle import Bundle
    from forensics.output import bundle_folder

    inside = bundle_folder(path)
    return Bundle.open(inside if inside.is_dir() else path)


def _diagnosed(bundle: Bundle) -> Analysis:
    from forensics.diagnose import diagnose

    return diagnose(bundle)


def _report(analysis: Analysis) -> Report:
    from forensics.report import build

    if not analysis.diagnoses:
        raise ForensicsError(
            f"The bundle in {analysis.bundle.folder} holds no migration folder that can be read. "
            "Collect the evidence again, with --out-folder DIR where it is not found."
        )
    return build(analysis)


def _formats(given: dict[str, Any]) -> tuple[str, ...]:
    from forensics.render import FORMATS

    return formats(given["formats"], tuple(FORMATS))


def _write(report: Report, folder: Path, given: dict[str, Any]) -> tuple[Path, ...]:
    from forensics.render import write_report

    return write_report(report, folder, _formats(given), on_problem=complain)


def _exit_code(report: Report, fail_on: str) -> int:
    if _has_faults(report, fail_on):
        return FAULTS
    from forensics.report import is_whole

    return CLEAR if is_whole(report.unanswered) else INCOMPLETE


def _has_faults(report: Report, fail_on: str) -> bool:
    from forensics.model import Severity

    least = Severity(fail_on).rank
    return any(issue.severity.rank >= least for issue in report.issues)


def _text(path: Path) -> str:
    if str(path) == "-":
        return sys.stdin.buffer.read().decode("utf-8", errors="replace")
    return path.read_text(encoding="utf-8", errors="replace")
