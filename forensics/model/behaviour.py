"""What a command of a tool would do."""

from __future__ import annotations

from forensics.model.words import Certainty, CommandOutcome, Record


class TrueError(Record, frozen=True, kw_only=True):
    """The error behind what a tool prints, with the SQLSTATE where a database raised it."""

    text: str
    sqlstate: str | None = None


class Prediction(Record, frozen=True, kw_only=True):
    """What one command of a tool would do in a given state."""

    command: str
    outcome: CommandOutcome
    exit_code: int | None
    message: str = ""
    """What the tool prints first; may be empty, since some releases hide their errors."""
    error: TrueError | None = None
    destructive: bool = False
    certainty: Certainty = Certainty.PREDICTED
