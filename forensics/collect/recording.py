"""Reading is recording: every look at a file, a folder or a search goes into the bundle."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from forensics.collect.names import storable
from forensics.evidence.bundle_tree import search_locator
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.sealing import encode
from forensics.evidence.tree import Folder, Read, Search, Tree
from forensics.model import Outcome
from forensics.system.ownership import keyed

Mask = Callable[[bytes, str], tuple[bytes, int]]
"""Content and path -> the content with its secrets masked, and how many there were."""

Identity = Callable[[str, str], str]
"""Path and hash of a file that had a secret -> what stands for that hash in the bundle."""


def keyed_identity(path: str, digest: str) -> str:
    """The hash under a key: the hash itself would tell a short secret to who tries a dictionary."""
    return keyed(digest)


def identity_for(database: bool) -> Identity:  # noqa: FBT001 - there is nothing else to decide
    """How files that had a secret are known again.

    Where rows of a database are examined, the hash of a migration stays as it is: the tool records
    the same one in the database, and a fix may have to write it.
    """

    def identity(path: str, digest: str) -> str:
        return digest if database and path.endswith(".sql") else keyed(digest)

    return identity


class RecordingTree:
    """A tree whose answers are those that `BundleTree` will give later: masked, with evidence ids.

    The first look counts: a file that changes while we work cannot make two stages disagree.
    """

    def __init__(
        self, source: Tree, writer: BundleWriter, mask: Mask, identity: Identity = keyed_identity
    ) -> None:
        self._source = source
        self._writer = writer
        self._mask = mask
        self._identity = identity
        self._reads: dict[str, Read] = {}
        self._folders: dict[str, Folder] = {}
        self._searches: dict[str, Search] = {}

    def read(self, path: str) -> Read:
        """The source's answer with secrets masked, recorded as an item of kind `file`."""
        if not storable(path):
            return Read(path=path, evidence="", outcome=Outcome.SKIPPED)
        if path not in self._reads:
            self._reads[path] = self._record_read(self._source.read(path))
        return self._reads[path]

    def folder(self, path: str) -> Folder:
        """The source's listing, recorded as an item of kind `folder`."""
        if not storable(path):
            return Folder(path=path, evidence="", outcome=Outcome.SKIPPED)
        if path not in self._folders:
            found = self._source.folder(path)
            told = found.outcome is Outcome.COLLECTED or bool(found.entries or found.note)
            evidence = self._record(EvidenceKind.FOLDER, path, found, told=told)
            self._folders[path] = msgspec.structs.replace(found, evidence=evidence)
        return self._folders[path]

    def search(self, below: str, patterns: tuple[str, ...]) -> Search:
        """The source's answer, recorded as an item of kind `search`."""
        locator = search_locator(below, patterns)
        if not storable(locator):
            return Search(evidence="", outcome=Outcome.SKIPPED)
        if locator not in self._searches:
            found = self._source.search(below, patterns)
            told = found.outcome is Outcome.COLLECTED or bool(found.paths or found.note)
            evidence = self._record(EvidenceKind.SEARCH, locator, found, told=told)
            self._searches[locator] = msgspec.structs.replace(found, evidence=evidence)
        return self._searches[locator]

    def _record_read(self, read: Read) -> Read:
        data, masked = (None, 0) if read.data is None else self._mask(read.data, read.path)
        if masked and read.sha256 is not None:
            read = msgspec.structs.replace(read, sha256=self._identity(read.path, read.sha256))
        evidence = self._writer.add(
            EvidenceKind.FILE,
            read.path,
            read.outcome,
            data=data,
            digest=None if masked else read.sha256,
            sha256_of_original=read.sha256,
            size=read.size,
            encoding=read.encoding,
            line_ends=read.line_ends,
            masked=masked,
            note=read.note,
            obstacle=read.obstacle,
        )
        return msgspec.structs.replace(read, evidence=evidence, data=data)

    def _record(
        self, kind: EvidenceKind, locator: str, found: Folder | Search, *, told: bool
    ) -> str:
        # An absent folder needs no content: that nothing is there stands in the outcome.
        data = encode(found) if told else None
        return self._writer.add(kind, locator, found.outcome, data=data, note=found.note)
