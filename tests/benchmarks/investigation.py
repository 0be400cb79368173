"""The main job on the incident of demo and lab, without the PDF."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from forensics.demo import incident
from tests.benchmarks.timing import medians, process


def measure() -> Iterator[str]:
    """Goal: under three seconds, with its experiments."""
    with tempfile.TemporaryDirectory() as folder, incident() as (project, address):
        job = (sys.executable, "-m", "forensics", "investigate", str(project))
        given = ("--database-url", address, "--output", str(Path(folder, "report")))
        works = {
            "the model and a scratch PostgreSQL": process(*job, *given),
            "the model alone": process(*job, *given, "--no-scratch"),
            "the files alone (check)": process(*job[:3], "check", str(project)),
        }
        for name, seconds in medians(works, runs=5).items():
            yield f"the incident, {name}: {seconds:.2f} s"
