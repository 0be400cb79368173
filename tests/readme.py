"""The parts of the documentation that the program itself knows, between their markers."""

import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from click.testing import CliRunner

from forensics.cli import cli
from forensics.report.rule_pages import write_pages
from forensics.rules import RULES
from tests import fault_classes
from tests.test_layers import FILES, FLOORS, floor, own_imports, room_of

ROOT = Path(__file__).parents[1]
ARCHITECTURE = ROOT / "docs/architecture.md"
RULES_PAGE = ROOT / "docs/rules.md"
COMMANDS_PAGE = ROOT / "docs/cli.md"
PAGES = ROOT / "docs/rules"
WIDTH = 100
"""Columns of the help text."""

_BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def help_text() -> str:
    """What `forensics --help` prints."""
    done = CliRunner().invoke(cli, ["--help"], prog_name="forensics", terminal_width=WIDTH)
    return f"```text\n$ forensics --help\n{done.output}```\n"


def rules() -> str:
    """The table of what is found, each rule with its page."""
    pages = PAGES.relative_to(RULES_PAGE.parent).as_posix()
    rows = (f"| [`{rule.name}`]({pages}/{rule.name}.md) | {rule.summary} |\n" for rule in RULES)
    return f"| Rule | What it finds |\n| --- | --- |\n{''.join(rows)}"


def rooms() -> str:
    """The rooms from the top floor down, and what each imports."""
    rows = "".join(
        f"| {number} | `{room}` | {_about(room)} | {_imported(room)} |\n"
        for number, floor in reversed([*enumerate(FLOORS)])
        for room in sorted(floor)
    )
    return f"| Floor | Room | What it does | Imports |\n| --- | --- | --- | --- |\n{rows}"


def _about(room: str) -> str:
    doc = import_module(f"forensics.{room}").__doc__ or ""
    return doc.strip().partition("\n")[0]


def _imported(room: str) -> str:
    """The rooms that a room imports, those of the nearest floor first."""
    found = {other for path in FILES if room_of(path) == room for other in own_imports(path)}
    return (
        ", ".join(f"`{it}`" for it in sorted(found, key=lambda it: (-floor(it), it))) or "nothing"
    )


GENERATED: dict[str, Callable[[], str]] = {
    "help": help_text,
    "rules": rules,
    "rooms": rooms,
}
"""Name in the marker -> what stands there."""


def with_generated(text: str) -> str:
    """A page with every generated part of today."""
    return _BLOCK.sub(lambda found: f"{found[1]}{GENERATED[found[2]]()}{found[3]}", text)


if __name__ == "__main__":
    write_pages(PAGES)
    fault_classes.PAGE.write_text(fault_classes.page(), encoding="utf-8")
    for page in (ARCHITECTURE, RULES_PAGE, COMMANDS_PAGE):
        page.write_text(with_generated(page.read_text(encoding="utf-8")), encoding="utf-8")
