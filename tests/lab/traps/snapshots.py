"""Traps of snapshots: gone, lost in a merge, dropped, ignored."""

import json

from tests.lab.traps.beginnings import three, two_branches
from tests.lab.traps.workshop import DOWN, ENTER, Workshop


def latest_snapshot_gone(w: Workshop) -> None:
    """A commit deleted the newest snapshot."""
    three(w)
    w.path("meta/0002_snapshot.json").unlink()
    w.commit("Clean up")


def latest_snapshot_gone_then_generated(w: Workshop) -> None:
    """The next migration repeats the one whose snapshot is gone."""
    latest_snapshot_gone(w)
    w.generate("next")


def all_snapshots_gone(w: Workshop) -> None:
    """A commit deleted all snapshots."""
    three(w)
    for number in range(3):
        w.path(f"meta/000{number}_snapshot.json").unlink()
    w.commit("Clean up")


def all_snapshots_gone_then_generated(w: Workshop) -> None:
    """The next migration makes everything again."""
    all_snapshots_gone(w)
    w.generate("next")


def middle_snapshot_gone(w: Workshop) -> None:
    """A commit deleted a snapshot that is not the newest."""
    three(w)
    w.path("meta/0001_snapshot.json").unlink()
    w.commit("Clean up")


def dangling_parent(w: Workshop) -> None:
    """A snapshot names a parent that is nowhere."""
    three(w)
    _set(w, 1, "prevId", "00000000-0000-4000-8000-000000000001")


def equal_ids(w: Workshop) -> None:
    """Two snapshots have one id."""
    three(w)
    for number in (1, 2):
        _set(w, number, "id", "00000000-0000-4000-8000-000000000001")


def _set(w: Workshop, number: int, key: str, value: str) -> None:
    name = f"meta/000{number}_snapshot.json"
    w.edit(name, lambda text: json.dumps({**json.loads(text), key: value}, indent=2).encode())
    w.commit("Edit a snapshot")


def one_snapshot_of_two_branches(w: Workshop) -> None:
    """Merged in the order of their stamps; git keeps one of the two snapshots of one name."""
    two_branches(w)
    w.merge("feature/phone", "phone")
    w.merge("feature/city", "phone", "city")


def one_snapshot_of_two_branches_then_generated(w: Workshop) -> None:
    """The next migration makes again what the lost snapshot knew."""
    one_snapshot_of_two_branches(w)
    w.migrate()
    w.generate("next")


def applied_then_dropped(w: Workshop) -> None:
    """`drizzle-kit drop` of the newest migration, which had been deployed."""
    three(w)
    w.press("drop", DOWN, DOWN, DOWN, ENTER)
    assert _tags(w) == ["0000_init", "0001_phone"], _tags(w)
    w.commit("Drop city")


def applied_then_dropped_and_generated(w: Workshop) -> None:
    """The same column is generated again, with a new stamp."""
    applied_then_dropped(w)
    w.generate("city")


def middle_dropped(w: Workshop) -> None:
    """`drizzle-kit drop` of a migration that is not the newest, and had been deployed."""
    three(w)
    w.press("drop", DOWN, DOWN, ENTER)
    assert _tags(w) == ["0000_init", "0002_city"], _tags(w)
    w.commit("Drop phone")


def _tags(w: Workshop) -> list[object]:
    return [entry["tag"] for entry in w.journal()]


def nameless_snapshot(w: Workshop) -> None:
    """Prefix `none`: the snapshot is named `_snapshot.json`, which the kit itself does not look at."""
    w.begin()
    w.configure(migrations="{ prefix: 'none' }")
    w.generate("init")
    w.migrate()


def nameless_snapshot_then_generated(w: Workshop) -> None:
    """The next migration makes the whole schema again."""
    nameless_snapshot(w)
    w.generate("phone", "phone")
