"""Issues over time, as rows of a table: what came and went together stands in one."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from forensics.model import Origin, Report, Spell
from forensics.model.wording import listed

MOST = 40
"""Rows that a reader sees; report.json has all."""
SHOWN = 2
"""Subjects that a row names."""


class PastRow(msgspec.Struct, frozen=True):
    """Issues of one rule that the same commit brought and the same commit ended."""

    rule: str
    subjects: str
    came: str
    went: str


def past_rows(report: Report) -> tuple[PastRow, ...]:
    """The newest at the end, those that HEAD has last; empty unless something is gone.

    When an issue of today came stands in its own section.
    """
    groups: dict[tuple[object, ...], list[Spell]] = {}
    for it in report.history:
        groups.setdefault((it.rule, it.folder, it.came, it.by, it.went), []).append(it)
    gone = [it for it in groups.values() if it[0].went is not None]
    here = [it for it in groups.values() if it[0].went is None] if gone else []
    return tuple(map(_row, (*gone, *here)))


def _row(together: Sequence[Spell]) -> PastRow:
    first = together[0]
    more = len(together) - SHOWN
    names = [it.subject for it in together[:SHOWN]]
    return PastRow(
        rule=first.rule,
        subjects=listed([*names, f"{more} more"] if more > 0 else names),
        came=_came(first),
        went=_went(first),
    )


def _came(spell: Spell) -> str:
    if spell.came is None:
        return "before the oldest state that was judged"
    if spell.by is None:
        return _told(spell.came)
    return f"{_told(spell.by)}, merged by {_told(spell.came)}"


def _went(spell: Spell) -> str:
    if spell.went is None:
        return "HEAD has it"
    return f"{_told(spell.went)}, which {spell.how}" if spell.how else _told(spell.went)


def _told(commit: Origin) -> str:
    return f"{commit.commit[:10]} of {commit.date[:10]} ({commit.subject})"
