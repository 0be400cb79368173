"""The line to a server, which is cut when the time is over."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def cut_at(deadline: float, line: socket.socket | None) -> Iterator[None]:
    """Shut the line down at the deadline: a server that fell silent would be waited for forever."""

    def cut() -> None:
        with suppress(OSError):  # closed already
            if line is not None:
                line.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, deadline - time.monotonic()), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
