"""Runs one program cut off from network, files and processes: a script of its own, stdlib only.

It reads one line of JSON (`forensics.replay.sandbox.Order`) from stdin, which stays open as its
lifeline: when that ends, whoever started it is gone, and all that runs here is killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import resource
import select
import shutil
import signal
import struct
import sys
import time
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
_SET_PARENT_DEATH_SIGNAL, _SET_SECCOMP, _NO_NEW_PRIVILEGES = 1, 22, 38
# linux/seccomp.h, linux/bpf_common.h, linux/audit.h
_FILTER, _GREATER = 2, 0x35
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | errno.ENOSYS
# memfd_create, memfd_secret, shmget, msgget, semget, mq_open, io_uring_setup, keyctl, add_key
_FORBIDDEN = {
    "x86_64": (0xC000003E, (319, 447, 29, 68, 64, 240, 425, 250, 248)),
    "aarch64": (0xC00000B7, (279, 447, 194, 186, 190, 180, 425, 219, 217)),
}

NOBODY = 65534
STOPPED = "stopped: "
"""How the report goes on where the jail itself ended the program for what it used."""
FAILED = 125
"""Exit code where the jail could not be built; then the reason stands on the report pipe."""
_DEVICES = ("null", "zero", "full", "random", "urandom")
_SYSTEM = ("bin", "lib", "lib32", "lib64", "libx32", "sbin", "usr")
_ETC = ("ld.so.cache", "alternatives")
_POLL = 20  # milliseconds
_HEADROOM = 32 * 2**20
"""Bytes and files above the limit, so that it is seen before a write fails."""
_MORE_FILES = 1000
_PAGE = resource.getpagesize()

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
    Path("/proc/sys/user/max_user_namespaces").write_text("0")  # of this namespace only
    Path("/proc/self/oom_score_adj").write_text("1000")  # if memory runs out, this has to go
    _libc.sethostname(b"jail", 4)
    written = _build_root(order)
    child = _fork(lambda: _run(order, report), report)
    while True:
        ended, status = os.waitpid(-1, os.WNOHANG)
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)
        if why := written.limit_met():
            os.write(report, f"{STOPPED}{why}".encode())
            os._exit(FAILED)  # and with us all that runs here
        if not ended:
            time.sleep(_POLL / 1000)


class _Written:
    """Watches how full the only place to write to is."""

    def __init__(self, place: Path, limits: dict[str, int]) -> None:
        self._limits = limits
        self._place = os.open(place, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        self._bytes, self._files = self._used()

    def limit_met(self) -> str:
        size, files = self._used()
        if size - self._bytes > self._limits["disk"]:
            return f"it wrote more than {self._limits['disk'] >> 20} MiB of files"
        if files - self._files > self._limits["files"]:
            return f"it made more than {self._limits['files']} files"
        return ""

    def _used(self) -> tuple[int, int]:
        found = os.fstatvfs(self._place)
        return (found.f_blocks - found.f_bfree) * found.f_frsize, found.f_files - found.f_ffree


# --- Files --------------------------------------------------------------------------------------


def _build_root(order: dict[str, Any]) -> _Written:
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
    written = _make_work(order, root)
    for source, target in order["binds"]:
        _bind(source, root / target.lstrip("/"))
    (root / "tmp").symlink_to(f"{order['work']}/tmp")
    _restrict(root, recursive=False)
    os.chdir(root)
    _check(_libc.pivot_root(b".", b"."), "pivot_root")
    _check(_libc.umount2(b".", _DETACH), "umount of the old root")
    os.chdir("/")
    return written


def _add_system(source: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    if source.is_symlink():
        target.symlink_to(source.readlink())
    elif source.exists():
        _bind(source, target)


def _make_work(order: dict[str, Any], root: Path) -> _Written:
    """The only place to write to: in memory, of limited size, and gone with the jail."""
    work = root / order["work"].lstrip("/")
    work.mkdir(parents=True)
    limits = order["limits"]
    given = [_size_below(source) for source, _ in order["copies"]]
    size = sum(size for size, _ in given) + limits["disk"] + _HEADROOM
    files = sum(files for _, files in given) + limits["files"] + _MORE_FILES
    options = f"size={size},nr_inodes={files},mode=755"
    _mount("tmpfs", work, "tmpfs", _NOSUID | _NODEV, options)
    for source, name in order["copies"]:
        shutil.copytree(source, work / name, symlinks=True)
    for name in ("home", "tmp"):
        (work / name).mkdir()
    if os.geteuid() == 0:
        for path in _all_below(work):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    return _Written(work, limits)


def _size_below(folder: str) -> tuple[int, int]:
    """Bytes, as a file system counts them, and number of files."""
    sizes = [os.lstat(path).st_size for path in _all_below(Path(folder))]
    return sum(-(-size // _PAGE) * _PAGE for size in sizes), len(sizes)


def _all_below(folder: Path) -> Iterator[str]:
    for parent, folders, files in os.walk(folder):
        yield parent
        yield from (os.path.join(parent, name) for name in (*folders, *files))


def _bind(source: str | Path, target: Path, *, read_only: bool = True) -> None:
    # A link in the copy would lead us, who still see everything, out of the new root.
    if os.path.realpath(target) != os.fspath(target):
        raise OSError(f"the place for {source} leads through a link")
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
    _limit(order["limits"])
    if order["contained"]:
        _step_down()
        _forbid_calls()
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


def _forbid_calls() -> None:
    """Refuse what takes memory that belongs to no process, so that no sum of theirs has it."""
    architecture, calls = _FORBIDDEN.get(os.uname().machine, (0, ()))
    if not calls:
        raise OSError(f"system calls of {os.uname().machine} cannot be filtered")
    load, equal, answer = 0x20, 0x15, 0x06
    least = 0x40000000  # above are those of the x32 interface
    program = [(load, 0, 0, 4), (equal, 1, 0, architecture), (answer, 0, 0, _KILL), (load, 0, 0, 0)]
    program += [(_GREATER, 0, 1, least), (answer, 0, 0, _REFUSE)]
    for call in calls:
        program += [(equal, 0, 1, call), (answer, 0, 0, _REFUSE)]
    program.append((answer, 0, 0, _ALLOW))
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in program))
    whole = struct.pack("@HP", len(program), ctypes.addressof(code))
    _check(_libc.prctl(_SET_SECCOMP, _FILTER, whole, 0, 0), "filter of system calls")


def _limit(limits: dict[str, int]) -> None:
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: 2 * limits["seconds"],  # of all its threads; the clock comes first
        # Walls behind the limits: who starts us sees those pass first, and can say so.
        resource.RLIMIT_FSIZE: limits["disk"] + _HEADROOM,
        resource.RLIMIT_NOFILE: 1024,
        resource.RLIMIT_NPROC: 4 * limits["processes"],
        resource.RLIMIT_DATA: 2 * limits["memory"],
    }
    for what, most in wanted.items():
        _, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(ValueError, OSError):  # macOS refuses some
            resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main()
