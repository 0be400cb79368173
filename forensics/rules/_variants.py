"""Texts that differ in bytes, but not in what they say."""

from __future__ import annotations

from hashlib import sha256

BOM = b"\xef\xbb\xbf"
FINAL_NEWLINES = 4


def cosmetic_variants(text: str | None) -> frozenset[str]:
    """The SHA-256 of a text with other line ends, byte order mark and final newlines."""
    if text is None:
        return frozenset()
    plain = text.encode().removeprefix(BOM).replace(b"\r\n", b"\n").rstrip(b"\n")
    variants = (
        mark + (plain + b"\n" * ends).replace(b"\n", eol)
        for mark in (b"", BOM)
        for ends in range(FINAL_NEWLINES)
        for eol in (b"\n", b"\r\n")
    )
    return frozenset(sha256(variant).hexdigest() for variant in variants)
