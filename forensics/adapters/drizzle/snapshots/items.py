"""The tables and columns of a snapshot, in whatever dialect."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

import msgspec

from forensics.evidence.tree import Tree
from forensics.facts import History, Migration, Snapshot, Snapshots

KEPT = 1024
"""How many snapshots are remembered, by their SHA-256."""


class Item(NamedTuple):
    """A table, or a column of one."""

    schema: str
    """Empty for that which a new database has."""
    table: str
    column: str
    """Empty for the table itself."""


_remembered: OrderedDict[str, frozenset[Item]] = OrderedDict()


class _Table(msgspec.Struct, frozen=True):
    name: str = ""
    schema: str = ""
    columns: dict[str, msgspec.Raw] = {}


class _Entity(msgspec.Struct, frozen=True, rename="camel"):
    """What a snapshot of 1.0 lists; a table and its columns apart."""

    entity_type: str = ""
    name: str = ""
    table: str = ""
    schema: str | None = None


class _Tables(msgspec.Struct, frozen=True):
    tables: dict[str, _Table] = {}
    ddl: list[_Entity] = []


def listed(snapshots: Snapshots, history: History) -> list[tuple[Snapshot, Migration]]:
    """The snapshots of listed migrations that the tool accepts, in the list's order."""
    by_path = {it.path: it for it in snapshots.entries if not it.ignored and it.problem is None}
    return [
        (by_path[it.snapshot_path], it)
        for it in history.migrations
        if it.snapshot_path is not None and it.snapshot_path in by_path
    ]


def items_of(tree: Tree, snapshot: Snapshot) -> frozenset[Item]:
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
    nested = (
        Item(_beside_public(table.schema), table.name or key, column)
        for key, table in found.tables.items()
        for column in ("", *table.columns)
    )
    return frozenset((*nested, *filter(None, map(_item, found.ddl))))


def _beside_public(schema: str | None) -> str:
    return "" if schema in (None, "public") else schema


def _item(entity: _Entity) -> Item | None:
    schema = _beside_public(entity.schema)
    if entity.entity_type == "tables":
        return Item(schema, entity.name, "")
    if entity.entity_type == "columns":
        return Item(schema, entity.table, entity.name)
    return None
