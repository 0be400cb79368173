"""Which files a report becomes, and how they come into the output folder: whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import msgspec

from forensics.errors import ForensicsError
from forensics.model import Report, Unanswered
from forensics.model.mishaps import Mishaps
from forensics.redaction.scan import Scan
from forensics.render._fix_files import fix_files
from forensics.system.safe_folder import Place, SafeFolder, at

FORMATS = ("md", "html", "json", "sarif", "md-short", "pdf")
"""The formats of a report, in the order in which they are written: the one that may fail last."""

_ENDING = {"md-short": "short.md"}
"""Format -> how its file ends, where that is another word."""
_PDF = "pdf"
_FIXES = ("fix.patch", "fix.sql", "rollback.sql", "commit-message.txt")


def report_file(name: str) -> str:
    """The file that a format is written to."""
    return f"report.{_ENDING.get(name, name)}"


REPORT_FILES = (*map(report_file, FORMATS), *_FIXES)
"""Everything that a report may become."""


def write_report(
    report: Report,
    output: Place,
    formats: Iterable[str],
    *,
    on_problem: Callable[[str], None] | None = None,
    mishaps: Mishaps | None = None,
    bundle: Callable[[], bytes] | None = None,
    scan: Scan | None = None,
) -> tuple[Path, ...]:
    """Write the report in the formats requested, and the files of the fix; returns their paths.

    Each file is replaced as a whole; one of an earlier run that this report does not have is
    removed. `bundle` gives the evidence as a zip, which the PDF then carries. Where the PDF cannot
    be made, everything else is written, and then `on_problem` is told, or `PdfUnavailable` raised.
    A format in which a part of ours breaks is not written; the others say so, and `mishaps` is
    told. `scan` looks for secrets before anything is written: what it masks stands masked in all
    files, and one that still had a secret is not written. Raises `ForensicsError` for an unknown
    format.
    """
    from forensics.render.pdf import PdfUnavailable
    from forensics.render.sound import sound

    wanted, broken, scan = known_formats(formats), mishaps or Mishaps(), scan or Scan()
    no_pdf: PdfUnavailable | None = None
    whole = scan.record(sound(report), "the report")
    texts = _texts(whole, broken, scan)
    for name in wanted:
        try:
            _render(whole, name, texts, broken, bundle, scan)
        except PdfUnavailable as error:
            no_pdf = error
    if broken.found:  # now the others have to say so
        whole = _with_questions(whole, broken.found)
        for name in [name for name in wanted if report_file(name) in texts]:
            _render(whole, name, texts, broken, bundle, scan)
    folder = at(output)
    written = tuple(folder.write(name, data) for name, data in texts.items())
    _remove_stale(folder, {path.name for path in written})
    if no_pdf is not None:
        no_pdf.written = written
        if on_problem is None:
            raise no_pdf
        on_problem(str(no_pdf))
    return written


def _texts(report: Report, mishaps: Mishaps, scan: Scan) -> dict[str, bytes]:
    """The files of the fix; none where one of them cannot be made: they belong together."""

    def scanned() -> dict[str, str]:
        files = fix_files(report)
        for name, text in files.items():
            scan.require(text, name, name)
        return files

    files = mishaps.guard("the files of the fix", scanned, {})
    return {name: text.encode("utf-8") for name, text in files.items()}


def _render(
    report: Report,
    name: str,
    texts: dict[str, bytes],
    mishaps: Mishaps,
    bundle: Callable[[], bytes] | None,
    scan: Scan,
) -> None:
    """Add one format, or take out what cannot be made, or would have a secret in it."""
    file = report_file(name)

    def scanned() -> bytes:
        data = rendered(report, name, bundle)
        if name != _PDF:  # which is made of the same report as the HTML, and compressed
            scan.require(data.decode("utf-8"), file, file)
        return data

    data = mishaps.guard(f"report.{name}", scanned, None)
    texts.pop(file, None)
    if data is not None:
        texts[file] = data


def _with_questions(report: Report, questions: tuple[Unanswered, ...]) -> Report:
    unanswered = tuple(dict.fromkeys((*report.unanswered, *questions)))
    return msgspec.structs.replace(report, unanswered=unanswered)


def known_formats(formats: Iterable[str]) -> list[str]:
    """The formats requested, each once, in the order of `FORMATS`.

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


def rendered(report: Report, name: str, bundle: Callable[[], bytes] | None = None) -> bytes:
    """One format as it is written; its libraries are loaded only now."""
    if name == "md-short":
        from forensics.render.short import short_markdown

        return short_markdown(report).encode("utf-8")
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

    return report_pdf(report, bundle=bundle() if bundle else None)
