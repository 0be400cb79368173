"""The group of all commands, and how a run ends: by an answer, an error or a signal."""

from __future__ import annotations

import os

import click

from forensics import __version__
from forensics.cli import exit_codes
from forensics.cli.console import WIDEST, complain, fail, text_width, unforeseen
from forensics.cli.options import Grouped
from forensics.errors import DEBUG, ForensicsError
from forensics.system.interruption import Interrupted, interrupted, signals_heeded

ORDER = (
    *("investigate", "collect", "analyze", "report", "replay", "try", "audit", "recover"),
    *("verify", "edition", "archive"),
    *("check", "query", "explain", "commit-message", "schema", "completion", "demo"),
)
"""The commands in the order in which they are used."""


class InOrder(click.Group):
    """Lists the commands in the order in which they are used, and guesses mistyped ones."""

    command_class = Grouped

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In our order; what it does not name comes last."""
        known = {name: place for place, name in enumerate(ORDER)}
        return sorted(self.commands, key=lambda name: known.get(name, len(ORDER)))


@click.group(
    cls=InOrder,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDEST},
    epilog="Run `forensics COMMAND --help` for the options of a command.",
)
@click.version_option(__version__, "-V", "--version", prog_name="forensics")
def cli() -> None:
    """Find out why database migrations are broken, with evidence.

    \b
    forensics investigate
        examine the project here, without its database
    forensics investigate --env-file .env.prod
        with the database that the file names, read-only
    forensics check
        examine the files only, fast, for CI
    forensics explain
        list the rules, or explain one

    Read-only: it never changes your project or database, and never runs their code.

    \b
    Exit codes
    0  no issue found
    1  issues found
    2  it could not run
    3  no issue found, but some evidence was unavailable
    """  # noqa: D301 - click takes the character for "keep these lines"


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
        fail(_usage(error), exit_codes.COULD_NOT_RUN)
    except click.Abort as error:
        _unless_interrupted(error)
        fail("Stopped.", exit_codes.COULD_NOT_RUN)
    except Exception as error:  # a defect of ours must not end with 1, which says "faults found"
        _unless_interrupted(error)
        if os.environ.get(DEBUG):
            import traceback

            for line in traceback.format_exc().splitlines():
                complain(line)
        fail(unforeseen(error), exit_codes.COULD_NOT_RUN)


def _usage(error: click.ClickException) -> str:
    """What is wrong with the command line, and where its help is."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    told = error.format_message()
    return f"{told} Try `{context.command_path} --help`." if context else told


def _unless_interrupted(error: Exception) -> None:
    """An error that a signal caused is not news: raises `Interrupted` instead."""
    if signal := interrupted():
        raise signal from error
