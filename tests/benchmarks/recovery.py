"""The search for a recorded hash, in git's whole store and in a path's own history."""

import random
import subprocess
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from forensics.collect.commits import collect_commits
from forensics.collect.objects import search_objects
from forensics.collect.repository import Repository, find_repository
from forensics.evidence.bundle_writer import BundleWriter
from forensics.recover import from_history
from forensics.redaction.redactor import mask
from tests.benchmarks.timing import medians, process

COMMITS = 6_000
FILES = 600
"""Of code, six kilobytes each."""
CHANGED = 8
"""Of them, in each commit."""
MIGRATES = 60
"""One commit in so many brings a migration with its snapshot."""
NOWHERE = "0" * 64
FOLDER = "drizzle"
LOST = f"{FOLDER}/0050_step.sql"
"""Added by one commit, removed by the last."""

_READ_ALL = (
    "git cat-file --batch-all-objects --unordered --batch-check | sed -n 's/ blob .*//p' | "
    "git cat-file --batch > /dev/null"
)


def measure() -> Iterator[str]:
    """Goals: 1.3 times the floor on two cores, 0.15 times where the path's own history has it.

    The floor is git reading every blob of the same store to nowhere.
    """
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder, "project")
        _build(top)
        repository = find_repository(top)
        assert repository is not None
        numbers = iter(range(1000))

        def writer() -> BundleWriter:
            return BundleWriter(Path(folder, f"bundle{next(numbers)}"))

        works = {
            "nowhere": lambda: _search(repository, writer()),
            "history": lambda: _own_history(repository, writer()),
            "floor": process("sh", "-c", _READ_ALL, folder=top),
        }
        took = medians(works, runs=5)
        blobs = _search(repository, writer())
    for name, what in (
        ("nowhere", f"search of {blobs} contents in git for a hash that none has"),
        ("history", f"a hash that the path's own history has, beside {blobs} other contents"),
    ):
        ratio = took[name] / took["floor"]
        yield f"{what}: {took[name]:.2f} s, {ratio:.2f}x git cat-file --batch"


def _search(repository: Repository, writer: BundleWriter) -> int:
    found = search_objects(repository, {NOWHERE}, (), writer, mask=mask)
    assert found is not None and not found.found and not found.gap
    return found.looked_at


def _own_history(repository: Repository, writer: BundleWriter) -> None:
    """What collection does where it succeeds: it reads the history, and searches no further."""
    commits = collect_commits(repository, (FOLDER,), writer)
    recorded = sha256(_migration(50).encode()).hexdigest()
    assert any(it.sha256 == recorded for it in from_history(commits, LOST))


def _build(top: Path) -> None:
    """A repository as projects have it: most of it code in many versions, some SQL, packed."""
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(top)], check=True)
    with subprocess.Popen(["git", "fast-import", "--quiet"], cwd=top, stdin=subprocess.PIPE) as git:
        assert git.stdin is not None
        for commit in _commits():
            git.stdin.write(commit.encode())
    subprocess.run(["git", "repack", "-a", "-d", "-q"], cwd=top, check=True)


def _commits() -> Iterator[str]:
    dice = random.Random(7)
    words = [
        "".join(dice.choices("abcdefghijklmnopqrst", k=dice.randint(2, 12))) for _ in range(3000)
    ]
    code = {f"src/{n}.ts": [_line(dice, words) for _ in range(120)] for n in range(FILES)}
    for number in range(COMMITS):
        changed = {}
        for path in dice.sample(list(code), CHANGED):
            code[path][dice.randrange(120)] = _line(dice, words)
            changed[path] = "\n".join(code[path])
        if number % MIGRATES == 0:
            index = number // MIGRATES
            changed[f"{FOLDER}/{index:04}_step.sql"] = _migration(index)
            changed[f"{FOLDER}/meta/{index:04}_snapshot.json"] = "\n".join(code["src/0.ts"] * 3)
        yield _commit(number, changed, removed=LOST if number == COMMITS - 1 else "")


def _line(dice: random.Random, words: list[str]) -> str:
    return f"  {' '.join(dice.choices(words, k=6))};"


def _migration(index: int) -> str:
    return "".join(f'ALTER TABLE "t{index}" ADD COLUMN "c{line}" text;\n' for line in range(20))


def _commit(number: int, files: dict[str, str], removed: str) -> str:
    """One commit in the language of git fast-import."""
    who = f"committer A <a@example.org> {1767225600 + number * 60} +0000"
    changes = "".join(
        f"M 100644 inline {path}\ndata {len(text)}\n{text}\n" for path, text in files.items()
    )
    gone = f"D {removed}\n" if removed else ""
    return f"commit refs/heads/main\n{who}\ndata 1\nc\n{changes}{gone}\n"
