"""Runs the command line in a process of its own, forked from one that has imported it already.

Most of a short run of the product is spent on importing it. What is asked of a run is the same as
of one that is started by its name: its own environment, folder, standard streams and exit code.
"""

import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired

import forensics.cli

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([f"{__package__}.preloaded"])


def run_forensics(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    cwd: Path | None = None,
    timeout: float = 120,
) -> CompletedProcess[str]:
    """Run `forensics` with these arguments, nothing to read, and this environment alone.

    Raises `TimeoutExpired` where it did not end within `timeout` seconds.
    """
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        given = (tuple(arguments), dict(environment), str(cwd or Path.cwd()), str(out), str(err))
        process = _FORKS.Process(target=_become, args=given)
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutExpired(["forensics", *arguments], timeout)
        told = [path.read_text(encoding="utf-8") for path in (out, err)]
        return CompletedProcess(["forensics", *arguments], process.exitcode, *told)


def _become(
    arguments: Sequence[str], environment: Mapping[str, str], cwd: str, out: str, err: str
) -> None:
    """In the new process: be what `python -m forensics` would be."""
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(cwd)
    for number, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, out, os.O_WRONLY | os.O_CREAT),
        (2, err, os.O_WRONLY | os.O_CREAT),
    ):
        opened = os.open(path, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - until the process ends
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, "utf-8", "backslashreplace", closefd=False)  # noqa: SIM115
    sys.argv = ["forensics", *arguments]
    forensics.cli.main()
