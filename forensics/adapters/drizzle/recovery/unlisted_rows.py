"""Rows of migrations that the journal does not list, and in which other journal they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from msgspec.structs import replace

from forensics.adapters.drizzle.folder.journal import listed_in
from forensics.evidence.tree import Tree, join, split
from forensics.facts import (
    Commit,
    Commits,
    Facts,
    GitObjects,
    History,
    ListPlace,
    Stranger,
    TrackingTable,
)
from forensics.model import Record
from forensics.tracking.matching import matching_rows, readable, unknown_rows

MOST = 64
"""How many rows are looked for."""
LISTS = 20
"""How many other journals of the tree are read."""

Tags = Mapping[int | None, str]
"""Timestamp -> tag of the entries of a journal."""


class _Entry(Record, frozen=True, kw_only=True):
    """One of another journal that lies in the tree."""

    when: int | None
    tag: str
    path: str
    place: ListPlace
    evidence: str


def strangers(tree: Tree, facts: Facts, objects: GitObjects | None) -> tuple[Stranger, ...]:
    """Every row of no listed migration, in the tables that record some, or that the tool reads."""
    history = facts.history
    if history is None or history.problem is not None or not history.migrations:
        return ()
    rows = [
        Stranger(table=table.name, row=row, evidence=(table.evidence,))
        for table in _tables(facts, history)
        for row in unknown_rows(facts.tool.ledger, table, history, facts.files)
    ]
    entries = tuple(_entries(tree, history)) if rows else ()
    listed = {migration.key for migration in history.migrations}
    placed = (_placed(facts, objects, entries, row) for row in rows[:MOST])
    return tuple(it for it in placed if it.tag not in listed)  # else it was stamped anew


def _tables(facts: Facts, history: History) -> list[TrackingTable]:
    return [
        table
        for table in readable(facts.tool, facts.tracking)
        if table.name == facts.tool.tracking
        or matching_rows(facts.tool.ledger, table, history, facts.files)
    ]


def _placed(
    facts: Facts, objects: GitObjects | None, entries: Sequence[_Entry], row: Stranger
) -> Stranger:
    """The row with the surest place that has its timestamp, or else its hash."""
    return (
        _in_history(facts, row)
        or _in_other_lists(entries, row)
        or _in_objects(facts, objects, row)
        or _by_hash(facts, row)
        or row
    )


# --- In the history of the journal --------------------------------------------------------------


def _in_history(facts: Facts, row: Stranger) -> Stranger | None:
    assert facts.history is not None
    commits, path = facts.commits, facts.history.path
    if commits is None:
        return None
    states = _states(commits, path)
    holders = [(commit, tags) for commit, tags in states if row.row.at in tags]
    if not holders:
        return None
    on_head = [pair for pair in holders if pair[0].on_head]
    newest, tags = (on_head or holders)[0]
    brought = (on_head or holders)[-1][0]
    tag = tags[row.row.at]
    removal = _removal(states, newest) if on_head else None
    place = ListPlace.REMOVED if on_head else ListPlace.OTHER_REF
    if on_head and _is_squash(states, newest, removal, facts.history):
        place = ListPlace.SQUASHED
    return replace(
        row,
        place=place,
        tag=tag,
        path=join(facts.tool.folder, f"{tag}.sql"),
        commit=brought,
        removed_by=removal,
        evidence=(*row.evidence, commits.evidence),
    )


def _by_hash(facts: Facts, row: Stranger) -> Stranger | None:
    """Where no journal has the timestamp, a file of any commit may have the hash."""
    commits = facts.commits
    for commit in commits.commits if commits else ():
        for change in commit.changes:
            blob = commits.blob(change.blob) if commits else None
            if blob is not None and blob.sha256 == row.row.checksum:
                return replace(
                    row,
                    place=ListPlace.REMOVED if commit.on_head else ListPlace.OTHER_REF,
                    tag=split(change.path)[1].removesuffix(".sql"),
                    path=change.path,
                    commit=commit,
                    evidence=(*row.evidence, commits.evidence if commits else ""),
                )
    return None


def _states(commits: Commits, path: str) -> list[tuple[Commit, Tags]]:
    """What each commit left of the journal, newest first."""
    return [
        (commit, _tags(blob.text if (blob := commits.blob(change.blob)) else None))
        for commit, change in commits.of(path)
        if change.path == path and change.status != "D"
    ]


def _removal(states: Sequence[tuple[Commit, Tags]], holder: Commit) -> Commit | None:
    """The next commit on HEAD after the last one that had it; `None` where none is committed."""
    later = None
    for commit, _ in states:
        if commit.id == holder.id:
            return later
        later = commit if commit.on_head else later
    return None


def _is_squash(
    states: Sequence[tuple[Commit, Tags]],
    holder: Commit,
    removal: Commit | None,
    history: History,
) -> bool:
    before = next(set(tags.values()) for commit, tags in states if commit.id == holder.id)
    after = next(
        (set(tags.values()) for commit, tags in states if removal and commit.id == removal.id),
        {migration.key for migration in history.migrations},
    )
    return len(before - after) > 1 and bool(after - before)


@lru_cache(maxsize=512)
def _tags(text: str | None) -> Tags:
    return {it.stamp: it.key for it in listed_in(text or "") if it.stamp is not None}


# --- In other lists -----------------------------------------------------------------------------


def _entries(tree: Tree, history: History) -> Iterator[_Entry]:
    """Every entry of the other journals of the tree; a copy of ours shares half of it at least.

    An application that began as a copy of this one shares its first entries, no more.
    """
    ours = {(migration.stamp, migration.key) for migration in history.migrations}
    search = tree.search("", ("_journal.json",))
    for path in [it for it in search.paths if it != history.path][:LISTS]:
        read = tree.read(path)
        tags = _tags(read.text)
        shared = len(ours & set(tags.items()))
        place = ListPlace.COPY if 2 * shared >= len(ours) else ListPlace.OTHER_LIST
        for when, tag in tags.items():
            yield _Entry(when=when, tag=tag, path=path, place=place, evidence=read.evidence)


def _in_other_lists(entries: Sequence[_Entry], row: Stranger) -> Stranger | None:
    for entry in entries:
        if entry.when == row.row.at:
            seen = (*row.evidence, entry.evidence)
            return replace(row, place=entry.place, tag=entry.tag, path=entry.path, evidence=seen)
    return None


def _in_objects(facts: Facts, objects: GitObjects | None, row: Stranger) -> Stranger | None:
    for found in objects.lists if objects else ():
        if (tag := _tags(found.blob.text).get(row.row.at)) is not None:
            return replace(
                row,
                place=ListPlace.LOST_OBJECT,
                tag=tag,
                path=join(facts.tool.folder, f"{tag}.sql"),
                list_object=found.blob.id,
                evidence=(*row.evidence, objects.evidence if objects else ""),
            )
    return None
