"""What each piece of folklore does to project and database: done with the real kit, or as recorded.

`python -m tests.lab.advised` does all of it for real and writes advised.json.
"""

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import msgspec

from forensics.analysis.attempt import AttemptVerdict
from forensics.evidence.bundle import Bundle
from forensics.scratch.postgres import Server, throw_away_postgres
from tests.lab.build import Fault, Home, build_project
from tests.lab.databases import build_database
from tests.lab.deeds import LOG_PREFIX, Observed, Place, Seen, copy_of, do, observe, real_verdict
from tests.lab.folklore import FOLKLORE, Advice
from tests.lab.investigation import investigate
from tests.lab.kits import KITS, LAB

ADVISED = LAB / "advised.json"
TRIED = [(kit, advice) for kit in KITS for advice in FOLKLORE if kit in advice.kits]


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What a piece of advice is worth, and what every command did after it."""

    kit: str
    advice: str
    verdict: AttemptVerdict
    seen: dict[str, Seen]

    @property
    def essence(self) -> tuple[object, ...]:
        """What must not differ the next time."""
        said = {
            name: (it.run.outcome, it.run.exit_code, it.run.first_error, it.raised)
            for name, it in self.seen.items()
        }
        return self.kit, self.advice, self.verdict, said


@cache
def recorded() -> dict[tuple[str, str], Shown]:
    """What was seen when advised.json was written, by kit and advice; what is ours is not there."""
    kept = msgspec.json.decode(ADVISED.read_bytes(), type=list[Shown])
    return {(it.kit, it.advice): it for it in kept}


def is_ours(advice: Advice) -> bool:
    """Whether it does what a report of ours recommends, which changes as we do."""
    return "{report}" in advice.text


@dataclass(frozen=True)
class Case:
    """A project and its database, the bundle of both, and what the real kit does with them."""

    place: Place
    report: Path

    @cached_property
    def bundle(self) -> Bundle:
        """What was collected."""
        return Bundle.open(self.report / "bundle")

    @cached_property
    def before(self) -> Observed:
        """Before anybody took any advice."""
        return observe(self.place)


class Cases:
    """Every case is made when it is first asked for."""

    def __init__(self, server: Server, folder: Path) -> None:
        self._server, self._folder = server, folder
        self._made: dict[tuple[str, frozenset[Fault]], Case] = {}

    def get(self, kit: str, faults: frozenset[Fault]) -> Case:
        """A project with some faults, and its database."""
        if (kit, faults) not in self._made:
            self._made[kit, faults] = self._make(kit, faults)
        return self._made[kit, faults]

    def _make(self, kit: str, faults: frozenset[Fault]) -> Case:
        name = f"case_{len(self._made)}"
        home = Home.PUBLIC if Fault.F4 in faults else Home.DRIZZLE
        project = build_project(self._folder / name, kit, faults, home=home)
        url = build_database(self._server, name, project)
        report = self._folder / f"{name}_report"
        investigate(project.app, report, "--format", "json", "--no-scratch", url=url)
        return Case(Place(project=project, server=self._server, database=name), report)


def text_of(case: Case, advice: Advice, folder: Path) -> str:
    """The advice as it is given, with a patch in the folder where it is an edit."""
    patch = folder / "advice.patch"
    if advice.edit is not None:
        project = copy_of(case.place.project, folder / "edited")
        advice.edit(project)
        git = ["git", "-C", str(project.folder)]
        subprocess.run([*git, "add", "--intent-to-add", "."], check=True)
        patch.write_bytes(subprocess.run([*git, "diff"], check=True, capture_output=True).stdout)
    return advice.text.format(report=case.report, patch=patch)


def shown(kit: str, advice: Advice, case: Case, text: str, folder: Path) -> Shown:
    """Do it for real on copies, and run all commands."""
    copy = case.place.copy(folder / "project", f"copy_{TRIED.index((kit, advice))}")
    error = do(copy, text)
    after = observe(copy)
    verdict = real_verdict(case.before, after, error)
    return Shown(kit=kit, advice=advice.name, verdict=verdict, seen=after.seen)


def main() -> int:
    """Do everything that is not ours, and write it down."""
    settings = {"log_line_prefix": LOG_PREFIX}
    with throw_away_postgres(settings=settings) as server, tempfile.TemporaryDirectory() as place:
        cases, seen = Cases(server, Path(place)), []
        for number, (kit, advice) in enumerate(TRIED):
            if not is_ours(advice):
                folder = Path(place, f"deed{number}")
                folder.mkdir()
                case = cases.get(kit, advice.faults)
                seen.append(shown(kit, advice, case, text_of(case, advice, folder), folder))
    ADVISED.write_bytes(msgspec.json.format(msgspec.json.encode(seen), indent=1) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
