"""The project's files as a bundle recorded them."""

from __future__ import annotations

import msgspec

from forensics.evidence.bundle import Bundle
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.tree import Folder, Read, Search
from forensics.model import Outcome


class BundleTree:
    """The files of the project as the bundle recorded them; answers only what was examined."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._folders: dict[str, Folder] = {}
        self._reads: dict[str, Read] = {}

    def read(self, path: str) -> Read:
        """The recorded read of a file; one that was never requested is `SKIPPED`."""
        if path not in self._reads:
            self._reads[path] = self._read(path)
        return self._reads[path]

    def _read(self, path: str) -> Read:
        if (item := self._bundle.find(EvidenceKind.FILE, path)) is None:
            return Read(path=path, evidence="", outcome=Outcome.SKIPPED)
        return Read(
            path=path,
            evidence=item.id,
            outcome=item.outcome,
            sha256=item.original or item.sha256,
            size=item.size,
            data=self._bundle.content(item),
            encoding=item.encoding,
            line_ends=item.line_ends,
            note=item.note,
            obstacle=item.obstacle,
        )

    def folder(self, path: str) -> Folder:
        """The recorded listing of a folder."""
        if path not in self._folders:
            self._folders[path] = self._listing(path)
        return self._folders[path]

    def _listing(self, path: str) -> Folder:
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
