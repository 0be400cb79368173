"""Writes a bundle, item by item; sealed, it is complete."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256

from forensics import __version__
from forensics.evidence import bag
from forensics.evidence.bundle import SCHEMA_VERSION, Bundle
from forensics.evidence.custody import Action, Custodian
from forensics.evidence.files import FolderTarget, HeldFiles
from forensics.evidence.items import Item, Manifest
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.sealing import EMPTY, encode, sealed
from forensics.model import Obstacle, Outcome, Project
from forensics.system.interruption import shielded
from forensics.system.safe_folder import Place, at


class BundleWriter:
    """Collects items; nothing is a bundle until `seal` has written the lists."""

    def __init__(self, target: Place | HeldFiles) -> None:
        self._target = target if isinstance(target, HeldFiles) else FolderTarget(at(target))
        self._items: dict[tuple[str, str], Item] = {}
        self._names: set[str] = set()

    def add(
        self,
        kind: EvidenceKind,
        locator: str,
        outcome: Outcome = Outcome.COLLECTED,
        *,
        data: bytes | None = None,
        digest: str | None = None,
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

        `data` is what to keep, already masked, and `digest` its SHA-256, where that is known; the
        rest are fields of `Item`. Of what was masked, the hash of the original is kept only under
        a key: it would tell a short secret to whoever tries a dictionary.
        """
        if (known := self._items.get((kind, locator))) is not None:
            return known.id
        name = None if data is None else digest or sha256(data).hexdigest()
        item = Item(
            id=f"e{len(self._items) + 1}",
            kind=kind,
            locator=locator,
            outcome=outcome,
            sha256=name if masked else sha256_of_original or name,
            content=name,
            size=size,
            mtime=mtime,
            encoding=encoding,
            line_ends=line_ends,
            masked=masked,
            original=sha256_of_original if masked else None,
            note=note,
            obstacle=obstacle,
        )
        with shielded():  # a content without its item would make the bundle invalid
            if name is not None and data is not None:
                self._store(name, data)
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

    def has_masked(self, kinds: frozenset[EvidenceKind]) -> bool:
        """Whether a secret was masked in an item of some kinds."""
        return any(item.masked for item in self._items.values() if item.kind in kinds)

    def seal(
        self,
        project: Project,
        collected_at: datetime,
        custodian: Custodian | None = None,
        *,
        environment: str = "",
        supplied: Mapping[str, str] = {},
        action: Action = Action.COLLECTED,
        edition_of: str = "",
    ) -> Bundle:
        """Write the manifest, every hash and the first entry of the log; open the bundle.

        `environment` is what the user calls the database, `supplied` the names and hashes of files
        that somebody gave us as evidence; `edition_of` is the bundle that an edition was made from.
        Raises `ForensicsError` where it cannot be signed.
        """
        manifest = Manifest(
            schema_version=SCHEMA_VERSION,
            collector=f"forensics {__version__}",
            collected_at=collected_at.astimezone(UTC).isoformat(timespec="seconds"),
            project=project,
            items=tuple(self._items.values()),
            environment=environment,
            edition_of=edition_of,
        )
        encoded, who = encode(manifest), custodian or Custodian()
        self._target.write(bag.COLLECTED, encoded)
        collected = {bag.COLLECTED: bag.digest(encoded)}
        added = {f"{bag.CONTENT}/{name}": name for name in self._names} | collected
        files = sealed(
            EMPTY,
            manifest,
            who,
            action,
            added=added,
            recorded=collected,
            supplied=supplied,
            compared={"the original": edition_of} if edition_of else {},
        )
        for path, data in {bag.BAGIT: bag.BAGIT_TEXT, **files}.items():
            self._target.write(path, data)
        if isinstance(self._target, HeldFiles):
            bundle = Bundle(self._target, manifest, sha256(encoded).hexdigest())
        else:
            bundle = Bundle.open(self._target.place)
        bundle.custodian = who
        return bundle

    def _store(self, name: str, data: bytes) -> None:
        if name not in self._names:
            self._target.write(f"{bag.CONTENT}/{name}", data)
            self._names.add(name)
