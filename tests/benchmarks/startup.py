"""What it costs to ask for help, beside a Python that does nothing."""

import sys
from collections.abc import Iterator

from tests.benchmarks.timing import medians, process


def measure() -> Iterator[str]:
    """Goals: under 150 ms, and at most five times the floor on a quiet machine."""
    took = medians(
        {
            "help": process(sys.executable, "-m", "forensics", "--help"),
            "floor": process(sys.executable, "-c", "pass"),
        },
        runs=11,
    )
    ratio = took["help"] / took["floor"]
    yield f"forensics --help: {took['help'] * 1000:.0f} ms, {ratio:.1f}x a bare Python"
