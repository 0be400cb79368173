"""Errors that nobody foresaw: each costs the part in which it happened, and leaves a question."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from forensics import __version__
from forensics.errors import DEBUG, ForensicsError
from forensics.model import Topic, Unanswered

if TYPE_CHECKING:
    import logging

T = TypeVar("T")
Else = TypeVar("Else")

_LONGEST = 300
_USED_UP = frozenset(
    {
        *(errno.ENOMEM, errno.ENOSPC, errno.EDQUOT, errno.EFBIG),
        *(errno.EMFILE, errno.ENFILE, errno.EAGAIN),
    }
)


def trace(wanted: bool) -> None:  # noqa: FBT001 - the value of an option
    """Whether the logger `forensics` gets the tracebacks of what breaks."""
    _log().disabled = not wanted


@cache
def _log() -> logging.Logger:
    import logging

    log = logging.getLogger("forensics")
    log.addHandler(logging.NullHandler())  # else Python prints to stderr where nobody asked for it
    log.disabled = True
    return log


class Mishaps:
    """What broke in one run, each as a question; guards the parts that may break.

    What is foreseen passes through: a `ForensicsError`, and whatever ends the run (Ctrl-C).
    """

    def __init__(self, mask: Callable[[str], str] = str) -> None:
        """`mask` takes secrets out of the words of an error."""
        self._mask = mask
        self._found: dict[Unanswered, None] = {}

    @property
    def found(self) -> tuple[Unanswered, ...]:
        """One question for each part that broke, in the order in which they did."""
        return tuple(self._found)

    def lines(self) -> Iterator[str]:
        """What broke and what to do about it, a line each."""
        for question in self._found:
            yield f"{question.lacks}; {question.how_to_get_it}."

    def add(self, questions: Iterable[Unanswered]) -> None:
        """What broke elsewhere in this run."""
        self._found.update(dict.fromkeys(questions))

    def guard(self, part: str, action: Callable[[], T], otherwise: Else) -> T | Else:
        """What the action returns; where it breaks, `otherwise`."""
        try:
            return action()
        except ForensicsError:
            raise
        except Exception as error:
            self._note(part, error)
            return otherwise

    def each(self, part: str, action: Callable[[], Iterable[T]]) -> Iterator[T]:
        """What the action yields, up to where it breaks."""
        try:
            yield from action()
        except ForensicsError:
            raise
        except Exception as error:
            self._note(part, error)

    def _note(self, part: str, error: Exception) -> None:
        _log().error("%s stopped", part, exc_info=error)
        why = " ".join(self._mask(described(error)).split())[:_LONGEST]
        question = Unanswered(
            topic=Topic.RESOURCES if is_shortage(error) else Topic.DEFECT,
            name=part,
            lacks=f"{part}, which stopped: {why}",
            how_to_get_it=remedy(error),
        )
        self._found[question] = None


def described(error: Exception) -> str:
    """What an error is, for somebody who does not know the code."""
    if isinstance(error, MemoryError):
        return "there was not enough memory (MemoryError)"
    if isinstance(error, RecursionError):
        return "something is nested too deeply (RecursionError)"
    return f"{type(error).__name__}: {error}".removesuffix(": ")


def is_shortage(error: Exception) -> bool:
    """Whether memory, disk, files or processes were used up: this is not a defect of ours."""
    return isinstance(error, MemoryError) or (
        isinstance(error, OSError) and error.errno in _USED_UP
    )


def remedy(error: Exception) -> str:
    """What to do about what nobody foresaw."""
    if is_shortage(error):
        return "give it more memory, disk space, open files or processes, and run it again"
    return (
        f"this is a defect of forensics {__version__} itself: please report it, with the traceback "
        f"that {DEBUG}=1 shows"
    )
