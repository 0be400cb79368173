"""What the newest snapshot lacks, though a migration made it and none took it away."""

from __future__ import annotations

import re

from forensics.adapters.drizzle.snapshots.items import Item, items_of, listed
from forensics.adapters.drizzle.snapshots.merge import Conflict, merged
from forensics.evidence.tree import Tree
from forensics.facts import Files, History, Migration, Snapshot, Snapshots, Stale
from forensics.model import WriteFile

LOOKED_AT = 8
"""How many of the newest snapshots are compared: what is lost longer ago was generated again."""
_TAKES_AWAY = re.compile(r"\b(?:drop|rename|set\s+schema)\b", re.IGNORECASE)


def stale(tree: Tree, snapshots: Snapshots, history: History, files: Files) -> Stale | None:
    """What is lost, where a snapshot does not know of all that the migration before it made."""
    steps = listed(snapshots, history)[-LOOKED_AT:]
    if len(steps) < 3 or snapshots.rejoined or not snapshots.whole:
        return None
    items = [items_of(tree, snapshot) for snapshot, _ in steps]
    for number in range(len(steps) - 1, 1, -1):
        before, having, lacking = items[number - 2 : number + 1]
        made = having - before
        lost = _outermost(made - lacking)
        later = [migration for _, migration in steps[number:]]
        if not made or made & lacking or made & items[-1] or _taken(lost, later, files):
            continue
        newest = steps[-1][0]
        return Stale(
            path=newest.path,
            lost=tuple(map(_told, sorted(lost))),
            known_to=steps[number - 1][0].path,
            migration=steps[number - 1][1].key,
            step=_step(tree, steps[number - 2][0], steps[number - 1][0], newest),
        )
    return None


def _outermost(items: frozenset[Item]) -> frozenset[Item]:
    """Without the columns of tables that are lost as a whole."""
    tables = {it[:2] for it in items if not it.column}
    return frozenset(it for it in items if not it.column or it[:2] not in tables)


def _taken(lost: frozenset[Item], later: list[Migration], files: Files) -> bool:
    """Whether a later migration may have dropped or renamed it, or cannot be read."""
    for migration in later:
        file = files.get(migration.path)
        if file is None or file.text is None:
            return True
        parts = [it for it in file.text.split(";") if _TAKES_AWAY.search(it)]
        names = {it.column or it.table for it in lost}
        if any(re.search(rf"\b{re.escape(name)}\b", part) for name in names for part in parts):
            return True
    return False


def _told(item: Item) -> str:
    return f"column {item.table}.{item.column}" if item.column else f"table {item.table}"


def _step(tree: Tree, base: Snapshot, having: Snapshot, newest: Snapshot) -> WriteFile | None:
    known = (tree.read(it.path).exact_text for it in (base, having, newest))
    texts = [it for it in known if it is not None]
    if len(texts) < 3:
        return None
    try:
        after = merged(*texts)
    except (Conflict, ValueError):
        return None
    return None if after == texts[2] else WriteFile(path=newest.path, before=texts[2], after=after)
