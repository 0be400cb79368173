"""Who hears what goes on while the pipeline works; the library itself prints nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forensics.evidence.bundle import Bundle
    from forensics.evidence.tool_runs import Replay
    from forensics.facts import DatabaseIdentity


class Progress:
    """Hears everything and says nothing: override the methods whose news you want.

    Each is called in the caller's thread. What one raises ends the work, and reaches the caller.
    """

    def step(self, line: str) -> None:
        """What is being done now, as a line for the user."""

    def problem(self, line: str) -> None:
        """What was unavailable or done, though the work goes on, as a line for the user."""

    def connected(self, database: DatabaseIdentity) -> None:
        """Which database it is, before anything of it is read."""

    def collected(self, bundle: Bundle) -> None:
        """The evidence is complete, and every file of it is listed."""

    def announced(self, lines: tuple[str, ...]) -> None:
        """What of the project's own code will run, and what contains it: before any of it runs."""

    def replayed(self, run: Replay, number: int, runs: int) -> None:
        """One run of the project's real tool is over, the `number`th of `runs`."""
