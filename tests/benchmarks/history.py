"""The git history of the migrations, beside one `git log` over the same folder."""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from forensics.collect.commits import collect_commits
from forensics.collect.repository import find_repository
from forensics.evidence.bundle import BundleWriter
from tests.benchmarks.timing import medians, process

FOLDER = "drizzle"
COMMITS = 5000
MIGRATIONS = 250
"""Of the commits, one in twenty brings a migration."""


def measure() -> Iterator[str]:
    """Goal: at most 1.2 times the floor and 100 ms; the contents of the files come on top."""
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder, "project")
        _build(top)
        numbers = iter(range(1000))

        def collect() -> None:
            writer = BundleWriter(Path(folder, f"bundle{next(numbers)}"))
            commits = collect_commits(find_repository(top), (FOLDER,), writer)
            assert commits is not None and len(commits.commits) == MIGRATIONS

        log = ("git", "log", "--all", "--full-history", "--raw", "-M", "--", FOLDER)
        took = medians({"ours": collect, "floor": process(*log, folder=top)}, runs=5)
        yield (
            f"history of {MIGRATIONS} migrations in {COMMITS} commits: {took['ours']:.2f} s, "
            f"{took['ours'] / took['floor']:.1f}x git log"
        )


def _build(top: Path) -> None:
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(top)], check=True)
    stream = "".join(map(_commit, range(COMMITS)))
    subprocess.run(["git", "fast-import", "--quiet"], cwd=top, input=stream.encode(), check=True)


def _commit(number: int) -> str:
    """One commit in the language of git fast-import."""
    files = {f"src/{number % 100}.ts": f"export const value = {number};\n"}
    if number % (COMMITS // MIGRATIONS) == 0:
        index = number // (COMMITS // MIGRATIONS)
        files[f"{FOLDER}/{index:04}_step.sql"] = f"ALTER TABLE t ADD COLUMN c{index} text;\n"
        entries = [{"idx": step, "tag": f"{step:04}_step"} for step in range(index + 1)]
        files[f"{FOLDER}/meta/_journal.json"] = json.dumps({"entries": entries}, indent=2)
    who = f"committer A <a@example.org> {1767225600 + number * 60} +0000"
    changes = "".join(
        f"M 100644 inline {path}\ndata {len(text)}\n{text}\n" for path, text in files.items()
    )
    return f"commit refs/heads/main\n{who}\ndata 1\nc\n{changes}\n"
