"""The report as one HTML page that loads nothing, made from the Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from textwrap import shorten
from typing import TYPE_CHECKING

from markupsafe import Markup

from forensics import __version__
from forensics.model import Record, Report, Severity
from forensics.render import _words
from forensics.render._sound import sound
from forensics.render._templates import environment, templates_folder
from forensics.render.json import report_json
from forensics.render.markdown import report_markdown

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

_ANCHOR = re.compile(r'<a id="(e\d+|issue-\d+)"></a>')
_RUNNING = 80
"""Characters of the title that the head of a printed page has room for."""
_SLUG = re.compile(r"[^a-z0-9]+")
_ISSUE = re.compile(r"Issues? \d+( to \d+)?$")
_STATUS = {
    **{word: outcome.value for outcome, word in _words.OUTCOME.items()},
    **{word + _words.DESTRUCTIVE: "destructive" for word in _words.OUTCOME.values()},
    **{severity.value: severity.value for severity in Severity},
}
_JSON_ESCAPES = str.maketrans(
    {character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
)
_LATIN = {
    "sans": "IBMPlexSans-Regular-Latin1.woff2",
    "bold": "IBMPlexSans-SemiBold-Latin1.woff2",
    "mono": "IBMPlexMono-Regular-Latin1.woff2",
}
_SYMBOLS = re.compile("[\u2190-\u28ff]")
_EMOJI = re.compile("[\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]")


class Heading(Record, frozen=True, kw_only=True):
    """An entry of the table of contents."""

    id: str
    title: str


class Page(Record, frozen=True, kw_only=True):
    """The Markdown as HTML, and what stands around it."""

    title: str
    body: str
    headings: tuple[Heading, ...]


def report_html(report: Report) -> str:
    """One self-contained page: no request to anywhere, no script, the report's JSON inside."""
    whole = sound(report)
    data = _script_json(report_json(whole).decode())
    folder = templates_folder() / "fonts"
    fonts = {name: _data_url((folder / file).read_bytes()) for name, file in _fonts(data).items()}
    return page_html(whole, fonts=fonts, data=data)


def page_html(report: Report, *, fonts: Mapping[str, str], data: str = "") -> str:
    """The page with its fonts at the addresses given: `sans`, `bold`, `mono` and others."""
    page = render_page(report_markdown(report))
    css = (templates_folder() / "report.css").read_text(encoding="utf-8")
    return (
        environment({})
        .get_template("page.html.jinja")
        .render(
            case=report.case,
            page=page,
            running=shorten(page.title, _RUNNING, placeholder=" ..."),
            body=Markup(page.body),
            css=Markup(css),
            fonts={name: Markup(address) for name, address in fonts.items()},
            data=Markup(data),
            version=__version__,
        )
    )


def render_page(markdown: str) -> Page:
    """Markdown of ours as HTML: no raw HTML, no image, no link that leaves the page."""
    md = _parser()
    env: EnvType = {}
    tokens = md.parse(markdown, env)
    headings = tuple(_headings(tokens))
    title = next((heading.title for heading in headings if heading.id == ""), "")
    for token in tokens:
        _mark_status(token.children or [])
    _head_tables(tokens)
    body = md.renderer.render(tokens, md.options, env)
    sections = tuple(heading for heading in headings if heading.id)
    return Page(title=title, body=body, headings=sections)


# --- The parser ---------------------------------------------------------------------------------


def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    md = MarkdownIt("js-default", {"linkify": False, "typographer": False, "html": False})
    md.disable(["image", "autolink"])
    md.validateLink = lambda url: bool(re.fullmatch(r"#[a-z0-9-]+", url))  # type: ignore[method-assign]
    md.inline.ruler.before("html_inline", "anchor", _anchor)
    md.add_render_rule("anchor", _render_anchor)
    md.add_render_rule("table_open", _open_table)
    md.add_render_rule("table_close", _close_table)
    return md


def _anchor(state: StateInline, silent: bool) -> bool:
    """Our own anchors, the only tag that Markdown of ours holds: evidence has its `<` escaped."""
    match = _ANCHOR.match(state.src, state.pos)
    if match is None:
        return False
    if not silent:
        state.push("anchor", "a", 0).attrSet("id", match[1])
    state.pos = match.end()
    return True


def _render_anchor(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    return f'<a id="{tokens[index].attrGet("id")}"></a>'


def _open_table(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    name = tokens[index].attrGet("class")
    label = str(tokens[index].meta.get("label", "Table")).replace('"', "&quot;")
    return (
        f'<div class="scroll" role="region" aria-label="{label}" tabindex="0">'
        f'<table class="{name}">\n'
    )


def _close_table(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    return "</table></div>\n"


# --- Headings, tables, colours ------------------------------------------------------------------


def _headings(tokens: Sequence[Token]) -> Iterator[Heading]:
    """Give every section an id; the title of the report has none."""
    taken: dict[str, int] = {}
    for token, inline in pairwise(tokens):
        if token.type != "heading_open":
            continue
        title = "".join(child.content for child in inline.children or [])
        if token.tag == "h1":
            yield Heading(id="", title=title)
        if token.tag == "h2":
            slug = _free(_SLUG.sub("-", title.lower()).strip("-")[:60] or "section", taken)
            token.attrSet("id", f"section-{slug}")
            yield Heading(id=f"section-{slug}", title=title)


def _free(slug: str, taken: dict[str, int]) -> str:
    """The slug, with a number where it was taken before; of each it is known what to try next."""
    free = slug
    while free in taken:
        taken[slug] += 1
        free = f"{slug}-{taken[slug]}"
    taken[free] = 1
    return free


def _head_tables(tokens: Sequence[Token]) -> None:
    """Name each table after its section, mark head cells, and make the header table a plain one."""
    section = "header"
    for position, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h2":
            section = tokens[position + 1].content.split(":")[0]
        if token.type == "table_open":
            name = f"rows of {_first_head(tokens, position)}" if _ISSUE.match(section) else section
            token.attrSet("class", "t-" + _SLUG.sub("-", name.lower()).strip("-"))
            token.meta["label"] = "Case" if section == "header" else section
        if token.type == "th_open":
            token.attrSet("scope", "col")
    _row_heads(tokens)


def _first_head(tokens: Sequence[Token], table: int) -> str:
    """What stands over the first column: it tells the tables of evidence apart."""
    first = next((n for n in range(table, len(tokens)) if tokens[n].type == "th_open"), table)
    return tokens[first + 1].content


def _row_heads(tokens: Sequence[Token]) -> None:
    """The first cell of each row names the row."""
    opened = False
    for before, token in pairwise(tokens):
        if token.type == "td_open" and before.type == "tr_open":
            token.tag, opened = "th", True
            token.attrSet("scope", "row")
        if token.type == "td_close" and opened:
            token.tag, opened = "th", False


def _mark_status(children: Sequence[Token]) -> None:
    """Colour the words for outcomes and severities; only bold ones, which evidence cannot be."""
    for opening, content in pairwise(children):
        if opening.type == "strong_open" and content.content in _STATUS:
            opening.attrSet("class", f"status {_STATUS[content.content]}")


# --- Data ---------------------------------------------------------------------------------------


def _fonts(text: str) -> dict[str, str]:
    """The fonts that a page with this text needs; those for symbols and emoji are rarely."""
    rare = {"symbols": (_SYMBOLS, "DejaVuSans-Symbols.woff2")}
    rare["emoji"] = (_EMOJI, "NotoEmoji-Subset.woff2")
    return _LATIN | {name: file for name, (kind, file) in rare.items() if kind.search(text)}


def _data_url(data: bytes) -> str:
    from base64 import b64encode

    return f"data:font/woff2;base64,{b64encode(data).decode()}"


def _script_json(text: str) -> str:
    """JSON that no parser of HTML takes for a tag: `<` can only stand inside of strings."""
    return text.translate(_JSON_ESCAPES)
