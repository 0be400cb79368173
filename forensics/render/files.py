"""Which files a report becomes, and how they come into the output folder: whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from forensics import __version__
from forensics.errors import ForensicsError
from forensics.model import Report, Step
from forensics.safe_folder import Place, SafeFolder, at

FORMATS = ("md", "html", "json", "pdf")
"""The formats of a report, in the order in which they are written: the one that may fail last."""

_FIXES = ("fix.patch", "fix.sql", "rollback.sql", "commit-message.txt")
REPORT_FILES = (*(f"report.{name}" for name in FORMATS), *_FIXES)
"""Everything that a report may become."""


def write_report(
    report: Report,
    output: Place,
    formats: Iterable[str],
    *,
    on_problem: Callable[[str], None] | None = None,
) -> tuple[Path, ...]:
    """Write the report in the formats asked for, and the files of the fix; returns their paths.

    Each file is replaced as a whole; one of an earlier run that this report does not have is
    removed. Where the PDF cannot be made, everything else is written, and then `on_problem` is
    told, or `PdfUnavailable` raised. Raises `ForensicsError` for an unknown format.
    """
    from forensics.render._sound import sound
    from forensics.render.pdf import PdfUnavailable

    wanted = _known(formats)
    whole = sound(report)
    files, folder = fix_files(whole), at(output)
    written = [folder.write(name, text.encode("utf-8")) for name, text in files.items()]
    missing = None
    for name in wanted:
        try:
            written.append(folder.write(f"report.{name}", _rendered(whole, name)))
        except PdfUnavailable as error:
            missing = error
    _remove_stale(folder, {path.name for path in written})
    if missing is not None:
        missing.written = tuple(written)
        if on_problem is None:
            raise missing
        on_problem(str(missing))
    return tuple(written)


def fix_files(report: Report) -> dict[str, str]:
    """The files of the recommended way, name -> text; only those that are needed.

    `fix.patch` and `fix.sql` (with `rollback.sql`) are exactly the steps of the needed fixes. What
    a patch cannot hold is a shell step and stands in the report.
    """
    from forensics.render._steps import needed_steps, seen_before
    from forensics.render.commit import clean_message
    from forensics.render.patch import fix_patch
    from forensics.render.sql import fix_sql, rollback_sql

    steps = needed_steps(report)
    seen = seen_before(report)
    texts = {
        "fix.patch": fix_patch(steps, report.case.project.root),
        "fix.sql": fix_sql(steps, _header(report, "Repairs", steps), seen=seen),
        "rollback.sql": rollback_sql(
            steps, _header(report, "Takes back fix.sql for", steps), seen=seen
        ),
        "commit-message.txt": "\n".join(map(clean_message, report.commit_messages)),
    }
    return {name: text for name, text in texts.items() if text}


def _header(report: Report, what: str, steps: Iterable[Step]) -> list[str]:
    databases = ", ".join(database.name for database in report.case.databases)
    issues = [
        f"Issue {issue.number}: {issue.title}"
        for issue in report.issues
        if issue.fix is not None and issue.fix.needed and _touches_database(issue.fix.steps)
    ]
    return [
        f"{what}: {report.case.title}",
        *issues,
        f"Database: {databases}" if databases else "",
        f"Evidence: bundle {report.case.bundle_sha256}",
        f"Made by Forensics {__version__}. Run it with: psql --set=ON_ERROR_STOP=1 --file=...",
        "One transaction. It refuses, and changes nothing, where it does not find what was seen.",
    ]


def _touches_database(steps: Iterable[Step]) -> bool:
    from forensics.model import DatabaseStep

    return any(isinstance(step, DatabaseStep) for step in steps)


def _known(formats: Iterable[str]) -> list[str]:
    asked = frozenset(formats)
    if unknown := sorted(asked - frozenset(FORMATS)):
        known = ", ".join(FORMATS)
        raise ForensicsError(f"There is no format {unknown[0]!r}: give some of {known}.")
    return [name for name in FORMATS if name in asked]


def _remove_stale(folder: SafeFolder, written: Collection[str]) -> None:
    for name in REPORT_FILES:
        if name not in written:
            folder.remove(name)


def _rendered(report: Report, name: str) -> bytes:
    """One format; its libraries are loaded only now."""
    if name == "md":
        from forensics.render.markdown import report_markdown

        return report_markdown(report).encode("utf-8")
    if name == "html":
        from forensics.render.html import report_html

        return report_html(report).encode("utf-8")
    if name == "json":
        from forensics.render.json import report_json

        return report_json(report)
    from forensics.render.pdf import report_pdf

    return report_pdf(report)
