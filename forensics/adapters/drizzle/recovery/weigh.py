"""Holds a text without proof against what is known: the snapshots next to it, and the catalogue."""

from __future__ import annotations

from msgspec.structs import replace

from forensics.adapters.drizzle.folder.breakpoint import BREAKPOINT
from forensics.adapters.drizzle.recovery.regeneration import pair_of
from forensics.adapters.drizzle.snapshots.as_state import standing, state_of_snapshot
from forensics.adapters.drizzle.snapshots.schema import SnapshotError, parse
from forensics.dialects.postgres.errors import Unsure
from forensics.dialects.postgres.standing.compare import differences
from forensics.dialects.postgres.standing.kinds import Work
from forensics.dialects.postgres.standing.sql import apply
from forensics.dialects.postgres.statements import statements
from forensics.dialects.things import State
from forensics.evidence.tree import Tree
from forensics.facts import Facts, Migration, MigrationFile, Presence
from forensics.facts.variants import hash_of
from forensics.model import Outcome
from forensics.recover import Held, Hold

MOST = 3
"""How many migrations of a folder are compared with the catalogue, which takes all of the list."""
MOST_LISTED = 300
"""And how long that list may be."""

_IN_DATABASE = {
    Presence.PRESENT: ("the database, which has all that it makes", 1),
    Presence.PARTLY: ("the database, which has a part of what it makes", 0),
    Presence.ABSENT: ("the database, which has nothing of what it makes", -1),
    Presence.UNDECIDABLE: ("the database, which does not tell whether it ran", 0),
}


def holding(tree: Tree, facts: Facts) -> Hold:
    """What holds the reconstructions of one folder, one after the other."""
    told: set[int] = set()

    def hold(migration: Migration, text: str) -> Held:
        seen = [_snapshots(tree, facts, migration, text)]
        if len(told) < MOST or migration.position in told:
            told.add(migration.position)
            seen.append(_database(tree, facts, migration, text))
        words = tuple(held for held, _ in seen if held)
        return Held(words=words, score=sum(score for _, score in seen))

    return hold


def _snapshots(tree: Tree, facts: Facts, migration: Migration, text: str) -> tuple[str, int]:
    """Whether the text turns the state before into the state after, by our model of PostgreSQL."""
    pair = pair_of(tree, facts, migration)
    if isinstance(pair, str):
        return "", 0
    path = facts.schema.search_path if facts.schema else ("public",)
    try:
        after = state_of_snapshot(parse(pair.after), path)
        state = state_of_snapshot(parse(pair.before), path) if pair.before else State(path)
        known = {*state.things, *after.things}
        parts = (statements(part, check=False) for part in text.split(BREAKPOINT))
        works = [apply(it, state) for part in parts for it in part]
    except (SnapshotError, Unsure):
        return "", 0
    if state.anything or Work.UNREAD in works:
        return "the snapshots around it, but what it does could not be read as a whole", 0
    wrong = [*differences(after, state, known)]
    if not wrong:
        return "the snapshots around it: it turns the one before into the one after", 2
    more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    first = f"{wrong[0].kind} {wrong[0].subject}: {wrong[0].aspect}"
    return f"the snapshots around it: it does not lead to the one after ({first}{more})", -2


def _database(tree: Tree, facts: Facts, migration: Migration, text: str) -> tuple[str, int]:
    if facts.files is None or facts.history is None:
        return "", 0
    if len(facts.history.migrations) > MOST_LISTED:
        return "", 0
    path = migration.path
    held = MigrationFile(
        path=path, evidence="", outcome=Outcome.COLLECTED, sha256=hash_of(text), text=text
    )
    others = (file for file in facts.files.files if file.path != path)
    files = replace(facts.files, files=(*others, held))
    found = standing(tree, replace(facts, files=files))
    if found is None:
        return "", 0
    mine = next((it for it in found.migrations if it.position == migration.position), None)
    return _IN_DATABASE[mine.presence] if mine else ("", 0)
