"""What became of originals that were looked for."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property

from forensics.facts.commits import Commit
from forensics.facts.tracking import TrackingRow
from forensics.model import Record, TableName, Unanswered


class RecoveryVerdict(StrEnum):
    """What recovery came to, in the words of the contract."""

    PROVEN = "proven"
    RECONSTRUCTED = "reconstructed"
    NOT_FOUND = "not-found"


class Recovered(Record, frozen=True, kw_only=True):
    """What is known of the original of a migration whose file is gone, or is not what ran."""

    position: int
    tag: str
    path: str
    verdict: RecoveryVerdict
    recorded: str | None
    """The SHA-256 in the tracking row; `None` where there is no such row."""
    text: str | None = None
    """The bytes; `None` where only their place is known (they were masked, or too large)."""
    sha256: str | None = None
    source: str = ""
    """Where they come from, for the end of a sentence."""
    as_found: str | None = None
    """What was found there, where it differs in line ends, byte order mark or final newlines."""
    checked: str = ""
    """What a reconstruction was compared with, in words."""
    tried: tuple[str, ...] = ()
    """Where was looked, with what came of it."""
    evidence: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    """What prints the bytes, where we do not hold them as they are."""


class ListPlace(StrEnum):
    """Where the entry of a migration stands that is not listed now."""

    OTHER_REF = "other-ref"
    """In a commit that HEAD does not contain: another branch, a stash, the reflog."""
    REMOVED = "removed"
    """In HEAD's history, from which a later commit took it, or the working tree did."""
    SQUASHED = "squashed"
    """The same, where that commit took several at once and put another in their place."""
    COPY = "copy"
    """In a copy of the list, in a build output for instance."""
    OTHER_LIST = "other-list"
    """In the list of another application in the same tree."""
    LOST_OBJECT = "lost-object"
    """In an object of git that no commit leads to any more, or under another path."""
    NOWHERE = "nowhere"


class Stranger(Record, frozen=True, kw_only=True):
    """A tracking row that belongs to no listed migration, and where else it is known."""

    table: TableName
    row: TrackingRow
    place: ListPlace = ListPlace.NOWHERE
    tag: str | None = None
    """By the list that has its timestamp."""
    path: str | None = None
    """Where its .sql lay, or the list that has it."""
    commit: Commit | None = None
    """The one that listed it, on whatever ref."""
    removed_by: Commit | None = None
    list_object: str = ""
    """The id of the object of git that lists it, where no commit does."""
    source: str = ""
    """Where bytes with the recorded hash were found, for the end of a sentence."""
    text: str | None = None
    command: tuple[str, ...] = ()
    """What prints the bytes, where we do not hold them as they are."""
    tried: tuple[str, ...] = ()
    stops: str = ""
    """Why the tool stops because of the row, as a sentence without a full stop."""
    evidence: tuple[str, ...] = ()


class Recoveries(Record, frozen=True, kw_only=True, dict=True):
    """The originals that were looked for, in the order of the list of migrations."""

    items: tuple[Recovered, ...] = ()
    strangers: tuple[Stranger, ...] = ()
    """The rows that belong to no listed migration, in the order of the rows."""
    mishaps: tuple[Unanswered, ...] = ()
    """What of ours broke on the way, so that not all was examined."""

    def get(self, position: int) -> Recovered | None:
        """What came of one migration; `None` where nothing had to be looked for."""
        return self._by_position.get(position)

    @cached_property
    def _by_position(self) -> dict[int, Recovered]:
        return {item.position: item for item in reversed(self.items)}
