"""The commit messages that a report suggests: one for what its fixes change in the repository."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from forensics.model import Case, DeleteFile, Issue, RunCommand, Severity, Step, WriteFile
from forensics.report.changes import database_changes, files_changed, recommended

SUBJECT = 72
"""Characters of a subject line, and of a line of the body: git's own convention."""


def commit_messages(case: Case, issues: Sequence[Issue]) -> tuple[str, ...]:
    """Messages in the style of Conventional Commits, with trailers that git can parse.

    None where the fixes leave nothing to commit: all is in the database, or outside git.
    """
    faults = [issue for issue in issues if issue.severity is not Severity.NOTE and _needed(issue)]
    if not any(_in_git(step) for _, step in recommended(faults)):
        return ()
    return (
        "\n".join((_subject(faults), "", *_body(faults, issues), "", *_trailers(case, faults))),
    )


def _needed(issue: Issue) -> bool:
    return issue.fix is not None and issue.fix.needed


def _in_git(step: Step) -> bool:
    return isinstance(step, WriteFile | RunCommand) or (
        isinstance(step, DeleteFile) and step.in_git
    )


def _subject(faults: Sequence[Issue]) -> str:
    if len(faults) == 1 and faults[0].fix is not None:
        return _line(f"fix(db): {_lower(faults[0].fix.title)}", SUBJECT)
    return _line(f"fix(db): repair {len(faults)} faults of the migrations", SUBJECT)


def _body(faults: Sequence[Issue], issues: Sequence[Issue]) -> list[str]:
    lines: list[str] = []
    for issue in faults:
        lines += _bullet(f"{issue.title}.")
        if issue.fix is not None:
            lines += _bullet(f"{issue.fix.title}.", "  ")
    outside = [c.path for c in files_changed(issues) if not c.in_git]
    if outside:
        lines += ["", *_wrap(f"Outside git: {', '.join(outside)} deleted.")]
    changes = [change.change for change in database_changes(issues)]
    if changes:
        lines += ["", *_wrap(f"In the database, by fix.sql: {'; '.join(changes)}.")]
    return lines


def _trailers(case: Case, faults: Sequence[Issue]) -> list[str]:
    origins = [issue.origin for issue in faults if issue.origin is not None]
    fixes = [_line(f'Fixes: {o.commit[:12]} ("{o.subject}")', 200) for o in origins]
    return [*dict.fromkeys(fixes), f"Evidence-Bundle: sha256:{case.bundle_sha256}"]


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
    """One line without control characters, so that evidence brings no trailer into a message."""
    return " ".join(
        re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", " ", text).split()
    )


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
