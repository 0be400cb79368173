"""Whether `up` of 1.0.0-rc.5 converts the snapshots of PostgreSQL: upPgHandler."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from forensics.adapters.drizzle.folder.damage import damage
from forensics.adapters.drizzle.snapshots.judgement import Judge
from forensics.adapters.drizzle.snapshots.shared_shapes import ORIGIN
from forensics.adapters.drizzle.v1.moves import (
    Source,
    Stopped,
    Undecided,
    parsed,
    shown,
    version_of,
)
from forensics.evidence.tree import Tree, join
from forensics.facts import ToolUse

KNOWN, OF_0_X, OLDEST = 9, 7, 5
_PREFIX = "Cannot convert the migrations folder to snapshot format 9: "


def snapshots_of_postgres(
    tree: Tree, tool: ToolUse, sources: Sequence[Source], *, of_journal: bool
) -> tuple[tuple[str, str], ...]:
    """Path and text of the new snapshots; what they hold of the schema is not told.

    Raises `Stopped` with what it says, before any file is touched.
    """
    read = [(it, _raw(tree, tool, it)) for it in sources]
    if all(version_of(raw, KNOWN) == KNOWN for _, raw in read):
        return ()
    files = sorted(read, key=lambda it: it[0].folder.encode("utf-16-be"))
    for source, raw in files:
        _convertible(tree, tool, source, raw)
    parents = {source.held: _parents(raw) for source, raw in files}
    _judge_chain([it for it, _ in files], dict(_ids(files)), parents, of_journal)
    lacking = next((it for it, raw in files if not all(map(_is_whole, _indexes(raw)))), None)
    if lacking is not None:
        raise Stopped(
            f"Cannot convert migration {lacking.name} to snapshot format 9: the new snapshot is "
            "not valid"
        )
    return tuple(
        (f"{source.folder}/snapshot.json", _text(raw, parents[source.held]))
        for source, raw in files
        if version_of(raw, KNOWN) != KNOWN
    )


def _raw(tree: Tree, tool: ToolUse, source: Source) -> dict[str, Any]:
    read = tree.read(join(tool.folder, source.held))
    path = shown(tool, source.held)
    if damage(read) is not None:
        raise Stopped(
            f"{path} data is malformed. Restore the file from git, or fix the JSON in it by hand."
        )
    raw = parsed(tree, read.path)
    if version_of(raw, KNOWN) is None:
        raise Stopped(f"{path} snapshot is of unsupported version, please update drizzle-kit")
    return raw


def _convertible(tree: Tree, tool: ToolUse, source: Source, raw: Mapping[str, Any]) -> None:
    """Raises `Undecided` unless the content has the shape of its version."""
    version = version_of(raw, KNOWN) or 0
    path = join(tool.folder, source.held)
    if version > OF_0_X:
        if not (isinstance(raw.get("ddl", raw.get("deltas")), list) and _is_chained(raw)):
            raise Undecided(f"{path} has another shape")
        return
    judged = Judge("postgresql").judge(tree.read(path))
    if version < OLDEST or judged.problem is not None:
        raise Undecided(f"{path} has another shape than its release wrote")


def _indexes(raw: Mapping[str, Any]) -> Iterator[Any]:
    """Of a snapshot of 0.x."""
    for table in raw.get("tables", {}).values():
        yield from table["indexes"].values()


def _is_whole(index: Mapping[str, Any]) -> bool:
    """Whether it has what 1.0 wants of an index: releases before 0.22 did not write it."""
    return isinstance(index.get("method"), str) and isinstance(index.get("concurrently"), bool)


def _is_chained(raw: Mapping[str, Any]) -> bool:
    """Whether it has an id, and that of one parent."""
    parents = raw.get("prevIds")
    ids = [raw.get("id"), *(parents if isinstance(parents, list) else ())]
    return len(ids) == 2 and all(isinstance(it, str) for it in ids)


def _parents(raw: Mapping[str, Any]) -> tuple[str, ...]:
    held = raw["prevIds"] if "prevIds" in raw else [raw.get("prevId")]
    return tuple(it for it in held if it and it != ORIGIN)


def _ids(files: Sequence[tuple[Source, Mapping[str, Any]]]) -> Iterator[tuple[str, Source]]:
    seen = set()
    for source, raw in files:
        if raw["id"] in seen:
            raise Undecided(f"two snapshots have the id {raw['id']}")
        seen.add(raw["id"])
        yield raw["id"], source


def _judge_chain(
    files: Sequence[Source],
    by_id: Mapping[str, Source],
    parents: Mapping[str, Sequence[str]],
    of_journal: bool,
) -> None:
    for source in files:
        for wanted in parents[source.held]:
            if (parent := by_id.get(wanted)) is None:
                raise Stopped(_deleted(source, wanted))
            if not _sorts_after(source.folder, parent.folder):
                raise Stopped(_order(source, parent, of_journal))
    firsts = [it for it in files if not parents[it.held]]
    if len(firsts) > 1:
        raise Stopped(
            f"{_PREFIX}the folder has two first migrations, {firsts[0].name} and "
            f"{firsts[1].name}, and a folder must have one. No file was changed. Delete one of the "
            "two migrations together with every migration that follows it, run drizzle-kit up "
            "again, and then run drizzle-kit generate."
        )


def _sorts_after(folder: str, parent: str) -> bool:
    """`sortsAfter`; two names of one second have one order only where both orders agree."""
    after = (
        folder.encode("utf-16-be") > parent.encode("utf-16-be"),
        folder.lower() > parent.lower(),
    )
    if after[0] != after[1] or not f"{folder}{parent}".isascii():
        raise Undecided(f"which of {folder} and {parent} comes first depends on the locale")
    return after[0]


def _deleted(source: Source, wanted: str) -> str:
    return (
        f"{_PREFIX}a migration was deleted in the middle of the history. Migration {source.name} "
        f"follows the snapshot {wanted}, and no migration in the folder has this snapshot. No file "
        "was changed. Restore the missing migration from git. If that is not possible, delete "
        f"{source.name} and every later migration, run drizzle-kit up, and generate them again."
    )


def _order(source: Source, parent: Source, of_journal: bool) -> str:
    if not of_journal:
        return (
            f"Migration {source.folder} sorts before its parent {parent.folder}, so migrate can "
            f"run it first. Rename the folders so that {source.folder} sorts after "
            f"{parent.folder}."
        )
    return (
        f"After drizzle-kit up moves the migrations into folders, migration {source.name} sorts "
        f"before its parent {parent.name}, so migrate can run it first. drizzle-kit up names each "
        "folder after the time in `when` of its journal entry. No file was changed. In "
        f"meta/_journal.json, set `when` of {source.name} to a time at least one second after "
        f"`when` of {parent.name}, then run drizzle-kit up again."
    )


def _text(raw: Mapping[str, Any], parents: Sequence[str]) -> str:
    """What other commands read of a new snapshot; its schema is left out."""
    kind = "diff" if parents else "base"
    head = {"type": kind, "version": str(KNOWN), "dialect": "postgres", "id": raw["id"]}
    return json.dumps(head | {"prevIds": list(parents) or [ORIGIN]}, indent=2)
