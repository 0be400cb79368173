"""SIGINT and SIGTERM end a run in good order: what was begun is cleaned up, once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(BaseException):
    """A signal asks us to stop; no error, so that nothing takes it for one."""

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.exit_code = 128 + number


class _State:
    """The signal that came, and whether it has to wait."""

    def __init__(self) -> None:
        self.came: int | None = None
        self.raised = False
        self.shields = 0

    def receive(self, number: int, frame: FrameType | None) -> None:
        """The first one counts: another one must not end the cleaning up."""
        self.came = self.came or number
        self.heed()

    def heed(self) -> None:
        if self.came is not None and not self.raised and not self.shields:
            self.raised = True
            raise Interrupted(self.came)


_state = _State()


@contextmanager
def signals_heeded() -> Iterator[None]:
    """Have the first signal raise `Interrupted` in here; those that are ignored stay so."""
    global _state
    _state = _State()
    heard = [one for one in _SIGNALS if signal.getsignal(one) is not signal.SIG_IGN]
    before = {one: signal.signal(one, _state.receive) for one in heard}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


@contextmanager
def shielded() -> Iterator[None]:
    """Have a signal wait until this is left: for what must be done whole, or not at all."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
        return
    state = _state
    state.shields += 1
    try:
        yield
    finally:
        state.shields -= 1
    state.heed()


def is_shielded() -> bool:
    """Whether something is being done that must be done whole."""
    return _state.shields > 0


def interrupted() -> Interrupted | None:
    """The signal that came, also where it still waits."""
    return None if _state.came is None else Interrupted(_state.came)
