"""The fonts of a page, each cut down to the characters that the page shows."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
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
USUAL = {name: _ALWAYS | {"·", "–"} for name in _TEXT} | {
    "symbols": frozenset("✓❯➜"),
    "emoji": frozenset("🐶🔥😴🚀"),
}
"""Font name -> what most pages show of it at most: cut in advance, since cutting takes long."""
_ALL_USUAL = frozenset[str]().union(*USUAL.values())


def embedded(html: str) -> dict[str, str]:
    """Font name -> `data:` address with the glyphs of the page; fonts without any are left out."""
    return {
        name: f"data:font/woff2;base64,{b64encode(_font(name, shown)).decode()}"
        for name, shown in used(html, _TEXT | _RARE).items()
    }


def used(html: str, files: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Font name -> its characters on a page; rare fonts only for what the others do not have."""
    shown = {it for it in set(unescape(html)) | _ALWAYS if it.isprintable()}
    found: dict[str, frozenset[str]] = {}
    left = set(shown)
    for name, file in files.items():
        wanted = left if name in _RARE else shown
        covered = frozenset(it for it in wanted if _has(name, file, it))
        left -= covered
        if covered:
            found[name] = covered
    return found


def usual(name: str) -> bytes:
    """A font with its usual characters alone, cut again; see `templates/fonts/usual`."""
    return _subset((_TEXT | _RARE)[name], USUAL[name])


def _font(name: str, shown: frozenset[str]) -> bytes:
    if shown <= USUAL[name]:
        return (templates_folder() / "fonts" / "usual" / f"{name}.woff2").read_bytes()
    return _subset((_TEXT | _RARE)[name], shown)


def _has(name: str, file: str, character: str) -> bool:
    if character in _ALL_USUAL:
        return character in USUAL[name]
    return ord(character) in _characters(file)


@lru_cache(maxsize=8)
def _characters(file: str) -> frozenset[int]:
    from fontTools.ttLib import TTFont

    return frozenset(TTFont(templates_folder() / "fonts" / file, lazy=True).getBestCmap())


@lru_cache(maxsize=32)
def _subset(file: str, characters: frozenset[str]) -> bytes:
    """The font with these characters alone; the same bytes at any time."""
    from fontTools.subset import Options, Subsetter
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
