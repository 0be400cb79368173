"""Searches all that git's store holds for contents whose hash was recorded as applied."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from threading import Event

from msgspec.structs import replace

from forensics.bundle import BundleWriter
from forensics.collect.blobs import parse
from forensics.collect.git import Git, GitError
from forensics.collect.names import stored
from forensics.collect.quarantine import Quarantine, quarantine
from forensics.collect.recording import Mask
from forensics.collect.repository import Repository
from forensics.facts import Blob, FoundObject, GitObjects
from forensics.model import Outcome
from forensics.recorded import OBJECTS
from forensics.variants import variant_hashes

SECONDS = 20.0
"""For the whole search."""
LARGEST = 256 * 2**10
"""Bytes above which an object is not taken for a migration."""
ALL = 2**30
"""Bytes that are read altogether."""
STREAMS = 2

_GROUP = 8 * 2**20
_LIKE_SQL = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?\s*(?:--|/\*|(?:CREATE|ALTER|DROP|INSERT|UPDATE|DELETE|DO|COMMENT|BEGIN)\b)",
    re.IGNORECASE,
)
UNREACHABLE = "unreachable"


def search_objects(
    repository: Repository,
    wanted: Collection[str],
    known: Collection[str],
    writer: BundleWriter,
    *,
    mask: Mask,
    seconds: float = SECONDS,
) -> GitObjects | None:
    """Look for SHA-256 sums, or those of other line ends, in every object; recorded.

    `known` are ids of blobs that were read before. Gives `None` where git fails, and records why.
    """
    locator = f"git objects with {len(wanted)} recorded hash{'es' * (len(wanted) != 1)}"
    try:
        with quarantine(repository, seconds) as place:
            found = _search(place, frozenset(wanted), frozenset(known), mask)
    except (GitError, OSError) as error:
        outcome = error.outcome if isinstance(error, GitError) else Outcome.FAILED
        writer.add(OBJECTS, locator, outcome, note=f"the search failed: {error}")
        return None
    evidence = writer.add_value(OBJECTS, locator, found, note=found.gap)
    return replace(found, evidence=evidence)


def _search(
    place: Quarantine, wanted: frozenset[str], known: frozenset[str], mask: Mask
) -> GitObjects:
    sizes, gap = _listed(place.git, known)
    search = _Search(place.git, wanted)
    with ThreadPoolExecutor(STREAMS) as pool:
        matches = [match for group in pool.map(search.read, _groups(sizes)) for match in group]
    gap = gap or ("it was broken off after the time allowed" if search.cut.is_set() else "")
    paths = _paths(place, {blob.id for blob, _ in matches})
    return GitObjects(
        evidence="",
        wanted=tuple(sorted(wanted)),
        found=tuple(
            FoundObject(
                blob=_told(blob, data, paths.get(blob.id, ""), mask),
                where=paths.get(blob.id, UNREACHABLE),
            )
            for blob, data in matches
        ),
        looked_at=search.count,
        gap=gap,
    )


class _Search:
    """Reads groups of objects until all that is wanted was found, or the time is over."""

    def __init__(self, git: Git, wanted: frozenset[str]) -> None:
        self._git = git
        self._wanted = wanted
        self._found: set[str] = set()
        self._done = Event()
        self.cut = Event()
        self.count = 0

    def read(self, group: list[str]) -> list[tuple[Blob, bytes]]:
        """The objects of a group that have a wanted hash, or a variant that has."""
        if self._done.is_set() or self.cut.is_set():
            return []
        asked = "".join(f"{it}\n" for it in group).encode("ascii")
        answer = self._git.ask("cat-file", "--batch", "--buffer", stdin=asked, limit=4 * _GROUP)
        if not answer.whole:
            self.cut.set()
        return [match for it in parse(answer.out) if (match := self._match(*it)) is not None]

    def _match(self, blob_id: str, data: bytes) -> tuple[Blob, bytes] | None:
        self.count += 1
        digest = sha256(data).hexdigest()
        exact = digest in self._wanted
        if not exact and not (_LIKE_SQL.match(data) and variant_hashes(data) & self._wanted):
            return None
        self._found |= {digest} if exact else set()
        if self._found == self._wanted:
            self._done.set()
        return Blob(id=blob_id, sha256=digest, size=len(data)), data


def _listed(git: Git, known: frozenset[str]) -> tuple[Mapping[str, int], str]:
    """Id -> size of every small blob that was not read before, as they lie in the packs."""
    answer = git.ask(
        *("cat-file", "--batch-all-objects", "--unordered"),
        "--batch-check=%(objectname) %(objecttype) %(objectsize)",
    )
    sizes: dict[str, int] = {}
    total = 0
    for line in answer.out.decode("ascii", "replace").splitlines():
        id_, kind, size, *_ = (*line.split(" "), "", "", "")
        if kind != "blob" or not size.isdecimal() or id_ in known or not 0 < int(size) <= LARGEST:
            continue
        total += int(size)
        if total > ALL:
            return sizes, f"only the first {ALL >> 20} MiB were read"
        sizes[id_] = int(size)
    return sizes, "" if answer.whole else f"not all objects could be listed ({answer.reason})"


def _groups(sizes: Mapping[str, int]) -> Iterator[list[str]]:
    group: list[str] = []
    weight = 0
    for blob, size in sizes.items():
        group.append(blob)
        weight += size
        if weight > _GROUP:
            yield group
            group, weight = [], 0
    if group:
        yield group


def _paths(place: Quarantine, found: Collection[str]) -> dict[str, str]:
    """Under which path a commit holds what was found; asked only where something was."""
    if not found:
        return {}
    tips = "".join(f"{id_}\n" for id_, _ in place.tips).encode("ascii")
    answer = place.git.ask(
        *("rev-list", "--objects", "--all", "--ignore-missing", "--missing=allow-any", "--stdin"),
        stdin=tips,
    )
    pairs = (line.split(b" ", 1) for line in answer.out.splitlines())
    return {
        pair[0].decode("ascii"): stored(pair[1])
        for pair in pairs
        if len(pair) == 2 and pair[1] and pair[0].decode("ascii", "replace") in found
    }


def _told(blob: Blob, data: bytes, path: str, mask: Mask) -> Blob:
    text = mask(data, path or "found.sql")[0].decode("utf-8", errors="replace")
    return replace(blob, text=text)
