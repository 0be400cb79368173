"""Ends what hangs in a system call or in a loop: raises an error in it when its time is over."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from forensics.errors import ForensicsError
from forensics.system.interruption import is_shielded

_AGAIN = 0.1
"""Seconds until it is tried again, where something has to be done whole."""


class OutOfTime(ForensicsError):
    """The time for something was over while it still worked."""


@contextmanager
def alarm(seconds: float, part: str) -> Iterator[None]:
    """Raise `OutOfTime` in here after so many seconds, but not within `shielded`.

    Only in the main thread, and where nobody else uses the timer; else nothing ends it.
    """
    usable = threading.current_thread() is threading.main_thread()
    if not usable or signal.getsignal(signal.SIGALRM) is not signal.SIG_DFL:
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        if is_shielded():
            signal.setitimer(signal.ITIMER_REAL, _AGAIN)
            return
        raise OutOfTime(f"{part[:1].upper()}{part[1:]} took too long and was broken off.")

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, _AGAIN))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
