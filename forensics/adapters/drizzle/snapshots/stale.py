"""What the newest snapshot lacks, though a migration made it and none took it away."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from hashlib import sha256

import msgspec

from forensics.adapters.drizzle.snapshots.merge import Conflict, merged
from forensics.evidence.tree import Tree
from forensics.facts import Files, History, Migration, Snapshot, Snapshots, Stale
from forensics.model import WriteFile

LOOKED_AT = 8
"""How many of the newest snapshots are compared: what is lost longer ago was generated again."""
_TAKES_AWAY = re.compile(r"\b(?:drop|rename|set\s+schema)\b", re.IGNORECASE)

KEPT = 1024
"""How many snapshots are remembered, by their SHA-256."""

Item = tuple[str, str]
"""Table, and column or nothing."""

_remembered: OrderedDict[str, frozenset[Item]] = OrderedDict()


class _Table(msgspec.Struct, frozen=True):
    name: str = ""
    columns: dict[str, msgspec.Raw] = {}


class _Tables(msgspec.Struct, frozen=True):
    tables: dict[str, _Table] = {}


def stale(tree: Tree, snapshots: Snapshots, history: History, files: Files) -> Stale | None:
    """What is lost, where a snapshot does not know of all that the migration before it made."""
    listed = _listed(snapshots, history)[-LOOKED_AT:]
    broken = any(it.problem and not it.ignored for it in snapshots.entries)
    if len(listed) < 3 or snapshots.rejoined or broken:
        return None
    items = [_items(tree, snapshot) for snapshot, _ in listed]
    for number in range(len(listed) - 1, 1, -1):
        before, having, lacking = items[number - 2 : number + 1]
        made = having - before
        lost = _outermost(made - lacking)
        later = [migration for _, migration in listed[number:]]
        if not made or made & lacking or made & items[-1] or _taken(lost, later, files):
            continue
        newest = listed[-1][0]
        return Stale(
            path=newest.path,
            lost=tuple(map(_told, sorted(lost))),
            known_to=listed[number - 1][0].path,
            migration=listed[number - 1][1].key,
            step=_step(tree, listed[number - 2][0], listed[number - 1][0], newest),
        )
    return None


def _listed(snapshots: Snapshots, history: History) -> list[tuple[Snapshot, Migration]]:
    by_path = {it.path: it for it in snapshots.entries if not it.ignored and it.problem is None}
    return [
        (by_path[it.snapshot_path], it)
        for it in history.migrations
        if it.snapshot_path is not None and it.snapshot_path in by_path
    ]


def _items(tree: Tree, snapshot: Snapshot) -> frozenset[Item]:
    """Tables and columns; remembered, since experiments look at the same snapshots again."""
    key = snapshot.sha256
    if key is None:
        return _read(tree, snapshot)
    if key not in _remembered:
        _remembered[key] = _read(tree, snapshot)
        if len(_remembered) > KEPT:
            _remembered.popitem(last=False)
    return _remembered[key]


def _read(tree: Tree, snapshot: Snapshot) -> frozenset[Item]:
    try:
        found = msgspec.json.decode(tree.read(snapshot.path).data or b"", type=_Tables)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return frozenset()
    return frozenset(
        (table.name or key, column)
        for key, table in found.tables.items()
        for column in ("", *table.columns)
    )


def _outermost(items: frozenset[Item]) -> frozenset[Item]:
    """Without the columns of tables that are lost as a whole."""
    tables = {table for table, column in items if not column}
    return frozenset(it for it in items if not it[1] or it[0] not in tables)


def _taken(lost: frozenset[Item], later: list[Migration], files: Files) -> bool:
    """Whether a later migration may have dropped or renamed it, or cannot be read."""
    for migration in later:
        file = files.get(migration.path)
        if file is None or file.text is None:
            return True
        parts = [it for it in file.text.split(";") if _TAKES_AWAY.search(it)]
        names = {column or table for table, column in lost}
        if any(re.search(rf"\b{re.escape(name)}\b", part) for name in names for part in parts):
            return True
    return False


def _told(item: Item) -> str:
    table, column = item
    return f"column {table}.{column}" if column else f"table {table}"


def _step(tree: Tree, base: Snapshot, having: Snapshot, newest: Snapshot) -> WriteFile | None:
    texts = list(_texts(tree, base, having, newest))
    if len(texts) < 3:
        return None
    try:
        after = merged(*texts)
    except (Conflict, ValueError):
        return None
    return None if after == texts[2] else WriteFile(path=newest.path, before=texts[2], after=after)


def _texts(tree: Tree, *snapshots: Snapshot) -> Iterator[str]:
    for snapshot in snapshots:
        read = tree.read(snapshot.path)
        if read.text is not None and sha256(read.text.encode()).hexdigest() == read.sha256:
            yield read.text
