"""`python -m tests.fuzz [SECONDS [TARGET...]]`: each target for so many seconds; `make fuzz`.

What fails is printed smallest first, as Hypothesis shrinks it: fix it, and keep it in `test_fuzz`.
"""

import sys
import time
import traceback

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.target import Target
from tests.fuzz.targets import TARGETS

_ROUND = 200
"""Examples between two looks at the clock."""
_SLOW = 20.0
"""Seconds of a processor for one input, above which it counts as a hang."""


def fuzz(name: str, target: Target, seconds: float) -> tuple[int, bool]:
    """How many inputs were tried, and whether all were taken."""
    tried, number, end = 0, int(time.time()), time.monotonic() + seconds
    failing = False

    def one(value: object) -> None:
        nonlocal tried, failing
        if time.monotonic() > end and not failing:  # what fails is made smaller, however long
            return
        tried += 1
        began = time.process_time()
        try:
            target.check(value)
            assert time.process_time() - began < _SLOW, "too slow"
        except Exception:
            failing = True
            raise

    while time.monotonic() < end:
        number += 1
        run = settings(
            max_examples=_ROUND,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
            print_blob=False,
        )(seed(number)(given(target.strategy)(one)))
        try:
            run()
        except Exception:
            print(f"--- {name}: failed after {tried}", flush=True)
            traceback.print_exc(limit=-6)
            return tried, False
    return tried, True


def main(seconds: float, *names: str) -> int:
    """Fuzz some targets, or all; the exit code is 1 if one fails."""
    failed = 0
    for name in names or TARGETS:
        tried, good = fuzz(name, TARGETS[name], seconds)
        print(f"{name:10} {tried:7} inputs: {'taken' if good else 'FAILED'}", flush=True)
        failed += not good
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if sys.argv[1:] else 280, *sys.argv[2:]))
