"""The migrations that took the place of others which this database records."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import (
    Commits,
    History,
    ListPlace,
    Migration,
    Presence,
    Recoveries,
    Standing,
    Stranger,
    ToolUse,
)
from forensics.model import Record
from forensics.rules._git import versions
from forensics.rules._journal import listed_since


class Squash(Record, frozen=True, kw_only=True):
    """A list in which a few entries replace many that were applied here."""

    rows: tuple[Stranger, ...]
    """Of the replaced ones, in the order of the table."""
    entries: tuple[Migration, ...]
    """Those that came with the same commit, or with the same change of the working tree."""
    unrecorded: tuple[str, ...]
    """Replaced ones that this database does not record."""

    @property
    def stamp(self) -> int:
        """That of the last replaced one that is recorded."""
        return max(it.row.at or 0 for it in self.rows)


def squash(
    history: History, tool: ToolUse, recovered: Recoveries | None, commits: Commits | None
) -> Squash | None:
    """The last squash whose replaced migrations the table has that the tool reads."""
    if recovered is None or commits is None:
        return None
    rows = [
        it
        for it in recovered.strangers
        if it.place is ListPlace.SQUASHED and it.table == tool.tracking
    ]
    if not rows:
        return None
    last = max(rows, key=lambda it: it.row.at or 0).removed_by
    together = [it for it in rows if it.removed_by == last]
    by = last.id if last else None
    entries = tuple(it for it in history.migrations if _came_with(history, it, commits, by))
    if not entries:
        return None
    tags = {it.tag for it in together}
    return Squash(
        rows=tuple(together),
        entries=entries,
        unrecorded=tuple(it for it in _replaced(history, commits, by) if it not in tags),
    )


def has_stamp_of_replaced(history: History, migration: Migration) -> bool:
    """Whether a row with its timestamp is that of a migration that was squashed into it.

    An earlier list had another name for it, and lost that entry together with others.
    """
    here = {it.key for it in history.migrations}
    for earlier in history.earlier:
        called = earlier.called(migration.stamp)
        if called is not None and called not in here and len(set(earlier.keys) - here) > 1:
            return True
    return False


def in_place(made: Squash, standing: Standing | None) -> frozenset[int]:
    """The entries of which anything is in the database, as far as that was compared."""
    return frozenset(
        it.position
        for it in made.entries
        if standing is None
        or it.position >= len(standing.migrations)
        or standing.migrations[it.position].presence is not Presence.ABSENT
    )


def _came_with(history: History, it: Migration, commits: Commits, commit: str | None) -> bool:
    """Whether an entry is listed since a commit; without one, since the working tree lists it."""
    since = listed_since(history, it.key, commits)
    if commit is not None:
        return since is not None and since.id == commit
    known = versions(commits, history.path)
    return not any(history.lists_in(version.blob.id, it.key) for version in known)


def _replaced(history: History, commits: Commits, commit: str | None) -> Iterator[str]:
    """The tags that the list had right before, and has no more."""
    here = {it.key for it in history.migrations}
    for number, (change, changed) in enumerate(commits.of(history.path)):
        if change.id == commit or (commit is None and not number):
            blob = changed.old_blob if commit is not None else changed.blob
            before = history.earlier_list(blob) if blob else None
            yield from (key for key in (before.keys if before else ()) if key not in here)
            return
