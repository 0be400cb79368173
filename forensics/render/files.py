"""Which files a report becomes, and how they come into the output folder: whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from secrets import token_hex

from forensics import __version__
from forensics.errors import ForensicsError
from forensics.model import Report, Step

FORMATS = ("md", "html", "json", "pdf")
"""The formats of a report, in the order in which they are written: the one that may fail last."""

_FIXES = ("fix.patch", "fix.sql", "rollback.sql", "commit-message.txt")
_OURS = (*(f"report.{name}" for name in FORMATS), *_FIXES)


def write_report(
    report: Report,
    folder: Path,
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

    wanted = known_formats(formats)
    whole = sound(report)
    files = fix_files(whole)
    written = [_write(folder / name, text.encode("utf-8")) for name, text in files.items()]
    try:
        for name in wanted:
            written.append(_write(folder / f"report.{name}", _rendered(whole, name)))
    except PdfUnavailable as error:
        error.written = tuple(written)
        if on_problem is None:
            raise
        on_problem(str(error))
    finally:
        _remove_stale(folder, {path.name for path in written})
    return tuple(written)


def fix_files(report: Report) -> dict[str, str]:
    """The files of the recommended way, name -> text; only those that are needed.

    `fix.patch` and `fix.sql` (with `rollback.sql`) are exactly the steps of the needed fixes. What
    a patch cannot hold is a shell step and stands in the report.
    """
    from forensics.render._steps import needed_steps
    from forensics.render.commit import clean_message
    from forensics.render.patch import fix_patch
    from forensics.render.sql import fix_sql, rollback_sql

    steps = needed_steps(report)
    texts = {
        "fix.patch": fix_patch(steps, report.case.project.root),
        "fix.sql": fix_sql(steps, _header(report, "Repairs", steps)),
        "rollback.sql": rollback_sql(steps, _header(report, "Takes back fix.sql for", steps)),
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


def known_formats(formats: Iterable[str]) -> list[str]:
    """The formats asked for, each once, in the order of `FORMATS`.

    Raises `ForensicsError` for one that is not known.
    """
    asked = frozenset(formats)
    if unknown := sorted(asked - frozenset(FORMATS)):
        known = ", ".join(FORMATS)
        raise ForensicsError(f"There is no format {unknown[0]!r}: give some of {known}.")
    return [name for name in FORMATS if name in asked]


def _remove_stale(folder: Path, written: Collection[str]) -> None:
    for name in _OURS:
        if name not in written:
            (folder / name).unlink(missing_ok=True)


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


def _write(path: Path, data: bytes) -> Path:
    """Write beside, then rename: a reader sees the old file, none, or all of the new one."""
    beside = path.with_name(f".{path.name}.{token_hex(4)}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise ForensicsError(f"{path} could not be written: {error.strerror or error}.") from error
    return path
