"""Whether the branches of a folder touch the same things, as 1.0.0-rc.5 judges it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from msgspec.structs import replace

from forensics.adapters.drizzle.dialects import is_sqlite
from forensics.adapters.drizzle.snapshots.format import kit_command
from forensics.evidence.tree import Tree
from forensics.facts import Branches, History, Migration, Snapshots, ToolUse

_OF_ANOTHER_SHAPE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
_Name = tuple[str, str, str]
"""Kind, table and name of an item: `columns`, `users`, `phone`."""
_Items = Mapping[_Name, Mapping[str, Any]]


class _Footprint(NamedTuple):
    """What one statement writes and reads; `same` tells two of one statement."""

    kind: str
    writes: tuple[str, ...]
    touches: tuple[str, ...]
    same: tuple[str, str] | None


def branches(
    tree: Tree, tool: ToolUse, history: History, snapshots: Snapshots
) -> tuple[Branches, ...]:
    """Every two migrations that none follows.

    FootprintCommutativity.detectBranchConflicts of drizzle-kit 1.0.0-rc.5.
    """
    ids = {it.path: it.id for it in snapshots.entries if it.problem is None}
    known = {
        own: it for it in history.migrations if (own := ids.get(it.snapshot_path or "")) is not None
    }
    followed = {parent for it in known.values() for parent in it.parents}
    if followed - known.keys():
        return ()  # what joins them may be what is missing
    heads = [own for own in known if own not in followed]
    again = kit_command(tool, "generate")
    judge = _on_sqlite if is_sqlite(tool) else _by_footprints
    judged = (judge(tree, known, one, two) for one, two in combinations(heads, 2))
    return tuple(replace(it, generate=again) for it in judged if it is not None)


def _by_footprints(
    tree: Tree, known: Mapping[str, Migration], one: str, two: str
) -> Branches | None:
    """`None` of two that never had anything in common: a folder has one first migration."""
    history_of_one, history_of_two = _history(known, one), _history(known, two)
    if not history_of_one & history_of_two:
        return None
    sides = (history_of_one - history_of_two, history_of_two - history_of_one)
    read = [_footprints(tree, known, side) for side in sides]
    conflict = None
    if read[0] is not None and read[1] is not None:
        conflict = _conflict(read[0], read[1]) or _conflict(read[1], read[0]) or ""
    return _pair(known, one, two, conflict)


def _on_sqlite(tree: Tree, known: Mapping[str, Migration], one: str, two: str) -> Branches:
    """By what the snapshots hold: those of SQLite have no footprints, and may have no beginning."""
    shared = _history(known, one) & _history(known, two)
    followed = {parent for it in shared for parent in known[it].parents}
    return _pair(known, one, two, _conflict_of(tree, known, sorted(shared - followed), (one, two)))


def _pair(known: Mapping[str, Migration], one: str, two: str, conflict: str | None) -> Branches:
    pair = sorted((known[one], known[two]), key=lambda it: it.position)
    return Branches(earlier=pair[0].key, later=pair[1].key, conflict=conflict)


def _history(known: Mapping[str, Migration], own: str) -> set[str]:
    """A migration and all that it follows, by the ids of their snapshots."""
    found: set[str] = set()
    left = [own]
    while left:
        own = left.pop()
        if own not in found and own in known:
            found.add(own)
            left += known[own].parents
    return found


def _footprints(
    tree: Tree, known: Mapping[str, Migration], side: Iterable[str]
) -> list[_Footprint] | None:
    """Of all migrations of one side; `None` where a snapshot does not hold them."""
    found: list[_Footprint] = []
    for own in side:
        text = tree.read(known[own].snapshot_path or "").text
        try:
            found += _read(json.loads(text or "")["footprints"])
        except _OF_ANOTHER_SHAPE:
            return None
    return found


def _read(listed: Iterable[Mapping[str, object]]) -> Iterator[_Footprint]:
    for it in listed:
        writes, reads, shared = (
            _texts(it.get(name)) for name in ("writes", "reads", "sharedWrites")
        )
        kind, sql = str(it.get("statementType")), it.get("sqlHash")
        same = (kind, str(sql)) if sql is not None else None
        yield _Footprint(kind, writes + shared, writes + reads, same)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _conflict(one: Iterable[_Footprint], other: Iterable[_Footprint]) -> str | None:
    """What one side writes and the other side writes or reads, unless both make one change."""
    for footprint in one:
        for against in other:
            common = set(footprint.writes) & set(against.touches)
            if common and (footprint.same is None or footprint.same != against.same):
                return f"{_thing(sorted(common)[0])}: {footprint.kind} and {against.kind}"
    return None


def _thing(node: str) -> str:
    """`public.kites.line` of `s|col|public.kites.line`."""
    return node.rpartition("|")[2]


# --- SQLite: by the items of the snapshots --------------------------------------------------------


def _conflict_of(
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
    except _OF_ANOTHER_SHAPE:
        return None


def _spelled(item: _Name) -> str:
    _, table, name = item
    return name if name == table else f"{table}.{name}"
