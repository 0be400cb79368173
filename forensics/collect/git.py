"""Runs git in a quarantined directory: through GitPython, with a deadline and a size limit."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from forensics import limits
from forensics.errors import ForensicsError
from forensics.model import Obstacle, Outcome
from forensics.system.programs import find_program, search_path

if TYPE_CHECKING:
    import git

OUTPUT = limits.GIT_OUTPUT
_PROGRAM = "GIT_PYTHON_GIT_EXECUTABLE"
"""The variable that names GitPython's program."""
_ERRORS = 2**16
_CHUNK = 2**20

_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_ALLOW_PROTOCOL": "",
    "LC_ALL": "C",
}


class GitError(ForensicsError):
    """Git could not answer; `outcome` says in which way, `obstacle` why, where that matters."""

    def __init__(
        self,
        message: str,
        outcome: Outcome = Outcome.FAILED,
        obstacle: Obstacle | None = None,
    ) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.obstacle = obstacle


@dataclass(frozen=True, slots=True, kw_only=True)
class GitAnswer:
    """What a git command wrote, complete or not."""

    code: int
    out: bytes
    error: str
    """What it wrote to stderr, at most 64 KiB."""
    stopped: Outcome | None = None
    """`TIMED_OUT`, or `FAILED` when it wrote too much; `None` when it ended by itself."""

    @property
    def whole(self) -> bool:
        """Whether it ended by itself and in success."""
        return self.code == 0 and self.stopped is None

    @property
    def reason(self) -> str:
        """The line of stderr that says why it failed."""
        lines = self.error.splitlines() or [f"exit code {self.code}"]
        return next((line for line in lines if line.startswith("fatal: ")), lines[0])


class Git:
    """Git on one directory of our own making, until a common deadline.

    Never point it at a repository that is not ours: see `quarantine`.
    """

    def __init__(self, git_dir: Path, seconds: float) -> None:
        self.git_dir = git_dir
        self._deadline = time.monotonic() + seconds

    def ask(
        self,
        *arguments: str,
        stdin: bytes = b"",
        work_tree: Path | None = None,
        limit: int = OUTPUT,
    ) -> GitAnswer:
        """Run one command and take its output, cut at the deadline or at `limit` bytes.

        Raises `GitError` where git cannot be started.
        """
        return _collect(self._started(arguments, stdin, work_tree), self._deadline, limit)

    @contextmanager
    def meanwhile(self, *arguments: str, stdin: bytes = b"") -> Iterator[Callable[[], GitAnswer]]:
        """Run a command while other work goes on; calling what this gives waits for the answer.

        The command is ended where nobody waited. Raises `GitError` where git cannot be started.
        """
        with ThreadPoolExecutor(1) as reader:
            process = self._started(arguments, stdin)
            answer = reader.submit(_collect, process, self._deadline, OUTPUT)
            try:
                yield answer.result
            finally:
                if not answer.done():
                    with suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)

    def stream(self, *arguments: str, stdin: bytes = b"") -> Generator[bytes, None, None]:
        """The output of a command as it comes; whoever closes the iterator ends the command.

        Raises `GitError` where git cannot be started, fails, or meets the deadline.
        """
        process = self._started(arguments, stdin)
        errors = bytearray()
        stopped: Outcome | None = Outcome.FAILED
        try:
            for is_out, chunk in _chunks(process, self._deadline):
                if is_out:
                    yield chunk
                elif len(errors) < _ERRORS:
                    errors.extend(chunk)
            stopped = None
        except TimeoutError as error:
            raise GitError(f"git {arguments[0]} took too long", Outcome.TIMED_OUT) from error
        finally:
            code = _end(process, stopped, self._deadline)
        if code != 0:
            raise GitError(f"git {arguments[0]}: {errors.decode('utf-8', 'replace')}")

    def _started(
        self, arguments: tuple[str, ...], stdin: bytes, work_tree: Path | None = None
    ) -> subprocess.Popen[bytes]:
        environment = _ENVIRONMENT | {"GIT_DIR": str(self.git_dir)}
        if work_tree is not None:
            environment["GIT_WORK_TREE"] = str(work_tree)
        with tempfile.TemporaryFile(dir=self.git_dir) as given:
            given.write(stdin)
            given.seek(0)
            program, path = self._found
            return _start(self.git_dir, program, arguments, {**environment, "PATH": path}, given)

    @cached_property
    def _found(self) -> tuple[str, str]:
        """Git and the PATH that it gets, looked for once: each folder of PATH is examined."""
        program = find_program("git")
        if program is None:
            raise GitError("git is not installed", Outcome.ABSENT, Obstacle.NO_PROGRAM)
        return program, search_path()

    def cut_off_below(self, commit: str) -> None:
        """Have git treat a commit as one without parents, from now on."""
        with (self.git_dir / "shallow").open("a") as shallow:
            shallow.write(f"{commit}\n")

    def lines(self, *arguments: str, stdin: bytes = b"") -> list[str]:
        """The lines of a command's output; raises `GitError` when it fails."""
        return self.demand(*arguments, stdin=stdin).decode("utf-8", "replace").splitlines()

    def demand(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """The output of a command that must succeed; raises `GitError`."""
        answer = self.ask(*arguments, stdin=stdin)
        if not answer.whole:
            raise GitError(f"git {arguments[0]}: {answer.reason}", answer.stopped or Outcome.FAILED)
        return answer.out


def _start(
    folder: Path,
    program: str,
    arguments: tuple[str, ...],
    environment: Mapping[str, str],
    given: BinaryIO,
) -> subprocess.Popen[bytes]:
    wrapper = _wrapper(folder, program).execute(
        [*_without_inherited(environment), program, "--no-pager", *arguments],
        istream=given,
        as_process=True,
        env=dict(environment),
        start_new_session=True,  # so that its children can be ended with it
    )
    # The wrapper raises for exit codes, which we want to see, and kills the process when it goes.
    process, wrapper.proc = wrapper.proc, None
    assert process is not None
    return process


def _wrapper(folder: Path, program: str) -> git.Git:
    with _named(program):  # it runs what PATH leads to, to see whether that is git
        import git  # 80 ms

    return git.Git(folder)


@contextmanager
def _named(program: str) -> Iterator[None]:
    given = os.environ.get(_PROGRAM)
    os.environ[_PROGRAM] = program
    try:
        yield
    finally:
        if given is None:
            del os.environ[_PROGRAM]
        else:
            os.environ[_PROGRAM] = given


def _without_inherited(environment: Mapping[str, str]) -> list[str]:
    # GitPython hands on all of ours and can only add; think of GIT_EXTERNAL_DIFF, GIT_TRACE.
    inherited = [name for name in os.environ if name.startswith("GIT_") and name not in environment]
    return ["env", *(part for name in inherited for part in ("-u", name))] if inherited else []


def _collect(process: subprocess.Popen[bytes], deadline: float, limit: int) -> GitAnswer:
    out, errors = bytearray(), bytearray()
    stopped: Outcome | None = None
    try:
        for is_out, chunk in _chunks(process, deadline):
            if is_out or len(errors) < _ERRORS:
                (out if is_out else errors).extend(chunk)
            if len(out) > limit:
                stopped = Outcome.FAILED
                break
    except TimeoutError:
        stopped = Outcome.TIMED_OUT
    code = _end(process, stopped, deadline)
    error = errors.decode("utf-8", "replace")
    return GitAnswer(code=code, out=bytes(out), error=error, stopped=stopped)


def _chunks(process: subprocess.Popen[bytes], deadline: float) -> Iterator[tuple[bool, bytes]]:
    """What a process writes, each with whether to stdout; raises `TimeoutError` at the deadline."""
    assert process.stdout is not None
    assert process.stderr is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, data=True)
        selector.register(process.stderr, selectors.EVENT_READ, data=False)
        while selector.get_map():
            for key, _ in selector.select(max(0.0, deadline - time.monotonic())):
                if chunk := os.read(key.fd, _CHUNK):
                    yield key.data, chunk
                else:
                    selector.unregister(key.fileobj)
            if time.monotonic() > deadline:
                raise TimeoutError


def _end(process: subprocess.Popen[bytes], stopped: Outcome | None, deadline: float) -> int:
    if stopped is None:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(max(0.1, deadline - time.monotonic()))
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
    return process.wait()
