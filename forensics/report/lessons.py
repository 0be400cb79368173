"""What to change so that an issue does not come back, and the check that would have found it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forensics.model import Issue, Lesson, Severity
from forensics.rules import RULES, Rule

_DATABASE = (
    "Files do not show this: run `forensics investigate --env-file FILE` with the database of each "
    "environment before you deploy."
)


def lessons(issues: Sequence[Issue]) -> Iterator[Lesson]:
    """One for each rule that found something that counts."""
    for rule in RULES:
        found = [it for it in issues if it.rule == rule.name and it.severity is not Severity.NOTE]
        if found:
            text = f"{rule.lesson} {_check(rule, found)}"
            yield Lesson(text=text, issues=tuple(issue.number for issue in found))


def _check(rule: Rule, found: Sequence[Issue]) -> str:
    """The check that fails at the commit that brought the issue, and not at its parent."""
    if rule.needs_database:
        return _DATABASE
    guilty = next((issue.origin.commit[:12] for issue in found if issue.origin), None)
    if guilty is None:
        return "`forensics check` fails while the issue exists."
    return f"`forensics check --at {guilty}` fails, and passes this rule at the commit before it."


def incident_date(issues: Sequence[Issue]) -> str:
    """The day of the last commit that introduced an issue, as YYYY-MM-DD; empty if unknown."""
    counted = (it for it in issues if it.severity is not Severity.NOTE and not it.accepted)
    return max((it.origin.date[:10] for it in counted if it.origin), default="")
