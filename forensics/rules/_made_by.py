"""What made a state of the database of which no row tells."""

from __future__ import annotations

from forensics.facts import MadeBy, Presence, TrackingTable
from forensics.rules._account import Account
from forensics.rules._drivers import left_by_driver


def was_pushed(found: Account) -> bool:
    """Whether the sync command is the likelier origin: the newest state, and nothing recorded.

    The order of columns decides where it tells; else the ids that the table has handed out, of a
    database in which no migration was ever recorded.
    """
    if found.unread or found.tool.words.sync is None:
        return False
    later = found.standing.migrations[found.reached + 1 :]
    newest = all(migration.presence is Presence.UNDECIDABLE for migration in later)
    if not newest or found.reached <= found.last:
        return False
    if found.standing.made_by is not MadeBy.UNKNOWN:
        return found.standing.made_by is MadeBy.SYNC
    if found.last >= 0:
        return False
    if found.read is None:
        return True
    if left_by_driver(found.tool):  # a run that failed, too, leaves effects without a row
        return False
    if any(it.rows is False for _, it in found.lacking(found.missing)):
        return True
    return ids_lost(found.read) == 0


def ids_lost(table: TrackingTable) -> int | None:
    """How many ids were handed out after the last row that is there; `None` where unknown."""
    sequence = table.sequence
    if sequence is None or sequence.last_value is None:
        return None
    if not sequence.is_called:
        return 0
    return sequence.last_value - max((row.id or 0 for row in table.rows), default=0)
