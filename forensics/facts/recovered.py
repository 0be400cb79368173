"""What became of originals that were looked for."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property

from forensics.model import Record


class Verdict(StrEnum):
    """What recovery came to, in the words of the contract."""

    PROVEN = "proven"
    RECONSTRUCTED = "reconstructed"
    NOT_FOUND = "not-found"


class Recovered(Record, frozen=True, kw_only=True):
    """What is known of the original of a migration whose file is gone, or is not what ran."""

    position: int
    tag: str
    path: str
    verdict: Verdict
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
    """What a reconstruction was held against, in words."""
    tried: tuple[str, ...] = ()
    """Where was looked, with what came of it."""
    evidence: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    """What prints the bytes, where we do not hold them as they are."""


class Recoveries(Record, frozen=True, kw_only=True, dict=True):
    """The originals that were looked for, in the order of the list of migrations."""

    items: tuple[Recovered, ...] = ()

    def get(self, position: int) -> Recovered | None:
        """What came of one migration; `None` where nothing had to be looked for."""
        return self._by_position.get(position)

    @cached_property
    def _by_position(self) -> dict[int, Recovered]:
        return {item.position: item for item in reversed(self.items)}
