"""Runs one program cut off from network, files and processes: a script of its own, stdlib only.

It reads one line of JSON (`forensics.replay.sandbox.Order`) from stdin, which stays open as its
lifeline: when that ends, whoever started it is gone, and all that runs here is killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import shutil
import signal
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

# linux/sched.h, linux/mount.h, linux/prctl.h
_NEW_MOUNTS, _NEW_UTS, _NEW_IPC = 0x00020000, 0x04000000, 0x08000000
_NEW_USERS, _NEW_PIDS, _NEW_NET = 0x10000000, 0x20000000, 0x40000000
_BIND, _RECURSIVE, _PRIVATE = 0x1000, 0x4000, 0x40000
_NOSUID, _NODEV = 0x2, 0x4
_DETACH = 2
_READ_ONLY = 0x1
_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE = 442, -100, 0x8000  # one number on all architectures
_SET_PARENT_DEATH_SIGNAL, _SET_DUMPABLE, _NO_NEW_PRIVILEGES = 1, 4, 38

NOBODY = 65534
FAILED = 125
"""Exit code where the jail could not be built; then the reason stands on the report pipe."""
_DEVICES = ("null", "zero", "full", "random", "urandom")
_SYSTEM = ("bin", "lib", "lib32", "lib64", "libx32", "sbin", "usr")
_ETC = ("ld.so.cache", "alternatives")
_POLL = 20  # milliseconds

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> NoReturn:
    """Build the jail, run the program in it, and exit as it did."""
    order = json.loads(sys.stdin.buffer.readline())
    report: int = order["report"]
    try:
        child = _start(order, report)
    except BaseException as error:
        _fail(report, error)
    os.close(report)
    os._exit(_watch(child))


def _start(order: dict[str, Any], report: int) -> int:
    if not order["contained"]:
        return _fork(lambda: _run(order, report), report)
    _enter_namespaces()
    alive, ours = os.pipe()
    child = _fork(lambda: _first_process(order, report, alive, ours), report)
    os.close(alive)
    return child  # `ours` stays open for as long as we live


def _fork(work: Any, report: int) -> int:  # noqa: ANN401 - a callable that never returns
    child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException as error:
        _fail(report, error)
    os._exit(FAILED)


def _watch(child: int) -> int:
    """Wait for the child, and kill it when our own parent is gone; its exit code."""
    lifeline = select.poll()
    lifeline.register(sys.stdin.fileno(), select.POLLIN | select.POLLHUP)
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            _kill_group(child)
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
        if lifeline.poll(_POLL) and not os.read(sys.stdin.fileno(), 1):
            _kill_group(child)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return 128 + signal.SIGKILL


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _fail(report: int, error: BaseException) -> NoReturn:
    last = traceback.extract_tb(error.__traceback__)[-1]
    with contextlib.suppress(OSError):
        os.write(report, f"{last.name}: {error}".encode())
    os._exit(FAILED)


# --- Namespaces ---------------------------------------------------------------------------------


def _enter_namespaces() -> None:
    """Unshare everything; a helper that stays outside says which accounts exist inside."""
    go, ready = os.pipe()
    helper = os.fork()
    if helper == 0:
        os.close(ready)
        os.read(go, 1)
        os._exit(_map_accounts(os.getppid()))
    os.close(go)
    flags = _NEW_USERS | _NEW_MOUNTS | _NEW_PIDS | _NEW_NET | _NEW_IPC | _NEW_UTS
    _check(_libc.unshare(flags), "unshare")
    os.write(ready, b".")
    os.close(ready)
    _, status = os.waitpid(helper, 0)
    if status:
        raise OSError("the accounts of a user namespace cannot be mapped")


def _map_accounts(process: int) -> int:
    """Root sees all accounts, to step down to nobody; anybody else only the own one."""
    process_folder = Path(f"/proc/{process}")
    user, group = os.geteuid(), os.getegid()
    everyone = "0 0 4294967295\n"
    try:
        if user != 0:
            (process_folder / "setgroups").write_text("deny")
        (process_folder / "uid_map").write_text(f"{user} {user} 1\n" if user else everyone)
        (process_folder / "gid_map").write_text(f"{group} {group} 1\n" if user else everyone)
    except OSError:
        return 1
    return 0


def _first_process(order: dict[str, Any], report: int, alive: int, theirs: int) -> NoReturn:
    """Process 1 of the jail: with it all others end, whatever they have become."""
    os.close(theirs)
    _libc.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if select.select([alive], [], [], 0)[0]:  # the parent was gone before we asked
        os._exit(FAILED)
    with contextlib.suppress(OSError):
        Path("/proc/sys/user/max_user_namespaces").write_text("0")  # of this namespace only
    _libc.sethostname(b"jail", 4)
    _build_root(order)
    child = _fork(lambda: _run(order, report), report)
    os.close(report)
    while True:
        ended, status = os.wait()
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


# --- Files --------------------------------------------------------------------------------------


def _build_root(order: dict[str, Any]) -> None:
    """A root with nothing in it but what the order names: what is not there cannot be read."""
    _mount(None, "/", None, _RECURSIVE | _PRIVATE)
    root = Path(order["root"])
    _mount("tmpfs", root, "tmpfs", _NOSUID | _NODEV, "size=1m,mode=755")
    for name in _SYSTEM:
        _add_system(Path("/") / name, root / name)
    for name in _ETC:
        _add_system(Path("/etc") / name, root / "etc" / name)
    for name in _DEVICES:
        _bind(f"/dev/{name}", root / "dev" / name, read_only=False)
    _make_work(order, root)
    for source, target in order["binds"]:
        _bind(source, root / target.lstrip("/"))
    (root / "tmp").symlink_to(f"{order['work']}/tmp")
    _restrict(root, recursive=False)
    os.chdir(root)
    _check(_libc.pivot_root(b".", b"."), "pivot_root")
    _check(_libc.umount2(b".", _DETACH), "umount of the old root")
    os.chdir("/")


def _add_system(source: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    if source.is_symlink():
        target.symlink_to(source.readlink())
    elif source.exists():
        _bind(source, target)


def _make_work(order: dict[str, Any], root: Path) -> None:
    """The only place to write to: in memory, of limited size, and gone with the jail."""
    work = root / order["work"].lstrip("/")
    work.mkdir(parents=True)
    limits = order["limits"]
    options = f"size={limits['disk']},nr_inodes={limits['files']},mode=755"
    _mount("tmpfs", work, "tmpfs", _NOSUID | _NODEV, options)
    for source, name in order["copies"]:
        shutil.copytree(source, work / name, symlinks=True)
    for name in ("home", "tmp"):
        (work / name).mkdir()
    if os.geteuid() == 0:
        for path in _all_below(work):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


def _all_below(folder: Path) -> Iterator[str]:
    for parent, folders, files in os.walk(folder):
        yield parent
        yield from (os.path.join(parent, name) for name in (*folders, *files))


def _bind(source: str | Path, target: Path, *, read_only: bool = True) -> None:
    if Path(source).is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    _mount(source, target, None, _BIND | _RECURSIVE)
    if read_only:
        _restrict(target, recursive=True)


def _restrict(target: Path, *, recursive: bool) -> None:
    """Make a mount read-only with all that is mounted below it (needs Linux 5.12)."""
    attributes = (ctypes.c_uint64 * 4)(_READ_ONLY, 0, 0, 0)
    flags = _AT_RECURSIVE if recursive else 0
    place = os.fsencode(target)
    size = ctypes.sizeof(attributes)
    answer = _libc.syscall(_MOUNT_SETATTR, _AT_FDCWD, place, flags, ctypes.byref(attributes), size)
    _check(answer, f"read-only mount of {target}")


def _mount(
    source: str | Path | None, target: str | Path, kind: str | None, flags: int, data: str = ""
) -> None:
    answer = _libc.mount(
        None if source is None else os.fsencode(source),
        os.fsencode(target),
        None if kind is None else kind.encode(),
        ctypes.c_ulong(flags),
        data.encode() or None,
    )
    _check(answer, f"mount of {target}")


def _check(answer: int, what: str) -> None:
    if answer != 0:
        raise OSError(f"{what} is refused: {os.strerror(ctypes.get_errno())}")


# --- The program --------------------------------------------------------------------------------


def _run(order: dict[str, Any], report: int) -> NoReturn:
    """Become the program: no terminal, no privileges, limited."""
    os.setsid()
    os.umask(0o022)
    with contextlib.suppress(OSError):  # if memory runs out, this is what has to go
        Path("/proc/self/oom_score_adj").write_text("1000")
    _limit(order["limits"])
    if order["contained"]:
        _step_down()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(order["folder"])
    os.set_inheritable(report, False)
    os.write(report, b"ready")
    os.execve(order["argv"][0], order["argv"], order["environment"])


def _step_down() -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    # Whoever is not root loses what the namespace gave at the execve that follows.
    _check(_libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0), "no new privileges")


def _limit(limits: dict[str, int]) -> None:
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: 2 * limits["seconds"],  # of all its threads; the clock comes first
        resource.RLIMIT_FSIZE: limits["disk"],
        resource.RLIMIT_NOFILE: 1024,
        resource.RLIMIT_NPROC: limits["processes"],
        resource.RLIMIT_DATA: limits["memory"],
    }
    for what, most in wanted.items():
        _, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(ValueError, OSError):  # macOS refuses some
            resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main()
