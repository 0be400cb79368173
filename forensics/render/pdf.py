"""The report as a tagged PDF, laid out by WeasyPrint in a child process with limits."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from forensics.errors import ForensicsError
from forensics.model import Report
from forensics.render._sound import sound
from forensics.render._templates import templates_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = 180
_MEMORY = 2 * 1024**3
"""Bytes of address space; 276 pages took 382 MiB."""
_NO_LIBRARY = 3
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


def report_pdf(report: Report) -> bytes:
    """The report as PDF/UA-1; the same bytes for the same report. Raises `PdfUnavailable`."""
    from forensics.render.html import page_html, with_fonts
    from forensics.render.pictures import Surface

    fonts = {name: f"{_SCHEME}{file}" for name, file in _FONTS.items()}
    return html_to_pdf(
        with_fonts(page_html(sound(report), surface=Surface.PRINT), fonts),
        report.case.bundle_sha256,
    )


def html_to_pdf(html: str, identity: str, *, seconds: float = _SECONDS) -> bytes:
    """Lay out a page of ours in a child process; `identity` becomes the document's identifier."""
    from forensics.system.temporary import temporary_folder

    with temporary_folder("pdf") as folder:
        config = folder / "fonts.conf"
        config.write_text(_NO_SYSTEM_FONTS.format(folder=folder), encoding="utf-8")
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

    document = HTML(string=_shown(html), url_fetcher=OurFonts())
    identifier = sha256(identity.encode()).digest()[:16]
    pdf = document.write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=identifier)
    return bytes(pdf or b"")


def _shown(html: str) -> str:
    """The page with each character that none of our fonts has as its code point."""
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    files = (templates_folder() / "fonts" / file for file in _FONTS.values())
    covered = {code for file in files for code in TTFont(file).getBestCmap()}
    strange = {character for character in set(html) if ord(character) not in covered}
    strange -= set("\n\t\r\u200d\ufe0f")
    return html.translate({ord(character): f"U+{ord(character):04X}" for character in strange})


if __name__ == "__main__":
    sys.exit(_child(sys.argv[1]))
