"""The evidence bundle: everything that was examined, with a hash of every file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from shlex import quote
from typing import TypeVar

import msgspec

from forensics.errors import ForensicsError
from forensics.evidence import bag
from forensics.evidence.custody import Action, Custodian
from forensics.evidence.files import (
    Files,
    FolderFiles,
    finish,
    replace_together,
)
from forensics.evidence.integrity import Inspection, named
from forensics.evidence.items import Item, Manifest
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.old_form import OLD_CONTENT, OLD_MANIFEST, OLD_VERSION, old_fault
from forensics.evidence.sealing import State, sealed
from forensics.model import Evidence
from forensics.system.safe_folder import Place, SafeFolder

SCHEMA_VERSION = 2
"""1: manifest.json, content/<sha256>, which is read and not written; 2: a bag, see `bag`."""

T = TypeVar("T")


class BundleError(ForensicsError):
    """Not a bundle, or one whose content does not match its manifest."""


class Bundle:
    """An opened bundle; its content was checked against its hashes.

    It stays the folder or file that was opened: what is put in its place later is never read.
    """

    def __init__(self, files: Files, manifest: Manifest, digest: str) -> None:
        self.files = files
        self.folder = files.path
        self.manifest = manifest
        self.sha256 = digest
        """Of the table of contents of what was collected: the name of the bundle."""
        self.custodian = Custodian()
        """Who works on it now, for the log."""
        self._by_locator = {(item.kind, item.locator): item for item in manifest.items}

    @property
    def place(self) -> SafeFolder | None:
        """Its folder; `None` for an archive, which is never changed."""
        return self.files.place if isinstance(self.files, FolderFiles) else None

    @property
    def is_old_form(self) -> bool:
        """Whether nothing lists its files, and no log tells what was done."""
        return self.manifest.schema_version == OLD_VERSION

    @classmethod
    def open(cls, given: Place) -> Bundle:
        """Open a folder or an archive and check every hash; raises `BundleError`."""
        with opened_files(given) as files:
            return cls._checked(files)

    @classmethod
    def _checked(cls, files: Files) -> Bundle:
        """Raises `OSError` for what is not a bundle, `BundleError` for one that was changed."""
        manifest: Manifest | None
        if is_old_form(files):
            raw = files.read(OLD_MANIFEST)
            manifest = _decode_manifest(raw, files.path / OLD_MANIFEST)
            wrong = old_fault(files, manifest)
        else:
            raw = files.read(bag.COLLECTED)
            _require_known_format(raw, files.path)
            inspection = Inspection.of(files)
            wrong = next((fault.why for fault in inspection.faults()), "")
            manifest = inspection.manifest
        if wrong or manifest is None:
            raise BundleError(
                f"the bundle in {files.path} was altered or is incomplete: {wrong}. "
                f"`forensics verify {quote(str(files.path))}` names all that is wrong; restore the "
                "original copy, or collect the evidence again."
            )
        return cls(files, manifest, sha256(raw).hexdigest())

    def find(self, kind: EvidenceKind, locator: str) -> Item | None:
        """The item of a kind at a locator, if that was examined."""
        return self._by_locator.get((kind, locator))

    def of_kind(self, kind: EvidenceKind) -> tuple[Item, ...]:
        """All items of a kind, in the order of collection."""
        return tuple(item for item in self.manifest.items if item.kind == kind)

    def content(self, item: Item) -> bytes | None:
        """What was kept of an item, `None` where nothing was."""
        if item.content is None:
            return None
        folder = OLD_CONTENT if self.is_old_form else bag.CONTENT
        try:
            return self.files.read(f"{folder}/{item.content}")
        except OSError as error:
            raise BundleError(
                f"{named(item.id, item.locator)} of the bundle in {self.folder} is gone: another "
                "run has replaced the bundle. Run it again."
            ) from error

    def layer(self, name: str) -> bytes | None:
        """A layer that was added later; `None` where there is none.

        Raises `BundleError` for what is not a regular file.
        """
        path = self._layer_path(name)
        try:
            return self.files.read(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BundleError(
                f"{self.folder / path} cannot be read: {error.strerror or error}."
            ) from error

    def require_open(self) -> SafeFolder:
        """Its folder, to add to it; raises `BundleError` for an archive."""
        if self.place is None:
            raise BundleError(
                f"{self.folder} is one file, to which nothing is added: unpack it with `tar -xf`, "
                "and give the folder `bundle`."
            )
        return self.place

    def append(
        self,
        action: Action,
        layers: Mapping[str, bytes] = {},
        *,
        outputs: Mapping[str, str] = {},
        code_sha256: str = "",
        compared: Mapping[str, str] = {},
    ) -> None:
        """Write layers and log what was done, in one step: who is killed leaves all or nothing.

        `outputs` are hashes of other files that were made, `compared` names other bundles. A bundle
        of the old form has no log. Raises `BundleError` for an archive, and where another run has
        replaced the bundle meanwhile.
        """
        place = self.require_open()
        with place.locked(wait=True):
            finish(place)
            try:
                changed = self._changed(
                    FolderFiles(place), action, layers, outputs, code_sha256, compared
                )
            except (OSError, bag.BadManifest) as error:
                raise BundleError(
                    f"The bundle in {self.folder} is gone: another run has replaced it. Run it "
                    "again."
                ) from error
            replace_together(place, changed)

    def _changed(
        self,
        files: Files,
        action: Action,
        layers: Mapping[str, bytes],
        outputs: Mapping[str, str],
        code_sha256: str,
        compared: Mapping[str, str],
    ) -> dict[str, bytes]:
        written = {self._layer_path(name): data for name, data in layers.items()}
        if self.is_old_form:
            files.read(OLD_MANIFEST)
            return written
        added = {path: bag.digest(data) for path, data in written.items()}
        tags = sealed(
            State.read(files),
            self.manifest,
            self.custodian,
            action,
            added=added,
            recorded={**added, **outputs},
            code_sha256=code_sha256,
            compared=compared,
        )
        return {**written, **tags}

    def _layer_path(self, name: str) -> str:
        return name if self.is_old_form else f"{bag.DATA}/{name}"

    def evidence_zip(self) -> bytes:
        """What was collected, and the experiments, as one zip; always the same bytes.

        The log and the lists of hashes are left out: they grow when a report is written.
        """
        from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

        kept = (f"{bag.DATA}/collected/", f"{bag.DATA}/{bag.EXPERIMENTS}")
        paths = [it for it in self.files.paths() if self.is_old_form or it.startswith(kept)]
        buffer = BytesIO()
        with ZipFile(buffer, "w") as made:
            for path in sorted(paths):
                made.writestr(ZipInfo(f"bundle/{path}"), self.files.read(path), ZIP_DEFLATED)
        return buffer.getvalue()

    def value(self, item: Item, type_: type[T]) -> T:
        """The content as one of our own types; raises `BundleError` where it does not fit."""
        try:
            return msgspec.json.decode(self.content(item) or b"", type=type_)
        except msgspec.DecodeError as error:
            raise BundleError(f"{named(item.id, item.locator)} of the bundle: {error}") from error

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


@contextmanager
def opened_files(given: Place) -> Iterator[Files]:
    """The files of a folder or an archive, as no run changes them meanwhile; nothing is checked.

    Raises `BundleError` for what cannot be one, and for an `OSError` while they are read.
    """
    path = given if isinstance(given, Path) else given.path
    try:
        if isinstance(given, Path) and given.is_file():
            from forensics.evidence.archive import ArchiveFiles

            yield ArchiveFiles(given)
            return
        place = given if isinstance(given, SafeFolder) else SafeFolder.opened(given)
        with place.locked(wait=True), _staying(place):
            finish(place)
            yield FolderFiles(place)
    except OSError as error:
        raise BundleError(
            f"{path} is not an evidence bundle: {_why(error)}. "
            "Give what `forensics collect` printed."
        ) from error


@contextmanager
def _staying(place: SafeFolder) -> Iterator[None]:
    """Raises `BundleError` where another run took the folder away, whatever that looked like."""
    try:
        yield
    except (OSError, BundleError) as error:
        require_in_place(place, error)
        raise


def require_in_place(place: SafeFolder, why: Exception | None = None) -> None:
    """Raises `BundleError` where another run has taken a bundle away that seems to be altered."""
    if not place.is_in_place:
        raise BundleError(
            f"The bundle in {place.path} was replaced by another run while it was read. Run it "
            "again."
        ) from why


def is_old_form(files: Files) -> bool:
    """Whether a bundle has the form that was written before it was a bag."""
    marks = {bag.BAGIT, bag.COLLECTED, bag.TAG_MANIFEST, bag.MANIFEST}
    return OLD_MANIFEST in (paths := files.paths()) and not marks & paths


class _Format(msgspec.Struct):
    schema_version: int
    collector: str = ""


def _require_known_format(raw: bytes, path: Path) -> None:
    try:
        told = msgspec.json.decode(raw, type=_Format)
    except msgspec.DecodeError:
        return  # says what is wrong later
    if told.schema_version not in (OLD_VERSION, SCHEMA_VERSION):
        raise BundleError(
            f"{path} has bundle format {told.schema_version}, this program reads "
            f"{SCHEMA_VERSION}: use the version of forensics that wrote it ({told.collector})."
        )


def _decode_manifest(raw: bytes, path: Path) -> Manifest:
    _require_known_format(raw, path.parent)
    try:
        return msgspec.json.decode(raw, type=Manifest)
    except msgspec.DecodeError as error:
        raise BundleError(f"{path} is not a readable manifest: {error}") from error


def _why(error: OSError) -> str:
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return f"it has no {bag.COLLECTED}"
    return f"it cannot be read ({error.strerror or error})"
