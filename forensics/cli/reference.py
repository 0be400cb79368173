"""The commands that print what is known or was found, and examine nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from forensics.cli.app import cli
from forensics.cli.console import complain, show
from forensics.cli.shared import BUNDLE
from forensics.errors import ForensicsError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from forensics.rules import Rule


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
@click.option("--for", "number", type=int, metavar="ISSUE", help="Only for the fix of this issue.")
def commit_message(bundle: Path, number: int | None) -> None:
    """Print the suggested commit message for all fixes, or for one.

    \b
    forensics commit-message BUNDLE | git commit -F -
    forensics commit-message BUNDLE --for 2 | git commit -F -
    """  # noqa: D301 - click takes the character for "keep these lines"
    from forensics import pipeline
    from forensics.render.commit import clean_message
    from forensics.report.commit_message import message_for

    show(clean_message(message_for(pipeline.analyze(bundle), number)), nl=False)


@cli.command(short_help="Print a query for a database that you cannot access.")
@click.option(
    "--tracking-table",
    metavar="SCHEMA.TABLE",
    help="A tracking table that the query reads in any case.",
)
def query(tracking_table: str | None) -> None:
    """Print one read-only SELECT that returns the evidence of a PostgreSQL database as JSON.

    \b
    forensics query > query.sql
    psql -At -f query.sql -o answer.json          run by somebody with access
    forensics investigate --database-evidence answer.json

    It needs no special rights, and works in psql and in any other client. It reads the catalogue
    and the tables in which migration tools record what they applied, no row of another table, and
    changes nothing. Secrets in the answer are masked when it is read, not before.
    """  # noqa: D301 - click takes the character for "keep these lines"
    from forensics import pipeline

    show(pipeline.evidence_query(tracking_table), nl=False)


@cli.command(short_help="Print the JSON Schema of report.json.")
def schema() -> None:
    """Print the JSON Schema of report.json."""
    import json

    from forensics.render.json import report_schema

    show(json.dumps(report_schema(), indent=2))


@cli.command(short_help="Print or install completion for your shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.option("--install", is_flag=True, help="Write it to where the shell looks for it.")
def completion(shell: str, *, install: bool) -> None:
    """Print the completion script for a shell, or install it for your user.

    \b
    forensics completion bash --install
    forensics completion zsh --install
    forensics completion fish --install
    """  # noqa: D301 - click takes the character for "keep these lines"
    from forensics.cli.completion import installed, script

    if not install:
        show(script(shell))
        return
    path, hint = installed(shell)
    show(str(path))
    complain(hint)
