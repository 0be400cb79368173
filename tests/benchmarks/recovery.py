"""The search of git's whole store for a recorded hash, beside reading all of it."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from forensics.bundle import BundleWriter
from forensics.collect.objects import search_objects
from forensics.collect.redact import mask
from forensics.collect.repository import find_repository
from tests.benchmarks.timing import medians, process

BLOBS = 20_000
"""Of four kilobytes each, packed."""
NOWHERE = "0" * 64


def measure() -> Iterator[str]:
    """Goal: at most 1.3 times the floor on two cores, with nothing found to stop at."""
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder, "project")
        _build(top)
        repository = find_repository(top)
        assert repository is not None
        numbers = iter(range(1000))

        def search() -> None:
            writer = BundleWriter(Path(folder, f"bundle{next(numbers)}"))
            found = search_objects(repository, {NOWHERE}, (), writer, mask=mask)
            assert found is not None and found.looked_at == BLOBS

        batch = ("git", "cat-file", "--batch", "--batch-all-objects", "--unordered")
        took = medians({"ours": search, "floor": process(*batch, folder=top)}, runs=5)
        yield (
            f"search of {BLOBS} objects by hash: {took['ours']:.2f} s, "
            f"{took['ours'] / took['floor']:.2f}x git cat-file --batch"
        )


def _build(top: Path) -> None:
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(top)], check=True)
    stream = "".join(map(_blob, range(BLOBS)))
    subprocess.run(["git", "fast-import", "--quiet"], cwd=top, input=stream.encode(), check=True)


def _blob(number: int) -> str:
    """One object in the language of git fast-import; no two are alike."""
    text = "".join(f"ALTER TABLE t{number} ADD COLUMN c{line} text;\n" for line in range(100))
    return f"blob\ndata {len(text)}\n{text}\n"
