"""The fonts of a page, each cut down to the characters that the page shows."""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache
from html import unescape
from io import BytesIO

from forensics.render._templates import templates_folder

_TEXT = {
    "sans": "IBMPlexSans-Regular-Latin1.woff2",
    "bold": "IBMPlexSans-SemiBold-Latin1.woff2",
    "mono": "IBMPlexMono-Regular-Latin1.woff2",
}
_RARE = {"symbols": "DejaVuSans-Symbols.woff2", "emoji": "NotoEmoji-Subset.woff2"}
_ALWAYS = frozenset(map(chr, range(0x20, 0x7F)))


def embedded(html: str) -> dict[str, str]:
    """Font name -> `data:` address with the glyphs of the page; fonts without any are left out."""
    shown = {it for it in set(unescape(html)) | _ALWAYS if it.isprintable()}
    made: dict[str, str] = {}
    left = set(shown)
    for name, file in (_TEXT | _RARE).items():
        wanted = left if name in _RARE else shown
        covered = frozenset(it for it in wanted if ord(it) in _characters(file))
        left -= covered
        if covered:
            data = _subset(file, covered)
            made[name] = f"data:font/woff2;base64,{b64encode(data).decode()}"
    return made


@lru_cache(maxsize=8)
def _characters(file: str) -> frozenset[int]:
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    return frozenset(TTFont(templates_folder() / "fonts" / file, lazy=True).getBestCmap())


@lru_cache(maxsize=32)
def _subset(file: str, characters: frozenset[str]) -> bytes:
    """The font with these characters alone; the same bytes at any time."""
    from fontTools.subset import Options, Subsetter  # type: ignore[import-untyped]
    from fontTools.ttLib import TTFont

    font = TTFont(templates_folder() / "fonts" / file, recalcTimestamp=False)
    options = Options(flavor="woff2", layout_features=[], hinting=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=sorted(map(ord, characters)))
    subsetter.subset(font)
    font.flavor = "woff2"
    buffer = BytesIO()
    font.save(buffer)
    return buffer.getvalue()
