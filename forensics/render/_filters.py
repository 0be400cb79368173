"""How values enter Markdown: each filter makes one kind of place safe for any text at all."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from markupsafe import Markup

from forensics.model.characters import one_line, visible
from forensics.model.wrapping import fill

# `Markup` here means "this is Markdown already", as it means "HTML already" elsewhere.

_WIDTH = 100
_SPECIAL = re.compile(r"[\\`*_\[\]<>&|~$]")
_LINK = re.compile(r"(?i)\b(https?|ftp|mailto|xmpp)(:)|\b(www)(\.)|(\w)(@)(?=\w)")
_LINE_START = re.compile(r"(?:[=:-]|[#+](?=[\s#]|$)|\d+[.)](?=\s|$))")
_WORD = re.compile(r"(?:`[^`]+`|[^\s`]|`)+")
_QUOTED = re.compile(r"`([^`]+)`")
# Words that can only be names: an underscore, a file's ending, `schema.table`, slashes, a digest.
_NAME = re.compile(
    r"(?=[\w./@:*-]*(?:\w_|_\w|/[\w.-]+/|\w\.(?:sql|json|[cm]?[jt]s|ya?ml|toml|patch)\b))"
    r"[\w./@:*-]*\w|[a-z]{3,}\.[a-z]{3,}|[0-9a-f]{40,64}"
)
_EDGES = re.compile(r"([(\[]*)(.*?)([)\].,;:!?]*)", re.DOTALL)
_LONG_WORD = 300
_EVIDENCE_ID = re.compile(r"[ex]\d+")
SECTIONS = (
    *("run", "do-not-run", "before-and-after", "experiments", "ruled-out", "limitations"),
    *("timeline", "data", "case", "method"),
)
"""Anchors of sections."""
PICTURES = ("causes", "timeline", "matrix", "chain")
ANCHOR = re.compile(rf"[ex]\d+|issue-\d+|{'|'.join(SECTIONS)}|picture-(?:{'|'.join(PICTURES)})")
_TARGET = re.compile(r"#[a-z0-9-]+")
_NOTHING = Markup("–")


def finalize(value: object) -> Markup:
    """What an expression without a filter becomes: escaped text, so forgetting one is harmless."""
    return value if isinstance(value, Markup) else text(str(value))


def text(value: str) -> Markup:
    """One line of text in which nothing is Markdown."""
    return Markup(_line_start(_escaped(one_line(value))))


def prose(value: str) -> Markup:
    """Sentences, wrapped; names and what stands between backticks become code, the rest is text."""
    paragraphs = (part for part in re.split(r"\n\s*\n", value) if part.strip())
    lines = (fill(_words(paragraph), _WIDTH) for paragraph in paragraphs)
    return Markup("\n\n".join("\n".join(map(_line_start, part)) for part in lines))


def sentence(value: str) -> Markup:
    """Sentences on one line, for list items."""
    return Markup(_line_start(" ".join(_words(value)))) if value.strip() else _NOTHING


def heading(value: str) -> Markup:
    """Sentences for a heading, where a number sign at the end would not be shown."""
    line = str(sentence(value))
    return Markup(line[:-1] + "\\#" if line.endswith("#") else line)


def cell(value: str) -> Markup:
    """Sentences for a table cell, where a bar must be escaped even inside code."""
    return Markup(" ".join(_words(value, table=True))) if value.strip() else _NOTHING


def code(value: str) -> Markup:
    """A code span that ends where the value ends."""
    return Markup(_code(value)) if value else _NOTHING


def cell_code(value: str) -> Markup:
    """A code span for a table cell."""
    return Markup(_code(value, table=True)) if value else _NOTHING


def fence(value: str, language: str = "") -> Markup:
    """A fenced block longer than any run of backticks inside; unseen characters show as escapes."""
    ticks = "`" * max(3, _longest_run(value) + 1)
    body = visible(value, keep="\n\t").rstrip("\n")
    return Markup(f"{ticks}{language}\n{body}\n{ticks}")


def link(label: str, target: str) -> Markup:
    """A link within the report; `target` is one of our own anchors, like `#issue-1`."""
    if not _TARGET.fullmatch(target):
        return text(label)
    return Markup(f"[{_escaped(one_line(label))}]({target})")


def anchor(name: str) -> Markup:
    """The place that `#name` leads to."""
    return Markup(f'<a id="{name}"></a>' if ANCHOR.fullmatch(name) else "")


def references(ids: Iterable[str], known: frozenset[str]) -> Markup:
    """Evidence ids as links to the index; an id that is not there stays text, not a dead link."""
    linked = (
        link(id_, f"#{id_}") if id_ in known and _EVIDENCE_ID.fullmatch(id_) else text(id_)
        for id_ in ids
    )
    return Markup(", ".join(linked)) or _NOTHING


# --- Inside -------------------------------------------------------------------------------------


def _escaped(value: str) -> str:
    marked = _LINK.sub(_broken_link, _SPECIAL.sub(r"\\\g<0>", value))
    return marked.replace("!\\[", "\\!\\[")


def _broken_link(match: re.Match[str]) -> str:
    """GitHub turns bare addresses into links; an escaped colon, dot or at sign stops it."""
    before, mark = (part for part in match.groups() if part)
    return f"{before}\\{mark}"


def _line_start(line: str) -> str:
    """A line that begins no list, heading, table or rule."""
    if (match := _LINE_START.match(line)) is None:
        return line
    return f"{line[: match.end() - 1]}\\{line[match.end() - 1 :]}"


def _words(value: str, *, table: bool = False) -> list[str]:
    """The words of a text, each safe, each code span in one piece."""
    return [_word(word, table) for word in _WORD.findall(" ".join(value.split()))]


@lru_cache(maxsize=2**14)  # reports of many faults say the same words again and again
def _word(word: str, table: bool) -> str:
    safe = ""
    for number, part in enumerate(_QUOTED.split(word)):
        span = _code(part, table=table) if number % 2 else _piece(part, table)
        # Two code spans side by side would be read as one: runs of backticks match as a whole.
        safe += f" {span}" if safe.endswith("`") and span.startswith("`") else span
    return safe


def _piece(part: str, table: bool) -> str:
    edges = _EDGES.fullmatch(part) if len(part) <= _LONG_WORD else None
    if edges is None or not _NAME.fullmatch(edges.group(2)):
        return _escaped(visible(part))
    name = _code(edges.group(2), table=table)
    return _escaped(edges.group(1)) + name + _escaped(edges.group(3))


def _code(value: str, *, table: bool = False) -> str:
    shown = visible(value)
    ticks = "`" * (_longest_run(shown) + 1)
    # CommonMark 6.1: one space at both ends is not part of the code, unless all is spaces.
    ends = shown[:1] + shown[-1:]
    pad = " " if "`" in ends or (ends == "  " and shown.strip()) else ""
    # GFM, example 200: in a table a bar ends the cell even inside code, unless escaped.
    span = shown.replace("|", "\\|") if table else shown
    return f"{ticks}{pad}{span}{pad}{ticks}"


def _longest_run(value: str) -> int:
    return max((len(run) for run in re.findall(r"`+", value)), default=0)
