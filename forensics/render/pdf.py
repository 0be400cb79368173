"""The report as a tagged PDF, laid out by WeasyPrint in a child process with limits."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from forensics import limits
from forensics.errors import ForensicsError
from forensics.model import Report
from forensics.render._templates import templates_folder
from forensics.render.sound import sound

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydyf import PDF
    from weasyprint import Attachment

_SECONDS = limits.PDF_SECONDS
_MEMORY = 2 * 1024**3
"""Bytes of address space; 276 pages took 382 MiB."""
_NO_LIBRARY = 3
_ATTACHED = "attached"
_SAYS = {
    "bundle.zip": "The evidence bundle that this report was made from",
    "report.json": "Everything that this report says, as data",
    "fix.patch": "The changes of files that this report recommends",
    "fix.sql": "The change of the database that this report recommends",
    "rollback.sql": "The inverse of fix.sql",
    "commit-message.txt": "The suggested commit message",
}
# PDF/A lets metadata have only what it knows, or what an extension schema declares.
_UA = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<pdfuaid:part>1</pdfuaid:part></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#"><pdfaExtension:schemas><rdf:Bag>
<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq>
<rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of PDF/UA</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description></rdf:RDF>"""
_SCHEME = "font:"
_FONTS = {
    "sans": "IBMPlexSans-Regular.woff2",
    "bold": "IBMPlexSans-SemiBold.woff2",
    "mono": "IBMPlexMono-Regular.woff2",
    "symbols": "DejaVuSans-Symbols.woff2",
    "emoji": "NotoEmoji-Subset.woff2",
}
# The fonts of the machine stay out: the same bundle gives the same bytes anywhere.
_NO_SYSTEM_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><cachedir>{folder}</cachedir></fontconfig>
"""


class PdfUnavailable(ForensicsError):
    """The PDF could not be made; the message names what is missing. `written` is what else was."""

    written: tuple[Path, ...] = ()


def report_pdf(report: Report, *, bundle: bytes | None = None) -> bytes:
    """The report as PDF/A-3a and PDF/UA-1, with its data and its evidence attached.

    The same bytes for the same report and bundle, which is a zip. Raises `PdfUnavailable`.
    """
    from forensics.render._fix_files import fix_files
    from forensics.render._fonts import used
    from forensics.render.html import page_html, with_fonts
    from forensics.render.json import report_json
    from forensics.render.pictures import Surface

    page = page_html(sound(report), surface=Surface.PRINT)
    page = with_fonts(page, {name: f"{_SCHEME}{_FONTS[name]}" for name in used(page, _FONTS)})
    files = {name: text.encode() for name, text in fix_files(report).items()}
    files |= {"report.json": report_json(report)} | ({"bundle.zip": bundle} if bundle else {})
    return html_to_pdf(page, report.case.bundle_sha256, attached=files)


def html_to_pdf(
    html: str,
    identity: str,
    *,
    attached: Mapping[str, bytes] | None = None,
    seconds: float = _SECONDS,
) -> bytes:
    """Lay out a page of ours in a child process; `identity` becomes the document's identifier.

    `attached` are files that the document carries, by their names, which are ours.
    """
    from forensics.system.temporary import temporary_folder

    with temporary_folder("pdf") as folder:
        config = folder / "fonts.conf"
        config.write_text(_NO_SYSTEM_FONTS.format(folder=folder), encoding="utf-8")
        (folder / _ATTACHED).mkdir()
        for name, data in (attached or {}).items():
            (folder / _ATTACHED / name).write_bytes(data)
        try:
            child = subprocess.run(
                # -P: a file weasyprint.py in the current folder must not be imported.
                [sys.executable, "-P", "-m", "forensics.render.pdf", identity],
                input=html.encode("utf-8"),
                capture_output=True,
                env=_environment(config),
                cwd=folder,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise PdfUnavailable(
                f"The PDF was not finished after {seconds:.0f} seconds: use --format html, "
                "and print that page."
            ) from error
    if child.returncode == 0:
        return child.stdout
    raise PdfUnavailable(_failure(child.returncode, child.stderr.decode(errors="replace")))


def _environment(config: Path) -> Mapping[str, str]:
    package = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH", ""))))
    return os.environ | {"FONTCONFIG_FILE": str(config), "PYTHONPATH": path}


def _failure(code: int, stderr: str) -> str:
    last = stderr.strip().splitlines()[-1] if stderr.strip() else f"exit code {code}"
    if code == _NO_LIBRARY:
        return (
            f"The PDF needs a library that is not here: {last}. Install it: "
            "'apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0' "
            "(Debian, Ubuntu) or 'brew install pango' (macOS)."
        )
    return f"The PDF could not be made ({last}): use --format html, and print that page."


# --- The child ----------------------------------------------------------------------------------


def _child(identity: str) -> int:
    """Read HTML from stdin, write the PDF to stdout; 3 where a system library is missing."""
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError) as error:
        found = re.search(r"'?((?:lib)?(?:pango|gobject|fontconfig|harfbuzz)[\w.-]*)'?", str(error))
        sys.stderr.write(found[1] if found else str(error).splitlines()[0])
        return _NO_LIBRARY
    _limit()
    sys.stdout.buffer.write(_laid_out(sys.stdin.buffer.read().decode("utf-8"), identity))
    return 0


def _limit() -> None:
    import resource

    limits = ((resource.RLIMIT_CPU, _SECONDS), (resource.RLIMIT_AS, _MEMORY))
    for kind, most in (*limits, (resource.RLIMIT_CORE, 0)):
        # macOS refuses a limit on the address space.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


def _laid_out(html: str, identity: str) -> bytes:
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OurFonts(URLFetcher):  # type: ignore[misc]
        """Serves the fonts of the report and refuses every other address."""

        def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
            file = url.removeprefix(_SCHEME)
            if not url.startswith(_SCHEME) or file not in _FONTS.values():
                raise ValueError("a report loads nothing")
            data = (templates_folder() / "fonts" / file).read_bytes()
            return URLFetcherResponse(url, data, {"Content-Type": "font/woff2"})

    identifier = sha256(identity.encode()).digest()[:16]
    variant = {"pdf_variant": "pdf/a-3a", "pdf_identifier": identifier}
    document = HTML(string=_shown(html), url_fetcher=OurFonts()).render(**variant)
    document.metadata.xmp_metadata = [_UA]
    document.metadata.attachments = list(_attachments(document.metadata.created))
    pdf = document.write_pdf(finisher=_attached_once, **variant)
    return bytes(pdf or b"")


def _attachments(created: str | None) -> Iterator[Attachment]:
    """The files that wait in the current folder, dated like the report."""
    from weasyprint import Attachment

    at = datetime.fromisoformat(created) if created else datetime(1970, 1, 1, tzinfo=UTC)
    for path in sorted(Path(_ATTACHED).iterdir()):
        relationship = "Data" if path.name == "report.json" else "Supplement"
        yield Attachment(
            string=path.read_bytes(),
            name=path.name,
            description=_SAYS.get(path.name, path.name),
            created=at,
            modified=at,
            relationship="Source" if path.name == "bundle.zip" else relationship,
        )


def _attached_once(document: object, pdf: PDF) -> None:
    """The catalogue names each attachment once: WeasyPrint 70 says it twice."""
    if "AF" in pdf.catalog:
        pdf.catalog["AF"] = type(pdf.catalog["AF"])(dict.fromkeys(pdf.catalog["AF"]))


def _shown(html: str) -> str:
    """The page with each character that none of our fonts has as its code point."""
    from fontTools.ttLib import TTFont

    files = (templates_folder() / "fonts" / file for file in _FONTS.values())
    covered = {code for file in files for code in TTFont(file).getBestCmap()}
    strange = {character for character in set(html) if ord(character) not in covered}
    strange -= set("\n\t\r\u200d\ufe0f")
    return html.translate({ord(character): f"U+{ord(character):04X}" for character in strange})


if __name__ == "__main__":
    sys.exit(_child(sys.argv[1]))
