"""How a command ends, in the words of the model."""

from __future__ import annotations

from forensics.dialects.effect import Failed
from forensics.model import CommandOutcome, Prediction, TrueError


def unknown(command: str, why: str = "") -> Prediction:
    """It was not seen, or not measured."""
    return Prediction(command=command, outcome=CommandOutcome.UNKNOWN, exit_code=None, why=why)


def passes(command: str, message: str = "") -> Prediction:
    """With exit code 0."""
    return Prediction(command=command, outcome=CommandOutcome.PASSES, exit_code=0, message=message)


def blocked(
    command: str,
    message: str,
    error: TrueError | None = None,
    *,
    code: int = 1,
    destructive: bool = False,
) -> Prediction:
    """It stops with a message, which is the error where that has no other words.

    `destructive` where it asks to drop everything.
    """
    return Prediction(
        command=command,
        outcome=CommandOutcome.BLOCKED,
        exit_code=code,
        message=message,
        error=error or TrueError(text=message),
        destructive=destructive,
    )


def error_of(failed: Failed) -> TrueError:
    """The error of a statement."""
    return TrueError(
        text=failed.message,
        sqlstate=failed.sqlstate or None,
        detail=failed.detail,
        hint=failed.hint,
    )
