"""How the time of a piece of work grows with what it is given: a busy machine is slow for both."""

import sys
import time
from collections.abc import Callable
from types import FrameType

TIMES = 16
"""How many times as large the larger of two inputs is."""


def is_linear(work: Callable[[int], object], size: int) -> bool:
    """Whether work on the larger input takes about as many times longer, not the square of that.

    `work` is given the size of its input, first `size`, which should take some milliseconds.
    """
    return _least(work, TIMES * size) < 5 * TIMES * _least(work, size)


def steps(work: Callable[[], object]) -> int:
    """How many functions a piece of work calls, ours and the interpreter's: the same each time."""
    count = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def _least(work: Callable[[int], object], size: int) -> float:
    """Seconds of this process, of the fastest of three; 50 microseconds at the least."""
    took = []
    for _ in range(3):
        started = time.process_time()
        work(size)
        took.append(time.process_time() - started)
    return max(min(took), 50e-6)
