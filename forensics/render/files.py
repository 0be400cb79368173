"""Which files a report becomes, and how they come into the output folder: whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial
from pathlib import Path

import msgspec

from forensics import __version__
from forensics.errors import ForensicsError
from forensics.model import Report, Step, Unanswered
from forensics.model.mishaps import Mishaps
from forensics.system.safe_folder import Place, SafeFolder, at

FORMATS = ("md", "html", "json", "sarif", "pdf")
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
    mishaps: Mishaps | None = None,
) -> tuple[Path, ...]:
    """Write the report in the formats asked for, and the files of the fix; returns their paths.

    Each file is replaced as a whole; one of an earlier run that this report does not have is
    removed. Where the PDF cannot be made, everything else is written, and then `on_problem` is
    told, or `PdfUnavailable` raised. A format in which a part of ours breaks is not written; the
    others say so, and `mishaps` is told. Raises `ForensicsError` for an unknown format.
    """
    from forensics.render._sound import sound
    from forensics.render.pdf import PdfUnavailable

    wanted, broken = known_formats(formats), mishaps or Mishaps()
    no_pdf: PdfUnavailable | None = None
    whole = sound(report)
    texts = _texts(whole, broken)
    for name in wanted:
        try:
            _render(whole, name, texts, broken)
        except PdfUnavailable as error:
            no_pdf = error
    if broken.found:  # now the others have to say so
        whole = _with_questions(whole, broken.found)
        for name in [name for name in wanted if f"report.{name}" in texts]:
            _render(whole, name, texts, broken)
    folder = at(output)
    written = tuple(folder.write(name, data) for name, data in texts.items())
    _remove_stale(folder, {path.name for path in written})
    if no_pdf is not None:
        no_pdf.written = written
        if on_problem is None:
            raise no_pdf
        on_problem(str(no_pdf))
    return written


def _texts(report: Report, mishaps: Mishaps) -> dict[str, bytes]:
    """The files of the fix; none where one of them cannot be made: they belong together."""
    files = mishaps.guard("the files of the fix", partial(fix_files, report), {})
    return {name: text.encode("utf-8") for name, text in files.items()}


def _render(report: Report, name: str, texts: dict[str, bytes], mishaps: Mishaps) -> None:
    """Add one format, or take out what cannot be made."""
    data = mishaps.guard(f"report.{name}", partial(rendered, report, name), None)
    texts.pop(f"report.{name}", None)
    if data is not None:
        texts[f"report.{name}"] = data


def _with_questions(report: Report, questions: tuple[Unanswered, ...]) -> Report:
    unanswered = tuple(dict.fromkeys((*report.unanswered, *questions)))
    return msgspec.structs.replace(report, unanswered=unanswered)


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
    seen, dialect = seen_before(report), dialect_of(report).name
    texts = {
        "fix.patch": fix_patch(steps, report.case.project.root),
        "fix.sql": fix_sql(steps, _header(report, "Repairs", steps), seen=seen, dialect=dialect),
        "rollback.sql": rollback_sql(
            steps, _header(report, "Takes back fix.sql for", steps), seen=seen, dialect=dialect
        ),
        "commit-message.txt": "".join(map(clean_message, report.commit_messages[:1])),
    }
    if (script := whole_script(steps)) is not None:
        header = comment(*_header(report, "Repairs", steps))
        texts["fix.sql"] = f"{header}\n{script.text}\n"
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
        "One transaction. It refuses, and changes nothing, where it does not find what was seen.",
    ]


def _touches_database(steps: Iterable[Step], all_: Iterable[Step]) -> bool:
    from forensics.render._steps import database_steps, whole_script

    script = whole_script(all_)
    return bool(database_steps(steps)) or any(step == script for step in steps)


def known_formats(formats: Iterable[str]) -> list[str]:
    """The formats asked for, each once, in the order of `FORMATS`.

    Raises `ForensicsError` for one that is not known.
    """
    asked = frozenset(formats)
    if unknown := sorted(asked - frozenset(FORMATS)):
        known = ", ".join(FORMATS)
        raise ForensicsError(f"There is no format {unknown[0]!r}: give some of {known}.")
    return [name for name in FORMATS if name in asked]


def _remove_stale(folder: SafeFolder, written: Collection[str]) -> None:
    for name in REPORT_FILES:
        if name not in written:
            folder.remove(name)


def rendered(report: Report, name: str) -> bytes:
    """One format as it is written; its libraries are loaded only now."""
    if name == "md":
        from forensics.render.markdown import report_markdown

        return report_markdown(report).encode("utf-8")
    if name == "html":
        from forensics.render.html import report_html

        return report_html(report).encode("utf-8")
    if name == "json":
        from forensics.render.json import report_json

        return report_json(report)
    if name == "sarif":
        from forensics.render.sarif import render_sarif

        return render_sarif(report).encode("utf-8")
    from forensics.render.pdf import report_pdf

    return report_pdf(report)
