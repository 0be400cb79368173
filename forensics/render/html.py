"""The report as one HTML page that loads nothing, made from the Markdown."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING

import msgspec
from markupsafe import Markup

from forensics import __version__
from forensics.model import Report
from forensics.model.characters import one_line, visible_json
from forensics.render._document import document
from forensics.render._fonts import embedded
from forensics.render._page import Heading, Page, render_page
from forensics.render._templates import environment, templates_folder
from forensics.render.markdown import report_markdown
from forensics.render.pictures import Surface, drawings, svg
from forensics.render.sound import sound

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["Heading", "Page", "page_html", "render_page", "report_html", "with_fonts"]

_RUNNING = 80
"""Characters of the title that the head of a printed page has room for."""
_JSON_ESCAPES = str.maketrans(
    {character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
)
_FACES = "/* fonts */"
_FAMILY = {"bold": "sans"}
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SPACE = re.compile(r"\s*([{};,]|:(?= ))\s*")
"""Around punctuation of a style sheet; a colon of a selector has no space after it."""
_BETWEEN = re.compile(r"(?<=>)\n(?=<)")
"""A line feed between elements; one of evidence never follows a tag and precedes another."""
_SHOWN = re.compile(r">[^<>]+<")
"""A text between tags; a sign of a tag in an attribute or in evidence is escaped."""


def report_html(report: Report) -> str:
    """One self-contained page: no request to anywhere, one script of ours, the JSON inside."""
    whole = sound(report)
    data = visible_json(msgspec.json.encode(document(whole))).decode()
    data = data.translate(_JSON_ESCAPES)
    page = page_html(whole, data=data, surface=Surface.PAGE)
    return with_fonts(page, embedded(page.partition("<body>")[2].partition("<script")[0]))


@cache
def _environment() -> Environment:
    """One for all pages, so the template is compiled once."""
    return environment({})


def with_fonts(page: str, fonts: Mapping[str, str]) -> str:
    """A page with its fonts at the addresses given: `sans`, `bold`, `mono` and others."""
    faces = (
        f'@font-face {{ font-family: "Report {_FAMILY.get(name, name)}"; '
        f"font-weight: {600 if name == 'bold' else 400}; "
        f'src: url("{address}") format("woff2"); }}\n'
        for name, address in fonts.items()
    )
    return page.replace(_FACES, "".join(faces), 1)


def page_html(report: Report, *, data: str = "", surface: Surface) -> str:
    """The page, still without fonts."""
    drawn = drawings(report)
    if surface is Surface.PRINT:
        drawn = {name: svg.for_print(figure) for name, figure in drawn.items()}
    printed = surface is Surface.PRINT
    page = render_page(report_markdown(report, surface), drawn, printed=printed)
    folder = templates_folder()
    script = _script(folder / "report.js") if surface is Surface.PAGE else ""
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(
            case=report.case,
            collected_at=one_line(report.case.collected_at),
            page=page,
            running=shorten(page.title, _RUNNING, placeholder=" ..."),
            body=Markup(_short(page.body)),
            css=Markup(_styles(folder / "report.css")),
            faces=Markup(_FACES),
            data=Markup(data),
            script=Markup(script),
            script_hash=b64encode(sha256(script.encode()).digest()).decode() if script else "",
            version=__version__,
        )
    )


def _short(body: str) -> str:
    """The same page in fewer bytes: quotation marks need no escape between tags."""
    return _SHOWN.sub(lambda it: it[0].replace("&quot;", '"'), _BETWEEN.sub("", body))


def _styles(path: Path) -> str:
    """A style sheet without comments and spaces that it does not need."""
    text = _COMMENT.sub("", path.read_text(encoding="utf-8"))
    return _SPACE.sub(r"\1", text).replace(";}", "}").strip()


def _script(path: Path) -> str:
    """A script without indentation and lines of comment; it has no text of several lines."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.startswith("//"))
