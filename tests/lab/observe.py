"""Measures all cases with the real kits and writes observed.json: `python -m tests.lab.observe [CASE]`."""

import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import chain
from pathlib import Path

import msgspec

from forensics.scratch.postgres import Server, throw_away_postgres
from tests.lab.build import Home, LabProject, build_project
from tests.lab.cases import FOLDER, Case
from tests.lab.database_cases import DATABASE_CASES
from tests.lab.databases import fresh_database
from tests.lab.folder_cases import FOLDER_CASES
from tests.lab.kits import KITS, LAB, node_version
from tests.lab.run import KitRun, run_kit, run_kit_in_terminal
from tests.lab.transcript import Outcome

OBSERVED = LAB / "observed.json"
CASES = FOLDER_CASES + DATABASE_CASES
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"
# Some commands of 0.21.4 idle ten seconds before they end, so more of them than processors may run.
WORKERS = 4
# Else the kit makes up a name for what it generates.
ARGUMENTS = {"generate": ("--name", "next")}
TABLES = ("public", "drizzle")


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """What one command did in one case; `rows` counts the tracking rows afterwards, by schema."""

    kit: str
    case: str
    command: str
    exit_code: int | None
    outcome: Outcome
    first_error: str
    stdout: str
    stderr: str
    changed: tuple[str, ...] = ()
    rows: dict[str, int | None] | None = None
    node: str = ""


def main() -> int:
    """Measure everything, or print the cases whose names contain the given text."""
    part = " ".join(sys.argv[1:])
    wanted = [case for case in CASES if part in case.name]
    seen = observe(wanted)
    if part:
        print(msgspec.json.format(msgspec.json.encode(seen)).decode())
    else:
        OBSERVED.write_bytes(msgspec.json.format(msgspec.json.encode(seen), indent=1) + b"\n")
    return 0


@cache
def recorded() -> list[Observation]:
    """What was measured when observed.json was written."""
    return msgspec.json.decode(OBSERVED.read_bytes(), type=list[Observation])


def observe(cases: list[Case], kits: tuple[str, ...] = KITS) -> list[Observation]:
    """Run every command of every case with every kit on its own project."""
    return _measure([(kit, case, one) for kit in kits for case in cases for one in case.commands])


def remeasure(seen: list[Observation]) -> list[tuple[Observation, Observation]]:
    """Run the commands of some observations again; each with what it shows now."""
    cases = {case.name: case for case in CASES}
    jobs = [(one.kit, cases[one.case], one.command) for one in seen if one.case in cases]
    return list(zip(seen, _measure(jobs), strict=True))


def _measure(jobs: list[tuple[str, Case, str]]) -> list[Observation]:
    with throw_away_postgres() as server, ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(lambda job: _observe(server, *job), jobs))


def _observe(server: Server, kit: str, case: Case, command: str) -> Observation:
    with tempfile.TemporaryDirectory(prefix="lab-case-") as scratch:
        project = _project(Path(scratch) / "project", kit, case)
        run, rows = _run(server, project, case, command)
    return Observation(
        kit=kit,
        case=case.name,
        command=command,
        rows=rows,
        node=node_version(),
        **msgspec.structs.asdict(run),
    )


def _project(folder: Path, kit: str, case: Case) -> LabProject:
    home = Home.DRIZZLE if case.faults is None else Home.PUBLIC
    project = build_project(folder, kit, case.faults or frozenset(), home=home, git=False)
    case.files(project)
    return project


def _run(
    server: Server, project: LabProject, case: Case, command: str
) -> tuple[KitRun, dict[str, int | None] | None]:
    if command in FOLDER:
        address = NOWHERE if case.address is None else case.address
        return run_kit(project, command, address, args=ARGUMENTS.get(command, ())), None
    if case.address is not None:
        address = server.url("missing") if case.address == "missing" else case.address
        return run_kit(project, command, address), None
    with fresh_database(server, project) as name:
        if case.sql:
            server.execute(case.sql, database=name)
        runs = [_run_one(project, one, server.url(name)) for one in command.split(", then ")]
        return runs[-1], _rows(server, name)


def _run_one(project: LabProject, command: str, address: str) -> KitRun:
    if command.endswith(" in a terminal"):
        return run_kit_in_terminal(project, command.split()[0], address, patience=3)
    verb, *args = command.split()
    return run_kit(project, verb, address, args=tuple(args))


def _rows(server: Server, name: str) -> dict[str, int | None]:
    return dict(chain.from_iterable(_count(server, name, schema) for schema in TABLES))


def _count(server: Server, name: str, schema: str) -> Iterator[tuple[str, int | None]]:
    table = f"{schema}.__drizzle_migrations"
    if server.execute(f"SELECT to_regclass('{table}')", database=name) == [(None,)]:
        yield schema, None
    else:
        (count,) = server.execute(f"SELECT count(*) FROM {table}", database=name)[0]
        yield schema, int(str(count))


if __name__ == "__main__":
    sys.exit(main())
