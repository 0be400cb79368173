"""A private folder for a child server that goes away with us, however we end."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PREFIX = "forensics-pg-"
_LOCK = "lock"
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
    sweep(base)
    path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
    with _held_lock(path), _watched(path) as folder:
        try:
            yield folder
        finally:
            shutil.rmtree(path, ignore_errors=True)


def sweep(base: Path) -> None:
    """Remove the folders of runs that were killed together with their watchdog.

    A server that still runs in one ends by itself: PostgreSQL looks for its lock file every minute.
    """
    for path in base.glob(f"{PREFIX}*"):
        if _abandoned(path):
            shutil.rmtree(path, ignore_errors=True)


def _abandoned(path: Path) -> bool:
    try:
        if path.lstat().st_uid != os.geteuid():
            return False
        descriptor = os.open(path / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:  # someone else's, or made this very moment
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


@contextmanager
def _held_lock(path: Path) -> Iterator[None]:
    # The kernel lets go of it when we die, so nobody has to compare process ids and start times.
    with (path / f"{_LOCK}.new").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (path / f"{_LOCK}.new").rename(path / _LOCK)  # never seen without being held
        yield


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
        # Already gone when someone killed it: then there is nobody left to tell.
        try:
            folder._say("done")
            process.stdin.close()
        except BrokenPipeError:
            pass
        process.wait()


def _base(*, executable: bool) -> Path:
    if _roomy(_MEMORY) and not (executable and _forbids_programs(_MEMORY)):
        return _MEMORY
    usual = Path(tempfile.gettempdir())
    too_long = len(os.fsencode(usual)) > _LONGEST - len(PREFIX) - 8
    # Root's own temporary folder may be closed to the account that the server runs as.
    return Path("/tmp") if too_long or os.geteuid() == 0 else usual


def _roomy(folder: Path) -> bool:
    return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= _ROOM


def _forbids_programs(folder: Path) -> bool:
    return bool(os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0))
