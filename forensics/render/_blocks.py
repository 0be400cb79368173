"""The steps of fixes that are not in the checklist, as blocks of code."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.model import ByHand, Fix, Record, Report, RunCommand, RunSql
from forensics.render import _answer
from forensics.render._fix_files import fix_files
from forensics.render._steps import shell_line
from forensics.render.patch import file_diff, in_patch
from forensics.render.sql import acting_sql

_CHANGE = "The change"
_MOST_SHOWN = 10
"""Files of a fix that its issue shows; `fix.patch` has all."""


class Block(Record, frozen=True, kw_only=True):
    """A part of a fix as the reader can use it: a sentence before it, a language, its text."""

    lead: str
    language: str
    text: str
    folded: bool = False


class Blocks:
    """The steps of fixes that are not in the checklist; what was shown is not shown again."""

    def __init__(self, dialect: str) -> None:
        self._dialect = dialect
        self._shown: set[str] = set()

    def __call__(self, fix: Fix, recommended: bool) -> tuple[Block, ...]:
        """A diff and the statements that act; of an alternative, also what is done by hand."""
        whole = () if recommended else tuple(_by_hand(fix))
        blocks = (*whole, *_changes(fix, self._dialect, _MOST_SHOWN if recommended else None))
        new = tuple(block for block in blocks if block.text not in self._shown)
        self._shown.update(block.text for block in new)
        return new


def _by_hand(fix: Fix) -> Iterator[Block]:
    for step in fix.steps:
        if isinstance(step, RunSql) and step.acts:
            acts = "\n".join(f"{it};" for it in step.acts)
            yield Block(lead=step.why, language="sql", text=acts)
            lead = "The script that does it, with its checks"
            yield Block(lead=lead, language="sql", text=step.text, folded=True)
        elif isinstance(step, RunSql):
            yield Block(lead=step.why, language="sql", text=step.text)
        elif isinstance(step, ByHand):
            told = _answer.edit(step)
            yield Block(lead=told.title, language=told.language, text=told.code)
        elif line := shell_line(step):
            why = step.why if isinstance(step, RunCommand) else ""
            yield Block(lead=why, language="sh", text=line)


def _changes(fix: Fix, dialect: str, most: int | None) -> Iterator[Block]:
    """The files in one block, of very many the first, and the statements that act."""
    diffs = [file_diff(step) for step in fix.steps if in_patch(step)]
    if diffs:
        cut = most is not None and len(diffs) > most
        lead = f"The change of {most} of {len(diffs)} files; fix.patch has all" if cut else _CHANGE
        yield Block(lead=lead, language="diff", text="".join(diffs[:most]), folded=True)
    if statements := acting_sql(fix.steps, dialect):
        yield Block(lead="", language="sql", text=statements)


def scripts(report: Report) -> tuple[Block, ...]:
    """The guarded scripts as files, for who has only the page."""
    names = {name: text for name, text in fix_files(report).items() if name == "fix.sql"}
    return tuple(Block(lead=name, language="sql", text=text) for name, text in names.items())
