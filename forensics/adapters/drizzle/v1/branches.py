"""Whether the branches of a folder touch the same things, as 1.0.0-rc.5 judges it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

from msgspec.structs import replace

from forensics.adapters.drizzle.dialects import is_sqlite
from forensics.adapters.drizzle.snapshots.format import kit_command
from forensics.adapters.drizzle.v1.items import conflict_of
from forensics.evidence.tree import Tree
from forensics.facts import Branches, History, Migration, Snapshots, ToolUse


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
    return _pair(known, one, two, conflict_of(tree, known, sorted(shared - followed), (one, two)))


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
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
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
