"""The rules as pages: what `forensics explain` prints and `docs/rules` holds."""

from __future__ import annotations

from pathlib import Path

from forensics.rules import RULES
from forensics.rules._base import Rule

README = "README.md"


def page(rule: Rule) -> str:
    """A rule's page in Markdown: its name, what it finds, since when, then its docstring's body."""
    body = rule.page.removeprefix(rule.summary).strip()
    about = [
        f"since {rule.since}",
        f"concerns the {rule.artefact.replace('-', ' ')}",
        "needs a database" if rule.needs_database else "needs no database",
    ]
    return f"# {rule.name}\n\n{rule.summary}\n\n*{'; '.join(about)}*\n\n{body}\n"


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
        "Each rule knows one fault. The rules stand in the order in which a migration tool meets "
        "what they look at.\n\n"
        f"| rule | finds |\n| --- | --- |\n{rows}\n"
        "`make docs` writes these pages from the rules' docstrings.\n"
    )
    return made


def write_pages(folder: Path) -> None:
    """Write `pages` into a folder, and remove the pages of rules that are no more."""
    folder.mkdir(parents=True, exist_ok=True)
    made = pages()
    for old in folder.glob("*.md"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
