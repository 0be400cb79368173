"""The evidence bundle: a folder that holds everything that was looked at, sealed by hashes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TypeVar
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import msgspec

from forensics import __version__
from forensics.errors import ForensicsError
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.tree import Folder, Read, Search
from forensics.model import Evidence, Obstacle, Outcome, Project, Record
from forensics.model.wording import shortened
from forensics.system.safe_folder import Place, SafeFolder, at

SCHEMA_VERSION = 1
"""1: manifest.json, content/<sha256>."""

T = TypeVar("T")

MANIFEST = "manifest.json"
CONTENT = "content"

_NAME = re.compile(r"[0-9a-f]{64}")
_SHOWN = 120
"""Characters of a name in a message: a manifest may hold any."""


class BundleError(ForensicsError):
    """Not a bundle, or one whose content does not match its manifest."""


class Item(Record, frozen=True, kw_only=True):
    """One entry of the manifest: what was looked at, what came of it, where its content lies."""

    id: str
    kind: str
    """An `EvidenceKind`; of a bundle of a later version perhaps another, which nobody asks for."""
    locator: str
    outcome: Outcome
    sha256: str | None = None
    """Of the original, before masking; for what we composed ourselves, of the content."""
    size: int | None = None
    mtime: str | None = None
    encoding: str = ""
    line_ends: str = ""
    content: str | None = None
    """SHA-256, and so the file name, of what was kept."""
    masked: int = 0
    """How many secrets were masked in the content."""
    note: str = ""
    obstacle: Obstacle | None = None


class Manifest(Record, frozen=True, kw_only=True):
    """The bundle's table of contents; its own SHA-256 names the bundle."""

    schema_version: int
    collector: str
    collected_at: str
    project: Project
    items: tuple[Item, ...]


class BundleWriter:
    """Collects items into a folder; nothing is a bundle until `seal` has written the manifest."""

    def __init__(self, folder: Place) -> None:
        self.place = at(folder)
        self.folder = self.place.path
        self._items: dict[tuple[str, str], Item] = {}
        self._content = self.place.make(CONTENT)

    def add(
        self,
        kind: EvidenceKind,
        locator: str,
        outcome: Outcome = Outcome.COLLECTED,
        *,
        data: bytes | None = None,
        sha256_of_original: str | None = None,
        size: int | None = None,
        mtime: str | None = None,
        encoding: str = "",
        line_ends: str = "",
        masked: int = 0,
        note: str = "",
        obstacle: Obstacle | None = None,
    ) -> str:
        """Record one look at one thing and return its evidence id; the first look counts.

        `data` is what to keep, already masked; the rest are fields of `Item`.
        """
        if (known := self._items.get((kind, locator))) is not None:
            return known.id
        content = None if data is None else self._store(data)
        item = Item(
            id=f"e{len(self._items) + 1}",
            kind=kind,
            locator=locator,
            outcome=outcome,
            sha256=sha256_of_original or content,
            content=content,
            size=size,
            mtime=mtime,
            encoding=encoding,
            line_ends=line_ends,
            masked=masked,
            note=note,
            obstacle=obstacle,
        )
        self._items[kind, locator] = item
        return item.id

    def add_value(
        self,
        kind: EvidenceKind,
        locator: str,
        value: object,
        outcome: Outcome = Outcome.COLLECTED,
        note: str = "",
    ) -> str:
        """Record a value that we composed, as JSON."""
        return self.add(kind, locator, outcome, data=encode(value), note=note)

    def seal(self, project: Project, collected_at: datetime) -> Bundle:
        """Write the manifest and open the finished bundle."""
        manifest = Manifest(
            schema_version=SCHEMA_VERSION,
            collector=f"forensics {__version__}",
            collected_at=collected_at.astimezone(UTC).isoformat(timespec="seconds"),
            project=project,
            items=tuple(self._items.values()),
        )
        self.place.write(MANIFEST, encode(manifest))
        return Bundle.open(self.place)

    def _store(self, data: bytes) -> str:
        name = sha256(data).hexdigest()
        if not self._content.has(name):
            self._content.write(name, data)
        return name


class Bundle:
    """An opened bundle; its content was checked against the manifest.

    It stays the folder that was opened: what is put in its place later is never read for it.
    """

    def __init__(self, place: SafeFolder, manifest: Manifest, digest: str) -> None:
        self.place = place
        self.folder = place.path
        self.manifest = manifest
        self.sha256 = digest
        self._by_locator = {(item.kind, item.locator): item for item in manifest.items}

    @classmethod
    def open(cls, folder: Place) -> Bundle:
        """Open a bundle and check every hash; raises `BundleError`."""
        try:
            place = folder if isinstance(folder, SafeFolder) else SafeFolder.opened(folder)
            raw = place.read(MANIFEST)
        except OSError as error:
            path = folder if isinstance(folder, Path) else folder.path
            raise BundleError(
                f"{path} is not an evidence bundle: {_why(error)}. "
                "Give the folder that `forensics collect` printed."
            ) from error
        bundle = cls(place, _decode_manifest(raw, place.path), sha256(raw).hexdigest())
        bundle._check()
        return bundle

    def find(self, kind: EvidenceKind, locator: str) -> Item | None:
        """The item of a kind at a locator, if that was looked at."""
        return self._by_locator.get((kind, locator))

    def of_kind(self, kind: EvidenceKind) -> tuple[Item, ...]:
        """All items of a kind, in the order of collection."""
        return tuple(item for item in self.manifest.items if item.kind == kind)

    def content(self, item: Item) -> bytes | None:
        """What was kept of an item, `None` where nothing was."""
        if item.content is None:
            return None
        try:
            return self._read(item.content)
        except OSError as error:
            raise BundleError(
                f"{_named(item)} of the bundle in {self.folder} is gone: another run has replaced "
                "the bundle. Run it again."
            ) from error

    def layer(self, name: str) -> bytes | None:
        """A file beside the manifest that was appended later; `None` where there is none.

        Raises `BundleError` for what is no regular file.
        """
        try:
            return self.place.read(name)
        except FileNotFoundError:
            return None
        except OSError as error:
            path = self.folder / name
            raise BundleError(f"{path} cannot be read: {error.strerror or error}.") from error

    def append(self, name: str, data: bytes) -> None:
        """Write such a file in one step: a run that is killed leaves the earlier one or this.

        Raises `BundleError` where another run has replaced the bundle meanwhile.
        """
        with self.place.locked(wait=True):
            if not self.place.has(MANIFEST):
                raise BundleError(
                    f"The bundle in {self.folder} is gone: another run has replaced it. Run it "
                    "again."
                )
            self.place.write(name, data)

    def archive(self, *layers: str) -> bytes:
        """The bundle as one zip, with those of the layers that are there; always the same bytes."""
        files = {MANIFEST: self.place.read(MANIFEST)}
        for item in self.manifest.items:
            if item.content is not None:
                files[f"{CONTENT}/{item.content}"] = self._read(item.content)
        kept = {name: self.layer(name) for name in layers}
        files |= {name: data for name, data in kept.items() if data is not None}
        buffer = BytesIO()
        with ZipFile(buffer, "w") as archive:
            for name in sorted(files):
                archive.writestr(ZipInfo(f"bundle/{name}"), files[name], ZIP_DEFLATED)
        return buffer.getvalue()

    def value(self, item: Item, type_: type[T]) -> T:
        """The content as one of our own types; raises `BundleError` where it does not fit."""
        try:
            return msgspec.json.decode(self.content(item) or b"", type=type_)
        except msgspec.DecodeError as error:
            raise BundleError(f"{_named(item)} of the bundle: {error}") from error

    def evidence(self) -> tuple[Evidence, ...]:
        """The manifest as the report shows it."""
        return tuple(
            Evidence(
                id=item.id,
                kind=item.kind,
                locator=item.locator,
                outcome=item.outcome,
                sha256=item.sha256,
                note=item.note,
            )
            for item in self.manifest.items
        )

    def _check(self) -> None:
        for item in self.manifest.items:
            if item.content is not None and (wrong := self._fault(item.content)):
                raise BundleError(
                    f"the bundle in {self.folder} was altered or is incomplete: {_named(item)} "
                    f"{wrong}. Collect the evidence again."
                )

    def _fault(self, name: str) -> str:
        """What is wrong with a content, empty where nothing is."""
        if not _NAME.fullmatch(name):  # before anything is opened: it may lead anywhere
            return "does not match its hash"
        try:
            whole = sha256(self._read(name)).hexdigest() == name
        except FileNotFoundError:
            return "is missing"
        except OSError as error:
            return f"cannot be read ({error.strerror or error})"
        return "" if whole else "does not match its hash"

    def _read(self, name: str) -> bytes:
        with self.place.child(CONTENT) as content:
            return content.read(name)


class BundleTree:
    """The files of the project as the bundle recorded them; answers only what was looked at."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle

    def read(self, path: str) -> Read:
        """The recorded read of a file; one that was never asked for is `SKIPPED`."""
        if (item := self._bundle.find(EvidenceKind.FILE, path)) is None:
            return Read(path=path, evidence="", outcome=Outcome.SKIPPED)
        return Read(
            path=path,
            evidence=item.id,
            outcome=item.outcome,
            sha256=item.sha256,
            size=item.size,
            data=self._bundle.content(item),
            encoding=item.encoding,
            line_ends=item.line_ends,
            note=item.note,
            obstacle=item.obstacle,
        )

    def folder(self, path: str) -> Folder:
        """The recorded listing of a folder."""
        item = self._bundle.find(EvidenceKind.FOLDER, path)
        if item is None:
            return Folder(path=path, evidence="", outcome=Outcome.SKIPPED)
        if item.content is None:
            return Folder(path=path, evidence=item.id, outcome=item.outcome)
        return msgspec.structs.replace(self._bundle.value(item, Folder), evidence=item.id)

    def search(self, below: str, patterns: tuple[str, ...]) -> Search:
        """The recorded answer of a search."""
        item = self._bundle.find(EvidenceKind.SEARCH, search_locator(below, patterns))
        if item is None or item.content is None:
            outcome = Outcome.SKIPPED if item is None else item.outcome
            return Search(evidence="" if item is None else item.id, outcome=outcome)
        return msgspec.structs.replace(self._bundle.value(item, Search), evidence=item.id)


def search_locator(below: str, patterns: tuple[str, ...]) -> str:
    """The locator under which a search is recorded."""
    return f"{below or '.'}: {' '.join(patterns)}"


def encode(value: object) -> bytes:
    """The one way values become bytes: UTF-8 JSON, field order as declared, indented."""
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


def _decode_manifest(raw: bytes, folder: Path) -> Manifest:
    try:
        manifest = msgspec.json.decode(raw, type=Manifest)
    except msgspec.DecodeError as error:
        raise BundleError(f"{folder / MANIFEST} is not a readable manifest: {error}") from error
    if manifest.schema_version != SCHEMA_VERSION:
        raise BundleError(
            f"{folder} has bundle format {manifest.schema_version}, this program reads "
            f"{SCHEMA_VERSION}: use the version of forensics that wrote it ({manifest.collector})."
        )
    return manifest


def _named(item: Item) -> str:
    return f"item {shortened(item.id, _SHOWN)} ({shortened(item.locator, _SHOWN)})"


def _why(error: OSError) -> str:
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return f"it has no {MANIFEST}"
    return f"its {MANIFEST} cannot be read ({error.strerror or error})"
