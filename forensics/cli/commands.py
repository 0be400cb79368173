"""The commands: what each takes, prints and exits with."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from forensics import __version__
from forensics.cli import exit_codes
from forensics.cli.console import (
    WIDEST,
    Console,
    complain,
    fail,
    nothing_lost,
    show,
    tell_disagreements,
    text_width,
    unforeseen,
)
from forensics.cli.options import PathType, database_url, formats, options
from forensics.errors import DEBUG, ForensicsError
from forensics.system.interruption import Interrupted, interrupted, signals_heeded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from forensics.model import Report
    from forensics.pipeline import CaseOptions, Investigation, ProjectCode, ProjectOptions
    from forensics.rules._base import Rule

PROJECT = click.argument("project", type=PathType(exists=True, file_okay=False), default=".")
BUNDLE = click.argument("bundle", type=PathType())
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
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDEST},
    epilog="`forensics COMMAND --help` tells all about a command.",
)
@click.version_option(__version__, "-V", "--version", prog_name="forensics")
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
@options(
    *DATABASE,
    "symptom",
    "probe-rows",
    "copy-database",
    *CASE,
    "history",
    "scratch",
    "output",
    "format",
    "fail-on",
    *MANNERS,
)
def investigate(project: Path, **given: Any) -> None:
    """Collect, experiment, analyze and report in one go.

    PROJECT is the folder to examine, by default the current one. The report and the repairs are
    written to the --output folder; the answer is printed.
    """
    from forensics import pipeline

    done = pipeline.investigate(
        project,
        output=given["output"],
        formats=_formats(given),
        scratch=given["scratch"],
        progress=_console(given),
        **_case(project, given),
    )
    report = _show_investigation(done, given)
    sys.exit(exit_codes.of_report(report, given["fail_on"]))


@cli.command(short_help="Gather the evidence into a sealed bundle.")
@PROJECT
@options(*DATABASE, "symptom", "probe-rows", "copy-database", *CASE, "history", "output", *MANNERS)
def collect(project: Path, **given: Any) -> None:
    """Gather the evidence into a sealed bundle, read-only, and print its path.

    The bundle can be analyzed elsewhere, without the project and the database.
    """
    from forensics import pipeline

    bundle = pipeline.collect(
        project, output=given["output"], progress=_console(given), **_case(project, given)
    )
    show(str(bundle.folder))


@cli.command(short_help="Judge a bundle and print the answer.")
@BUNDLE
@options("fail-on", *MANNERS)
def analyze(bundle: Path, **given: Any) -> None:
    """Judge a bundle and print the answer.

    Starts nothing, and needs neither the project, nor the database, nor a clock.
    """
    from forensics import pipeline

    report = _show_answer(pipeline.analyze(bundle))
    sys.exit(exit_codes.of_report(report, given["fail_on"]))


@cli.command("report", short_help="Write the report of a bundle.")
@BUNDLE
@options("output", "format", *MANNERS)
def write(bundle: Path, **given: Any) -> None:
    """Analyze a bundle and write the report in the formats asked for."""
    from forensics import pipeline

    wanted, opened = _formats(given), pipeline.open_bundle(bundle)
    report = pipeline.analyze(opened)
    written = pipeline.render(
        report, given["output"], formats=wanted, bundle=opened, progress=_console(given)
    )
    for path in written:
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
    from forensics import pipeline

    code, console = _project_code(given), _console(given)
    report = pipeline.replay(bundle, project_code=code, progress=console)
    tell_disagreements(report)
    _show_answer(report)


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
    from forensics import pipeline
    from forensics.render.attempt import render_attempt

    code, console = _project_code(given), _console(given)
    tried = pipeline.attempt(bundle, action, project_code=code, progress=console)
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
    from forensics import pipeline
    from forensics.render.recovered import render_recovered

    recovery = pipeline.recover(
        project, tags, output=given["output"], progress=_console(given), **_case(project, given)
    )
    show(render_recovered(recovery.found, given["output"], output_format), nl=False)
    if not recovery.found:
        complain(nothing_lost(recovery, tags))


@cli.command(short_help="Examine the files alone, for CI.")
@PROJECT
@options(*CASE, "fail-on", *MANNERS)
@click.option("--history", is_flag=True, help="Also read the git history of the migrations.")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "github", "json", "sarif", "junit"]),
    default="text",
    show_default=True,
    help="`github` makes annotations of a pull request, `sarif` alerts of code scanning.",
)
def check(project: Path, output_format: str, **given: Any) -> None:
    """Examine the files alone, for CI and pre-commit: no database, fast.

    Prints one line per finding. Rules that need a database are not asked.
    """
    from forensics import pipeline
    from forensics.render.lines import render_lines

    console = Console(quiet=True, verbose=given["verbose"])
    report = pipeline.check(project, progress=console, **_project(given))
    show(render_lines(report, output_format), nl=False)
    sys.exit(exit_codes.of_files(report, given["fail_on"]))


@cli.command(short_help="Print a rule's page, or the list of rules.")
@click.argument("rule", required=False)
def explain(rule: str | None) -> None:
    """Print a rule's page; without a name, the list of rules."""
    from forensics.report.rule_pages import index, page
    from forensics.rules import RULES

    if rule is None:
        show(index())
        return
    found = next((known for known in RULES if known.name == rule), None)
    if found is None:
        raise ForensicsError(f"There is no rule {rule!r}. {_meant(rule, RULES)}")
    show(page(found))


def _meant(given: str, rules: Sequence[Rule]) -> str:
    from difflib import get_close_matches

    names = [rule.name for rule in rules]
    if near := get_close_matches(given, names, n=3):
        return f"Did you mean {' or '.join(near)}?"
    return "`forensics explain` lists the rules."


@cli.command("commit-message", short_help="Print the suggested commit message.")
@BUNDLE
def commit_message(bundle: Path) -> None:
    """Print the suggested commit message(s) for what the repair changes."""
    from forensics import pipeline

    show("\n\n".join(pipeline.analyze(bundle).commit_messages))


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
    from forensics import pipeline
    from forensics.demo import EXPECTED, incident

    console = _console(given)
    console.step("Building a project with its history and database, and breaking them")
    with incident() as (project, address):
        done = pipeline.investigate(
            project,
            output=given["output"],
            formats=_formats(given),
            scratch=given["scratch"],
            progress=console,
            database_url=address,
        )
    _show_investigation(done, given)
    console.step("What stands under Run cannot be followed: the demo's project is gone again.")
    found = {issue.rule for issue in done.report.issues}
    sys.exit(exit_codes.CLEAR if found >= EXPECTED else exit_codes.FAULTS)


def main() -> None:
    """Run the command line; what the user can act on becomes one line, never a traceback."""
    if os.environ.get(DEBUG):
        from forensics.cli.traceback_output import trace_on_stderr

        trace_on_stderr()
    try:
        with signals_heeded():
            _run_cli()
    except Interrupted as signal:
        fail("Stopped.", signal.exit_code)


def _run_cli() -> None:
    try:
        cli(standalone_mode=False, prog_name="forensics", terminal_width=text_width())
    except ForensicsError as error:
        _unless_interrupted(error)
        fail(str(error), exit_codes.COULD_NOT_RUN)
    except click.ClickException as error:
        _unless_interrupted(error)
        error.show()
        sys.exit(exit_codes.COULD_NOT_RUN)
    except click.Abort:
        fail("Stopped.", exit_codes.COULD_NOT_RUN)
    except Exception as error:  # a defect of ours must not end with 1, which says "faults found"
        _unless_interrupted(error)
        if os.environ.get(DEBUG):
            import traceback

            traceback.print_exc()
        fail(unforeseen(error), exit_codes.COULD_NOT_RUN)


def _unless_interrupted(error: Exception) -> None:
    """What goes wrong because a signal came is no news: raises `Interrupted` then."""
    if signal := interrupted():
        raise signal from error


def _console(given: dict[str, Any]) -> Console:
    return Console(quiet=given["quiet"], verbose=given["verbose"])


def _show_investigation(done: Investigation, given: dict[str, Any]) -> Report:
    names = [*(path.name for path in done.written), done.bundle.folder.name]
    return _show_answer(done.report, given["output"], names)


def _show_answer(report: Report, folder: Path | None = None, written: Iterable[str] = ()) -> Report:
    """Print the answer; returns the report with what broke of ours while it was told."""
    from functools import partial

    from forensics.model.mishaps import Mishaps
    from forensics.render.terminal import answer
    from forensics.report.build import with_mishaps

    mishaps = Mishaps()
    told = partial(answer, report, folder, written=tuple(written))
    show(mishaps.guard("the answer for the terminal", told, ""))
    for line in mishaps.lines():
        complain(line)
    return with_mishaps(report, mishaps)


def _formats(given: dict[str, Any]) -> tuple[str, ...]:
    from forensics.render import FORMATS

    return formats(given["formats"], tuple(FORMATS))


def _project(given: dict[str, Any]) -> ProjectOptions:
    return {
        "at": given["at"],
        "config": given["config"],
        "out_folder": given["out_folder"],
        "tracking_table": given["tracking_table"],
        "history": given["history"],
    }


def _case(project: Path, given: dict[str, Any]) -> CaseOptions:
    project_env = project / ".env" if given["use_project_env"] else None
    sources = (given["database_url"], given["database_url_env"], given["env_file"])
    url = database_url(*sources, project_env, ask=not given["no_input"])
    symptoms = tuple((str(path), _text(path)) for path in given.get("symptoms", ()))
    return {
        **_project(given),
        "database_url": url,
        "symptoms": symptoms,
        "probe_rows": bool(given.get("probe_rows")),
        "copy_database": bool(given.get("copy_database")),
    }


def _project_code(given: dict[str, Any]) -> ProjectCode | None:
    from forensics.pipeline import ProjectCode

    if not given["with_project_code"]:
        return None
    if given["install_kit"] and given["offline"]:
        raise ForensicsError("--install-kit needs the network that --offline forbids: give --kit.")
    return ProjectCode(
        project=given["project"],
        kit=given["kit"],
        install_kit=given["install_kit"],
        accept_uncontained=given["accept_uncontained"],
    )


def _text(path: Path) -> str:
    if str(path) == "-":
        return sys.stdin.buffer.read().decode("utf-8", errors="replace")
    return path.read_text(encoding="utf-8", errors="replace")
