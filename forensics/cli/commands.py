"""The commands that examine a project or a bundle, and write what they find."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from forensics.cli import exit_codes
from forensics.cli.app import cli
from forensics.cli.console import Console, complain, nothing_lost, show
from forensics.cli.options import options
from forensics.cli.settings import ProjectCommand
from forensics.cli.shared import (
    BUNDLE,
    CASE,
    CUSTODY,
    DATABASE,
    MANNERS,
    OTHERS,
    PROJECT,
    TEXT_OR_JSON,
    case_options,
    project_options,
    show_answer,
    show_investigation,
    wanted_formats,
)
from forensics.cli.shared import (
    console as console_of,
)

if TYPE_CHECKING:
    from pathlib import Path


@cli.command(cls=ProjectCommand, short_help="Collect, experiment, analyze, report: the main job.")
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
    *CUSTODY,
    *MANNERS,
)
def investigate(project: Path, **given: Any) -> None:
    """Collect, experiment, analyze and report in one go.

    PROJECT is the folder to examine, by default the current one. The report and the fixes are
    written to the --output folder; the answer is printed.
    """
    from forensics import pipeline

    done = pipeline.investigate(
        project,
        output=given["output"],
        formats=wanted_formats(given),
        scratch=given["scratch"],
        progress=console_of(given),
        **case_options(project, given),
    )
    report = show_investigation(done, given)
    sys.exit(exit_codes.of_report(report, given["fail_on"]))


@cli.command(cls=ProjectCommand, short_help="Gather the evidence into a bundle.")
@PROJECT
@options(
    *DATABASE,
    "symptom",
    "probe-rows",
    "copy-database",
    *CASE,
    "history",
    "output",
    *CUSTODY,
    *MANNERS,
)
def collect(project: Path, **given: Any) -> None:
    """Gather the evidence into a bundle, read-only, and print its path.

    The bundle can be analyzed elsewhere, without the project and the database. It has a hash of
    every file, and a log of who did what; with --sign, each entry of the log is signed.
    """
    from forensics import pipeline

    bundle = pipeline.collect(
        project, output=given["output"], progress=console_of(given), **case_options(project, given)
    )
    others = pipeline.others_beside(given["output"])
    for each in (bundle, *others):
        show(str(each.folder))


@cli.command(short_help="Judge a bundle and print the answer.")
@BUNDLE
@OTHERS
@options("fail-on", *MANNERS)
def analyze(bundle: Path, others: tuple[Path, ...], **given: Any) -> None:
    """Judge a bundle and print the answer.

    Works offline, from the bundle alone. OTHER are bundles of other environments, also of other
    machines: which environment has which migration, and where a fix works. The exit code is that of
    the first bundle, or 1 if another environment has an issue.
    """
    from forensics import pipeline

    report = show_answer(pipeline.analyze(bundle, *others), given, bundle=bundle)
    sys.exit(exit_codes.of_report(report, given["fail_on"]))


@cli.command("report", short_help="Write the report of a bundle.")
@BUNDLE
@OTHERS
@options("output", "format", *MANNERS)
def write(bundle: Path, others: tuple[Path, ...], **given: Any) -> None:
    """Analyze a bundle and write the report in the given formats.

    OTHER are bundles of other environments, which are compared.
    """
    from forensics import pipeline

    wanted, opened = wanted_formats(given), pipeline.open_bundle(bundle)
    beside = tuple(map(pipeline.open_bundle, others)) if others else pipeline.others_beside(bundle)
    report = pipeline.analyze(opened, *beside)
    written = pipeline.render(
        report,
        given["output"],
        formats=wanted,
        bundle=opened,
        others=beside,
        progress=console_of(given),
    )
    for path in written:
        show(str(path))


@cli.command(cls=ProjectCommand, short_help="Find or rebuild a lost migration file, with proof.")
@PROJECT
@click.argument("tags", nargs=-1, metavar="[TAG]...")
@options(*DATABASE, *CASE, "history", "output", *MANNERS)
@TEXT_OR_JSON
def recover(project: Path, tags: tuple[str, ...], output_format: str, **given: Any) -> None:
    """Find or rebuild a migration whose file is missing, or differs from what was applied.

    Searches the history of its path, every object in git, copies and bundled JavaScript, Supabase's
    table, and the snapshots before and after it, from which it generates the file as each
    drizzle-kit would. A file whose hash matches the database is marked proven; anything else is
    marked reconstructed, with the checks that it passed. Each is written to recovered/TAG.sql in
    the --output folder; the project and the database are not changed.

    Without a TAG it looks for all of them, and prints a verdict for each. The exit code is 2 if it
    could not run, else 0.
    """
    from forensics import pipeline
    from forensics.render.recovered import render_recovered

    recovery = pipeline.recover(
        project,
        tags,
        output=given["output"],
        progress=console_of(given),
        **case_options(project, given),
    )
    show(render_recovered(recovery.found, given["output"], output_format), nl=False)
    if not recovery.found:
        complain(nothing_lost(recovery, tags))


@cli.command(cls=ProjectCommand, short_help="Examine the files only, for CI.")
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
    """Examine the files only, for CI and pre-commit: no database, fast.

    Prints one line per issue. Skips the rules that need a database.
    """
    from forensics import pipeline
    from forensics.render.lines import render_lines

    console = Console(quiet=True, verbose=given["verbose"])
    report = pipeline.check(project, progress=console, **project_options(given))
    show(render_lines(report, output_format), nl=False)
    sys.exit(exit_codes.of_files(report, given["fail_on"]))


@cli.command(short_help="Build an incident and investigate it.")
@options("scratch", "output", "format", *MANNERS)
def demo(**given: Any) -> None:
    """Build an incident for real on a throw-away PostgreSQL, and investigate it.

    Runs the same steps as `investigate`, and ends with the names of the report files.
    """
    from forensics import pipeline
    from forensics.demo import EXPECTED, incident

    console = console_of(given)
    console.step("Building a project with its history and database, and breaking it")
    with incident() as (project, address):
        done = pipeline.investigate(
            project,
            output=given["output"],
            formats=wanted_formats(given),
            scratch=given["scratch"],
            progress=console,
            database_url=address,
        )
    show_investigation(done, given)
    console.step("The commands under Run are an example: the demo's project was deleted.")
    found = {issue.rule for issue in done.report.issues}
    sys.exit(exit_codes.CLEAR if found >= EXPECTED else exit_codes.FAULTS)
