"""Runs programs that nobody vouches for, contained where the platform can."""

from __future__ import annotations

import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from forensics.errors import ForensicsError

WORK = "/replay"
"""Where a program finds what it works on; uncontained, a private folder takes its place."""
PROGRAMS = "/programs"
"""Where the jail has programs from outside the system's folders."""
_JAIL = Path(__file__).with_name("jail.py")
_SYSTEM = ("/usr/", "/bin/", "/lib/", "/lib64/")
_STORES = ("/nix/store", "/home/linuxbrew/.linuxbrew")
"""Where package managers keep programs together with their libraries."""
_GRACE = 5.0
_SIGNALLED = 128
"""Exit codes above it tell of a signal."""


class SandboxBroken(ForensicsError):
    """The program could not be started in its jail; the message says at which step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one program may use: seconds, bytes, and numbers of files and processes."""

    seconds: int = 60
    disk: int = 768 * 2**20
    files: int = 200_000
    memory: int = 4 * 2**30
    processes: int = 256
    output: int = 2**20

    def __str__(self) -> str:
        return (
            f"{self.seconds} seconds, {self.disk >> 20} MiB of files, {self.output >> 10} KiB of "
            f"output, {self.processes} processes of {self.memory >> 30} GiB"
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
        self._lock = threading.Lock()
        self._closed = False

    def run(self, job: Job) -> Finished:
        """Run a job until it ends or meets a limit; raises `SandboxBroken`."""
        with tempfile.TemporaryDirectory(dir=self._folder, ignore_cleanup_errors=True) as private:
            place = Path(private)
            if not self.contained:
                _lay_out(job, place, self.limits)
            finished = self._run(self._order(job, place))
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

    def _run(self, order: dict[str, object]) -> Finished:
        ours, theirs = os.pipe()
        try:
            process = self._start(order, theirs)
        finally:
            os.close(theirs)
        try:
            finished = _Reader(process, self.limits).finished()
            report = os.read(ours, 1000).decode(errors="replace")
        finally:
            os.close(ours)
            with self._lock:
                self._running.discard(process)
            _end(process)
        if report.startswith("ready") or finished.stopped or self._closed:
            return finished
        raise SandboxBroken(f"The program could not be shut in: {report or 'no reason given'}.")

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

    def __init__(self, process: subprocess.Popen[bytes], limits: Limits) -> None:
        assert process.stdout is not None and process.stderr is not None
        self._process = process
        self._limits = limits
        self._deadline = time.monotonic() + limits.seconds
        self._texts = {process.stdout.fileno(): b"", process.stderr.fileno(): b""}
        self._out, self._err = self._texts

    def finished(self) -> Finished:
        stopped = self._read()
        if stopped:
            _end(self._process)
        code = None if stopped else self._process.wait()
        if code is not None and code > _SIGNALLED:
            number, code = code - _SIGNALLED, None
            stopped = f"it was ended by signal {number}, perhaps for the memory or time it took"
        out, err = (self._texts[end][: self._limits.output] for end in (self._out, self._err))
        return Finished(exit_code=code, stdout=out, stderr=err, stopped=stopped)

    def _read(self) -> str:
        """Why it has to be stopped; empty where it ended by itself."""
        with selectors.DefaultSelector() as selector:
            for end in self._texts:
                selector.register(end, selectors.EVENT_READ)
            while selector.get_map():
                ready = selector.select(0.25)
                for key, _ in ready:
                    chunk = os.read(key.fd, 65536)
                    self._texts[key.fd] += chunk
                    if not chunk:
                        selector.unregister(key.fd)
                if why := self._limit_met():
                    return why
                if not ready and self._process.poll() is not None:
                    break  # something that it detached holds the pipe
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
        return ""


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
