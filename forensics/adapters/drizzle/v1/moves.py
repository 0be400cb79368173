"""Which file of a folder of 0.x `up` of 1.0 moves where: planFoldersV3 and applyFoldersV3."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from forensics.adapters.drizzle.folder.damage import as_said_by, damage
from forensics.adapters.drizzle.project.node import ProjectNode
from forensics.evidence.tree import EntryKind, Tree, join
from forensics.facts import ToolUse
from forensics.model import Outcome

META, JOURNAL = "meta", "meta/_journal.json"
SQL, SNAPSHOT = "migration.sql", "snapshot.json"
_LAST_YEAR = datetime(9999, 12, 31, tzinfo=UTC).timestamp() * 1000


class Move(NamedTuple):
    """One entry of the journal; paths are below the migration folder."""

    tag: str
    folder: str
    snapshot: str
    sql: str | None


class Source(NamedTuple):
    """A snapshot that `up` reads; paths are below the migration folder."""

    path: str
    """Where it reads it, and where it writes the new one."""
    folder: str
    name: str
    """How it calls the migration."""
    was: str = ""
    """Where the file was before it was moved."""

    @property
    def held(self) -> str:
        """Where the file is now."""
        return self.was or self.path


class Undecided(Exception):  # noqa: N818
    """Why it is not known what `up` does."""


class Stopped(Exception):  # noqa: N818
    """What `up` says when it stops."""


def shown(tool: ToolUse, name: str) -> str:
    """A path below the migration folder as `path.join(out, ...)` spells it."""
    return posixpath.normpath(f"{tool.out}/{name}")


def names_in(tree: Tree, folder: str) -> Mapping[str, EntryKind]:
    """What lies in a folder; empty for a folder that does not exist."""
    listing = tree.folder(folder)
    if listing.outcome not in (Outcome.COLLECTED, Outcome.ABSENT):
        raise Undecided(f"{folder} could not be listed")
    return {it.name: it.kind for it in listing.entries}


def parsed(tree: Tree, path: str) -> dict[str, Any]:
    """The JSON of a snapshot that has no damage."""
    try:
        raw = json.loads(tree.read(path).text or "")
    except (ValueError, RecursionError) as error:
        raise Undecided(f"{path} was not read") from error
    if raw is None:
        raise Stopped("Cannot use 'in' operator to search for 'version' in null")
    if not isinstance(raw, dict):
        raise Undecided(f"{path} has another shape")
    return raw


def version_of(raw: Mapping[str, Any], known: int) -> int | None:
    """What `assertVersion` takes for the version; `None` where that is unsupported."""
    try:
        version = float(raw.get("version") or 0)
    except (TypeError, ValueError):
        return None
    return int(version) if 0 < version <= known else None


def plan(tree: Tree, tool: ToolUse) -> Sequence[Move] | None:
    """The moves in the order of the journal; `None` where there is no journal."""
    here = names_in(tree, tool.folder)
    meta = names_in(tree, join(tool.folder, META)) if META in here else {}
    if "_journal.json" not in meta:
        return None
    return [_move(it, here, meta, tool) for it in _entries(tree, tool)]


def _entries(tree: Tree, tool: ToolUse) -> Sequence[Mapping[str, object]]:
    read = tree.read(join(tool.folder, JOURNAL))
    problem = as_said_by(ProjectNode(tree, tool), damage(read), read)
    if problem is not None:
        raise Stopped(problem.message)
    if read.text is None:
        raise Undecided("the journal was not read")
    try:
        journal = json.loads(read.text)
    except (ValueError, RecursionError) as error:
        raise Undecided("the journal is not understood") from error
    if journal is None:
        raise Stopped("Cannot read properties of null (reading 'entries')")
    entries = journal.get("entries", _Absent) if isinstance(journal, dict) else None
    if entries is _Absent:
        raise Stopped("Cannot read properties of undefined (reading 'map')")
    if not isinstance(entries, list) or not all(map(_is_entry, entries)):
        raise Undecided("the journal has another shape")
    return entries


class _Absent:
    """A field that is not there."""


def _is_entry(entry: object) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("tag"), str):
        return False
    return "/" not in entry["tag"] and "\\" not in entry["tag"]


def _move(
    entry: Mapping[str, object],
    here: Mapping[str, EntryKind],
    meta: Mapping[str, EntryKind],
    tool: ToolUse,
) -> Move:
    tag = str(entry["tag"])
    prefix, _, rest = tag.partition("_")
    snapshot = f"{prefix}_{SNAPSHOT}"
    if snapshot not in meta:
        raise Stopped("No snapshot was found")
    sql: str | None = f"{tag}.sql"
    if sql not in here:
        others = [it for it in here if it.startswith(f"{prefix}_") and it.endswith(".sql")]
        if len(others) > 1:
            raise Stopped("Several sql files were found")
        sql = others[0] if others else None
    return Move(tag, f"{_time(entry.get('when'))}_{rest}", f"{META}/{snapshot}", sql)


def _time(when: object) -> str:
    """As prepareSnapshotFolderName prints it, of milliseconds since 1970."""
    if isinstance(when, bool) or not isinstance(when, int | float) or not when:
        raise Undecided("an entry has a `when` that is not a number, or for which `up` takes now")
    if not 0 < when < _LAST_YEAR:
        raise Undecided("an entry has a `when` far from today")
    return f"{datetime.fromtimestamp(int(when) // 1000, UTC):%Y%m%d%H%M%S}"
