"""The commands of an auditor: checking a bundle or a report, and writing a bundle as one file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from forensics.cli import exit_codes
from forensics.cli.app import cli
from forensics.cli.console import complain, show
from forensics.cli.options import PathType, options
from forensics.errors import ForensicsError

if TYPE_CHECKING:
    from pathlib import Path

_FILE = PathType(dir_okay=False, exists=True)


@cli.command(short_help="Check that a bundle or report was not altered.")
@click.argument("subject", type=PathType(), required=False, metavar="BUNDLE|REPORT")
@click.option("--bundle", type=PathType(), help="The bundle of a report that is in another folder.")
@click.option("--before", type=PathType(), metavar="BUNDLE", help="The bundle before the fix.")
@click.option("--after", type=PathType(), metavar="BUNDLE", help="The bundle after the fix.")
@click.option(
    "--original",
    type=PathType(),
    metavar="BUNDLE",
    help="The bundle that the external edition was made from.",
)
@click.option(
    "--allowed-signers",
    type=_FILE,
    metavar="FILE",
    help="Who may sign, in the format of ssh-keygen; requires signatures.",
)
@click.option(
    "--timestamp-ca",
    type=_FILE,
    metavar="FILE",
    help="Certificates of timestamp authorities; requires timestamps.",
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
    """Check that a bundle or report was not altered, and that every claim still follows.

    \b
    forensics verify forensics-report
    forensics verify report.pdf --allowed-signers signers
    forensics verify --before before --after after

    Checks every hash, the list of files, the custody log, signatures and timestamps, judges the
    evidence again, and compares a report with the result. With --before and --after: which claims
    are gone, which stay, which are new, and whether the SQL was run.

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
        original=given["original"],
    )
    show(told(verified, output_format), nl=False)
    sys.exit(exit_codes.CLEAR if verified.verdict.holds else exit_codes.FAULTS)


@cli.command(short_help="Replace names, hosts and people in a bundle.")
@click.argument("bundle", type=PathType())
@click.option(
    "--output",
    type=PathType(),
    default="forensics-edition",
    show_default=True,
    help="Folder for the edition.",
)
@click.option(
    "--project",
    type=PathType(exists=True, file_okay=False),
    metavar="DIR",
    help="The project whose commits name the authors. Default: the one with the bundle.",
)
@click.option("--hide", multiple=True, metavar="NAME", help="One more name; repeatable.")
@click.option(
    "--keep", multiple=True, metavar="WORD", help="A word that is not a name; repeatable."
)
@options("sign", "timestamp", "edition", "quiet", "verbose", "no-color", "no-input", "offline")
def edition(bundle: Path, output: Path, **given: Any) -> None:
    """Write an edition of a bundle for outsiders, without the names of people and places.

    Names of people, accounts, roles, databases and hosts, e-mail addresses, addresses of
    repositories and home folders are replaced by tokens, the same name by the same token. The
    edition is a bundle of its own: it names the original by its hash, `forensics verify` checks it,
    `forensics report` writes its report, and both find what they find in the original.

    Prints its path. Give names that it cannot know, such as a customer in a table's name, with
    --hide.
    """
    from forensics import pipeline
    from forensics.evidence.custody import Custody

    if given["timestamp"] and given["offline"]:
        raise ForensicsError("--timestamp needs the network that --offline forbids.")
    made = pipeline.edition(
        bundle,
        output=output,
        project=given["project"],
        hide=given["hide"],
        keep=given["keep"],
        custody=Custody(sign=given["sign"], timestamp=given["timestamp"], edition=given["edition"]),
    )
    show(str(made.bundle.folder))
    if made.kept and not given["quiet"]:
        complain(f"Not replaced (ordinary words, or too short): {', '.join(made.kept)}")
    if not made.knows_authors:
        complain(
            "warning: no commits were found that name their authors, so their names are replaced "
            "only where a file or a trailer names them: give --project DIR, or --hide NAME."
        )


@cli.command(short_help="Write a bundle as one file.")
@click.argument("bundle", type=PathType())
@click.argument("file", type=PathType(dir_okay=False), required=False)
@options("quiet", "verbose", "no-color", "no-input", "offline")
def archive(bundle: Path, file: Path | None, **given: Any) -> None:
    """Write a bundle as one file, with the same bytes each time, and print its path.

    Every command that takes a bundle takes the file; `tar -xf` unpacks it. Default: BUNDLE.tar in
    the current folder.
    """
    from pathlib import Path

    from forensics import pipeline

    show(str(pipeline.archive(bundle, file or Path("bundle.tar"))))
