"""The time for a whole collection: whatever comes after it is left out, and said."""

from __future__ import annotations

import time
from collections.abc import Callable

from forensics import limits
from forensics.evidence.tree import Folder, Read, Search, Tree
from forensics.model import Outcome, Topic, Unanswered


class Deadline:
    """When a collection ends; every collector gets at most what is left."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._end = clock() + seconds

    def left(self, most: float = limits.COLLECTION_SECONDS) -> float:
        """Seconds for a collector that has `most` of its own; 0 at the end."""
        return max(0.0, min(most, self._end - self._clock()))

    @property
    def over(self) -> bool:
        """Whether nothing more is to be begun."""
        return self._clock() >= self._end

    @property
    def note(self) -> str:
        """Why something was left out."""
        return f"the time for the whole collection ({self.seconds:g} s) was over"

    def missing(self, part: str) -> Unanswered:
        """The open question that a part leaves."""
        return Unanswered(
            topic=Topic.TIME,
            name=part,
            lacks=f"{part}: {self.note}",
            how_to_get_it="run it again when disk, database and network are less busy, or give "
            "it more time with --time-limit SECONDS",
        )


class TimedTree:
    """A tree that reads no more once the time is over: everything else is `TIMED_OUT`."""

    def __init__(self, source: Tree, deadline: Deadline) -> None:
        self._source = source
        self._deadline = deadline
        self.refused = False
        """Whether anything was not looked at any more."""

    def read(self, path: str) -> Read:
        """As the source."""
        if self._is_over():
            note = self._deadline.note
            return Read(path=path, evidence="", outcome=Outcome.TIMED_OUT, note=note)
        return self._source.read(path)

    def folder(self, path: str) -> Folder:
        """As the source."""
        if self._is_over():
            note = self._deadline.note
            return Folder(path=path, evidence="", outcome=Outcome.TIMED_OUT, note=note)
        return self._source.folder(path)

    def search(self, below: str, patterns: tuple[str, ...]) -> Search:
        """As the source."""
        if self._is_over():
            return Search(evidence="", outcome=Outcome.TIMED_OUT, note=self._deadline.note)
        return self._source.search(below, patterns)

    def _is_over(self) -> bool:
        self.refused = self.refused or self._deadline.over
        return self.refused
