"""Medians of runs that take turns, so that a busy moment hits all alike."""

import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median


def medians(works: Mapping[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """Name -> median of the seconds that each piece of work took."""
    took: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(runs):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            took[name].append(time.perf_counter() - start)
    return {name: median(seconds) for name, seconds in took.items()}


def process(*command: str, folder: Path | None = None) -> Callable[[], object]:
    """A whole process, whose output goes nowhere and whose exit code may be any."""
    return lambda: subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
