"""Drawing in SVG: shapes and texts whose every value is escaped.

Our own and not a library's: four small pictures of boxes, lines and texts need no plotting, and
what draws graphs (Graphviz, matplotlib) adds a program or megabytes to a page without requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from forensics.model.characters import one_line
from forensics.model.wording import shortened

WIDTH = 760
"""Units of every picture: what fits a narrow column and a printed page."""
_SIZE = 12
"""Of a label; every picture has it unless a text says otherwise."""
_PER_CHARACTER = 6.4
"""Width of a character at the size of a label."""


def text(
    x: float, y: float, said: str, *, kind: str = "", width: float = 0, size: int = _SIZE
) -> str:
    """One line; with `width` it is cut to what fits."""
    line = one_line(said)
    if width:
        line = shortened(line, max(4, int(width / (_PER_CHARACTER * size / _SIZE))))
    mark = f' class="{kind}"' if kind else ""
    mark += f' font-size="{size}"' if size != _SIZE else ""
    return f'<text x="{x:g}" y="{y:g}"{mark}>{escape(line, quote=False)}</text>'


def box(x: float, y: float, width: float, height: float, kind: str) -> str:
    """A rectangle with round corners."""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="4" class="{kind}"/>'
    )


def dot(x: float, y: float, kind: str, radius: float = 5) -> str:
    """A filled circle."""
    return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" class="{kind}"/>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str = "line") -> str:
    """A straight line."""
    return f'<path d="M{x1:g} {y1:g}L{x2:g} {y2:g}" class="{kind}"/>'


def curve(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A line that leaves and arrives level."""
    middle = (x1 + x2) / 2
    way = f"M{x1:g} {y1:g}C{middle:g} {y1:g} {middle:g} {y2:g} {x2:g} {y2:g}"
    return f'<path d="{way}" class="{kind}"/>'


def lines_of(said: str, width: float, most: int = 2, size: int = _SIZE) -> Sequence[str]:
    """A text broken into lines that fit a width; the last one may end in `...`."""
    fits = max(8, int(width / (_PER_CHARACTER * size / _SIZE)))
    lines = [""]
    for word in one_line(said).split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > fits:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    kept = [shortened(it, fits) for it in lines[:most]]
    if len(lines) > most:
        kept[-1] = f"{kept[-1][: fits - 3].removesuffix('...')}..."
    return kept


_PRINT = (
    "text{font-family:'Report sans','Report symbols','Report emoji';fill:#1b1f26}"
    ".mono{font-family:'Report mono','Report symbols'}.soft{fill:#565e6b}"
    ".line{stroke:#dcdfe5;fill:none}.edge{stroke:#565e6b;fill:none;stroke-width:1.5}"
    ".mask{stroke-dasharray:5 4}.box{fill:#f5f6f8;stroke:#dcdfe5}"
    ".bad{fill:#fbe6e5;stroke:#9b1c1c}.good{fill:#e3f3e9;stroke:#12643a}"
    ".ask{fill:#fdf0d5;stroke:#7a4a00}.calm{fill:#eaecf0;stroke:#565e6b}"
    "text.bad{fill:#9b1c1c;stroke:none}text.good{fill:#12643a;stroke:none}"
    "text.ask{fill:#7a4a00;stroke:none}text.calm{fill:#454d5a;stroke:none}"
)
"""The colours of paper: WeasyPrint gives a drawing none of the page's styles."""


def for_print(drawn: str) -> str:
    """A figure that carries its own styles, and its text alternative where a PDF takes it from."""
    label = drawn.partition('aria-label="')[2].partition('"')[0]
    return drawn.replace('">', f'"><title>{label}</title><style>{_PRINT}</style>', 1)


def figure(parts: Iterable[str], height: float, label: str, caption: str) -> str:
    """A picture with its text alternative and its caption."""
    said = escape(one_line(label), quote=True)
    return (
        f'<figure><svg role="img" aria-label="{said}" viewBox="0 0 {WIDTH} {height:g}" '
        f'width="{WIDTH}" height="{height:g}" font-size="{_SIZE}">{"".join(parts)}</svg>'
        f"<figcaption>{escape(one_line(caption))}</figcaption></figure>"
    )
