"""Runs all cases with all releases, or with some again: `python -m tests.lab.releases.observe`."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

import msgspec

from forensics.scratch.postgres import Server, throw_away_postgres
from tests.lab.releases.cases import CASES, Case
from tests.lab.releases.installed import RELEASES, release_modules
from tests.lab.releases.project import tiny_project
from tests.lab.run import KitRun, run_kit, run_kit_in_terminal
from tests.lab.transcript import Outcome, first_error, outcome, plain

OBSERVED = Path(__file__).with_name("observed.json")
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"
ARGUMENTS = {"generate": ("--name", "next")}
# Pushes idle ten seconds at a question that nobody answers.
WORKERS, LONGEST, PATIENCE = 6, 40.0, 1.0
QUESTION = "Please select migration to drop:"


class Seen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one command does; `exit_code` is `None` where it had to be ended."""

    exit_code: int | None
    outcome: Outcome
    said: str = ""
    """Its question, first error or word of success."""
    warnings: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """The same in a row of releases; the last one included."""

    first: str
    last: str
    seen: Seen


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One command in one case, through all releases."""

    case: str
    command: str
    releases: tuple[Range, ...]


def main(wanted: Sequence[str]) -> int:
    """Measure all releases, or those that are named, and write observed.json."""
    kits = tuple(wanted) or tuple(RELEASES)
    for kit in kits:
        release_modules(kit)
    known = _by_release(recorded()) if wanted else {}
    known |= measure(kits, CASES)
    rows = [_row(known, case, command) for case in CASES for command in case.commands]
    OBSERVED.write_bytes(msgspec.json.format(msgspec.json.encode(rows), indent=1) + b"\n")
    return 0


def recorded() -> list[Row]:
    """What was measured when observed.json was written."""
    return msgspec.json.decode(OBSERVED.read_bytes(), type=list[Row])


def within(part: Range) -> Iterator[str]:
    """The releases of a range."""
    kits = tuple(RELEASES)
    yield from kits[kits.index(part.first) : kits.index(part.last) + 1]


Known = dict[tuple[str, str, str], Seen]
"""Case, command, release -> what was seen."""


def measure(kits: Sequence[str], cases: Sequence[Case]) -> Known:
    """Every command of every case with every one of the given releases."""
    with throw_away_postgres() as server, ThreadPoolExecutor(WORKERS) as pool:
        for case in cases:
            if case.sql:
                server.create_database(_template(case))
                server.execute(case.sql, database=_template(case))
        jobs = [(case, command, kit) for case in cases for command in case.commands for kit in kits]
        seen = dict(zip(jobs, pool.map(lambda job: _see(server, *job), jobs), strict=True))
    return {(case.name, command, kit): what for (case, command, kit), what in seen.items()}


def _by_release(rows: Sequence[Row]) -> Known:
    return {
        (row.case, row.command, kit): part.seen
        for row in rows
        for part in row.releases
        for kit in within(part)
    }


def _row(known: Known, case: Case, command: str) -> Row:
    kits = [kit for kit in RELEASES if (case.name, command, kit) in known]
    ranges = []
    for what, group in groupby(kits, key=lambda kit: known[case.name, command, kit]):
        members = list(group)
        ranges.append(Range(first=members[0], last=members[-1], seen=what))
    return Row(case=case.name, command=command, releases=tuple(ranges))


def _see(server: Server, case: Case, command: str, kit: str) -> Seen:
    with tempfile.TemporaryDirectory(prefix="lab-release-") as scratch:
        project = tiny_project(Path(scratch) / "project", kit)
        case.files(project)
        verb, *args = command.split()
        address = NOWHERE
        name = f"r{abs(hash((case.name, command, kit)))}"
        if case.sql:
            server.create_database(name, template=_template(case))
            address = server.url(name)
        given = (*args, *ARGUMENTS.get(verb, ()))
        try:
            if case.keys:
                return _answered(
                    run_kit_in_terminal(
                        project, verb, address, args=given, patience=PATIENCE, keys=case.keys
                    )
                )
            return _summary(run_kit(project, verb, address, args=given, timeout=LONGEST))
        except subprocess.TimeoutExpired as ended:
            return _ended(ended)
        finally:
            if case.sql:
                server.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    f"WHERE datname = '{name}'"
                )
                server.drop_database(name)


def _answered(run: KitRun) -> Seen:
    """What came of it once its question was answered."""
    printed = run.stdout.replace(QUESTION, "")
    return Seen(
        exit_code=run.exit_code,
        outcome=outcome(printed, "", run.exit_code),
        said=first_error(printed, "", run.exit_code),
        changed=run.changed,
    )


def _ended(ended: subprocess.TimeoutExpired) -> Seen:
    """What was printed by one that went on doing nothing."""
    printed = plain(ended.stdout or b""), plain(ended.stderr or b"")
    asks = outcome(*printed, 0) is Outcome.ASKS
    return Seen(
        exit_code=None,
        outcome=Outcome.ASKS if asks else Outcome.BLOCKED,
        said=first_error(*printed, None),
    )


def _summary(run: KitRun) -> Seen:
    printed = f"{run.stdout}\n{run.stderr}".split("\n")
    return Seen(
        exit_code=run.exit_code,
        outcome=run.outcome,
        said=run.first_error,
        warnings=tuple(line for line in printed if line.startswith("Warning: ")),
        changed=run.changed,
    )


def _template(case: Case) -> str:
    return "t_" + "".join(c if c.isalnum() else "_" for c in case.name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
