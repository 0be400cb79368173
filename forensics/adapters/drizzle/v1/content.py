"""What the snapshots of a folder hold, compared with each other and with the SQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from forensics.adapters.drizzle.snapshots.items import listed
from forensics.adapters.drizzle.snapshots.stale import stale
from forensics.adapters.drizzle.snapshots.unmade import unmade
from forensics.evidence.tree import Tree
from forensics.facts import Files, History, Snapshots, Stale, ToolUse
from forensics.model import WriteFile

_NAMES = ("entityType", "schema", "table", "name")


def with_content(
    tree: Tree, tool: ToolUse, history: History, snapshots: Snapshots, files: Files
) -> Snapshots:
    """The snapshots, with what the newest one lacks, and what it has and no file creates.

    Only where each follows the one before it: then the last is what `generate` compares with. Those
    for PostgreSQL tell what each migration changes, so there none lacks what an earlier one made.
    """
    if not _is_one_line(history, snapshots):
        return snapshots
    lost = stale(tree, snapshots, history, files)
    absent = unmade(tree, tool, snapshots, history, files)
    return replace(
        snapshots,
        stale=replace(lost, step=_step(tree, history, snapshots, lost)) if lost else None,
        unmade=tuple(replace(it, step=None, missing=()) for it in absent),
    )


def _is_one_line(history: History, snapshots: Snapshots) -> bool:
    steps = listed(snapshots, history)
    ids = [snapshot.id for snapshot, _ in steps]
    return len(steps) == len(history.migrations) and all(
        after.parents == (before,) for before, (_, after) in zip(ids, steps[1:], strict=False)
    )


def _step(tree: Tree, history: History, snapshots: Snapshots, found: Stale) -> WriteFile | None:
    """The newest snapshot with all that the migration made, as the tool would write it."""
    steps = [snapshot.path for snapshot, _ in listed(snapshots, history)]
    at = steps.index(found.known_to)
    texts = [tree.read(path).text or "" for path in (*steps[max(at - 1, 0) : at + 1], found.path)]
    try:
        before, having, newest = map(json.loads, texts)
        made = list(_without(having["ddl"], [*before["ddl"], *newest["ddl"]]))
        if _written(newest) != texts[-1] or not made:
            return None
        newest["ddl"] += made
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return WriteFile(path=found.path, before=texts[-1], after=_written(newest))


def _without(entities: list[Any], others: list[Any]) -> Iterator[Any]:
    known = {tuple(it.get(name) for name in _NAMES) for it in others}
    return (it for it in entities if tuple(it.get(name) for name in _NAMES) not in known)


def _written(snapshot: object) -> str:
    """As `JSON.stringify(snapshot, null, 2)`."""
    return json.dumps(snapshot, indent=2, ensure_ascii=False)
