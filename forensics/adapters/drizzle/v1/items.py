"""What two branches of a folder for SQLite change, by the items in their snapshots."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from forensics.evidence.tree import Tree
from forensics.facts import Migration

_Name = tuple[str, str, str]
"""Kind, table and name of an item: `columns`, `users`, `phone`."""
_Items = Mapping[_Name, Mapping[str, Any]]


def conflict_of(
    tree: Tree, known: Mapping[str, Migration], shared: Sequence[str], heads: tuple[str, str]
) -> str | None:
    """What both branches change; empty where they are known to go together, else `None`.

    `shared` are the last migrations that both follow, by the ids of their snapshots. Measured with
    1.0.0-rc.5: one item that both change is a conflict, also where they change it alike; new
    columns of one table are none.
    """
    if len(shared) > 1:
        return None
    before = _items(tree, known[shared[0]]) if shared else {}
    after = [_items(tree, known[it]) for it in heads]
    if before is None or after[0] is None or after[1] is None:
        return None
    one, two = (_changed(before, it) for it in (after[0], after[1]))
    if both := sorted(one & two):
        return f"{_spelled(both[0])}: both branches change it"
    together = {table for _, table, _ in one} & {table for _, table, _ in two}
    common = [it for it in one | two if it[1] in together]
    added = all(it[0] == "columns" and it not in before for it in common)
    return "" if added else None


def _changed(before: _Items, after: _Items) -> set[_Name]:
    return {it for it in before.keys() | after.keys() if before.get(it) != after.get(it)}


def _items(tree: Tree, migration: Migration) -> _Items | None:
    """`None` where the snapshot does not hold them."""
    text = tree.read(migration.snapshot_path or "").text
    try:
        listed = json.loads(text or "")["ddl"]
        return {(it["entityType"], it.get("table", it["name"]), it["name"]): it for it in listed}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _spelled(item: _Name) -> str:
    _, table, name = item
    return name if name == table else f"{table}.{name}"
