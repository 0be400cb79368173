"""What the command line prints besides answers: progress, warnings, and why it failed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NoReturn

import click

from forensics.errors import ForensicsError

if TYPE_CHECKING:
    from forensics.bundle import Bundle
    from forensics.facts import DatabaseIdentity, Facts, Recovered
    from forensics.model import Report

DEBUG = "FORENSICS_DEBUG"
"""The variable of the environment that shows tracebacks."""

Say = Callable[[str], None]
_SHOWN = 5
"""Tags that an error names."""


def show(text: str, *, nl: bool = True) -> None:
    """Data on stdout; that its reader left (`| head`) changes nothing of what was found."""
    try:
        click.echo(text, nl=nl)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - or Python fails to flush it at exit


def complain(line: str) -> None:
    """A line on stderr, whatever was asked for."""
    from forensics.render.terminal import escape_terminal

    click.echo(escape_terminal(line), err=True)


def fail(line: str, code: int) -> NoReturn:
    """The one line that says what is wrong and what to do, and the end."""
    complain(f"forensics: {line}")
    sys.exit(code)


def speaker(*, quiet: bool) -> Say:
    """Who tells what is going on: on stderr, or nobody."""
    return (lambda line: None) if quiet else complain


def unforeseen(error: Exception) -> str:
    """What to say of an exception that nobody planned for."""
    if isinstance(error, OSError):  # a disk that is full, an output that is closed
        return f"{error.filename or 'The output'} could not be used: {error.strerror or error}."
    return (
        f"this is a defect of forensics itself: {type(error).__name__}: {error}. Please report "
        f"it, with the traceback that {DEBUG}=1 shows."
    )


def names_database(say: Say) -> Callable[[DatabaseIdentity], None]:
    """Says which database it is, before anything of it is read."""

    def name(identity: DatabaseIdentity) -> None:
        kind = "replica" if identity.replica else "primary"
        pooler = f", through the pooler {identity.pooler}" if identity.pooler else ""
        say(
            f"Connected to {identity.database} at {identity.server} as {identity.role} "
            f"(PostgreSQL {identity.server_version}, {kind}{pooler})"
        )
        if identity.superuser:
            complain(
                f"{identity.role} is a superuser: read-only is then a promise, not a guarantee. "
                "Give a role that may only read."
            )

    return name


def tell_evidence(bundle: Bundle) -> None:
    """Every look at the evidence, and what came of it."""
    for item in bundle.evidence():
        note = f" ({item.note})" if item.note else ""
        complain(f"  {item.id} {item.kind} {item.locator or '.'}: {item.outcome}{note}")


def tell_disagreements(report: Report) -> None:
    """Where the real tool did something else than the model: our defect, said as such."""
    from forensics.replays import MODEL

    if wrong := [question.lacks for question in report.unanswered if question.rule == MODEL]:
        complain(
            f"A defect of forensics: its model differs from the real tool in {len(wrong)} of the "
            f"runs, and the tool is right. The first: {wrong[0]}"
        )


def wanted_of(facts: Iterable[Facts], tags: Iterable[str]) -> list[Recovered]:
    """What came of the migrations that were asked for, or of all whose original was looked for.

    Raises `ForensicsError` for a tag that no list of migrations has.
    """
    each = tuple(facts)
    found = [item for it in each if it.recovered for item in it.recovered.items]
    asked = [tag.rpartition("/")[2].removesuffix(".sql") for tag in tags]
    listed = {it.tag for one in each if one.history for it in one.history.migrations}
    for tag in asked:
        if tag not in listed:
            near = ", ".join(sorted(listed)[-_SHOWN:]) or "none"
            raise ForensicsError(f"No migration {tag!r} is listed. The last ones are: {near}.")
    return [item for item in found if not asked or item.tag in asked]


def nothing_lost(facts: Iterable[Facts], tags: Iterable[str]) -> str:
    """Why there was nothing to look for, as far as was seen."""
    from forensics.render.recovered import NOTHING, WITHOUT_ROWS

    if asked := ", ".join(tags):
        return f"Nothing was looked for: nothing says that the file of {asked} is not the original."
    return NOTHING if any(it.tracking and it.tracking.tables for it in facts) else WITHOUT_ROWS
