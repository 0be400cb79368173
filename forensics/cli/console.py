"""What the command line prints apart from answers: progress, warnings, and why it failed."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import click

from forensics.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forensics.evidence.bundle import Bundle
    from forensics.evidence.tool_runs import Replay
    from forensics.facts import DatabaseIdentity
    from forensics.model import Report
    from forensics.pipeline import Recovery

WIDEST, NARROWEST, MARGIN = 100, 50, 2
"""Columns that text fills at most, help text at least, and that it leaves free."""
_TOO_NARROW = 30
"""Columns below which a terminal is taken for one that does not tell."""


class Screen(NamedTuple):
    """Where an answer is shown: how wide it is, and whether colours and links work there."""

    width: int
    styled: bool


def screen(*, no_color: bool = False) -> Screen:
    """What standard output is; `--no-color`, NO_COLOR, FORCE_COLOR and TERM decide on colours."""
    return Screen(width=_columns(), styled=not no_color and _wants_colour())


def _wants_colour() -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    if forced := os.environ.get("FORCE_COLOR"):
        return forced != "0"
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _columns() -> int:
    """The columns of the terminal, at most `WIDEST`; of a file or a pipe, `WIDEST`."""
    asked = os.environ.get("COLUMNS", "")
    columns = int(asked) if asked.isdecimal() else 0
    if not columns:
        try:
            columns = os.get_terminal_size(1).columns
        except OSError:  # not a terminal
            columns = 0
    return min(columns, WIDEST) if columns >= _TOO_NARROW else WIDEST


def show(text: str, *, nl: bool = True, styled: bool = False) -> None:
    """Data on stdout; that its reader left (`| head`) changes nothing of what was found."""
    try:
        click.echo(text, nl=nl, color=True if styled else None)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - or Python fails to flush it at exit


def complain(line: str) -> None:
    """A line on stderr, also with `--quiet`; a secret that an option had is masked."""
    from forensics.redaction.redactor import mask_shown
    from forensics.render.terminal import escape_terminal

    click.echo(escape_terminal(mask_shown(line)), err=True)


def fail(line: str, code: int) -> NoReturn:
    """The one line that says what is wrong and what to do, and the end."""
    complain(f"forensics: {line}")
    sys.exit(code)


def unforeseen(error: Exception) -> str:
    """What to say of an exception that nobody planned for."""
    if isinstance(error, OSError):  # a disk that is full, an output that is closed
        return f"{error.filename or 'The output'} could not be used: {error.strerror or error}."
    from forensics.model.mishaps import described, remedy

    return f"{described(error)}: {remedy(error)}."


def text_width() -> int:
    """The columns for help text, as click counts them; click itself would load `shutil` for it."""
    asked = os.environ.get("COLUMNS", "")
    columns = int(asked) if asked.isdecimal() else 0
    if not columns:
        try:
            columns = os.get_terminal_size(1).columns or 80
        except OSError:  # not a terminal
            columns = 80
    return max(min(columns, WIDEST) - MARGIN, NARROWEST)


class Console(Progress):
    """Tells on stderr what goes on; `quiet` leaves problems, `verbose` lists the evidence too."""

    def __init__(self, *, quiet: bool = False, verbose: bool = False) -> None:
        self._quiet, self._verbose = quiet, verbose
        self._began = time.monotonic()

    def step(self, line: str) -> None:
        """With the seconds since the beginning; nothing with `--quiet`."""
        if not self._quiet:
            complain(f"{time.monotonic() - self._began:5.1f}s  {line}")

    def problem(self, line: str) -> None:
        """Also with `--quiet`."""
        complain(f"warning: {line}")

    def connected(self, database: DatabaseIdentity) -> None:
        """Which database it is, and that a superuser could do more than read."""
        from forensics.dialects import dialect_named

        kind = "replica" if database.replica else "primary"
        pooler = f", through a pooler: {database.pooler}" if database.pooler else ""
        role = f" as {database.role}" if database.role else ""
        server = f"{dialect_named(database.dialect).server(database.server_version)}, {kind}"
        if database.source != "collected":
            self.step(f"Reading what {database.database} answered elsewhere{role} ({server})")
            return
        self.step(f"Connected to {database.database} at {database.server}{role} ({server}{pooler})")
        if database.superuser:
            self.problem(
                f"{database.role} is a superuser, so nothing guarantees read-only access. "
                "Give a role that may only read."
            )

    def collected(self, bundle: Bundle) -> None:
        """Every look at the evidence, and what came of it."""
        for item in bundle.evidence() if self._verbose else ():
            note = f" ({item.note})" if item.note else ""
            complain(f"  {item.id} {item.kind} {item.locator or '.'}: {item.outcome}{note}")

    def announced(self, lines: tuple[str, ...]) -> None:
        """What project code will run, in which sandbox; also with `--quiet`."""
        for line in lines:
            complain(line)

    def replayed(self, run: Replay, number: int, runs: int) -> None:
        """One run in ten, or each."""
        if self._verbose:
            self.step(f"  {run.command}, {len(run.fixed)} fixed: {run.outcome}")
        elif number % 10 == 0:
            self.step(f"  {number} of {runs} runs")


def tell_disagreements(report: Report) -> None:
    """Where the real tool did something else than the model: our defect, said as such."""
    from forensics.model import Topic

    if wrong := [question.lacks for question in report.unanswered if question.topic is Topic.MODEL]:
        complain(
            f"A defect of forensics: its model differs from the real tool in {len(wrong)} of the "
            f"runs, and the tool is right. The first: {wrong[0]}"
        )


def nothing_lost(recovery: Recovery, tags: Iterable[str]) -> str:
    """Why there was nothing to look for, as far as was seen."""
    from forensics.render.recovered import NOTHING, WITHOUT_ROWS

    if asked := ", ".join(tags):
        return f"Nothing to recover: no evidence says that the file of {asked} was changed."
    return NOTHING if recovery.has_rows else WITHOUT_ROWS
