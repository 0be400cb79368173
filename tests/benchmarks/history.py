"""The git history of the migrations, next to one `git log` over the same folder."""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from forensics.collect.commits import collect_commits
from forensics.collect.history import walk
from forensics.collect.quarantine import quarantine
from forensics.collect.repository import find_repository
from forensics.evidence.bundle_writer import BundleWriter
from tests.benchmarks.timing import medians, process

FOLDER = "drizzle"
COMMITS = 5000
MIGRATIONS = 250
"""Of the commits, one in twenty brings a migration."""


def measure() -> Iterator[str]:
    """Goal of the walk: 1.2 times the floor and 100 ms; reading the contents comes on top."""
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder, "project")
        _build(top)
        numbers = iter(range(1000))

        def walked() -> None:
            repository = find_repository(top)
            assert repository is not None
            with quarantine(repository) as place:
                [head] = place.git.lines("rev-parse", "HEAD")
                found = walk(place.git, head, {}, (FOLDER,))
            assert len(found.commits) == len(found.line) == MIGRATIONS

        def collected() -> None:
            writer = BundleWriter(Path(folder, f"bundle{next(numbers)}"))
            commits = collect_commits(find_repository(top), (FOLDER,), writer)
            assert commits is not None and len(commits.commits) == MIGRATIONS

        log = ("git", "log", "--all", "--full-history", "--raw", "-M", "--", FOLDER)
        works = {"walk": walked, "all": collected, "floor": process(*log, folder=top)}
        took = medians(works, runs=5)
        beyond = took["walk"] - took["floor"]
        yield (
            f"history of {MIGRATIONS} migrations in {COMMITS} commits: {took['walk']:.2f} s, "
            f"{took['walk'] / took['floor']:.1f}x git log ({beyond * 1000:+.0f} ms); "
            f"with the contents {took['all'] / took['floor']:.1f}x"
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
