"""What it costs to ask for help, beside a Python that does nothing."""

import compileall
import sys
from collections.abc import Iterator
from pathlib import Path

import forensics
from tests.benchmarks.timing import medians, process

ASKED = ("--help", "--version")


def measure() -> Iterator[str]:
    """Goals: under 150 ms, and at most five times the floor on a quiet machine."""
    compileall.compile_dir(Path(forensics.__file__).parent, quiet=1)  # as an installer does
    works = {option: process(sys.executable, "-m", "forensics", option) for option in ASKED}
    took = medians({**works, "floor": process(sys.executable, "-c", "pass")}, runs=21)
    for option in ASKED:
        ratio = took[option] / took["floor"]
        yield f"forensics {option}: {took[option] * 1000:.0f} ms, {ratio:.1f}x a bare Python"
