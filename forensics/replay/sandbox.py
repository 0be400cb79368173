"""Runs programs that nobody vouches for, contained where the platform can."""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from forensics.errors import ForensicsError
from forensics.replay.jail import STOPPED
from forensics.replay.processes import Census, Usage

WORK = "/replay"
"""Where a program finds what it works on; uncontained, a private folder takes its place."""
PROGRAMS = "/programs"
"""Where the jail has programs from outside the system's folders."""
_JAIL = Path(__file__).with_name("jail.py")
_SYSTEM = ("/usr/", "/bin/", "/lib/", "/lib64/")
_STORES = ("/nix/store", "/home/linuxbrew/.linuxbrew")
"""Where package managers keep programs together with their libraries."""
_GRACE = 5.0
_LOOKS_EVERY = 0.2
"""Seconds between two looks at what a program uses."""
_SIGNALLED = 128
"""Exit codes above it tell of a signal."""


class SandboxBroken(ForensicsError):
    """The program could not be started in its jail; the message says at which step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one program may use: seconds, bytes, and numbers of files and processes."""

    seconds: int = 60
    disk: int = 256 * 2**20
    """Beyond the copies that it gets."""
    files: int = 50_000
    """Beyond those that it gets."""
    memory: int = 2 * 2**30
    """Of a program and all that it started."""
    together: int = 6 * 2**30
    """Of all programs that run at a time."""
    processes: int = 256
    """Threads of all its processes."""
    output: int = 2**20
    database: int = 256 * 2**20
    """Beyond what the database held before."""

    def __str__(self) -> str:
        return (
            f"{self.seconds} seconds, {self.memory >> 30} GiB of memory for all its processes "
            f"({self.together >> 30} GiB for all runs at a time), {self.processes} threads, "
            f"{self.disk >> 20} MiB of files, {self.database >> 20} MiB in its database, or "
            f"{self.output >> 10} KiB of output"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A program and what it gets to see; places in arguments and variables begin with `WORK`."""

    argv: tuple[str, ...]
    folder: str
    environment: Mapping[str, str]
    copies: tuple[tuple[Path, str], ...] = ()
    """Folders that it gets a copy of, to change as it likes, under these names in `WORK`."""
    binds: tuple[tuple[Path, str], ...] = ()
    """Files and folders that it may read, at these paths below `WORK`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What a program printed, and how it ended."""

    exit_code: int | None
    """`None` where it was stopped."""
    stdout: bytes
    stderr: bytes
    stopped: str = ""
    """Which limit stopped it, in words."""


class Sandbox:
    """Runs jobs, from several threads at a time if need be; `close` ends those that still run."""

    def __init__(self, folder: Path, *, contained: bool, limits: Limits | None = None) -> None:
        self.contained = contained
        self.limits = limits or Limits()
        self._folder = folder
        self._running: set[subprocess.Popen[bytes]] = set()
        self._census = Census()
        self._lock = threading.Lock()
        self._closed = False

    def run(self, job: Job, limit_met: Callable[[], str] = lambda: "") -> Finished:
        """Run a job until it ends or meets a limit; raises `SandboxBroken`.

        `limit_met` is asked again and again; it says why to stop, or nothing.
        """
        with tempfile.TemporaryDirectory(dir=self._folder, ignore_cleanup_errors=True) as private:
            place = Path(private)
            if not self.contained:
                _lay_out(job, place, self.limits)
            finished = self._run(self._order(job, place), limit_met)
        if self.contained:
            return finished
        here, there = os.fsencode(place), WORK.encode()
        return replace(
            finished,
            stdout=finished.stdout.replace(here, there),
            stderr=finished.stderr.replace(here, there),
        )

    def close(self) -> None:
        """End every program that still runs; none is started any more."""
        with self._lock:
            self._closed = True
            for process in self._running:
                _let_go(process)

    def _order(self, job: Job, place: Path) -> dict[str, object]:
        def placed(text: str) -> str:
            if self.contained:
                return text
            return str(place) if text == WORK else text.replace(f"{WORK}/", f"{place}/")

        program, shown = program_inside(job.argv[0])
        return {
            "contained": self.contained,
            "root": str(place),
            "work": WORK,
            "copies": [(str(source), name) for source, name in job.copies],
            "binds": shown + [(str(s), f"{WORK}/{t}") for s, t in job.binds],
            "folder": placed(job.folder),
            "argv": [program if self.contained else job.argv[0], *map(placed, job.argv[1:])],
            "environment": {name: placed(value) for name, value in job.environment.items()},
            "limits": asdict(self.limits),
        }

    def _run(self, order: dict[str, object], limit_met: Callable[[], str]) -> Finished:
        ours, theirs = os.pipe()
        try:
            process = self._start(order, theirs)
        finally:
            os.close(theirs)
        limits = (lambda: self._too_much(process), limit_met)
        try:
            finished = _Reader(process, self.limits, limits).finished()
            _end(process)
            report = _report(ours)
        finally:
            os.close(ours)
            with self._lock:
                self._running.discard(process)
            _end(process)
        ready, stopped, why = report.partition(STOPPED)
        if stopped:
            return replace(finished, exit_code=None, stopped=f"{STOPPED}{why}")
        if ready.startswith("ready") or finished.stopped or self._closed:
            return finished
        raise SandboxBroken(f"The program could not be shut in: {report or 'no reason given'}.")

    def _too_much(self, process: subprocess.Popen[bytes]) -> str:
        """What a program uses beyond its limits, or beyond its part when all use too much."""
        limits, used = self.limits, self._used(process)
        if used.memory > limits.memory:
            return f"it used more than {_gibibytes(limits.memory)} of memory"
        if used.tasks > limits.processes:
            return f"it started more than {limits.processes} processes and threads"
        with self._lock:
            others = [self._used(other).memory for other in self._running if other is not process]
        if used.memory + sum(others) > limits.together and used.memory >= max(others, default=0):
            return (
                f"it used {_gibibytes(used.memory)} of memory, and all runs together more than "
                f"{_gibibytes(limits.together)}"
            )
        return ""

    def _used(self, process: subprocess.Popen[bytes]) -> Usage:
        return self._census.below(process.pid, self.limits.memory)

    def _start(self, order: dict[str, object], report: int) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed:
                raise SandboxBroken("The sandbox is closed.")
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_JAIL)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=(report,),
                cwd="/",
                env={"PATH": os.defpath},
                process_group=0,  # Ctrl-C is ours to handle
            )
            self._running.add(process)
            assert process.stdin is not None
            with suppress(BrokenPipeError):  # then there is no report either
                process.stdin.write(json.dumps({**order, "report": report}).encode() + b"\n")
                process.stdin.flush()
        return process


class _Reader:
    """Reads what a program prints until it ends, its time is over, or it prints too much."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        limits: Limits,
        others: tuple[Callable[[], str], ...],
    ) -> None:
        assert process.stdout is not None and process.stderr is not None
        self._process = process
        self._limits = limits
        self._others = others
        self._deadline = time.monotonic() + limits.seconds
        self._look = 0.0
        self._texts = {process.stdout.fileno(): b"", process.stderr.fileno(): b""}
        self._out, self._err = self._texts

    def finished(self) -> Finished:
        stopped = self._read()
        if stopped:
            _end(self._process)
        code = None if stopped else self._process.wait()
        if code is not None and code > _SIGNALLED:
            stopped, code = self._signalled(code - _SIGNALLED), None
        out, err = (self._texts[end][: self._limits.output] for end in (self._out, self._err))
        why = f"{STOPPED}{stopped}" if stopped else ""
        return Finished(exit_code=code, stdout=out, stderr=err, stopped=why)

    def _signalled(self, number: int) -> str:
        if number == signal.SIGXCPU:
            return f"it used more than {2 * self._limits.seconds} seconds of processor time"
        if number == signal.SIGXFSZ:
            return f"it wrote more than {self._limits.disk >> 20} MiB into one file"
        return f"it was ended by signal {number}, perhaps for lack of memory"

    def _read(self) -> str:
        """Why it has to be stopped; empty where it ended by itself."""
        with selectors.DefaultSelector() as selector:
            for end in self._texts:
                selector.register(end, selectors.EVENT_READ)
            while selector.get_map():
                ready = selector.select(_LOOKS_EVERY)
                for key, _ in ready:
                    chunk = os.read(key.fd, 65536)
                    self._texts[key.fd] += chunk
                    if not chunk:
                        selector.unregister(key.fd)
                if why := self._limit_met():
                    return why
                # It may have printed and ended since we looked: then there is more to read. Else
                # something that it detached holds the pipe.
                if not ready and self._process.poll() is not None and not selector.select(0):
                    break
        return self._wait()

    def _wait(self) -> str:
        while self._process.poll() is None:
            if why := self._limit_met():
                return why
            time.sleep(0.02)
        return ""

    def _limit_met(self) -> str:
        if time.monotonic() > self._deadline:
            return f"it did not end within {self._limits.seconds} seconds"
        if sum(map(len, self._texts.values())) > self._limits.output:
            return f"it printed more than {self._limits.output >> 10} KiB"
        if time.monotonic() < self._look:
            return ""
        self._look = time.monotonic() + _LOOKS_EVERY
        return next((why for other in self._others if (why := other())), "")


def _gibibytes(size: int) -> str:
    return f"{size / 2**30:.1f}".removesuffix(".0") + " GiB"


def _report(pipe: int) -> str:
    """All that the jail said; its end is that of the last process that could say something."""
    said = b""
    while chunk := os.read(pipe, 1000):
        said += chunk
    return said.decode(errors="replace")


def _let_go(process: subprocess.Popen[bytes]) -> None:
    """Cut the lifeline: the jail kills what runs in it, and ends."""
    if process.stdin is not None and not process.stdin.closed:
        process.stdin.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    _let_go(process)
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()  # the first process of the jail dies with its parent
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _lay_out(job: Job, place: Path, limits: Limits) -> None:
    """Without mounts: copies, and links to what may only be read."""
    if shutil.disk_usage(place).free < limits.disk:
        raise SandboxBroken(f"There is not enough room in {place.parent}: set TMPDIR.")
    for source, name in job.copies:
        shutil.copytree(source, place / name, symlinks=True)
    for name in ("home", "tmp"):
        (place / name).mkdir()
    for source, name in job.binds:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).symlink_to(source)


def program_inside(program: str) -> tuple[str, list[tuple[str, str]]]:
    """Where the jail has a program, and what it must be shown for that: pairs of outside, inside.

    One outside the system's folders lies in a place of its own there: the folder that it comes
    from, often a home folder, is not even named. A package manager's store is shown whole.
    Raises `SandboxBroken` where it is not there.
    """
    real = os.path.realpath(program)
    for store in _STORES:
        if real.startswith(f"{store}/"):
            return real, [(store, store)]
    if real.startswith(_SYSTEM):
        return (program if program.startswith(_SYSTEM) else real), []
    if not os.path.isfile(real):
        raise SandboxBroken(f"There is no program {program}.")
    place = f"{PROGRAMS}/{os.path.basename(real)}"
    return place, [(real, place)]


def environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """All that a program gets to know of the outside, and what its config asks for."""
    places = {"HOME": f"{WORK}/home", "TMPDIR": f"{WORK}/tmp"}
    fixed = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC", "CI": "1"}
    return {**(variables or {}), **places, **fixed}
