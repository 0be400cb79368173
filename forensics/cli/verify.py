"""The commands of an auditor: checking a bundle or a report, and writing a bundle as one file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from forensics.cli import exit_codes
from forensics.cli.app import cli
from forensics.cli.console import show
from forensics.cli.options import PathType, options
from forensics.errors import ForensicsError

if TYPE_CHECKING:
    from pathlib import Path

_FILE = PathType(dir_okay=False, exists=True)


@cli.command(short_help="Check that bundle and report are what they were.")
@click.argument("subject", type=PathType(), required=False, metavar="BUNDLE|REPORT")
@click.option("--bundle", type=PathType(), help="The bundle of a report that is in another folder.")
@click.option("--before", type=PathType(), metavar="BUNDLE", help="The bundle before the fix.")
@click.option("--after", type=PathType(), metavar="BUNDLE", help="The bundle after the fix.")
@click.option(
    "--allowed-signers",
    type=_FILE,
    metavar="FILE",
    help="Who may sign, as ssh-keygen reads it: now signatures are demanded.",
)
@click.option(
    "--timestamp-ca",
    type=_FILE,
    metavar="FILE",
    help="Certificates of timestamp authorities: now timestamps are demanded.",
)
@options("quiet", "verbose", "no-color", "no-input", "offline")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json for machines.",
)
def verify(subject: Path | None, output_format: str, **given: Any) -> None:
    """Check that a bundle or a report is what was written, and that every claim still follows.

    \b
    forensics verify forensics-report
    forensics verify forensics-report/report.pdf --allowed-signers signers
    forensics verify --before before/bundle --after after/bundle

    Every hash, the list of files, the custody log, signatures and timestamps are checked; the
    evidence is judged again, and a report is compared with what comes of it. With --before and
    --after: which claims are gone, which stay, which are new, and what can be known of the SQL.

    Exit codes: 0 it holds; 1 it does not; 2 it is not a bundle or report.
    """  # noqa: D301 - click takes the character for "keep these lines"
    from forensics import pipeline
    from forensics.verify.told import told, told_closure

    before, after = given["before"], given["after"]
    if before is not None or after is not None:
        if subject is not None or before is None or after is None:
            raise ForensicsError("Give --before and --after together, and nothing else.")
        compared = pipeline.compare(before, after)
        show(told_closure(compared, output_format), nl=False)
        sys.exit(exit_codes.CLEAR if compared.closed else exit_codes.FAULTS)
    if subject is None:
        raise ForensicsError("Give a bundle or a report, or --before and --after.")
    verified = pipeline.verify(
        subject,
        bundle=given["bundle"],
        allowed_signers=given["allowed_signers"],
        timestamp_ca=given["timestamp_ca"],
    )
    show(told(verified, output_format), nl=False)
    sys.exit(exit_codes.CLEAR if verified.verdict.holds else exit_codes.FAULTS)


@cli.command(short_help="Write a bundle as one file.")
@click.argument("bundle", type=PathType())
@click.argument("file", type=PathType(dir_okay=False), required=False)
@options("quiet", "verbose", "no-color", "no-input", "offline")
def archive(bundle: Path, file: Path | None, **given: Any) -> None:
    """Write a bundle as one file, the same for the same bundle, and print its path.

    Every command that takes a bundle takes the file; `tar -xf` unpacks it. Default: BUNDLE.tar in
    the current folder.
    """
    from pathlib import Path

    from forensics import pipeline

    show(str(pipeline.archive(bundle, file or Path("bundle.tar"))))
