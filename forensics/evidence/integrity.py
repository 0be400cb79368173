"""Whether a bundle is whole: every file listed, no other file, and every hash as recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cached_property

import msgspec

from forensics.evidence import bag
from forensics.evidence.custody import PATH, SIGNATURE, TIMESTAMP, Entry
from forensics.evidence.files import Files
from forensics.evidence.items import Manifest
from forensics.model import Record
from forensics.model.wording import shortened

_SHOWN = 120
"""Characters of a name in a message: a bundle may have any."""


class FaultKind(StrEnum):
    """What is wrong with a bundle."""

    CHANGED = "changed"
    """A file does not have the hash that is recorded for it."""
    MISSING = "missing"
    """A file that is recorded is not there."""
    ADDED = "added"
    """A file is there that is recorded nowhere."""
    UNREADABLE = "unreadable"
    """A file is there and cannot be read, or not as what it should be."""
    LAYER = "layer"
    """A layer was made on something else than what exists."""
    CUSTODY = "custody"
    """The custody log contradicts itself or the files."""


class Fault(Record, frozen=True, kw_only=True):
    """One thing that is wrong."""

    kind: FaultKind
    path: str
    why: str
    """A sentence without a full stop that names the file."""


class _LayerHead(msgspec.Struct):
    """What every layer says of those below it."""

    collected_sha256: str
    experiments_sha256: str | None = None


class Inspection(msgspec.Struct, frozen=True, dict=True):
    """A bundle's files, each hashed once."""

    files: Files
    hashes: Mapping[str, str]
    """Of every file that could be read."""
    unreadable: Mapping[str, str]
    """Path -> why."""

    @classmethod
    def of(cls, files: Files) -> Inspection:
        """Read and hash everything; raises `OSError` if even the list cannot be read."""
        hashes: dict[str, str] = {}
        unreadable: dict[str, str] = {}
        for path in sorted(files.paths()):
            try:
                hashes[path] = bag.digest(files.read(path))
            except OSError as error:
                unreadable[path] = error.strerror or str(error)
        return cls(files, hashes, unreadable)

    def faults(self) -> Iterator[Fault]:
        """All that is wrong, the files first, then what they say of each other."""
        yield from self._unreadable()
        yield from self._listed(bag.MANIFEST, in_data=True)
        yield from self._listed(bag.TAG_MANIFEST, in_data=False)
        yield from self._fixed(bag.BAGIT, bag.BAGIT_TEXT)
        yield from self._items()
        yield from self._layers()
        yield from self._log()

    # --- Files ------------------------------------------------------------------------------------

    def _unreadable(self) -> Iterator[Fault]:
        for path, why in self.unreadable.items():
            yield self._fault(FaultKind.UNREADABLE, path, f"cannot be read ({why})")

    def _listed(self, name: str, *, in_data: bool) -> Iterator[Fault]:
        """A list of hashes against the files that it is about."""
        if name not in self.hashes:
            if name not in self.unreadable:
                yield self._fault(FaultKind.MISSING, name, "is missing")
            return
        try:
            listed = bag.hashes_in(self.files.read(name))
        except bag.BadManifest as error:
            yield self._fault(FaultKind.UNREADABLE, name, f"cannot be read: {error}")
            return
        there = {path for path in self.hashes if _is_data(path) == in_data} - {bag.TAG_MANIFEST}
        for path in sorted(listed.keys() - there - self.unreadable.keys()):
            yield self._fault(FaultKind.MISSING, path, f"is missing, and {name} lists it")
        for path in sorted(there - listed.keys()):
            yield self._fault(FaultKind.ADDED, path, f"was added: {name} does not list it")
        for path in sorted(there & listed.keys()):
            if self.hashes[path] != listed[path]:
                yield self._fault(
                    FaultKind.CHANGED, path, f"was changed: it does not match its hash in {name}"
                )

    def _fixed(self, path: str, text: bytes) -> Iterator[Fault]:
        if path in self.hashes and self.hashes[path] != bag.digest(text):
            yield self._fault(FaultKind.CHANGED, path, "was changed: it is not what it has to be")

    # --- What was collected -----------------------------------------------------------------------

    @cached_property
    def manifest(self) -> Manifest | None:
        """The table of contents, where it can be read."""
        try:
            return msgspec.json.decode(self.files.read(bag.COLLECTED), type=Manifest)
        except (OSError, msgspec.DecodeError):
            return None

    @cached_property
    def _named(self) -> dict[str, str]:
        """Path of a content -> the item that has it."""
        items = self.manifest.items if self.manifest else ()
        return {
            f"{bag.CONTENT}/{item.content}": named(item.id, item.locator)
            for item in items
            if item.content is not None
        }

    def _items(self) -> Iterator[Fault]:
        contents = {path for path in self.hashes if path.startswith(f"{bag.CONTENT}/")}
        for path in sorted(contents):
            if path.rpartition("/")[2] != self.hashes[path]:
                yield self._fault(FaultKind.CHANGED, path, "does not match its hash, its name")
        if self.manifest is None:
            yield self._fault(FaultKind.UNREADABLE, bag.COLLECTED, "is not a readable manifest")
            return
        for path in sorted(self._named.keys() - contents - self.unreadable.keys()):
            yield self._fault(FaultKind.MISSING, path, "is missing")
        for path in sorted(contents - self._named.keys()):
            yield self._fault(FaultKind.ADDED, path, "was added: no item has it")

    # --- Layers -----------------------------------------------------------------------------------

    def _layers(self) -> Iterator[Fault]:
        experiments, replays = bag.LAYERS
        known = {bag.COLLECTED, *bag.LAYERS}
        for path in sorted(self.hashes):
            if _is_data(path) and path not in known and not path.startswith(f"{bag.CONTENT}/"):
                yield self._fault(FaultKind.ADDED, path, "was added: no part of a bundle is there")
        for path in bag.LAYERS:
            if path not in self.hashes:
                continue
            head = self._head(path)
            if head is None:
                yield self._fault(FaultKind.UNREADABLE, path, "is not a readable layer")
            elif head.collected_sha256 != self.hashes.get(bag.COLLECTED):
                yield self._fault(FaultKind.LAYER, path, "was made on other collected evidence")
            elif path == replays and head.experiments_sha256 != self.hashes.get(experiments):
                yield self._fault(
                    FaultKind.LAYER, path, f"names other experiments than {experiments}"
                )

    def _head(self, path: str) -> _LayerHead | None:
        try:
            return msgspec.json.decode(self.files.read(path), type=_LayerHead)
        except (OSError, msgspec.DecodeError):
            return None

    # --- Custody ----------------------------------------------------------------------------------

    @cached_property
    def entries(self) -> tuple[tuple[str, Entry | None], ...]:
        """Path and content of each entry, by number; `None` where it cannot be read."""
        paths = sorted(path for path in self.hashes if PATH.fullmatch(path))
        return tuple((path, self._entry(path)) for path in paths)

    def _entry(self, path: str) -> Entry | None:
        try:
            return msgspec.json.decode(self.files.read(path), type=Entry)
        except (OSError, msgspec.DecodeError):
            return None

    def _log(self) -> Iterator[Fault]:
        if not self.entries:
            yield self._fault(FaultKind.CUSTODY, bag.CUSTODY, "has no entry: the log was removed")
            return
        yield from self._chain()
        entries = [entry for _, entry in self.entries if entry is not None]
        yield from self._outputs(entries)
        if entries and entries[-1].payload_sha256 != self.hashes.get(bag.MANIFEST):
            yield self._fault(
                FaultKind.CUSTODY,
                bag.MANIFEST,
                f"is not the one that {entries[-1].path} records: something below "
                f"{bag.DATA}/ was changed after that",
            )
        if self.manifest is not None and bag.BAG_INFO in self.hashes:
            expected = info_of(self.manifest, self.hashes[bag.COLLECTED], entries)
            if self.hashes[bag.BAG_INFO] != bag.digest(expected):
                yield self._fault(
                    FaultKind.CHANGED, bag.BAG_INFO, "was changed: the custody log says otherwise"
                )

    def _chain(self) -> Iterator[Fault]:
        before = ""
        for number, (path, entry) in enumerate(self.entries, 1):
            if entry is None:
                yield self._fault(FaultKind.UNREADABLE, path, "is not a readable entry")
            elif entry.path != path or entry.number != number:
                yield self._fault(
                    FaultKind.CUSTODY, path, f"is not entry {number}: an entry was removed or moved"
                )
            elif entry.previous != before:
                yield self._fault(
                    FaultKind.CUSTODY, path, "does not name the hash of the entry before it"
                )
            before = self.hashes[path]
        known = {path for path, _ in self.entries}
        for path in sorted(self.hashes):
            bare = path.removesuffix(SIGNATURE).removesuffix(TIMESTAMP)
            if path.startswith(f"{bag.CUSTODY}/") and bare not in known:
                yield self._fault(FaultKind.CUSTODY, path, "belongs to no entry of the log")

    def _outputs(self, entries: Iterable[Entry]) -> Iterator[Fault]:
        """Each file below `data/` as the last entry that wrote it left it."""
        written: dict[str, tuple[Entry, str]] = {}
        for entry in entries:
            if entry.action.adds_evidence:
                written.update({it.path: (entry, it.sha256) for it in entry.outputs})
        for path, (entry, recorded) in sorted(written.items()):
            if path not in self.hashes:
                yield self._fault(
                    FaultKind.MISSING, path, f"was removed: {entry.path} records that it was made"
                )
            elif self.hashes[path] != recorded:
                yield self._fault(
                    FaultKind.CUSTODY, path, f"is not what {entry.path} records: it was rewritten"
                )
        for path in bag.LAYERS:
            if path in self.hashes and path not in written:
                yield self._fault(FaultKind.CUSTODY, path, "was added: the log does not know it")

    def _fault(self, kind: FaultKind, path: str, why: str) -> Fault:
        item, shown = self._named.get(path), shortened(path, _SHOWN)
        told = f"{item}, {shown}, {why}" if item else f"{shown} {why}"
        return Fault(kind=kind, path=path, why=told)


def info_of(manifest: Manifest, collected_sha256: str, entries: Iterable[Entry]) -> bytes:
    """The bag-info.txt of a bundle, which repeats what stands elsewhere.

    It has no sentence of ours: a later version, with other words, must give the same bytes.
    """
    listed = tuple(entries)
    told = [entry.sign_off for entry in listed]

    def last(field: str) -> str:
        return next((value for each in reversed(told) if (value := getattr(each, field))), "")

    return bag.bag_info(
        {
            "Bag-Software-Agent": manifest.collector,
            "Bagging-Date": manifest.collected_at[:10],
            "External-Identifier": f"sha256:{collected_sha256}",
            "Forensics-Bundle-Format": str(manifest.schema_version),
            "External-Edition-Of": f"sha256:{manifest.edition_of}" if manifest.edition_of else "",
            "Collected-By": listed[0].operator.known if listed else "",
            "Ticket": last("ticket"),
            "Approver": last("approver"),
            "Implementer": last("implementer"),
            "Edition": last("edition"),
        }
    )


def named(id_: str, locator: str) -> str:
    """An item, as messages name it."""
    return f"item {shortened(id_, _SHOWN)} ({shortened(locator, _SHOWN)})"


def _is_data(path: str) -> bool:
    return path.startswith(f"{bag.DATA}/")
