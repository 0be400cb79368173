"""The commands that do something to copies, and say what comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from forensics.cli.app import cli
from forensics.cli.console import screen, show, tell_disagreements
from forensics.cli.custody import custody
from forensics.cli.options import PathType, options
from forensics.cli.shared import (
    BUNDLE,
    CUSTODY,
    MANNERS,
    PROJECT_CODE,
    TEXT_OR_JSON,
    project_code,
    show_answer,
    text_of,
)
from forensics.cli.shared import (
    console as console_of,
)

if TYPE_CHECKING:
    from pathlib import Path


@cli.command(short_help="Run the experiments of a bundle again.")
@BUNDLE
@options(*PROJECT_CODE, *CUSTODY, *MANNERS)
def replay(bundle: Path, **given: Any) -> None:
    """Run the experiments of a bundle again, and print the answer.

    Works from the bundle alone: its schema and tracking rows are rebuilt on a throw-away
    PostgreSQL, and the results are added to the bundle.

    With --with-project-code the project's own tool runs on copies of the project, against a
    throw-away database, without network. Prints what will run, and in which sandbox, before it
    starts.
    """
    from forensics import pipeline

    code, console = project_code(given), console_of(given)
    report = pipeline.replay(bundle, project_code=code, custody=custody(given), progress=console)
    tell_disagreements(report)
    show_answer(report, given, bundle=bundle)


@cli.command("try", short_help="Try advice on a scratch copy first.")
@BUNDLE
@click.argument("action")
@options(*PROJECT_CODE, *MANNERS)
@TEXT_OR_JSON
def try_action(bundle: Path, action: str, output_format: str, **given: Any) -> None:
    """Predict what a command, a statement, a script or a patch would do.

    \b
    forensics try BUNDLE 'drizzle-kit push --force'
    forensics try BUNDLE "DROP SCHEMA drizzle CASCADE"
    forensics try BUNDLE fix.sql
    forensics try BUNDLE 'rm drizzle/meta/notes.txt'

    Runs it on a scratch copy of what the bundle recorded. The verdict is heals, partial (heals in
    part), no-effect, hides (a symptom goes, its cause stays), destroys, or fails.

    With --with-project-code the project's own tool runs every command before and after the action,
    on copies. Where it differs from the model, its result is used.
    """  # noqa: D301 - click takes the character for "keep these lines"
    from forensics import pipeline
    from forensics.render.attempt import render_attempt

    code, console = project_code(given), console_of(given)
    tried = pipeline.attempt(bundle, action, project_code=code, progress=console)
    show(render_attempt(tried, output_format, screen().width), nl=False)


@cli.command(short_help="Check the claims of a write-up.")
@click.argument("writeup", type=PathType(dir_okay=False, exists=True, allow_dash=True))
@BUNDLE
@TEXT_OR_JSON
def audit(writeup: Path, bundle: Path, output_format: str) -> None:
    """Compare the claims of a write-up with the evidence in a bundle.

    WRITEUP is a Markdown file, `-` is stdin. What it says was done (blocks of SQL and shell, edited
    configs, dropped tables) is done to scratch copies, in the same order. Files, tables, hashes,
    commits, error messages, "X was blocked" and "X passes now" are looked up. Each claim holds,
    does not hold, or cannot be decided; other passages are listed as not checked. The exit code is
    2 if it could not run, else 0.
    """
    from forensics import pipeline
    from forensics.render.audit import render_audit

    told = pipeline.audit(text_of(writeup), bundle)
    show(render_audit(told, output_format, screen().width), nl=False)
