"""Trees for tests: files in memory or on disk behind the `Tree` protocol, every look with an evidence id."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path

from forensics.evidence.tree import Entry, EntryKind, Folder, Read, Search, split
from forensics.model import Obstacle, Outcome

SKIPPED_FOLDERS = frozenset({".git", "node_modules", ".venv", "venv", "forensics-report"})
MARKS = ((b"\xef\xbb\xbf", "utf-8-bom"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


class DictTree:
    """A tree of `path -> content`; ids are `e1`, `e2` ... in the order of the first look at a thing.

    `denied` are paths that exist and may not be read. `looked_at` maps (kind, locator) to the id.
    """

    def __init__(
        self, files: Mapping[str, bytes | str] = {}, *, denied: frozenset[str] = frozenset()
    ) -> None:
        self.files = {
            path: text.encode() if isinstance(text, str) else text for path, text in files.items()
        }
        self.denied = denied
        self.looked_at: dict[tuple[str, str], str] = {}

    @classmethod
    def from_disk(cls, top: Path) -> DictTree:
        """All files below a folder, except what lies in `.git`."""
        found = (path for path in top.rglob("*") if path.is_file() and not path.is_symlink())
        relative = ((path.relative_to(top), path) for path in found)
        return cls(
            {
                name.as_posix(): path.read_bytes()
                for name, path in relative
                if ".git" not in name.parts
            }
        )

    def read(self, path: str) -> Read:
        """The file's bytes with hash, encoding and line ends, or an outcome without data."""
        evidence = self._id("file", path)
        if path in self.denied:
            return Read(
                path=path,
                evidence=evidence,
                outcome=Outcome.DENIED,
                obstacle=Obstacle.NO_PERMISSION,
            )
        if (data := self.files.get(path)) is None:
            folder = self._is_folder(path)
            outcome = Outcome.FAILED if folder else Outcome.ABSENT
            obstacle = Obstacle.IS_A_FOLDER if folder else None
            return Read(path=path, evidence=evidence, outcome=outcome, obstacle=obstacle)
        return Read(
            path=path,
            evidence=evidence,
            outcome=Outcome.COLLECTED,
            sha256=sha256(data).hexdigest(),
            size=len(data),
            data=data,
            encoding=encoding_of(data),
            line_ends=line_ends_of(data),
        )

    def folder(self, path: str) -> Folder:
        """The names directly below a folder; a folder exists where a file lies below it."""
        evidence = self._id("folder", path)
        if not self._is_folder(path):
            return Folder(path=path, evidence=evidence, outcome=Outcome.ABSENT)
        prefix = f"{path}/" if path else ""
        below = [name.removeprefix(prefix) for name in self.files if name.startswith(prefix)]
        kinds = {
            rest.partition("/")[0]: EntryKind.FOLDER if "/" in rest else EntryKind.FILE
            for rest in below
        }
        entries = tuple(Entry(name=name, kind=kind) for name, kind in sorted(kinds.items()))
        return Folder(path=path, evidence=evidence, outcome=Outcome.COLLECTED, entries=entries)

    def search(self, below: str, patterns: tuple[str, ...]) -> Search:
        """Sorted paths whose names match; what lies in a skipped folder is not found."""
        evidence = self._id("search", f"{below or '.'}: {' '.join(patterns)}")
        prefix = f"{below}/" if below else ""
        paths = tuple(
            path
            for path in sorted(self.files)
            if path.startswith(prefix)
            and not SKIPPED_FOLDERS & set(path.split("/")[:-1])
            and any(fnmatchcase(split(path)[1], pattern) for pattern in patterns)
        )
        return Search(evidence=evidence, outcome=Outcome.COLLECTED, paths=paths)

    def _is_folder(self, path: str) -> bool:
        return not path or any(name.startswith(f"{path}/") for name in self.files)

    def _id(self, kind: str, locator: str) -> str:
        return self.looked_at.setdefault((kind, locator), f"e{len(self.looked_at) + 1}")


def encoding_of(data: bytes) -> str:
    """The name of the encoding as the real collector gives it."""
    for mark, name in MARKS:
        if data.startswith(mark):
            return name
    try:
        data.decode()
    except UnicodeDecodeError:
        return "binary"
    return "binary" if b"\0" in data else "utf-8"


def line_ends_of(data: bytes) -> str:
    """`crlf`, `lf`, `mixed` or `none`."""
    crlf = data.count(b"\r\n")
    lf = data.count(b"\n") - crlf
    if crlf and lf:
        return "mixed"
    return "crlf" if crlf else "lf" if lf else "none"
