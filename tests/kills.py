"""Kills runs at random moments: a valid bundle or a clean "incomplete", nothing left, the next works.

`python -m tests.kills [RUNS] [SEED]`; `make kills` does a hundred.
"""

import ctypes
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from forensics.demo import incident
from forensics.evidence.bundle import BundleError
from forensics.output import open_bundle

_SUBREAPER = 36
_PATIENCE = 75.0
"""Seconds in which the watchdog of a server has ended it, removed its folder, and ended too.

A server of which the watchdog was not told in time misses its lock file, and ends within a minute.
"""
_GOOD = (0, 1, 3)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where runs happen."""

    project: Path
    address: str
    output: Path
    temporary: Path

    def command(self, verb: str) -> list[str]:
        """The command line of a verb."""
        given = {
            "try": ["forensics try", "DELETE FROM drizzle.__drizzle_migrations"],
            "analyze": [],
        }.get(verb, ["--database-url-env", "KILLS_DATABASE", "--output", str(self.output)])
        target = self.output if verb in ("try", "analyze") else self.project
        rest = given[1:] if verb == "try" else given
        return [sys.executable, "-m", "forensics", verb, str(target), *rest]

    def start(self, verb: str) -> subprocess.Popen[bytes]:
        """Begin a run."""
        return subprocess.Popen(
            self.command(verb),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "KILLS_DATABASE": self.address, "TMPDIR": str(self.temporary)},
        )

    def whole_run(self, verb: str) -> float:
        """Seconds of a run that nobody kills; it must end well."""
        began = time.monotonic()
        process = self.start(verb)
        _, said = process.communicate(timeout=300)
        assert process.returncode in _GOOD, (verb, process.returncode, said.decode()[-2000:])
        return time.monotonic() - began


@contextmanager
def prepared() -> Iterator[Place]:
    """A broken project with history and database, and a place for what is written."""
    with incident() as (project, address), tempfile.TemporaryDirectory() as base:
        (temporary := Path(base) / "tmp").mkdir()
        yield Place(
            project=project,
            address=address,
            output=Path(base) / "report",
            temporary=temporary,
        )


def kill_one(place: Place, verb: str, after: float, mine: frozenset[int]) -> str:
    """Kill a run, look at what it left, run again; returns what the bundle was."""
    process = place.start(verb)
    with suppress(subprocess.TimeoutExpired):
        process.wait(after)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    _require_nothing_running(mine)
    state = _state(place.output)
    assert verb != "try" or state == "whole", f"try left the bundle {state}"
    place.whole_run(verb)
    assert _state(place.output) == "whole"
    _require_nothing_running(mine)
    left = [path.name for path in place.temporary.iterdir()]
    assert left == [], f"the next run left {left}"
    return state


def _state(output: Path) -> str:
    try:
        open_bundle(output)
    except BundleError as error:
        said = str(error)
        clean = "was stopped before its end" in said or "has no data/collected" in said
        assert clean and "altered" not in said, said
        return "incomplete"
    return "whole"


def _require_nothing_running(mine: frozenset[int]) -> None:
    """Whatever a killed run began becomes our child, and has to end: servers, git, watchdogs."""
    deadline = time.monotonic() + _PATIENCE
    while left := _children() - mine:
        with suppress(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)
        assert time.monotonic() < deadline, f"still running: {[_told(pid) for pid in left]}"
        time.sleep(0.05)


def _children() -> frozenset[int]:
    told = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    return frozenset(map(int, told.split()))


def _told(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return str(pid)


def main(runs: int, seed: int) -> None:
    """Kill so many runs."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    chance = random.Random(seed)
    with prepared() as place:
        mine = _children()
        seconds = {verb: place.whole_run(verb) for verb in ("collect", "investigate", "try")}
        for number in range(runs):
            verb = ("collect", "investigate", "try")[number % 3]
            if verb != "try" and chance.random() < 0.5:  # else that of the run before stays
                shutil.rmtree(place.output)
            state = kill_one(place, verb, chance.uniform(0, seconds[verb]), mine)
            print(f"{number + 1:3} {verb}: {state}", flush=True)
    print(f"{runs} killed (seed {seed}): every bundle whole or incomplete, nothing left")


if __name__ == "__main__":
    _, *given = sys.argv
    main(*map(int, [*given, *("100", "1")[len(given) :]]))
