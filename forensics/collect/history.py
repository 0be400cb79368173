"""The commits that touched some paths, over all refs, reflogs and stashes, in one pass."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby

from msgspec.structs import replace

from forensics.collect.git import Git, GitAnswer
from forensics.collect.names import stored
from forensics.facts import Commit, GitChange
from forensics.model import Outcome
from forensics.redaction.redactor import mask_text

_FIELDS = ("%H", "%P", "%at", "%ct", "%S", "%s")
# A blob that is missing ends the search for similar files; equal ones need only the ids.
_RENAMES = ("-M", "-M100%", "--no-renames")
_ATTEMPTS = 12
_NO_PARENTS = re.compile(
    r"(?:Failed to traverse parents of|cannot simplify) commit ([0-9a-f]{40,64})"
)
_AWAY = ("rev-list", "--all", "--stdin", "--")
_KINDS = frozenset("AMDRT")
_PASSING = frozenset({"reflog", "MERGE_HEAD", "ORIG_HEAD", "REBASE_HEAD", "CHERRY_PICK_HEAD"})
"""What leads to commits for a while only: where a branch has them too, that is their name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """The commits, newest first, their subjects not masked, and why there may be more."""

    commits: tuple[Commit, ...]
    line: tuple[Commit, ...] = ()
    """HEAD and its first parents as far as they touched the paths, newest first.

    Each with what it changed against its first parent. Empty where git cannot tell all of it, and
    where there is too much: half of it would seem to begin with everything.
    """
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A commit against one of its parents; times in seconds since 1970, the subject not masked."""

    id: str
    parents: tuple[str, ...]
    authored: str
    committed: str
    source: str
    subject: str
    changes: list[GitChange] = field(default_factory=list)

    def commit(self, changes: Iterable[GitChange], *refs: str) -> Commit:
        """The commit with what counts of its changes, and what led to it."""
        return Commit(
            id=self.id,
            parents=self.parents,
            authored=_moment(self.authored),
            committed=_moment(self.committed),
            subject=self.subject,
            changes=tuple(changes),
            refs=refs,
        )


def walk(git: Git, head: str | None, tips: Mapping[str, str], paths: tuple[str, ...]) -> Walk:
    """All commits that touched the paths, from HEAD, all refs and the given further commits.

    `tips` maps commit ids that exist to what led there (`reflog`, `stash`).
    """
    if not paths:
        return Walk(commits=())
    if head is None:
        answer, gaps = _log(git, None, tips, paths)
        return Walk(commits=_placed(git, None, _walked(answer, tips), None), gaps=gaps)
    line = (_log_command(paths, "--first-parent", "--no-renames"), head.encode())
    away = (_AWAY, "\n".join([*tips, f"^{head}"]).encode())
    with _beside(git, line) as of_line, _beside(git, away) as of_away:
        answer, gaps = _log(git, head, tips, paths)
        # What stopped it stopped the others, and may be cut off now.
        on_line, elsewhere = (
            (_asked(git, line), _asked(git, away)) if gaps else (of_line(), of_away())
        )
    commits = _walked(answer, {**tips, head: "HEAD"})
    return Walk(commits=_placed(git, head, commits, elsewhere), line=_line(on_line), gaps=gaps)


def _beside(
    git: Git, asked: tuple[tuple[str, ...], bytes]
) -> AbstractContextManager[Callable[[], GitAnswer]]:
    command, given = asked
    return git.meanwhile(*command, stdin=given)


def _asked(git: Git, asked: tuple[tuple[str, ...], bytes]) -> GitAnswer:
    command, given = asked
    return git.ask(*command, stdin=given)


def _walked(answer: GitAnswer, names: Mapping[str, str]) -> tuple[Commit, ...]:
    entries = list(parse(answer.out))
    if not answer.whole:
        entries = entries[:-1]  # it was cut off in the middle of that one
    return tuple(_commits(entries, names))


def _line(answer: GitAnswer) -> tuple[Commit, ...]:
    if not answer.whole:
        return ()
    return tuple(entry.commit(entry.changes) for entry in parse(answer.out) if entry.changes)


def _log_command(paths: tuple[str, ...], *how: str) -> tuple[str, ...]:
    return (
        *("--literal-pathspecs", "log", *how, "-m", "--raw"),
        *("--no-abbrev", "-z", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all"),
        *("--no-show-signature", "--no-color", f"--format={'%x00'.join(_FIELDS)}", "--stdin"),
        *("--", *(path or "." for path in paths)),
    )


def parse(out: bytes) -> Iterator[_Entry]:
    """The output of `git log -z --raw` with our format: fixed fields, then records after a colon.

    All ends in NUL, so no file name or subject can pretend to be something else.
    """
    tokens = out.split(b"\0")
    at = 0
    while at + len(_FIELDS) < len(tokens):
        entry = _entry(tokens[at : at + len(_FIELDS)])
        at += len(_FIELDS)
        while at < len(tokens) and (record := tokens[at].lstrip(b"\n")).startswith(b":"):
            status = record.rsplit(b" ", 1)[-1].decode("latin-1")
            count = 2 if status[:1] in ("R", "C") else 1
            paths = [stored(path) for path in tokens[at + 1 : at + 1 + count]]
            ended = at + 1 + count < len(tokens)  # by a NUL, not by the end of the output
            if ended and status[:1] in _KINDS:
                entry.changes.append(_change(record, status[:1], paths))
            at += 1 + count
        yield entry


def _log(
    git: Git, head: str | None, tips: Iterable[str], paths: tuple[str, ...]
) -> tuple[GitAnswer, tuple[str, ...]]:
    gaps: dict[str, None] = {}
    renames = iter(_RENAMES)
    how = next(renames)
    for _ in range(_ATTEMPTS):
        answer = git.ask(*_command(how, head, paths), stdin="\n".join(tips).encode())
        if answer.whole:
            break
        if answer.stopped is not None:
            what = "time" if answer.stopped is Outcome.TIMED_OUT else "space"
            gaps[f"reading the history took too much {what}; only its newest part was read"] = None
            break
        if broken := _NO_PARENTS.search(answer.error):
            gaps[f"the parents of commit {broken[1][:12]} are missing"] = None
            git.cut_off_below(broken[1])
        elif (coarser := next(renames, None)) is not None:
            how = coarser
            gaps["some objects are missing, so renames were only recognised in part"] = None
        else:
            gaps[f"git could read it only in part ({mask_text(answer.reason)})"] = None
            break
    if "does not point to a valid object" in answer.error:
        gaps["some refs point to objects that are missing"] = None
    return answer, tuple(gaps)


def _command(renames: str, head: str | None, paths: tuple[str, ...]) -> tuple[str, ...]:
    # Against each parent (-m): a file that a merge lost shows only against the parent that had it,
    # one that a merge made up shows against both. What every clean merge shows is sorted out later.
    tips = (*([head] if head else ()), "--all")  # named by the first
    return _log_command(paths, *tips, "--full-history", renames)


def _entry(tokens: list[bytes]) -> _Entry:
    commit, parents, authored, committed, source, subject = (
        token.decode("utf-8", "replace") for token in tokens
    )
    return _Entry(
        id=commit,
        parents=tuple(parents.split()),
        authored=authored,
        committed=committed,
        source=stored(tokens[4]) if source else "",
        subject=subject,
    )


def _moment(seconds: str) -> str:
    """Seconds since 1970 as ISO 8601 in UTC; empty where a forged date is in no calendar."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):
        return ""


def _change(record: bytes, status: str, paths: list[str]) -> GitChange:
    _, _, old, new, _ = record.decode("latin-1").split(" ", 4)
    return GitChange(
        path=paths[-1],
        status=status,
        old_path=paths[0] if len(paths) == 2 else None,
        blob=new if new.strip("0") else None,
        old_blob=old if old.strip("0") else None,
    )


def _commits(entries: list[_Entry], names: Mapping[str, str]) -> Iterator[Commit]:
    grouped = [list(group) for _, group in groupby(entries, key=lambda entry: entry.id)]
    gone = {
        path
        for group in grouped
        if len(group[0].parents) < 2
        for path in _removed(group[0].changes)
    }
    for group in grouped:
        entry = group[0]
        name = _ref_name(entry.source, names)
        changes = entry.changes
        if len(entry.parents) > 1:
            changes = _of_merge(group, frozenset() if name == "stash" else gone, name)
        if changes:
            yield entry.commit(changes, name)


def _of_merge(group: list[_Entry], gone: frozenset[str] | set[str], name: str) -> list[GitChange]:
    """What the merge itself did: what is in no parent, what it lost without anyone deleting it."""
    entry = group[0]
    by_path: dict[str, list[GitChange]] = {}
    for change in (change for side in group for change in side.changes):
        by_path.setdefault(change.path, []).append(change)
    own = [_telling(changes) for changes in by_path.values() if len(changes) == len(entry.parents)]
    if name == "stash":  # its third parent holds the untracked files: nothing was lost there
        return own
    lost = [
        change
        for path, changes in by_path.items()
        if len(changes) < len(entry.parents) and path not in gone
        for change in changes[:1]
        if change.status == "D"
    ]
    return own + lost


def _telling(changes: list[GitChange]) -> GitChange:
    """Against a parent that had the file, if there is one: `M` says more than `A`."""
    return next((change for change in changes if change.old_blob is not None), changes[0])


def _removed(changes: Iterable[GitChange]) -> Iterator[str]:
    for change in changes:
        if change.status == "D":
            yield change.path
        elif change.old_path is not None:
            yield change.old_path


def _ref_name(source: str, names: Mapping[str, str]) -> str:
    if source == "refs/stash":
        return "stash"
    for prefix in ("refs/heads/", "refs/tags/", "refs/remotes/"):
        if source.startswith(prefix):
            return source.removeprefix(prefix)
    return names.get(source, source)


def _placed(
    git: Git, head: str | None, commits: tuple[Commit, ...], elsewhere: GitAnswer | None
) -> tuple[Commit, ...]:
    """Each commit with whether HEAD contains it, and refs only where it does not."""
    away = {commit.id for commit in commits if commit.refs != ("HEAD",)}
    if elsewhere is not None and elsewhere.whole:
        away &= set(elsewhere.out.decode("ascii", "replace").split())
    held = _held_by_refs(git, head) if any(it.id in away for it in commits if _passing(it)) else {}
    return tuple(_place(commit, commit.id not in away, held) for commit in commits)


def _place(commit: Commit, on_head: bool, held: Mapping[str, str]) -> Commit:
    if on_head:
        return replace(commit, on_head=True, refs=())
    name = held.get(commit.id) if _passing(commit) else None
    return replace(commit, on_head=False, refs=(name,) if name else commit.refs)


def _passing(commit: Commit) -> bool:
    """Whether it was reached from a log or an unfinished merge: a branch may contain it as well."""
    return any(name in _PASSING for name in commit.refs)


def _held_by_refs(git: Git, head: str | None) -> dict[str, str]:
    """The id of every commit that a branch or tag has, and HEAD has not -> the name of one."""
    refs = ("--branches", "--remotes", "--tags")
    without = (f"^{head}",) if head else ()
    answer = git.ask("log", "-z", "--format=%H%x00%S", *refs, *without, "--")
    tokens = answer.out.decode("utf-8", "replace").split("\0")
    pairs = zip(tokens[::2], tokens[1::2], strict=False)
    return {id_: _ref_name(source, {}) for id_, source in pairs} if answer.whole else {}
