"""Texts that differ in bytes, but not in what they say."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256

BOM = "\ufeff"
_MARK = BOM.encode()
FINAL_NEWLINES = 4
_BEGUN = (sha256(), sha256(_MARK))


def variants(text: str) -> Iterator[str]:
    """A text with each line end, with and without byte order mark, with up to three newlines."""
    plain = text.removeprefix(BOM).replace("\r\n", "\n").rstrip("\n")
    for mark in ("", BOM):
        for ends in range(FINAL_NEWLINES):
            for eol in ("\n", "\r\n"):
                yield mark + (plain + "\n" * ends).replace("\n", eol)


def as_meant(text: str | None) -> str | None:
    """A text as it was meant that was decoded as UTF-8 in spite of a mark, or of being UTF-16.

    `None` where nothing is wrong with it, and where it cannot be told.
    """
    if text is None:
        return None
    if text.startswith(BOM):
        return text.removeprefix(BOM)
    if "\0" not in text:
        return None
    # The mark of UTF-16 is two bytes that UTF-8 does not know; of ASCII, every other byte is zero.
    wide = text.removeprefix("\ufffd" * 2)
    plain = wide.replace("\0", "")
    halved = len(plain) * 2 == len(wide) and "\ufffd" not in plain
    return plain if halved else None


def variant_of(text: str | None, digest: str) -> str | None:
    """The variant of a text that has a SHA-256, the text itself first; `None` where none has."""
    if text is None or digest not in (hash_of(text), *cosmetic_variants(text)):
        return None
    return next((it for it in (text, *variants(text)) if hash_of(it) == digest), None)


@lru_cache(maxsize=512)
def cosmetic_variants(text: str | None) -> frozenset[str]:
    """The SHA-256 of a text with other line ends, byte order mark and final newlines."""
    return frozenset() if text is None else variant_hashes(text.encode("utf-8", "replace"))


def variant_hashes(data: bytes) -> frozenset[str]:
    """The same of bytes."""
    return frozenset(digest.hex() for digest in variant_digests(data))


def variant_digests(data: bytes) -> list[bytes]:
    """The same as digests; a hash is carried on from newline to newline, since speed counts."""
    plain = data.removeprefix(_MARK).replace(b"\r\n", b"\n").rstrip(b"\n")
    found = []
    for eol in (b"\n", b"\r\n"):
        lines = plain if eol == b"\n" else plain.replace(b"\n", eol)
        for begun in _BEGUN:
            running = begun.copy()
            running.update(lines)
            found.append(running.digest())
            for _ in range(FINAL_NEWLINES - 1):
                running.update(eol)
                found.append(running.digest())
    return found


def hash_of(text: str) -> str:
    """The SHA-256 of a text's UTF-8; half a surrogate pair has none that could be recorded."""
    return sha256(text.encode("utf-8", errors="replace")).hexdigest()
