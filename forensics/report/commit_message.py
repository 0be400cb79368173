"""The commit messages that a report suggests: one for all fixes, and one for each alone."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from forensics.errors import ForensicsError
from forensics.model import (
    Case,
    DeleteFile,
    InsertRows,
    Issue,
    MoveTable,
    Origin,
    Report,
    RunCommand,
    Severity,
    Step,
    WriteFile,
)
from forensics.model.characters import one_line
from forensics.model.wording import counted, listed
from forensics.report.changes import database_changes, files_changed, recommended
from forensics.report.commit_habit import Habit

SUBJECT = 72
"""Characters of a line of the body, and at most of a subject: git's own convention."""
_DEFAULT = Habit()


class NothingToCommit(ForensicsError):
    """The fix of an issue changes no file that git holds."""


def commit_messages(
    case: Case, issues: Sequence[Issue], habit: Habit = _DEFAULT
) -> tuple[str, ...]:
    """One message for all fixes, then one for each issue whose fix can be committed alone.

    Subjects are in the repository's habit, and git can parse the trailers. Where only one issue has
    a fix, there is one message; none if the whole fix is in the database or outside git.
    """
    faults = [issue for issue in issues if issue.severity is not Severity.NOTE and _needed(issue)]
    alone = [issue for issue in faults if _can_commit([issue])]
    if not alone:
        return ()
    together = _message(case, faults, issues, habit)
    if len(faults) == 1:
        return (together,)
    return (together, *(_message(case, [issue], [issue], habit) for issue in alone))


def message_for(report: Report, number: int | None) -> str:
    """The message for all fixes, or for that of one issue; raises `NothingToCommit`."""
    faults = [it for it in report.issues if it.severity is not Severity.NOTE and _needed(it)]
    alone = [issue.number for issue in faults if _can_commit([issue])]
    if not report.commit_messages:
        raise NothingToCommit(
            "The fixes change no file that git tracks, so there is nothing to commit."
        )
    if number is None or len(faults) == 1 and number in alone:
        return report.commit_messages[0]
    if number not in alone:
        known = f" Use --for {' or '.join(map(str, alone))}." if alone else ""
        raise NothingToCommit(f"The fix of issue {number} changes no file that git tracks.{known}")
    return report.commit_messages[1 + alone.index(number)]


def _can_commit(issues: Sequence[Issue]) -> bool:
    return any(_in_git(step) for _, step in recommended(issues))


def _message(case: Case, faults: Sequence[Issue], issues: Sequence[Issue], habit: Habit) -> str:
    body = (*_body(faults, issues), "", *_trailers(case, faults))
    return "\n".join((_subject(faults, habit), "", *body))


def _needed(issue: Issue) -> bool:
    return issue.fix is not None and issue.fix.needed


def _in_git(step: Step) -> bool:
    if isinstance(step, RunCommand):
        return step.marks is None
    return isinstance(step, WriteFile) or (isinstance(step, DeleteFile) and step.in_git)


def _subject(faults: Sequence[Issue], habit: Habit) -> str:
    """What the commit does; as many of the fixes as the line has room for, git's own first."""
    ordered = sorted(
        (issue for issue in faults if _is_told(issue)), key=lambda issue: not _can_commit([issue])
    )
    deeds = list(dict.fromkeys(_deed(issue) for issue in ordered))
    for shown in range(len(deeds), 0, -1):
        rest = len(deeds) - shown
        told = [*deeds[:shown], *([counted(rest, "more fix", "more fixes")] if rest else [])]
        subject = _plain(habit.subject(listed(told)))
        if len(subject) <= habit.length:
            return subject
    return _line(habit.subject(deeds[0]), habit.length)


def _is_told(issue: Issue) -> bool:
    """Whether the subject names its fix: a file that git never had cannot be part of the commit."""
    steps = issue.fix.steps if issue.fix is not None else ()
    return not steps or not all(isinstance(it, DeleteFile) and not it.in_git for it in steps)


def _deed(issue: Issue) -> str:
    """What a fix does, as a short order: its steps name it, else its title."""
    steps = issue.fix.steps if issue.fix is not None else ()
    for step in steps:
        match step:
            case WriteFile(path=path, before=None):
                return f"restore {_base(path)}"
            case WriteFile(path=path):
                return f"correct {_base(path)}"
            case DeleteFile(path=path):
                return f"delete {_base(path)}"
            case MoveTable():
                return "move the tracking table"
            case InsertRows(rows=rows):
                return f"record {counted(len(rows), 'migration')}"
            case _:
                continue
    return _lower(issue.fix.title) if issue.fix is not None else _lower(issue.title)


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def _body(faults: Sequence[Issue], issues: Sequence[Issue]) -> list[str]:
    lines: list[str] = []
    for issue in faults:
        lines += _bullet(f"{issue.title}.")
        if issue.fix is not None:
            lines += _bullet(f"{issue.fix.title}.", "  ")
    if resolved := _resolved(faults, issues):
        lines += ["", *_wrap(f"Also resolved: {'; '.join(resolved)}.")]
    outside = [c.path for c in files_changed(issues) if not c.in_git]
    if outside:
        lines += ["", *_wrap(f"Outside git: {', '.join(outside)} deleted.")]
    changes = [change.change for change in database_changes(issues)]
    if changes:
        lines += ["", *_wrap(f"In the database, by fix.sql: {'; '.join(changes)}.")]
    return lines


def _resolved(faults: Sequence[Issue], issues: Sequence[Issue]) -> list[str]:
    """The titles of the issues that need no more than the fixes that are committed."""
    numbers = {issue.number for issue in faults}
    gone = [it for it in issues if it.goes_with and it.severity is not Severity.NOTE]
    return [it.title for it in gone if numbers.issuperset(it.goes_with)]


def _trailers(case: Case, faults: Sequence[Issue]) -> list[str]:
    origins = [issue.origin for issue in faults if issue.origin is not None]
    fixes = [_came_from(origin) for origin in origins]
    # A trailer may go on in a line that is set in; in one, this would have 88 characters.
    return [*dict.fromkeys(fixes), "Evidence-Bundle:", f" sha256:{case.bundle_sha256}"]


def _came_from(origin: Origin) -> str:
    head, end = f'Fixes: {origin.commit[:12]} ("', '")'
    return f"{head}{_line(origin.subject, SUBJECT - len(head) - len(end))}{end}"


def _bullet(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        _plain(text),
        SUBJECT,
        initial_indent=f"{indent}- ",
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _wrap(text: str) -> list[str]:
    return textwrap.wrap(_plain(text), SUBJECT, break_long_words=False, break_on_hyphens=False)


def _line(text: str, length: int) -> str:
    plain = _plain(text)
    return plain if len(plain) <= length else f"{plain[: length - 3].rstrip()}..."


def _plain(text: str) -> str:
    """One line without unseen characters, so that evidence brings no trailer into a message."""
    return one_line(text)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
