"""The rules as pages, as `forensics explain` prints them and `docs/rules` has them."""

from __future__ import annotations

import textwrap
from pathlib import Path

from forensics.adapters import ADAPTERS
from forensics.model import Artefact
from forensics.rules import RULES, Rule

README = "README.md"
WIDTH = 96
_NEUTRAL = {Artefact.JOURNAL: "list of migrations"}
"""Artefacts whose name is one tool's word."""


def page(rule: Rule) -> str:
    """A rule's page in Markdown: its docstring, then what each tool does differently."""
    body = rule.page.removeprefix(rule.summary).strip()
    about = [
        f"since {rule.since}",
        f"concerns the {_NEUTRAL.get(rule.artefact) or rule.artefact.replace('-', ' ')}",
        "needs a database" if rule.needs_database else "needs no database",
    ]
    return f"# {rule.name}\n\n{rule.summary}\n\n*{'; '.join(about)}*\n\n{body}\n{_notes(rule)}"


def _notes(rule: Rule) -> str:
    notes = ((adapter.name, adapter.notes().get(rule.name)) for adapter in ADAPTERS)
    return "".join(f"\n## In {tool}\n\n{_wrapped(note)}\n" for tool, note in notes if note)


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def index() -> str:
    """The list of rules for a terminal: a name and what it finds on each line."""
    width = max(len(rule.name) for rule in RULES)
    return "\n".join(f"{rule.name:{width}}  {rule.summary}" for rule in RULES)


def pages() -> dict[str, str]:
    """File name -> text of everything in `docs/rules`."""
    made = {f"{rule.name}.md": page(rule) for rule in RULES}
    rows = "".join(f"| [{rule.name}]({rule.name}.md) | {rule.summary} |\n" for rule in RULES)
    made[README] = (
        "# Rules\n\n"
        "Each rule finds one kind of issue. The rules are in the order in which a migration tool "
        "reads what they examine. What one tool does differently is at the end of each page.\n\n"
        f"| rule | finds |\n| --- | --- |\n{rows}\n"
        "`make docs` writes these pages from the rules' docstrings and the adapters' notes.\n"
    )
    return made


def write_pages(folder: Path) -> None:
    """Write `pages` into a folder, and remove the pages of rules that no longer exist."""
    folder.mkdir(parents=True, exist_ok=True)
    made = pages()
    for old in folder.glob("*.md"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
