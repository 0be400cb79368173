"""The files of the recommended fix: a patch, two scripts and the commit message."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

from forensics import __version__
from forensics.model import Report, Seen, Step, database_steps


class Asked(TypedDict):
    """What both scripts get apart from their steps."""

    seen: Seen | None
    database: str
    dialect: str


def fix_files(report: Report) -> dict[str, str]:
    """The files of the recommended way, name -> text; only those that are needed.

    `fix.patch` and `fix.sql` (with `rollback.sql`) are exactly the steps of the needed fixes. What
    a patch cannot hold is a shell step and stands in the report.
    """
    from forensics.render._steps import needed_steps, seen_before, whole_script
    from forensics.render._words import dialect_of
    from forensics.render.commit import clean_message
    from forensics.render.patch import fix_patch
    from forensics.render.sql import comment, fix_sql, rollback_sql

    steps = needed_steps(report)
    database = report.case.databases[0].name if report.case.databases else ""
    asked: Asked = {
        "seen": seen_before(report),
        "database": database,
        "dialect": dialect_of(report).name,
    }
    texts = {
        "fix.patch": fix_patch(steps, report.case.project.root),
        "fix.sql": fix_sql(steps, _header(report, "Fixes", steps), **asked),
        "rollback.sql": rollback_sql(steps, _header(report, "Undoes fix.sql for", steps), **asked),
        "commit-message.txt": "".join(map(clean_message, report.commit_messages[:1])),
    }
    if (script := whole_script(steps)) is not None:
        texts["fix.sql"] = f"{comment(*_header(report, 'Fixes', steps))}\n{script.text}\n"
        if script.undo:
            undone = _header(report, "Undoes fix.sql for", steps)
            texts["rollback.sql"] = f"{comment(*undone)}\n{script.undo}\n"
    return {name: text for name, text in texts.items() if text}


def _header(report: Report, what: str, steps: Iterable[Step]) -> list[str]:
    from forensics.render._words import dialect_of

    databases = ", ".join(database.name for database in report.case.databases)
    issues = [
        f"Issue {issue.number}: {issue.title}"
        for issue in report.issues
        if issue.fix is not None and issue.fix.needed and _touches_database(issue.fix.steps, steps)
    ]
    return [
        f"{what}: {report.case.title}",
        *issues,
        f"Database: {databases}" if databases else "",
        f"Evidence: bundle {report.case.bundle_sha256}",
        f"Made by Forensics {__version__}. Run it with: {dialect_of(report).client('...')}",
        dialect_of(report).promise,
    ]


def _touches_database(steps: Iterable[Step], all_: Iterable[Step]) -> bool:
    from forensics.render._steps import whole_script

    script = whole_script(all_)
    return bool(database_steps(steps)) or any(step == script for step in steps)
