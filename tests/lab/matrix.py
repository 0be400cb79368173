"""Runs the real kits in every cell: subsets of the four faults, four commands, four arms."""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path

import msgspec

from forensics.adapters.drizzle.real_tool import transcript
from forensics.demo import CLINIC
from forensics.scratch.postgres import Server, throw_away_postgres
from tests.lab.build import ALL_FAULTS, Fault, LabProject, build_project
from tests.lab.databases import fresh_database
from tests.lab.kits import CACHE, LAB, lock_hash, node_version
from tests.lab.run import KitRun, run_kit
from tests.lab.story import story
from tests.lab.upgrade import upgrade
from tests.support.sampling import FULL

COMMANDS = ("check", "generate", "migrate", "push")
CONNECTING = ("migrate", "push")
# 0.21.4 idles ten seconds at the end of an unanswered push, until its connection pool lets go.
WORKERS, IDLERS = 2, 8

Subset = frozenset[Fault]
Cell = tuple[Subset, str]
Matrix = dict[Cell, KitRun]


@dataclass(frozen=True, slots=True)
class Arm:
    """A kit on a project: its own one, an older one's, or an older one's after `drizzle-kit up`."""

    kit: str
    project: str
    upgraded: bool = False

    @property
    def name(self) -> str:
        """A name for file names and test ids."""
        return f"{self.kit}-{self.project}{'-after-up' if self.upgraded else ''}"


OWN_ARMS = (Arm("0.21.4", "clinic"), Arm("0.31.11", "library"))
LATER_ARMS = (Arm("0.31.11", "clinic"), Arm("0.31.11", "clinic", upgraded=True))
ARMS = OWN_ARMS + LATER_ARMS if os.environ.get(FULL) else OWN_ARMS[-1:]
SUBSETS: tuple[Subset, ...] = tuple(
    frozenset(chosen) for size in range(5) for chosen in combinations(sorted(ALL_FAULTS), size)
)


def subsets(arm: Arm) -> tuple[Subset, ...]:
    """No fault, each alone and all together: what each does, and which one hides the others.

    Of an older kit or its project no fault and all of them. Unless all sixteen are asked for.
    """
    if os.environ.get(FULL):
        return SUBSETS
    sizes = (0, 1, len(ALL_FAULTS)) if arm == OWN_ARMS[-1] else (0, len(ALL_FAULTS))
    return tuple(subset for subset in SUBSETS if len(subset) in sizes)


def cells(arm: Arm) -> tuple[Cell, ...]:
    """What is run in an arm."""
    return tuple((subset, command) for subset in subsets(arm) for command in COMMANDS)


def real_matrix(kit: str) -> Matrix:
    """What the real kit does with its own project, by fault subset and command; cached in files."""
    return arm_matrix(next(arm for arm in OWN_ARMS if arm.kit == kit))


@cache
def arm_matrix(arm: Arm) -> Matrix:
    """What the real kit does in one arm; of several test processes, one measures."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with _file(arm).with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _read(arm) or _measure_and_keep(arm)


def measure(arm: Arm, server: Server) -> Matrix:
    """Run all cells of an arm: two at a time, and the idling pushes beside them."""
    with (
        tempfile.TemporaryDirectory(prefix="lab-matrix-") as scratch,
        ThreadPoolExecutor(WORKERS) as workers,
        ThreadPoolExecutor(IDLERS) as idlers,
    ):
        wanted = dict.fromkeys(subset for subset, _ in map(_run_as, cells(arm)))
        projects = {subset: _project(arm, subset, Path(scratch)) for subset in wanted}
        futures = {
            (subset, command): (idlers if command == "push" else workers).submit(
                run_cell, server, projects[subset], command
            )
            for subset, command in dict.fromkeys(map(_run_as, cells(arm)))
        }
        return {cell: futures[_run_as(cell)].result() for cell in cells(arm)}


def _run_as(cell: Cell) -> Cell:
    """F3 is in the database alone: what does not connect is run without it, once for both."""
    subset, command = cell
    return cell if command in CONNECTING else (subset - {Fault.F3}, command)


def run_cell(server: Server, project: LabProject, command: str) -> KitRun:
    """Run one command; those that connect get a database of their own."""
    if command not in CONNECTING:
        return run_kit(project, command, "postgresql://nobody@127.0.0.1:1/none")
    with fresh_database(server, project) as name:
        return run_kit(project, command, server.url(name))


def _project(arm: Arm, subset: Subset, scratch: Path) -> LabProject:
    folder = scratch / ("-".join(sorted(subset)) or "healthy")
    if not arm.upgraded:
        return build_project(folder, arm.kit, subset, project=arm.project, git=False)
    return upgrade(folder, arm.kit, subset, project=arm.project)


def _measure_and_keep(arm: Arm) -> Matrix:
    with throw_away_postgres() as server:
        matrix = measure(arm, server)
    stored = [(sorted(subset), command, run) for (subset, command), run in matrix.items()]
    unfinished = _file(arm).with_suffix(".unfinished")
    unfinished.write_bytes(msgspec.json.encode(stored))
    unfinished.rename(_file(arm))
    return matrix


def _read(arm: Arm) -> Matrix | None:
    if not _file(arm).exists():
        return None
    stored = msgspec.json.decode(
        _file(arm).read_bytes(), type=list[tuple[list[Fault], str, KitRun]]
    )
    return {(frozenset(subset), command): run for subset, command, run in stored}


def _file(arm: Arm) -> Path:
    key = _key(arm.kit, arm.project)[:16]
    return CACHE / f"matrix-{arm.name}-{len(subsets(arm))}-{key}.json"


@cache
def _key(kit: str, project: str) -> str:
    """Changes with the kit, Node, the project, and the lab's own code."""
    digest = hashlib.sha256(f"{lock_hash(kit)} {node_version()}".encode())
    for path in _ingredients(project):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _ingredients(project: str) -> Iterator[Path]:
    yield from (LAB / f"{name}.py" for name in _CODE)
    yield Path(transcript.__file__)
    yield from (CLINIC.with_name(f"{name}.py") for name in _SHARED)
    yield from sorted(p for p in story(project).folder.rglob("*") if p.is_file())


_CODE = ("build", "databases", "matrix", "run", "upgrade")
_SHARED = ("database", "project")
