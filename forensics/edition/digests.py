"""Hashes of texts with names: each becomes that of the text without them, wherever it stands.

So what had the same hash still has, a text still has its hash, and no hash tells a name to whoever
tries some.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha1, sha256

import msgspec

from forensics.evidence.bundle import Bundle
from forensics.evidence.kinds import EvidenceKind
from forensics.facts.variants import variant_digests

Replace = Callable[[bytes], bytes]


def new_digests(bundle: Bundle, replaced: Replace) -> dict[str, str]:
    """Old hash -> new one, of every file and every content of git whose text changes.

    Those with other line ends or a byte order mark count too: one of them may have been applied.
    Of a text whose secrets were masked, the hash is not that of the text, and stays.
    """
    found: dict[str, str] = {}
    for data, digest in _texts(bundle):
        new = replaced(data)
        if new == data or sha256(data).hexdigest() != digest:
            continue
        found |= zip(_variants(data), _variants(new), strict=True)
        found |= zip(_ids(data), _ids(new), strict=True)
        found[digest] = sha256(new).hexdigest()
    return found


def _texts(bundle: Bundle) -> Iterator[tuple[bytes, str]]:
    for item in bundle.manifest.items:
        content = bundle.content(item)
        if content is None:
            continue
        if item.kind == EvidenceKind.FILE and item.sha256 is not None:
            yield content, item.sha256
        elif item.kind in (EvidenceKind.HISTORY, EvidenceKind.OBJECTS):
            yield from _held(msgspec.json.decode(content))


def _held(value: object) -> Iterator[tuple[bytes, str]]:
    """The contents that git has."""
    if isinstance(value, dict):
        text, digest = value.get("text"), value.get("sha256")
        if isinstance(text, str) and isinstance(digest, str):
            yield text.encode("utf-8", "surrogatepass"), digest
        for held in value.values():
            yield from _held(held)
    elif isinstance(value, list):
        for each in value:
            yield from _held(each)


def _variants(data: bytes) -> Iterator[str]:
    return (digest.hex() for digest in variant_digests(data))


def _ids(data: bytes) -> Iterator[str]:
    """What git calls it, in repositories of either kind."""
    whole = b"blob %d\0%b" % (len(data), data)
    yield sha1(whole, usedforsecurity=False).hexdigest()
    yield sha256(whole).hexdigest()
