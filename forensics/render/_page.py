"""Markdown of ours as the body of a page: sections, folded parts, alerts, tables, colours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from forensics.model import Record, Severity
from forensics.render import _filters, _words

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

_ANCHOR = re.compile(rf'<a id="({_filters.ANCHOR.pattern})"></a>')
_FOLD = re.compile(r'<details(?: id="([ex]\d+)")?( open)?><summary>([^<>]*)</summary>')
_UNFOLD = "</details>"
_ALERT = re.compile(r"\[!(CAUTION|WARNING|NOTE|TIP|IMPORTANT)\]")
_SLUG = re.compile(r"[^a-z0-9]+")
_ISSUE = re.compile(r"Issues? \d+( to \d+)?$")
_PIECE = 40
"""Characters; at 80 it still breaks some lines badly."""
_PIECES = re.compile(rf".{{1,{_PIECE}}}(?: +|$)|\S+ *| +", re.DOTALL)
_STATUS = {
    **{word: outcome.value for outcome, word in _words.OUTCOME.items()},
    **{word + _words.DESTRUCTIVE: "destructive" for word in _words.OUTCOME.values()},
    **{severity.value: severity.value for severity in Severity},
}


class Heading(Record, frozen=True, kw_only=True):
    """An entry of the table of contents."""

    id: str
    title: str


class Page(Record, frozen=True, kw_only=True):
    """The Markdown as HTML, and what stands around it."""

    title: str
    body: str
    headings: tuple[Heading, ...]


def render_page(
    markdown: str, pictures: Mapping[str, str] | None = None, *, printed: bool = False
) -> Page:
    """Markdown of ours as HTML: no raw HTML, no image, no link that leaves the page.

    `pictures` are drawings of ours for the places that the Markdown marks, by their names;
    `printed` says that WeasyPrint lays the page out.
    """
    md = _parser()
    if printed:
        md.add_render_rule("text", _render_text)
    env: EnvType = {"pictures": dict(pictures or {})}
    tokens = _sections(md.parse(markdown, env))
    headings = tuple(_headings(tokens))
    title = next((heading.title for heading in headings if heading.id == ""), "")
    for token in tokens:
        _mark_status(token.children or [])
        _join_lines(token.children or [])
    _free_pictures(tokens)
    _mark_leads(tokens)
    _mark_alerts(tokens)
    _mark_tiles(tokens)
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
    md.block.ruler.before("html_block", "fold", _fold, {"alt": ["paragraph"]})
    md.add_render_rule("anchor", _render_anchor)
    md.add_render_rule("fold_open", _render_fold)
    return md


def _render_text(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """Long text in pieces: between inline elements, WeasyPrint 70 breaks it after single words."""
    from markdown_it.common.utils import escapeHtml

    text = tokens[index].content
    if len(text) <= _PIECE:
        return escapeHtml(text)
    return "".join(f"<span>{escapeHtml(piece)}</span>" for piece in _PIECES.findall(text))


def _anchor(state: StateInline, silent: bool) -> bool:
    """Our own anchors, the only tag inside of lines: evidence has its `<` escaped."""
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
    name = str(tokens[index].attrGet("id"))
    if name.startswith("picture-"):
        return str(env["pictures"].get(name.removeprefix("picture-"), ""))
    return f'<a id="{name}"></a>'


def _fold(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A line that begins or ends a folded part; only lines of ours begin with `<`."""
    line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    opening = _FOLD.fullmatch(line)
    if opening is None and line != _UNFOLD:
        return False
    if silent:
        return True
    if opening is None:
        state.push("fold_close", "details", -1).block = True
    else:
        token = state.push("fold_open", "details", 1)
        token.meta = {"id": opening[1], "open": bool(opening[2]), "summary": opening[3]}
    state.line = start + 1
    return True


def _render_fold(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    meta = tokens[index].meta
    name = f' id="{meta["id"]}"' if meta["id"] else ""
    return f"<details{name}{' open' * meta['open']}><summary>{meta['summary']}</summary>\n"


# --- Sections, headings -------------------------------------------------------------------------


def _sections(tokens: Sequence[Token]) -> list[Token]:
    """Each section of the second level in an element of its own, with the anchor as its id."""
    from markdown_it.token import Token as Made

    made = [Made("section_open", "section", 1, attrs={"class": "answer"}, block=True)]
    waiting = ""
    for place, token in enumerate(tokens):
        name = _only_anchor(tokens, place)
        if name is not None:
            waiting = name
        if waiting and token.type in ("paragraph_open", "inline", "paragraph_close"):
            continue
        if token.type == "heading_open" and token.tag == "h2":
            made.append(Made("section_close", "section", -1, block=True))
            attrs: dict[str, str | int | float] = {"id": waiting} if waiting else {}
            made.append(Made("section_open", "section", 1, attrs=attrs, block=True))
            waiting = ""
        made.append(token)
    return [*made, Made("section_close", "section", -1, block=True)]


def _only_anchor(tokens: Sequence[Token], place: int) -> str | None:
    """The name of the anchor before a heading that is a paragraph of its own."""
    group = tokens[place : place + 4]
    if [token.type for token in group] != [
        *("paragraph_open", "inline", "paragraph_close", "heading_open")
    ]:
        return None
    children = group[1].children or []
    only = children[0] if len(children) == 1 else None
    return str(only.attrGet("id")) if only is not None and only.type == "anchor" else None


def _headings(tokens: Sequence[Token]) -> Iterator[Heading]:
    """Give every section an id and a class; the title of the report has none."""
    taken: dict[str, int] = {}
    section: Token | None = None
    for place, token in enumerate(tokens):
        if token.type == "section_open":
            section = token
        if token.type != "heading_open":
            continue
        title = "".join(child.content for child in tokens[place + 1].children or [])
        if token.tag == "h1":
            yield Heading(id="", title=title)
        elif token.tag == "h2" and section is not None:
            name = str(section.attrGet("id") or "")
            kind = _SLUG.sub("-", title.lower()).strip("-")[:60] or "section"
            name = name or f"section-{_free(kind, taken)}"
            section.attrSet("id", name)
            shown = name if name in _filters.SECTIONS else kind
            section.attrSet("class", "issue" if _ISSUE.match(title.split(":")[0]) else shown)
            yield Heading(id=name, title=title)


def _free(slug: str, taken: dict[str, int]) -> str:
    """The slug, with a number where it was taken before; of each it is known what to try next."""
    free = slug
    while free in taken:
        taken[slug] += 1
        free = f"{slug}-{taken[slug]}"
    taken[free] = 1
    return free


# --- Tables, alerts, colours --------------------------------------------------------------------


def _head_tables(tokens: Sequence[Token]) -> None:
    """Name each table after its section, mark head cells, and label cells for narrow screens."""
    section, number = "header", 0
    for position, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h2":
            section, number = tokens[position + 1].content.split(":")[0], 0
        if token.type == "table_open":
            number += 1
            name = f"rows of {_heads(tokens, position)[0]}" if _ISSUE.match(section) else section
            token.attrSet("class", "t-" + _SLUG.sub("-", name.lower()).strip("-"))
            token.attrSet("aria-label", f"{section} {number}" if number > 1 else section)
            _label_cells(tokens, position)
        if token.type == "th_open":
            token.attrSet("scope", "col")
    _row_heads(tokens)


def _heads(tokens: Sequence[Token], table: int) -> list[str]:
    """What stands over the columns."""
    found = []
    for place in range(table, len(tokens)):
        if tokens[place].type == "thead_close":
            break
        if tokens[place].type == "th_open":
            found.append("".join(it.content for it in tokens[place + 1].children or []))
    return found or [""]


def _label_cells(tokens: Sequence[Token], table: int) -> None:
    heads, column = _heads(tokens, table), 0
    for token in tokens[table:]:
        if token.type == "table_close":
            return
        if token.type == "tr_open":
            column = 0
        if token.type == "td_open":
            if column and heads[column]:
                token.attrSet("data-of", heads[column])
            column += 1


def _row_heads(tokens: Sequence[Token]) -> None:
    """The first cell of each row names the row, and an anchor in it is its id."""
    opened = False
    for place, (before, token) in enumerate(pairwise(tokens), 2):
        if token.type == "td_open" and before.type == "tr_open":
            token.tag, opened = "th", True
            token.attrSet("scope", "row")
            children = tokens[place].children or []
            if children and children[0].type == "anchor":
                token.attrSet("id", str(children.pop(0).attrGet("id")))
        if token.type == "td_close" and opened:
            token.tag, opened = "th", False


def _free_pictures(tokens: Sequence[Token]) -> None:
    """A picture stands for itself: no paragraph may hold a figure."""
    for opening, inline, closing in zip(tokens, tokens[1:], tokens[2:], strict=False):
        children = inline.children or []
        only = children[0] if len(children) == 1 and children[0].type == "anchor" else None
        if only is not None and str(only.attrGet("id")).startswith("picture-"):
            opening.hidden = closing.hidden = True


def _join_lines(children: Sequence[Token]) -> None:
    """Lines of a paragraph with a space between them: WeasyPrint breaks lines badly at others."""
    for token in children:
        if token.type == "softbreak":
            token.type, token.content = "text", " "


def _mark_leads(tokens: Sequence[Token]) -> None:
    """A paragraph that introduces what follows stays with it on one printed page."""
    for opening, inline in pairwise(tokens):
        if opening.type == "paragraph_open" and inline.content.endswith(":"):
            opening.attrSet("class", "lead")


def _mark_alerts(tokens: Sequence[Token]) -> None:
    """A quotation that begins with GitHub's mark of an alert."""
    for place, token in enumerate(tokens):
        if token.type != "blockquote_open":
            continue
        inline = next(it for it in tokens[place:] if it.type == "inline")
        first = next(iter(inline.children or ()), None)
        match = _ALERT.match(first.content) if first is not None else None
        if first is not None and match is not None:
            token.tag = "div"
            token.attrSet("class", f"alert {match[1].lower()}")
            first.content = first.content[match.end() :].lstrip()
            _end_of(tokens, place).tag = "div"


def _end_of(tokens: Sequence[Token], place: int) -> Token:
    level = tokens[place].level
    return next(it for it in tokens[place:] if it.type == "blockquote_close" and it.level == level)


def _mark_tiles(tokens: Sequence[Token]) -> None:
    """The list that follows the title, a tile for each command; the line for narrow screens."""
    for before, token in pairwise(tokens):
        after_title = before.type == "heading_close" and before.tag == "h1"
        if after_title and token.type == "bullet_list_open":
            token.attrSet("class", "tiles")
        words = [child.content for child in (token.children or [])[:3]]
        if before.type == "paragraph_open" and "Next:" in words:
            before.attrSet("class", "jump")


def _mark_status(children: Sequence[Token]) -> None:
    """Colour the words for outcomes and severities; only bold ones, which evidence cannot be."""
    for opening, content in pairwise(children):
        if opening.type == "strong_open" and content.content in _STATUS:
            opening.attrSet("class", f"status {_STATUS[content.content]}")
