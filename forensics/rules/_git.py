"""What rules ask of a path's history, in words that say no more than the history shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256

from forensics.facts import Blob, Commit, Commits, GitChange
from forensics.facts.variants import cosmetic_variants
from forensics.model import Origin, Record, RunCommand, Step, WriteFile
from forensics.model.wording import capital

SHORT = 10


class Version(Record, frozen=True, kw_only=True):
    """A content that a path once had."""

    blob: Blob
    path: str
    """Where it lay: another path if the file was renamed."""
    commit: Commit
    """The newest commit that brought it; where the history lacks that, the one that ended it."""
    brought: bool
    lost: bool = False
    """Whether its bytes are neither here nor can be fetched by git."""

    @property
    def where(self) -> str:
        """The state of the project that held it, for a sentence."""
        before = "" if self.brought else "the state before "
        elsewhere = "" if self.commit.on_head else ", which is not on HEAD"
        return f"{before}{describe(self.commit)}{elsewhere}"

    def restore(self, path: str) -> Step | None:
        """The step that brings the bytes to a path, `None` where no command can name them.

        A `WriteFile` where the text is held as git has it, else (masked, too large) a checkout.
        """
        return self.write(path) or self.checkout(path)

    def write(self, path: str) -> WriteFile | None:
        """The step that writes the bytes; `None` where they were not kept as they are."""
        text = self.blob.text
        if text is None or sha256(text.encode()).hexdigest() != self.blob.sha256:
            return None
        source = f"git blob {self.blob.id[:SHORT]} of {self.where}"
        return WriteFile(path=path, before=None, after=text, source=source)

    def checkout(self, path: str) -> RunCommand | None:
        """The command that takes the bytes out of git; `None` where they lay elsewhere."""
        revision = self._revision()
        if self.lost:
            return None
        # Git reads a path that begins with a colon as an instruction (gitglossary, pathspec).
        if revision is None or self.path != path or path.startswith(":"):
            return None
        argv = ("git", "checkout", revision, "--", path)
        return RunCommand(argv=argv, why=f"the bytes are those of {self.where}")

    def _revision(self) -> str | None:
        if self.brought:
            return self.commit.id
        # Of a merge's parents, git does not say here which one held it.
        return self.commit.parents[0] if len(self.commit.parents) == 1 else None


def versions(commits: Commits | None, path: str) -> tuple[Version, ...]:
    """All contents a path had, each once: those on HEAD first, then newest first."""
    if commits is None:
        return ()
    found: dict[str, Version] = {}
    for commit, change in commits.of(path):
        for version in _versions(commits, commit, change, path):
            known = found.get(version.blob.id)
            if known is None or _told_better(version, known):
                found[version.blob.id] = version
    return tuple(sorted(found.values(), key=lambda version: not version.commit.on_head))


def first_version(commits: Commits | None, path: str) -> tuple[Commit, Blob | None] | None:
    """The commit on HEAD that first held a path, and what it held; `None` where that is not seen.

    In a shallow clone the oldest commit seems to add everything, so it is not taken for an origin.
    """
    if commits is None:
        return None
    found = None
    for commit, change in commits.of(path):
        if commit.on_head and _after(change, path) is not None:
            found = (commit, commits.blob(_after(change, path)))
    if found is None or (not commits.whole and not found[0].parents):
        return None
    return found


def came_with(commits: Commits | None, path: str, words: str = "It was added by {}.") -> str:
    """Which commit on HEAD first held a path, in these words; empty where that is not seen."""
    first = first_version(commits, path)
    return words.format(describe(first[0])) if first else ""


def deletion(commits: Commits, path: str) -> Commit | None:
    """The newest commit on HEAD that touched a path, if that deleted it or renamed it away."""
    found = next(_on_head(commits, path), None)
    return found[0] if found is not None and _after(found[1], path) is None else None


def last_revision(commits: Commits, path: str) -> str | None:
    """The last commit on HEAD's line that held a path; `None` where git does not say here."""
    removed = deletion(commits, path)
    if removed is None:
        return commits.head
    return removed.parents[0] if len(removed.parents) == 1 else None


def how_it_went(commits: Commits | None, path: str) -> str:
    """How a path that is not there was lost, as far as git says."""
    if commits is None:
        return "Without git, it is unknown when it was removed."
    removed = [pair for pair in _on_head(commits, path) if _after(pair[1], path) is None]
    if deletion(commits, path) is not None:
        return _removal(*removed[0])
    if (state := commits.state(path)) is not None and state.state == "tracked":
        return (
            "Git tracks it: it was removed in the working tree, and the removal is not committed."
        )
    if removed:  # a later commit touched it on a line of history that a merge then dropped
        return _removal(*removed[0])
    if any(_on_head(commits, path)):
        return "HEAD's history has it, and no commit seen there removed it: the removal is staged."
    if any(commits.of(path)):
        return "It exists on another branch, in a stash or in the reflog, not on HEAD."
    return f"{capital(never_committed(commits))}."


def was_on_head(commits: Commits | None, path: str) -> bool:
    """Whether HEAD's history held a path, and did not rename it: then its absence is a loss."""
    found = next(_on_head(commits, path), None) if commits else None
    return found is not None and found[1].old_path != path


def last_change(commits: Commits | None, path: str, sha256: str | None = None) -> str:
    """Which commit on HEAD gave a path the content that it has now, as far as git says."""
    if commits is None:
        return "Without git, it is unknown what changed it."
    found = next(_on_head(commits, path), None)
    if found is None:
        return "No commit seen on HEAD touched it."
    if is_uncommitted(commits, path, sha256):
        return (
            "No commit on HEAD has this content: the change is in the working tree only. The "
            f"last commit that touched it is {describe(found[0])}."
        )
    return f"The last commit that touched it is {describe(found[0])}."


def since(commits: Commits, path: str, holds: Callable[[Blob], bool]) -> Commit | None:
    """The commit on HEAD since which a path holds what is asked, `None` where it is not seen."""
    found = None
    for commit, change in _on_head(commits, path):
        if (after := _after(change, path)) is None:
            return found
        blob = commits.blob(after)
        if blob is None or blob.text is None:
            return None
        if not holds(blob):
            return found
        found = commit
    # In a shallow clone the oldest commit seems to add everything.
    return found if commits.whole else None


def origin(commit: Commit | None) -> Origin | None:
    """The commit as the one that brought an issue in."""
    if commit is None:
        return None
    return Origin(commit=commit.id, date=commit.authored, subject=commit.subject)


def added_by(commits: Commits | None, path: str) -> Origin | None:
    """The commit on HEAD that first held a path."""
    first = first_version(commits, path)
    return origin(first[0]) if first else None


def removed_by(commits: Commits | None, path: str) -> Origin | None:
    """The commit on HEAD that removed a path."""
    return origin(deletion(commits, path)) if commits else None


def changed_by(commits: Commits | None, path: str, sha256: str | None = None) -> Origin | None:
    """The newest commit on HEAD that touched a path; `None` where its content is not committed."""
    found = next(_on_head(commits, path), None) if commits else None
    if commits is None or found is None or (not commits.whole and not found[0].parents):
        return None
    return None if is_uncommitted(commits, path, sha256) else origin(found[0])


def describe(commit: Commit) -> str:
    """A commit in a sentence: short id, date, subject."""
    dated = f" of {commit.authored[:10]}" if commit.authored else ""
    return f'commit {commit.id[:SHORT]}{dated} ("{commit.subject}")'


def never_committed(commits: Commits) -> str:
    """The strongest statement that the history allows about a path it does not hold."""
    if commits.whole:
        return "it was never committed on any ref of this repository"
    return f"it is not in the history available here ({commits.gap})"


def is_uncommitted(commits: Commits, path: str, sha256: str | None) -> bool:
    """Whether no version on HEAD has this hash, be it with other line ends, as git converts them.

    Not claimed where a version's bytes are unknown.
    """
    held = {after for _, change in _on_head(commits, path) if (after := _after(change, path))}
    blobs = [blob for id_ in held if (blob := commits.blob(id_)) is not None and blob.sha256]
    if sha256 is None or not held or len(blobs) < len(held):
        return False
    return all(
        sha256 != blob.sha256 and sha256 not in cosmetic_variants(blob.text) for blob in blobs
    )


def _on_head(commits: Commits, path: str) -> Iterator[tuple[Commit, GitChange]]:
    return (pair for pair in commits.of(path) if pair[0].on_head)


def _removal(commit: Commit, change: GitChange) -> str:
    if change.status == "D":
        return f"It was removed by {describe(commit)}."
    return f"It was renamed to {change.path} by {describe(commit)}."


def _versions(commits: Commits, commit: Commit, change: GitChange, path: str) -> Iterator[Version]:
    before = change.old_path or change.path
    contents = ((_after(change, path), path, True), (change.old_blob, before, False))
    for blob_id, where, brought in contents:
        if (blob := commits.blob(blob_id)) is not None:
            lost = blob.size is None and not commits.partial
            yield Version(blob=blob, path=where, commit=commit, brought=brought, lost=lost)


def _told_better(version: Version, known: Version) -> bool:
    """Whether another commit names the same content better: it brought it, and is on HEAD."""
    return (version.brought, version.commit.on_head) > (known.brought, known.commit.on_head)


def _after(change: GitChange, path: str) -> str | None:
    return change.blob if change.path == path and change.status != "D" else None
