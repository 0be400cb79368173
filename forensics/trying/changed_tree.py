"""The project's files as an action leaves them: over the recorded ones, in memory only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

import msgspec

from forensics.collect.shape import read_of
from forensics.evidence.tree import Entry, EntryKind, Folder, Read, Search, Tree, join, split
from forensics.model import Outcome


@dataclass(frozen=True, kw_only=True)
class ChangedTree:
    """A tree in which files were written and deleted, and whole folders are gone."""

    base: Tree
    written: Mapping[str, Read] = field(default_factory=dict)
    deleted: frozenset[str] = frozenset()
    """Files and folders; nothing of the base lies below such a folder any more."""

    def with_file(self, path: str, content: bytes | Read) -> ChangedTree:
        """The tree with one more file, or with another content of it."""
        read = read_of(path, content) if isinstance(content, bytes) else content
        return replace(self, written={**self.written, path: read})

    def without(self, path: str) -> ChangedTree:
        """The tree without a file, or without a folder and all that is below."""
        left = {
            name: read
            for name, read in self.written.items()
            if name != path and not name.startswith(f"{path}/")
        }
        return replace(self, written=left, deleted=self.deleted | {path})

    def read(self, path: str) -> Read:
        """What was written, absence of what was deleted, else what the base says."""
        base = self.base.read(path)
        if (read := self.written.get(path)) is not None:
            return msgspec.structs.replace(read, path=path, evidence=base.evidence)
        if self._is_gone(path):
            return Read(path=path, evidence=base.evidence, outcome=Outcome.ABSENT)
        return base

    def folder(self, path: str) -> Folder:
        """The base's listing, unless the folder is gone, with the changes."""
        base = self.base.folder(path)
        gone = self._is_gone(path)
        entries = {
            entry.name: entry
            for entry in (() if gone else base.entries)
            if not self._is_gone(join(path, entry.name))
        }
        entries |= {entry.name: entry for entry in self._added(path)}
        outcome = Outcome.COLLECTED if entries else Outcome.ABSENT if gone else base.outcome
        listed = tuple(entries[name] for name in sorted(entries))
        return msgspec.structs.replace(base, outcome=outcome, entries=listed)

    def search(self, below: str, patterns: tuple[str, ...]) -> Search:
        """The base's answer with the changes."""
        base = self.base.search(below, patterns)
        found = {path for path in base.paths if not self._is_gone(path)}
        found |= {
            path
            for path in self.written
            if path.startswith(f"{below}/" if below else "")
            and any(fnmatchcase(split(path)[1], pattern) for pattern in patterns)
        }
        return msgspec.structs.replace(base, paths=tuple(sorted(found)))

    def files(self, path: str) -> Iterator[str]:
        """The file itself, or every file below a folder, that is known to be there."""
        if self.read(path).outcome is Outcome.COLLECTED:
            yield path
        for entry in self.folder(path).entries:
            inside = join(path, entry.name)
            yield from self.files(inside) if entry.kind is EntryKind.FOLDER else (inside,)

    def base_files(self, path: str) -> Iterator[str]:
        """The file itself, or every file below a folder, that was there before any change."""
        yield from ChangedTree(base=self.base).files(path)

    def is_folder(self, path: str) -> bool:
        """Whether a folder is known to be there."""
        return self.folder(path).outcome is Outcome.COLLECTED

    def exists(self, path: str) -> bool | None:
        """Whether a file or folder is there; `None` where nobody looked."""
        if self.read(path).outcome is Outcome.COLLECTED or self.is_folder(path):
            return True
        above, name = split(path)
        listing = self.folder(above)
        if listing.outcome is Outcome.COLLECTED:
            return name in listing.names()
        outcomes = {self.read(path).outcome, self.folder(path).outcome, listing.outcome}
        return False if Outcome.ABSENT in outcomes else None

    def _is_gone(self, path: str) -> bool:
        """Whether it, or a folder that it is in, was deleted."""
        while path:
            if path in self.deleted:
                return True
            path = split(path)[0]
        return False

    def _added(self, path: str) -> Iterator[Entry]:
        """What was written in a folder: files, and the folders on the way to files."""
        prefix = f"{path}/" if path else ""
        for name in self.written:
            if name.startswith(prefix):
                first, _, below = name.removeprefix(prefix).partition("/")
                yield Entry(name=first, kind=EntryKind.FOLDER if below else EntryKind.FILE)
