"""Rows of migrations that the folder does not have."""

from __future__ import annotations

from msgspec.structs import replace

from forensics.adapters.drizzle.v1.folder import SQL
from forensics.adapters.drizzle.v1.upgrade import is_old
from forensics.evidence.tree import Tree, join
from forensics.facts import Facts, GitObjects, ListPlace, Stranger, TrackingRow, TrackingTable
from forensics.tracking.matching import readable

_STOPS = (
    "drizzle-orm 1.0 adds names to the rows of this table before anything else, and stops at a row "
    "that belongs to no migration in the folder"
)


def strangers(tree: Tree, facts: Facts, objects: GitObjects | None) -> tuple[Stranger, ...]:
    """Every row whose name no folder has, or which gets none when the table is converted."""
    if facts.history is None or not facts.history.migrations:
        return ()
    listed = {migration.key for migration in facts.history.migrations}
    held = {file.sha256 for file in facts.files.files} if facts.files else set()
    return tuple(
        _placed(facts, table, row)
        for table in readable(facts.tool, facts.tracking)
        if table.name == facts.tool.tracking
        for row in table.rows
        if row.key not in listed and row.checksum not in held  # else it was renamed
    )


def _placed(facts: Facts, table: TrackingTable, row: TrackingRow) -> Stranger:
    path = join(facts.tool.folder, f"{row.key}/{SQL}") if row.key else None
    commits = facts.commits
    found = next((it for it, _ in commits.of(path)), None) if commits and path else None
    stranger = Stranger(
        table=table.name,
        row=row,
        tag=row.key,
        path=path,
        evidence=(table.evidence,),
        stops=_STOPS if is_old(table) else "",
    )
    if found is None:
        return stranger
    place = ListPlace.REMOVED if found.on_head else ListPlace.OTHER_REF
    return replace(stranger, place=place, commit=found)
