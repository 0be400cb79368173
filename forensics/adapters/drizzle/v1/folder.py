"""Reads the migration folder as drizzle 1.0 does: each folder in it with a `migration.sql`."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from forensics.adapters.drizzle.folder.damage import damage, wrong_shape
from forensics.adapters.drizzle.snapshots.format import up_command
from forensics.adapters.drizzle.snapshots.shared_shapes import ORIGIN
from forensics.adapters.files import read_files
from forensics.evidence.tree import EntryKind, Read, Tree, join, split
from forensics.facts import (
    Commits,
    History,
    Malformed,
    Migration,
    Snapshot,
    SnapshotFormat,
    Snapshots,
    ToolUse,
    TrackingTables,
    Unjudged,
)
from forensics.model import Outcome, WriteFile
from forensics.tracking.matching import readable

SQL, SNAPSHOT, JOURNAL = "migration.sql", "snapshot.json", "meta/_journal.json"
DIALECT_OF_SNAPSHOT = {"postgres": "postgresql"}
_VERSION = re.compile(r'("version"\s*:\s*)"\d+"')
_NAMED = re.compile(r"\d{14}_.+")
_PARTS = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)")


def read_history(
    tree: Tree, tool: ToolUse, tracking: TrackingTables | None, commits: Commits | None
) -> History:
    """The folders in the order in which they run, and the recorded ones that only git has."""
    listing = tree.folder(tool.folder)
    folders = [it.name for it in listing.entries if it.kind is not EntryKind.FILE]
    here = {it for it in folders if _is_there(tree, tool, it) or _is_one(tree, tool, it)}
    known = listing.outcome is Outcome.COLLECTED
    held = {tree.read(join(tool.folder, f"{it}/{SQL}")).sha256 for it in here}
    gone = set(_gone(tool, tracking, commits, held)) - here if known else set()
    return History(
        path=tool.folder,
        evidence=listing.evidence,
        outcome=listing.outcome,
        is_listing=True,
        migrations=tuple(
            Migration(
                position=position,
                index=None,
                key=name,
                path=join(tool.folder, f"{name}/{SQL}"),
                stamp=stamp_of(name),
                snapshot_path=join(tool.folder, f"{name}/{SNAPSHOT}"),
            )
            for position, name in enumerate(sorted(here | gone, key=in_locale))
        ),
    )


def unjudged_folder(tree: Tree, tool: ToolUse) -> Unjudged:
    """What lies in the folder, whatever its release makes of it."""
    history = read_history(tree, tool, None, None)
    bare = (
        it.key
        for it in history.migrations
        if it.snapshot_path and tree.read(it.snapshot_path).outcome is Outcome.ABSENT
    )
    return Unjudged(history=history, files=read_files(tree, tool, history), bare=tuple(bare))


def in_locale(name: str) -> tuple[str, str]:
    """The order of `localeCompare`, for names of ASCII: small letters before capital ones."""
    return name.lower(), name.swapcase()


def stamp_of(name: str) -> int | None:
    """Milliseconds since 1970 of the 14 digits in front; `None` where those are not a time.

    `Date.UTC` takes a 13th month for January of the next year; nobody writes that.
    """
    found = _PARTS.match(name)
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups())
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp()) * 1000


def _is_there(tree: Tree, tool: ToolUse, name: str) -> bool:
    return tree.read(join(tool.folder, f"{name}/{SQL}")).outcome is Outcome.COLLECTED


def _is_one(tree: Tree, tool: ToolUse, name: str) -> bool:
    """By its name, unless it is empty: git has no empty folders, so that one was deleted."""
    if not _NAMED.fullmatch(name):
        return False
    folder = join(tool.folder, name)
    files = (tree.read(join(folder, it)) for it in (SQL, SNAPSHOT))
    if any(it.outcome is not Outcome.ABSENT for it in files):
        return True
    inside = tree.folder(folder)  # not listed where a repair deletes the files
    return bool(inside.entries) or inside.outcome not in (Outcome.COLLECTED, Outcome.SKIPPED)


def _gone(
    tool: ToolUse,
    tracking: TrackingTables | None,
    commits: Commits | None,
    held: Collection[str | None],
) -> Iterator[str]:
    """What is recorded, was a migration of HEAD's history, and was not only renamed."""
    for table in readable(tool, tracking):
        for row in table.rows:
            path = join(tool.folder, f"{row.key}/{SQL}")
            if row.checksum in held or not row.key or commits is None:
                continue
            if any(commit.on_head for commit, _ in commits.of(path)):
                yield row.key


def dialect_of(tree: Tree, folder: str) -> str | None:
    """The dialect that the newest snapshot names, in the words of the configs."""
    listing = tree.folder(folder)
    names = sorted((it.name for it in listing.entries if _NAMED.fullmatch(it.name)), reverse=True)
    paths = (join(folder, f"{name}/{SNAPSHOT}") for name in names)
    path = next((it for it in paths if tree.read(it).outcome is Outcome.COLLECTED), None)
    if path is None:
        return None
    head, _ = _head(tree.read(path))
    written = _text(head.get("dialect"))
    return DIALECT_OF_SNAPSHOT.get(written or "", written)


def read_snapshots(
    tree: Tree, tool: ToolUse, history: History, known: str | None
) -> tuple[Snapshots, dict[str, tuple[str, ...]]]:
    """The `snapshot.json` of every folder, and path -> ids of its parents."""
    listing = tree.folder(tool.folder)
    reads = [tree.read(it.snapshot_path) for it in history.migrations if it.snapshot_path]
    entries, parents = [], {}
    for read in sorted(reads, key=lambda it: it.path):
        if read.outcome is Outcome.ABSENT:
            continue
        entry, ids = _snapshot(read)
        entries.append(entry)
        parents[entry.path] = tuple(it for it in ids if it != ORIGIN)
    found = Snapshots(
        folder=tool.folder,
        evidence=listing.evidence,
        outcome=listing.outcome,
        entries=tuple(entries),
        format=_format(tree, tool, entries, known) if known else None,
    )
    return found, parents


def _format(tree: Tree, tool: ToolUse, entries: Sequence[Snapshot], known: str) -> SnapshotFormat:
    """What every command asks of the snapshots; it looks at their version alone."""
    journal = join(tool.folder, JOURNAL)
    left = journal if tree.read(journal).outcome is Outcome.COLLECTED else ""
    old = [it for it in entries if it.problem is None and it.version not in (None, known)]
    steps = (_as_if(tree, entry, known) for entry in old)
    made = SnapshotFormat(
        version=known,
        upgrade=up_command(tool),
        steps=tuple(step for step in steps if step is not None),
        left=left,
        moves=bool(left),
    )
    if not (left or old):
        return made
    from forensics.adapters.drizzle.v1.up import with_outcome

    return with_outcome(tree, tool, made)


def _as_if(tree: Tree, entry: Snapshot, known: str) -> WriteFile | None:
    """For experiments: the snapshot with another version, by which alone commands go."""
    text = tree.read(entry.path).text
    if text is None:
        return None
    after, changed = _VERSION.subn(rf'\g<1>"{known}"', text, count=1)
    return WriteFile(path=entry.path, before=text, after=after) if changed else None


def _snapshot(read: Read) -> tuple[Snapshot, tuple[str, ...]]:
    head, problem = _head(read)
    ids = head.get("prevIds")
    parents = tuple(it for it in ids if isinstance(it, str)) if isinstance(ids, list) else ()
    return Snapshot(
        path=read.path,
        name="/".join((split(split(read.path)[0])[1], SNAPSHOT)),
        evidence=read.evidence,
        problem=problem,
        id=_text(head.get("id")),
        parent=parents[0] if parents and parents[0] != ORIGIN else None,
        version=_text(head.get("version")),
        dialect=_text(head.get("dialect")),
        sha256=read.sha256,
        text=read.text if problem else None,
    ), parents


def _head(read: Read) -> tuple[dict[str, Any], Malformed | None]:
    if (problem := damage(read)) is not None:
        return {}, problem
    try:
        head = json.loads(read.text or "")
    except (ValueError, RecursionError):
        return {}, None
    if not isinstance(head, dict) or not isinstance(head.get("id"), str):
        return {}, wrong_shape("it has no id", read.text or "")
    return head, None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
