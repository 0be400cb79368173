"""Texts that differ in bytes, but not in what they say."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256

BOM = "\ufeff"
FINAL_NEWLINES = 4


def variants(text: str) -> Iterator[str]:
    """A text with each line end, with and without byte order mark, with up to three newlines."""
    plain = text.removeprefix(BOM).replace("\r\n", "\n").rstrip("\n")
    for mark in ("", BOM):
        for ends in range(FINAL_NEWLINES):
            for eol in ("\n", "\r\n"):
                yield mark + (plain + "\n" * ends).replace("\n", eol)


def variant_of(text: str | None, digest: str) -> str | None:
    """The variant of a text that has a SHA-256, the text itself first; `None` where none has."""
    if text is None or digest not in (hash_of(text), *cosmetic_variants(text)):
        return None
    return next((it for it in (text, *variants(text)) if hash_of(it) == digest), None)


@lru_cache(maxsize=512)
def cosmetic_variants(text: str | None) -> frozenset[str]:
    """The SHA-256 of a text with other line ends, byte order mark and final newlines."""
    return frozenset() if text is None else frozenset(map(hash_of, variants(text)))


def hash_of(text: str) -> str:
    """The SHA-256 of a text's UTF-8; half a surrogate pair has none that could be recorded."""
    return sha256(text.encode("utf-8", errors="replace")).hexdigest()
