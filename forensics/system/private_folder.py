"""A private folder for a child server that goes away with us, however we end."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from forensics.system.interruption import shielded
from forensics.system.temporary import held_lock, remove, sweep

PREFIX = "forensics-pg-"
# Memory instead of disk makes templates ten times faster, but containers often have only 64 MiB.
_MEMORY = Path("/dev/shm")
_ROOM = 512 * 2**20
# sun_path holds 108 bytes on Linux and 104 on macOS; this leaves room for the socket's own name.
_LONGEST = 70

# It reads what we say and outlives us: end of input without "done" means that we were killed, and
# then even SIGKILL leaves no server behind. A signal handler could not do that, nor prctl on macOS.
# SIGQUIT lets the postmaster end its backends: each has its own session, so no group kill does.
_WATCHDOG = """
pid=
while read -r word rest; do
    case $word in pid) pid=$rest ;; done) exit 0 ;; esac
done
[ -n "$pid" ] && kill -QUIT "$pid"
for _ in 1 2 3 4 5 6 7 8; do rm -rf -- "$1" && break; sleep 1; done
[ -n "$pid" ] || exit 0
for _ in 1 2 3 4 5 6 7 8; do kill -0 "$pid" || exit 0; sleep 1; done
kill -KILL "$pid"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateFolder:
    """The folder, and the line to the process that removes it if we cannot."""

    path: Path
    watchdog: IO[str]

    def owns(self, pid: int) -> None:
        """Have the process ended too when we are gone."""
        self._say(f"pid {pid}")

    def _say(self, line: str) -> None:
        self.watchdog.write(line + "\n")
        self.watchdog.flush()


@contextmanager
def private_folder(*, executable: bool = False) -> Iterator[PrivateFolder]:
    """Make a folder for our eyes only, in memory where there is room; remove it in every case."""
    base = _base(executable=executable)
    # A server that still runs in one ends by itself: it looks for its own lock file every minute.
    for place in {base, _MEMORY, Path(tempfile.gettempdir())}:
        sweep(place, PREFIX)
    with ExitStack() as stack:
        with shielded():
            path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
            stack.callback(remove, path)
            folder = stack.enter_context(_watched(path))
            stack.enter_context(held_lock(path))
        yield folder


@contextmanager
def _watched(path: Path) -> Iterator[PrivateFolder]:
    process = subprocess.Popen(
        ["/bin/sh", "-c", _WATCHDOG, "forensics-watchdog", str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd="/",
        env={"PATH": os.defpath},
        start_new_session=True,  # or Ctrl-C in the terminal would end it before us
    )
    assert process.stdin is not None
    folder = PrivateFolder(path=path, watchdog=process.stdin)
    try:
        yield folder
    finally:
        with shielded():
            # Already gone when someone killed it: then there is nobody left to tell.
            try:
                folder._say("done")
                process.stdin.close()
            except BrokenPipeError:
                pass
            process.wait()


def _base(*, executable: bool) -> Path:
    if _roomy(_MEMORY) and not (executable and forbids_programs(_MEMORY)):
        return _MEMORY
    usual = Path(tempfile.gettempdir())
    too_long = len(os.fsencode(usual)) > _LONGEST - len(PREFIX) - 8
    # Root's own temporary folder may be closed to the account that the server runs as.
    return Path("/tmp") if too_long or os.geteuid() == 0 else usual


def _roomy(folder: Path) -> bool:
    return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= _ROOM


def forbids_programs(folder: Path) -> bool:
    """Whether no program can be started from a folder, as in the memory of most containers."""
    return bool(os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0))
