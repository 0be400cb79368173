"""The parts of the README that the program itself knows, written between their markers."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner

from forensics.cli import cli
from forensics.report.rule_pages import write_pages
from forensics.rules import RULES

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = ROOT / "docs/rules"
SAMPLE = ROOT / "sample_reports/drizzle-incident/report.md"
WIDTH = 100
"""Columns of the help text."""

CUT = "[...]"
"""Stands where the excerpt leaves something out."""

_BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def help_text() -> str:
    """What `forensics --help` prints."""
    done = CliRunner().invoke(cli, ["--help"], prog_name="forensics", terminal_width=WIDTH)
    return f"```text\n$ forensics --help\n{done.output}```\n"


def rules() -> str:
    """The table of what is found, each rule with its page."""
    pages = PAGES.relative_to(ROOT).as_posix()
    rows = (f"| [`{rule.name}`]({pages}/{rule.name}.md) | {rule.summary} |\n" for rule in RULES)
    return f"| Rule | What it finds |\n| --- | --- |\n{''.join(rows)}"


def excerpt() -> str:
    """Some twenty lines of the sample: the summary, and the root cause of the primary issue."""
    report = SAMPLE.read_text(encoding="utf-8")
    (primary,) = re.findall(
        r"^## Issue (?:(?!^## ).)*?, primary; .*?(?=^## |\Z)", report, re.DOTALL | re.MULTILINE
    )
    parts = (
        _section(report, "## Summary"),
        primary.partition("\n### ")[0].strip(),
        _section(primary, "### Root cause"),
        _section(primary, "### Introduced by"),
    )
    gap = f"\n\n{CUT}\n\n"
    return f"```markdown\n{gap.join(parts)}\n```\n"


GENERATED: dict[str, Callable[[], str]] = {"help": help_text, "rules": rules, "excerpt": excerpt}
"""Name in the marker -> what stands there."""


def with_generated(text: str) -> str:
    """The README with every generated part written anew."""
    return _BLOCK.sub(lambda found: f"{found[1]}{GENERATED[found[2]]()}{found[3]}", text)


def _section(text: str, heading: str) -> str:
    """A heading with what stands below it, up to the next heading of any level."""
    _, found, rest = text.partition(f"{heading}\n")
    assert found, f"the sample has no {heading!r}"
    return f"{heading}\n{re.split(r'^(?:#|<a )', rest, maxsplit=1, flags=re.MULTILINE)[0]}".strip()


if __name__ == "__main__":
    write_pages(PAGES)
    README.write_text(with_generated(README.read_text(encoding="utf-8")), encoding="utf-8")
