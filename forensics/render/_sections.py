"""How the issues are told: each by itself, many notes in a table; in print, many others, too."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from forensics.model import Issue, Record, Report, Role, Severity

MOST_PRINTED = 100
"""Issues that a printed report tells one by one, and rows of what no statement cites: the data that
it carries has all."""
_FEWEST_IN_A_TABLE = 4


class Section(Record, frozen=True, kw_only=True):
    """Issues under one heading: a single one, or a table of some of one kind."""

    issues: tuple[Issue, ...]
    cut: bool = False
    """Whether each would have a section of its own if there were fewer."""

    @property
    def whole(self) -> tuple[Issue, ...]:
        """The issue that is told with all its evidence."""
        return self.issues if len(self.issues) == 1 and not self.cut else ()


def sections(report: Report, most: int | None = None) -> tuple[Section, ...]:
    """The issues in their order; beyond `most` single ones, the others are rows of tables."""
    told: list[Section] = []
    left = len(report.issues) if most is None else most
    for _, alike in groupby(report.issues, key=_kind):
        run = tuple(alike)
        if len(run) >= _FEWEST_IN_A_TABLE and is_brief(run[0]):
            told.append(Section(issues=run))
            continue
        told += (Section(issues=(issue,)) for issue in run[:left])
        rest = groupby(run[left:], key=lambda issue: (issue.severity, issue.role))
        told += (Section(issues=tuple(some), cut=True) for _, some in rest)
        left = max(0, left - len(run))
    return tuple(told)


def is_brief(issue: Issue) -> bool:
    """Whether it is worth no more than a few lines: a note that nothing has to be done about."""
    return issue.severity is Severity.NOTE and issue.role is Role.LATENT and not issue.fix


def told_before(report: Report) -> Mapping[int, int]:
    """The issues whose mechanism an earlier one tells word for word, each with that one."""
    first: dict[str, int] = {}
    earlier = {
        issue.number: first.setdefault(issue.mechanism, issue.number) for issue in report.issues
    }
    return {number: of for number, of in earlier.items() if of != number}


def _kind(issue: Issue) -> tuple[object, ...]:
    return (is_brief(issue), issue.rule, issue.folder, issue.mechanism, issue.certainty)
