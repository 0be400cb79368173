"""The snapshots of SQLite and MySQL, which `up` of 1.0.0-rc.5 rewrites one after the other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from forensics.adapters.drizzle.dialects import is_sqlite
from forensics.adapters.drizzle.folder.damage import as_said_by, damage
from forensics.adapters.drizzle.project.node import ProjectNode
from forensics.adapters.drizzle.snapshots.judgement import Judge
from forensics.adapters.drizzle.v1.moves import (
    Source,
    Stopped,
    Undecided,
    parsed,
    shown,
    version_of,
)
from forensics.adapters.drizzle.v1.snapshots_of_sqlite import converted
from forensics.evidence.tree import Tree, join
from forensics.facts import ToolUse


def snapshots_in_place(
    tree: Tree, tool: ToolUse, sources: Sequence[Source]
) -> Iterator[tuple[str, str]]:
    """Path and text of each new snapshot; raises `Stopped` where it ends, halfway or before."""
    known = 7 if is_sqlite(tool) else 6
    read = [(it, _raw(tree, tool, it, known)) for it in sources]
    for source, raw in read:
        if version_of(raw, known) != known:
            yield source.path, _text(tree, tool, source, raw)


def _raw(tree: Tree, tool: ToolUse, source: Source, known: int) -> dict[str, Any]:
    """All of them are read before one is written, but after the files were moved."""
    read = tree.read(join(tool.folder, source.held))
    problem = as_said_by(ProjectNode(tree, tool), damage(read), read)
    if problem is not None:
        raise Stopped(problem.message)
    raw = parsed(tree, read.path)
    if version_of(raw, known) is None:
        path = shown(tool, source.path)
        raise Stopped(f"{path} snapshot is of unsupported version, please update drizzle-kit")
    return raw


def _text(tree: Tree, tool: ToolUse, source: Source, raw: Mapping[str, Any]) -> str:
    path = join(tool.folder, source.held)
    if is_sqlite(tool) and raw["version"] not in ("5", "6"):
        raise Stopped(f"unexpected version of SQLite snapshot: {raw['version']}")
    if Judge("sqlite" if is_sqlite(tool) else "mysql").judge(tree.read(path)).problem is not None:
        raise Undecided(f"{path} has another shape than its release wrote")
    return converted(raw) if is_sqlite(tool) else _head(raw)


def _head(raw: Mapping[str, Any]) -> str:
    """What chains a snapshot of MySQL; its schema is left out."""
    head = {"version": "6", "id": raw["id"], "prevIds": [raw["prevId"]], "dialect": "mysql"}
    return json.dumps(head, indent=2)
