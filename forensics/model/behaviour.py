"""What a command of a tool would do."""

from __future__ import annotations

from forensics.model.wording import depends
from forensics.model.words import Certainty, CommandOutcome, Record


class TrueError(Record, frozen=True, kw_only=True):
    """The error behind what a tool prints, with the SQLSTATE where a database raised it."""

    text: str
    sqlstate: str | None = None
    detail: str = ""
    hint: str = ""


class StatementPlace(Record, frozen=True, kw_only=True):
    """A statement of a migration, as a reader finds it."""

    migration: str
    """What the tool calls it."""
    number: int
    """Within the file, counted from 1."""
    line: int
    """On which it begins, counted from 1."""
    text: str
    """On one line, without comments."""


class CopyChange(Record, frozen=True, kw_only=True):
    """What a run of the real tool changed in the catalogue of a copy."""

    loses: bool
    """Whether something is gone, or protects no more."""
    text: str
    """As a clause without its subject: `drops the policy public.notes.own`."""


class Prediction(Record, frozen=True, kw_only=True):
    """What one command of a tool would do in a given state."""

    command: str
    outcome: CommandOutcome
    exit_code: int | None
    message: str = ""
    """What the tool prints first; may be empty, since some releases hide their errors."""
    error: TrueError | None = None
    statement: StatementPlace | None = None
    """The statement of a migration that fails; `None` where it is none of a migration."""
    destructive: bool = False
    lists_pending: bool = False
    """Whether it ends with an error only to say what is pending: nothing is wrong then."""
    certainty: Certainty = Certainty.PREDICTED
    why: str = ""
    """Why the outcome is unknown: a reason, without a full stop. Of one that is silently wrong,
    what it does, where the outcome does not say that: `loses rows`."""
    stand_ins: tuple[str, ...] = ()
    """What of the real server was only stood in for on the scratch server: `type vector`."""
    changed: tuple[CopyChange, ...] = ()
    """What a run of the real tool changed on a copy, of a command that makes the database like the
    schema code."""

    @property
    def reason(self) -> str:
        """Why its outcome is unknown, as a sentence without its full stop; may be empty."""
        return depends(self.why) or self.message
