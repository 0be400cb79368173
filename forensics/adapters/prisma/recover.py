"""Originals that are gone or changed, by the SHA-256 that a row records, and rows of nobody."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from forensics.adapters.prisma.folder import path_of
from forensics.evidence.tree import Tree, split
from forensics.facts import (
    Facts,
    GitObjects,
    ListPlace,
    Migration,
    MigrationFile,
    Recoveries,
    RecoveryVerdict,
    Stranger,
    TrackingRow,
    TrackingTable,
)
from forensics.model import Outcome
from forensics.recover import Candidate, Lead, Wanted, from_history, from_objects, judge, wanted
from forensics.tracking.matching import readable

_MOST = 64
"""How many migrations are looked for."""
_COPIES = 40


def recover(tree: Tree, facts: Facts, objects: GitObjects | None) -> Recoveries:
    """What came of every migration whose original is wanted."""
    sought = wanted(facts)[:_MOST]
    return Recoveries(
        items=tuple(judge(it, _leads(tree, facts, objects, it)) for it in sought),
        strangers=tuple(_with_bytes(tree, facts, objects, it) for it in _strangers(facts)),
    )


def _leads(tree: Tree, facts: Facts, objects: GitObjects | None, sought: Wanted) -> Iterator[Lead]:
    path = sought.migration.path
    where = f"the git history of {path}"
    if facts.commits is None:
        yield Lead(where=where, note="there is none here")
    else:
        found = tuple(from_history(facts.commits, path))
        none = "" if found else "no ref, stash or reflog entry has it"
        note = "; ".join(filter(None, (none, facts.commits.gap)))
        yield Lead(where=where, candidates=found, note=note, reconstructs=True)
    yield _objects(objects, sought)
    yield _copies(tree, sought)


def _objects(objects: GitObjects | None, sought: Wanted) -> Lead:
    where = "every other object that git holds"
    if objects is None or sought.recorded not in objects.wanted:
        return Lead(where=where, note="not searched")
    note = "; ".join(filter(None, (f"{objects.looked_at} were read", objects.gap)))
    return Lead(where=where, candidates=tuple(from_objects(objects)), note=note)


def _copies(tree: Tree, sought: Wanted) -> Lead:
    """Directories of the same name elsewhere: build outputs, backups."""
    folder, name = split(sought.migration.path)
    search = tree.search("", (name,))
    own = split(folder)[1]
    others = [
        it for it in search.paths if split(split(it)[0])[1] == own and it != f"{folder}/{name}"
    ]
    reads = [tree.read(it) for it in others[:_COPIES]]
    found = tuple(
        Candidate(
            source=f"the copy {it.path}", sha256=it.sha256, text=it.text, evidence=(it.evidence,)
        )
        for it in reads
        if it.outcome is Outcome.COLLECTED
    )
    none = "" if found else "no directory of that name"
    note = "; ".join(filter(None, (none, search.note)))
    return Lead(where="copies in the project", candidates=found, note=note, reconstructs=True)


# --- Rows of nobody -------------------------------------------------------------------------------


def _strangers(facts: Facts) -> Iterator[Stranger]:
    """Applied rows whose name no directory has, and whose bytes no file has."""
    if facts.history is None or not facts.history.migrations:
        return
    listed = {migration.key for migration in facts.history.migrations}
    held = {file.sha256 for file in facts.files.files} if facts.files else set()
    for table in readable(facts.tool, facts.tracking):
        for row in table.applied if table.name == facts.tool.tracking else ():
            if row.key and row.key not in listed and row.checksum not in held:
                yield _placed(facts, table, row, row.key)


def _placed(facts: Facts, table: TrackingTable, row: TrackingRow, key: str) -> Stranger:
    path, commits = path_of(facts.tool, key), facts.commits
    stranger = Stranger(table=table.name, row=row, tag=key, path=path, evidence=(table.evidence,))
    found = next((it for it, _ in commits.of(path)), None) if commits else None
    if found is None:
        return stranger
    place = ListPlace.REMOVED if found.on_head else ListPlace.OTHER_REF
    return replace(stranger, place=place, commit=found)


def _with_bytes(
    tree: Tree, facts: Facts, objects: GitObjects | None, stranger: Stranger
) -> Stranger:
    path = stranger.path or ""
    key = stranger.tag or ""
    sought = Wanted(
        migration=Migration(position=-1, index=None, key=key, path=path, stamp=None),
        file=MigrationFile(path=path, evidence="", outcome=Outcome.ABSENT),
        row=stranger.row,
    )
    found = judge(sought, _leads(tree, facts, objects, sought))
    if found.verdict is not RecoveryVerdict.PROVEN:
        return replace(stranger, tried=found.tried)
    return replace(
        stranger,
        source=found.source,
        text=found.as_found or found.text,
        command=found.command,
        evidence=tuple(dict.fromkeys((*stranger.evidence, *found.evidence))),
    )
