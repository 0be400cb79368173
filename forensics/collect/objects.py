"""Searches all that git's store holds for contents whose hash was recorded as applied."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256
from threading import Event

from msgspec.structs import replace

from forensics import limits
from forensics.collect.blobs import parse
from forensics.collect.git import Git, GitError
from forensics.collect.names import stored
from forensics.collect.quarantine import Quarantine, quarantine
from forensics.collect.recording import Mask
from forensics.collect.repository import Repository
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.kinds import EvidenceKind
from forensics.facts import Blob, FoundObject, GitObjects
from forensics.facts.variants import variant_digests
from forensics.model import Outcome

SECONDS = limits.OBJECT_SECONDS
LARGEST = limits.BLOB_SEARCHED
ALL = limits.BLOBS_SEARCHED
STREAMS = 2
PROBLEMS = 3
"""How many damaged objects are told of one by one."""

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
    stamps: Collection[int] = (),
    seconds: float = SECONDS,
) -> GitObjects | None:
    """Look for SHA-256 sums, or those of other line ends, in every object; recorded.

    `known` are ids of blobs that were read before, `stamps` those of rows whose migration no known
    list has: every list that has one is kept. Gives `None` where git fails, and records why.
    """
    locator = f"git objects with {len(wanted)} recorded hash{'es' * (len(wanted) != 1)}"
    try:
        with quarantine(repository, seconds) as place:
            found = _search(place, frozenset(wanted), frozenset(known), frozenset(stamps), mask)
    except (GitError, OSError) as error:
        outcome = error.outcome if isinstance(error, GitError) else Outcome.FAILED
        writer.add(EvidenceKind.OBJECTS, locator, outcome, note=f"the search failed: {error}")
        return None
    evidence = writer.add_value(EvidenceKind.OBJECTS, locator, found, note=found.gap)
    return replace(found, evidence=evidence)


def _search(
    place: Quarantine,
    wanted: frozenset[str],
    known: frozenset[str],
    stamps: frozenset[int],
    mask: Mask,
) -> GitObjects:
    sizes, gap = _listed(place.git, known)
    search = _Search(place.git, wanted, stamps)
    with ThreadPoolExecutor(STREAMS) as pool:
        read = list(pool.map(search.read, _parts(sizes)))
    matches = [match for _, found in read for match in found]
    gap = "; ".join(filter(None, (gap, *list(dict.fromkeys(search.problems))[:PROBLEMS])))
    paths = _paths(place, {blob.id for blob, _ in matches})
    told = tuple(
        FoundObject(
            blob=_told(blob, data, paths.get(blob.id, ""), mask),
            where=paths.get(blob.id, UNREACHABLE),
        )
        for blob, data in matches
    )
    return GitObjects(
        evidence="",
        wanted=tuple(sorted(wanted)),
        found=tuple(it for it in told if not _is_list(it.blob.text or "")),
        lists=tuple(it for it in told if _is_list(it.blob.text or "")),
        looked_at=sum(count for count, _ in read),
        gap=gap,
    )


class _Search:
    """Reads objects until all that is wanted was found, or the time is over."""

    def __init__(self, git: Git, wanted: frozenset[str], stamps: frozenset[int]) -> None:
        self._git = git
        self._stamps = re.compile(b"|".join(b"%d" % it for it in stamps)) if stamps else None
        self._wanted = {bytes.fromhex(digest) for digest in wanted}
        self._found: set[bytes] = set()
        self._done = Event()
        self.problems: list[str] = []

    def read(self, part: list[str]) -> tuple[int, list[tuple[Blob, bytes]]]:
        """How many were read, and those that have a wanted hash, or a variant that has."""
        count = 0
        found: list[tuple[Blob, bytes]] = []
        while part and not self._done.is_set():
            before = count
            try:
                for blob_id, data in self._contents(part):
                    count += 1
                    found += self._matches(blob_id, data)
                break
            except GitError as error:
                self.problems.append(str(error))
                if error.outcome is Outcome.TIMED_OUT:
                    break
                part = part[count - before + 1 :]  # git ends at an object that is damaged
        return count, found

    def _contents(self, part: list[str]) -> Iterator[tuple[str, bytes]]:
        asked = "".join(f"{it}\n" for it in part).encode("ascii")
        with closing(self._git.stream("cat-file", "--batch", "--buffer", stdin=asked)) as out:
            for blob in parse(out):
                yield blob
                if self._done.is_set():
                    return

    def _matches(self, blob_id: str, data: bytes) -> list[tuple[Blob, bytes]]:
        digest = sha256(data).digest()
        exact = digest in self._wanted
        if not exact and not self._has_variant(data) and not self._has_stamp(data):
            return []
        self._found |= {digest} if exact else set()
        if self._found == self._wanted and self._stamps is None:
            self._done.set()
        return [(Blob(id=blob_id, sha256=digest.hex(), size=len(data)), data)]

    def _has_variant(self, data: bytes) -> bool:
        if _LIKE_SQL.match(data) is None:
            return False
        return not self._wanted.isdisjoint(variant_digests(data))

    def _has_stamp(self, data: bytes) -> bool:
        if self._stamps is None or not data.startswith(b"{") or b'"entries"' not in data:
            return False
        return self._stamps.search(data) is not None


def _is_list(text: str) -> bool:
    return text.startswith("{") and '"entries"' in text


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


def _parts(sizes: Mapping[str, int]) -> Iterator[list[str]]:
    """As many parts of like weight as there are streams, each as it lies in the packs."""
    most = sum(sizes.values()) // STREAMS + 1
    part: list[str] = []
    weight = 0
    for blob, size in sizes.items():
        part.append(blob)
        weight += size
        if weight >= most:
            yield part
            part, weight = [], 0
    if part:
        yield part


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
