"""Git history of the paths that matter, through a quarantined git directory, into the bundle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from forensics.collect.blobs import read_blobs, wanted_blobs
from forensics.collect.git import Git, GitError
from forensics.collect.history import walk
from forensics.collect.names import stored
from forensics.collect.quarantine import SECONDS, Quarantine, quarantine
from forensics.collect.recording import Identity, Mask, keyed_identity
from forensics.collect.repository import Repository, find_repository
from forensics.collect.states import commit_states, path_states
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.kinds import EvidenceKind
from forensics.facts import Blob, Commit, Commits
from forensics.model import Outcome
from forensics.redaction.redactor import mask as mask_secrets

SUBJECTS = 50
"""How many of HEAD's newest subjects are kept."""
NO_GIT = "no git repository here: issues are reported without their origin"


def collect_commits(
    repository: Repository | None,
    paths: tuple[str, ...],
    writer: BundleWriter,
    *,
    mask: Mask = mask_secrets,
    identity: Identity = keyed_identity,
    wanted_hashes: frozenset[str] = frozenset(),
    at: str | None = None,
    seconds: float = SECONDS,
) -> Commits | None:
    """The history of folders and files (relative to the git top level, `` is all), recorded.

    Adds an item of kind `history`; where there is no git or it fails, one of kind `git` that says
    so, and gives `None`. Never raises for what the repository holds. `wanted_hashes`: SHA-256 of
    files whose text is to be kept wherever the history holds it. `at` is the id of a commit that
    is examined in place of HEAD and the working tree.
    """
    if repository is None:
        writer.add(EvidenceKind.GIT, "git", Outcome.ABSENT, note=NO_GIT)
        return None
    try:
        with quarantine(repository, seconds) as place:
            commits = read_commits(place, paths, mask, wanted_hashes, at, identity)
    except GitError as error:
        note = f"{error}: issues are reported without origin"
        writer.add(EvidenceKind.GIT, "git", error.outcome, note=note, obstacle=error.obstacle)
        return None
    except OSError as error:
        writer.add(
            EvidenceKind.GIT, "git", Outcome.FAILED, note=f"no git history: {error.strerror}"
        )
        return None
    locator = f"git history of {', '.join(path or '.' for path in paths)}"
    evidence = writer.add_value(EvidenceKind.HISTORY, locator, commits, note=commits.gap)
    return replace(commits, evidence=evidence)


def read_commits(
    place: Quarantine,
    paths: tuple[str, ...],
    mask: Mask,
    wanted_hashes: frozenset[str],
    at: str | None = None,
    identity: Identity = keyed_identity,
) -> Commits:
    """The history as `Commits` without an evidence id; raises `GitError`."""
    head, tips = _existing_tips(place, at or "HEAD")
    history = walk(place.git, head, tips, paths)
    wanted = wanted_blobs((*history.commits, *history.line), paths)
    blobs, ids = read_blobs(place.git, wanted, mask, wanted_hashes, identity)
    elsewhere = tuple(dict.fromkeys(_elsewhere(place.repository, paths))) if at is None else ()
    gaps = (*place.gaps, *history.gaps, *_missing(blobs), *(_of_its_own(it) for it in elsewhere))
    return Commits(
        evidence="",
        head=head,
        branch=_branch(place) if at is None else None,
        whole=not gaps,
        gap="; ".join(gaps),
        partial=place.partial,
        remedy=_remedy(elsewhere, shallow=place.shallow) if gaps else "",
        commits=tuple(_renamed(it, ids) if ids else it for it in _masked(history.commits, mask)),
        line=tuple(_renamed(it, ids) if ids else it for it in _masked(history.line, mask)),
        blobs=blobs,
        states=path_states(place, paths) if at is None else commit_states(place.git, at, paths),
        recent_subjects=_recent_subjects(place.git, head, mask),
    )


def _renamed(commit: Commit, ids: Mapping[str, str]) -> Commit:
    """With other ids of contents: git's own is a hash of the original too."""
    changes = tuple(
        replace(
            change,
            blob=ids.get(change.blob or "", change.blob),
            old_blob=ids.get(change.old_blob or "", change.old_blob),
        )
        for change in commit.changes
    )
    return replace(commit, changes=changes)


def _existing_tips(place: Quarantine, head_name: str) -> tuple[str | None, Mapping[str, str]]:
    """The commit to start from, and those of the further ids that are commits still here."""
    asked = [head_name, *(object_id for object_id, _ in place.tips)]
    names = ["HEAD", *(name for _, name in place.tips)]
    lines = place.git.lines(
        "cat-file", "--batch-check", stdin="".join(f"{id_}^{{commit}}\n" for id_ in asked).encode()
    )
    found = [(line.split(" "), name) for line, name in zip(lines, names, strict=True)]
    commits = [(parts[0], name) for parts, name in found if parts[1:2] == ["commit"]]
    head = commits[0][0] if commits and commits[0][1] == "HEAD" else None
    return head, {id_: name for id_, name in commits if id_ != head}


def _branch(place: Quarantine) -> str | None:
    text = stored((place.git.git_dir / "HEAD").read_bytes()).strip()
    prefix = "ref: refs/heads/"
    return text.removeprefix(prefix) if text.startswith(prefix) else None


def _masked(commits: tuple[Commit, ...], mask: Mask) -> tuple[Commit, ...]:
    subjects = _said([commit.subject for commit in commits], mask)
    return tuple(
        replace(commit, subject=subject) if subject != commit.subject else commit
        for commit, subject in zip(commits, subjects, strict=True)
    )


def _said(subjects: list[str], mask: Mask) -> list[str]:
    """All in one go, which is many times faster; each is one line."""
    text = "\n".join(subject.replace("\n", " ") for subject in subjects)
    masked, found = mask(text.encode("utf-8", "replace"), "")
    lines = masked.decode("utf-8", "replace").split("\n")
    if not found or len(lines) != len(subjects):  # a secret seemed to go on in the next line
        return [_said([it], mask)[0] for it in subjects] if found else subjects
    return lines


def _recent_subjects(git: Git, head: str | None, mask: Mask) -> tuple[str, ...]:
    if head is None:
        return ()
    out = git.ask("log", "-z", f"-{SUBJECTS}", "--format=%s", head, "--").out
    subjects = out.decode("utf-8", "replace").split("\0")[:-1]
    return tuple(_said(subjects, mask))


def _elsewhere(repository: Repository, paths: tuple[str, ...]) -> Iterator[str]:
    """The submodules and nested repositories in which paths lie; a link out of here is neither."""
    for path in paths:
        place = repository.top / path
        while not place.exists() and place != repository.top:
            place = place.parent
        nearest = find_repository(place)
        if nearest is not None and repository.top in nearest.top.parents:
            yield stored(nearest.top.relative_to(repository.top).as_posix())


def _of_its_own(folder: str) -> str:
    return f"{folder} is a repository of its own, whose history was not read"


def _remedy(elsewhere: tuple[str, ...], *, shallow: bool) -> str:
    if elsewhere:
        return f"run it on {elsewhere[0]}"
    if shallow:
        return "complete the clone with `git fetch --unshallow`"
    return "run it in a full clone"


def _missing(blobs: tuple[Blob, ...]) -> tuple[str, ...]:
    missing = sum(blob.size is None for blob in blobs)
    return (f"{missing} of {len(blobs)} file contents are missing from the object store",) * bool(
        missing
    )
