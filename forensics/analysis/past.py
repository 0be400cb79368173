"""The issues that the migration folder had at any commit of HEAD's line, and what ended them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from hashlib import sha256

import msgspec

from forensics.analysis.ask import findings_of
from forensics.analysis.experiments import Scene
from forensics.evidence.tree import Entry, EntryKind, Folder, Read, Search, split
from forensics.facts import Blob, Commit, Commits, GitChange
from forensics.model import Finding, Origin, Outcome, Severity, Spell

MOST = 300
"""States that are judged, the newest: each takes some milliseconds for every migration."""
SHOWN = 3
"""Changes of one commit that are told."""

_Key = tuple[str, str]
"""Rule and subject."""


def spells(scene: Scene) -> tuple[Spell, ...]:
    """Every issue of one folder at any state that HEAD's line had, in the order in which they came.

    Empty where the history was not read, or is not whole enough.
    """
    commits = scene.commits
    if commits is None or not commits.line:
        return ()
    return tuple(_Past(scene, commits).told())


class _Open(msgspec.Struct):
    """An issue that the last state had."""

    came: Commit | None
    by: Commit | None
    severity: Severity
    paths: frozenset[str]


class _Past(msgspec.Struct):
    scene: Scene
    commits: Commits
    open: dict[_Key, _Open] = {}
    files: dict[str, str] = {}
    """Path -> id of what it holds, in the present state."""
    reads: dict[tuple[str, str], Read] = {}

    def told(self) -> Iterator[Spell]:
        line = list(reversed(self.commits.line))
        first = max(len(line) - MOST, 0)
        for number, commit in enumerate(line):
            self._apply(commit.changes)
            if number < first or not self._concerns(commit):
                continue
            begins = number == first and (number > 0 or not self.commits.whole)
            yield from self._next(commit, self._faults(), begins=begins)
        for key, fault in self.open.items():
            yield self._spell(key, fault, None)

    def _apply(self, changes: Iterable[GitChange]) -> None:
        for change in changes:
            if change.blob is None or change.status == "D":
                self.files.pop(change.path, None)
            else:
                self.files[change.path] = change.blob

    def _concerns(self, commit: Commit) -> bool:
        prefix = f"{self.scene.tool.folder}/"
        return any(change.path.startswith(prefix) for change in commit.changes)

    def _faults(self) -> dict[_Key, Finding]:
        tree = PastTree(self.files, self.commits, self.reads)
        facts = self.scene.adapter.folder_facts(tree, self.scene.tool)
        if facts.history is None or tree.is_empty(self.scene.tool.folder):
            return {}
        found = findings_of(facts, self.scene.adapter.artefacts, of_folder=True)
        return {(it.rule, it.subject): it for it in found if it.severity is not Severity.NOTE}

    def _next(
        self, commit: Commit, faults: dict[_Key, Finding], *, begins: bool
    ) -> Iterator[Spell]:
        for key in [it for it in self.open if it not in faults]:
            yield self._spell(key, self.open.pop(key), commit)
        for key, finding in faults.items():
            paths = frozenset((finding.subject, *finding.paths))
            held = self.open.setdefault(
                key,
                _Open(
                    came=None if begins else commit,
                    by=None if begins else self._brought(commit, paths),
                    severity=finding.severity,
                    paths=paths,
                ),
            )
            held.severity = max(held.severity, finding.severity, key=lambda it: it.rank)

    def _brought(self, merge: Commit, paths: frozenset[str]) -> Commit | None:
        """The commit of the other line that gave a file what the merge has of it."""
        if len(merge.parents) < 2:
            return None
        here = {it.id for it in self.commits.line}
        for change in merge.changes:
            if change.path not in paths or change.blob is None:
                continue
            for commit, other in self.commits.of(change.path):
                if other.blob == change.blob and commit.id not in here:
                    return commit
        return None

    def _spell(self, key: _Key, fault: _Open, went: Commit | None) -> Spell:
        return Spell(
            rule=key[0],
            subject=key[1],
            folder=self.scene.tool.folder,
            severity=fault.severity,
            came=_origin(fault.came),
            by=_origin(fault.by),
            went=_origin(went),
            how=how(self._near(went.changes, fault.paths)) if went else "",
        )

    def _near(self, changes: Sequence[GitChange], paths: frozenset[str]) -> Sequence[GitChange]:
        """What it did to these files; where it touched none of them, to the list; else to all."""
        near = [it for it in changes if it.path in paths]
        lists = [it for it in changes if it.path.endswith(self.scene.adapter.lists or ("/",))]
        return near or lists or changes


def how(changes: Sequence[GitChange]) -> str:
    """What a commit did to files, in words."""
    more = len(changes) - SHOWN
    told = [_did(it) for it in changes[:SHOWN]]
    return ", ".join([*told, *([f"and {more} more"] if more > 0 else [])])


def _did(change: GitChange) -> str:
    if change.old_path is not None:
        return f"renames {change.old_path} to {change.path}"
    return f"{_VERB.get(change.status, 'touches')} {change.path}"


_VERB = {"A": "adds", "M": "changes", "D": "deletes"}


def _origin(commit: Commit | None) -> Origin | None:
    if commit is None:
        return None
    return Origin(commit=commit.id, date=commit.authored, subject=commit.subject)


# --- The files of one state ---------------------------------------------------------------------


class PastTree:
    """The files that one commit has of those whose history was read, as far as they were kept."""

    def __init__(
        self, files: dict[str, str], commits: Commits, reads: dict[tuple[str, str], Read]
    ) -> None:
        self._files, self._commits, self._reads = files, commits, reads
        self._below: dict[str, dict[str, EntryKind]] | None = None

    def is_empty(self, folder: str) -> bool:
        """Whether nothing lies below a folder."""
        return folder not in self._folders()

    def read(self, path: str) -> Read:
        """A file as it was then; of a large one its outline."""
        blob = self._files.get(path)
        if blob is None:
            return Read(path=path, evidence=self._commits.evidence, outcome=Outcome.ABSENT)
        key = path, blob
        if key not in self._reads:
            self._reads[key] = _read(path, self._commits.blob(blob), self._commits.evidence)
        return self._reads[key]

    def folder(self, path: str) -> Folder:
        """What lay directly below a folder."""
        evidence = self._commits.evidence
        names = self._folders().get(path)
        if names is None:
            return Folder(path=path, evidence=evidence, outcome=Outcome.ABSENT)
        entries = tuple(Entry(name=name, kind=kind) for name, kind in sorted(names.items()))
        return Folder(path=path, evidence=evidence, outcome=Outcome.COLLECTED, entries=entries)

    def search(self, below: str, patterns: tuple[str, ...]) -> Search:
        """Files whose names match."""
        paths = tuple(
            path
            for path in sorted(self._files)
            if path.startswith(f"{below}/" if below else "")
            and any(fnmatchcase(split(path)[1], pattern) for pattern in patterns)
        )
        return Search(evidence=self._commits.evidence, outcome=Outcome.COLLECTED, paths=paths)

    def _folders(self) -> dict[str, dict[str, EntryKind]]:
        if self._below is None:
            self._below = {}
            for path in self._files:
                kind = EntryKind.FILE
                while path:
                    above, name = split(path)
                    known = self._below.setdefault(above, {})
                    if name in known:
                        break
                    known[name] = kind
                    path, kind = above, EntryKind.FOLDER
        return self._below


def _read(path: str, blob: Blob | None, evidence: str) -> Read:
    """What was not kept is taken for something that no tool can read as its own."""
    if blob is None or blob.sha256 is None:
        return Read(path=path, evidence=evidence, outcome=Outcome.DENIED)
    text, digest = blob.text, blob.sha256
    if text is None and blob.outline is not None:
        # Another than that of the whole: a judgement on this is none on that.
        text, digest = blob.outline, sha256(blob.outline.encode()).hexdigest()
    return Read(
        path=path,
        evidence=evidence,
        outcome=Outcome.COLLECTED,
        sha256=digest,
        size=blob.size,
        data=None if text is None else text.encode(),
        encoding=blob.encoding or "utf-8",
    )
