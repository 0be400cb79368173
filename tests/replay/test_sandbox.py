"""Whatever a hostile program tries in the jail, it learns nothing, changes nothing, leaves nothing."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics.replay import sandbox as module
from forensics.replay.containment import containment
from forensics.replay.sandbox import (
    WORK,
    Finished,
    Job,
    Limits,
    Sandbox,
    SandboxBroken,
    environment,
)
from forensics.system.private_folder import private_folder
from tests.support.waiting import soon

pytestmark = pytest.mark.lab

NODE = shutil.which("node") or "node"
ROOT = Path(__file__).parents[2]
# The child runs a program that never ends, and then waits to be killed.
CHILD = """
import sys
from pathlib import Path
from forensics.system.private_folder import private_folder
from forensics.replay.sandbox import *
with private_folder() as private:
    print(private.path, flush=True)
    job = Job(argv=("/bin/sh", "-c", sys.argv[1]), folder=WORK, environment=environment())
    Sandbox(private.path, contained=sys.argv[2] == "contained").run(job)
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A private folder for all tests of this file."""
    with private_folder() as private:
        yield private.path


def shell(folder: Path, script: str, *, contained: bool = True, **limits: int) -> Finished:
    """Run a script of a hostile project."""
    job = Job(argv=("/bin/sh", "-c", script), folder=WORK, environment=environment())
    return Sandbox(folder, contained=contained, limits=Limits(**limits)).run(job)


LOOKS_FOR_HOME = (
    "const fs = require('fs');"
    "const seen = ['/root', '/home'].some(place => fs.existsSync(place));"
    "console.log(seen + ' ' + process.execPath)"
)


def node(folder: Path, script: str, program: str = NODE) -> str:
    """What a script prints."""
    job = Job(argv=(program, "-e", script), folder=WORK, environment=environment())
    done = Sandbox(folder, contained=True).run(job)
    assert done.exit_code == 0, done.stderr
    return done.stdout.decode().strip()


def running(mark: str) -> list[str]:
    """The processes whose arguments hold a mark."""
    listed = subprocess.run(["ps", "-eww", "-o", "args"], capture_output=True, text=True).stdout
    return [line for line in listed.splitlines() if mark in line]


def test_this_platform_contains(folder: Path) -> None:
    """What is promised was tried from inside a moment ago."""
    held = containment(NODE, folder)
    assert held.contained, held.gaps
    assert any("no network" in promise for promise in held.promises)


def test_a_node_in_a_home_folder_is_contained_too(folder: Path, home: Path) -> None:
    """Version managers put it there; from inside there is no such folder."""
    program = home / "versions/node"
    program.parent.mkdir()
    program.symlink_to(shutil.copy(os.path.realpath(NODE), home / "node-20"))
    held = containment(str(program), folder)
    assert held.contained, held.gaps
    assert node(folder, LOOKS_FOR_HOME, program=str(program)) == "false /programs/node-20"


def test_a_home_folder_that_can_be_seen_is_a_gap(
    folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file that is not the program is enough."""
    (home / "diary").write_text("mine")
    monkeypatch.setattr(module, "_STORES", (str(home),))
    monkeypatch.setattr("forensics.replay.containment.program_inside", lambda node: (node, []))
    held = containment(str(shutil.copy(os.path.realpath(NODE), home / "node")), folder)
    assert not held.contained
    assert held.gaps[-1].endswith(" reached home")


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder below a home folder; the jail has no other."""
    with tempfile.TemporaryDirectory(dir="/root" if os.geteuid() == 0 else Path.home()) as made:
        os.chmod(made, 0o755)  # the jail's program is nobody here
        yield Path(made)


def test_a_probe_that_gets_out_is_believed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A jail that does not hold is no jail, and the way out is named."""
    monkeypatch.setattr(
        "forensics.replay.containment.Sandbox",
        lambda folder, *, contained, limits: Sandbox(folder, contained=False, limits=limits),
    )
    held = containment(NODE, folder)
    assert not held.contained
    assert "connected" in held.gaps[-1]
    assert "read" in held.gaps[-1]


def test_a_platform_without_namespaces_is_said_to_have_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The step that failed is in the reason."""
    jail = tmp_path / "jail.py"
    text = module._JAIL.read_text()
    jail.write_text(text.replace("_check(_libc.unshare(flags)", "_check(1 or _libc.unshare(flags)"))
    monkeypatch.setattr(module, "_JAIL", jail)
    held = containment(NODE, folder)
    assert not held.contained
    assert "unshare is refused" in held.gaps[-1]


def test_no_server_is_within_reach(folder: Path) -> None:
    """Neither on this machine nor elsewhere, by TCP, UDP or an abstract socket."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        listener.settimeout(0.2)
        said = node(
            folder,
            "const net = require('net'), dgram = require('dgram');"
            "const to = (o) => new Promise(r => net.connect(o).on('connect', () => r('in'))"
            ".on('error', e => r(e.code)));"
            "const udp = new Promise(r => dgram.createSocket('udp4')"
            ".send('x', 53, '192.0.2.1', e => r(e ? e.code : 'sent')));"
            f"Promise.all([to({{port: {port}, host: '127.0.0.1'}}), to({{port: 80, host: '192.0.2.1'}}),"
            "udp]).then(all => { console.log(all.join()); process.exit() })",
        )
        with pytest.raises(TimeoutError):
            listener.accept()
    assert said == "ENETUNREACH,ENETUNREACH,ENETUNREACH"


def test_nothing_of_ours_can_be_read(folder: Path, tmp_path: Path) -> None:
    """No home, no temporary files, no environment of other processes, no account names."""
    (tmp_path / "secret").write_text("s3cret")
    done = shell(
        folder,
        f"cat {tmp_path}/secret {Path.home()}/.* /proc/*/environ /etc/passwd /dev/shm/* {folder}/*;"
        "ls /home /root /var /run /sys; env",
    )
    said = done.stdout.decode()
    assert set(said.split("\n")) - {""} <= {
        *(f"{name}={value}" for name, value in environment().items()),
        f"PWD={WORK}",
        "_=/usr/bin/env",
        "OLDPWD=",
    }


def test_nothing_outside_can_be_written(folder: Path, tmp_path: Path) -> None:
    """What it writes lies in memory and goes with it; the rest is read-only."""
    done = shell(
        folder,
        f"for place in / /usr /usr/lib /etc /dev /srv {tmp_path} {folder}; do "
        "echo x > $place/written && echo wrote $place; done; rm -rf /usr/bin/env; "
        "echo x > $HOME/kept && ls $HOME",
    )
    assert done.stdout.decode().split() == ["kept"]
    assert not (tmp_path / "written").exists()
    assert Path("/usr/bin/env").exists()
    assert shell(folder, "ls $HOME").stdout == b""


def test_it_has_no_privileges_and_gets_none(folder: Path) -> None:
    """Neither root, nor a namespace in which it would be."""
    done = shell(folder, "id -u; unshare --user --map-root-user id; mount -t tmpfs x /replay")
    uid = int(done.stdout.split()[0])
    assert uid != 0
    assert b"uid=0" not in done.stdout
    assert done.exit_code != 0


def test_copies_are_its_own(folder: Path, tmp_path: Path) -> None:
    """It may change what it got; ours stays."""
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "file").write_text("ours")
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "index.js").write_text("ours")
    job = Job(
        argv=("/bin/sh", "-c", "echo x > file; echo x > packages/index.js; cat file packages/*"),
        folder=f"{WORK}/project",
        environment=environment(),
        copies=((tmp_path / "given", "project"),),
        binds=((tmp_path / "packages", "project/packages"),),
    )
    assert Sandbox(folder, contained=True).run(job).stdout.split() == [b"x", b"ours"]
    assert (tmp_path / "given" / "file").read_text() == "ours"


@pytest.mark.sample(3, start=1)
@pytest.mark.parametrize(
    "script",
    [
        "sleep 4711",
        "trap '' TERM INT HUP; while :; do sleep 4711; done",
        "setsid sleep 4711 & setsid sh -c 'setsid sleep 4711 &' & sleep 4711",
    ],
    ids=["hangs", "ignores signals", "makes daemons"],
)
def test_the_deadline_is_kept_and_everything_ends(folder: Path, script: str) -> None:
    """A program that does not end is ended, with all that it started."""
    started = time.monotonic()
    done = shell(folder, script, seconds=2, processes=100)
    assert time.monotonic() - started < 8
    assert (done.exit_code, "2 seconds" in done.stopped) == (None, True)
    assert soon(lambda: not running("sleep 4711"))


def test_daemons_end_with_the_program(folder: Path) -> None:
    """Also when the program itself ends in good order."""
    done = shell(folder, "setsid sleep 4712 >/dev/null 2>&1 & echo done")
    assert (done.exit_code, done.stdout) == (0, b"done\n")
    assert soon(lambda: not running("sleep 4712"))


def test_a_flood_of_output_is_cut(folder: Path) -> None:
    """It costs us no memory, and it is said."""
    done = shell(folder, "cat /dev/zero", output=100_000)
    assert (done.exit_code, len(done.stdout)) == (None, 100_000)
    assert "printed more than" in done.stopped


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("head -c 30000000 /dev/zero > $HOME/big; sleep 5", "it wrote more than 8 MiB of files"),
        (
            "while :; do n=$((n+1)); head -c 1000000 /dev/zero > $TMPDIR/$n; done; sleep 5",
            "it wrote more than 8 MiB of files",
        ),
        (
            "for n in $(seq 1500); do : > $TMPDIR/$n; done; sleep 5",
            "it made more than 1000 files",
        ),
    ],
    ids=["one file", "many files", "empty files"],
)
def test_a_full_disk_stops_it_and_is_its_own(folder: Path, script: str, why: str) -> None:
    """That is the reason, not what the program makes of a write that failed."""
    before = sorted(folder.rglob("*"))
    done = shell(folder, script, disk=8 * 2**20, files=1000)
    assert (done.exit_code, done.stopped) == (None, f"stopped: {why}")
    assert sorted(folder.rglob("*")) == before


def test_no_more_than_that_is_ever_written(folder: Path) -> None:
    """Whoever writes faster than we look meets a wall."""
    job = shell(folder, "df -k $HOME | tail -n 1", disk=8 * 2**20)
    assert int(job.stdout.split()[1]) == (8 + 32) * 1024


def test_what_it_is_given_does_not_count_as_written(folder: Path, tmp_path: Path) -> None:
    """Else a large project could not be tried at all."""
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "file").write_bytes(b"x" * 2**24)
    job = Job(
        argv=("/bin/sh", "-c", "echo more > more; sleep 0.3; wc -c < file"),
        folder=f"{WORK}/project",
        environment=environment(),
        copies=((tmp_path / "given", "project"),),
    )
    done = Sandbox(folder, contained=True, limits=Limits(disk=2**20)).run(job)
    assert (done.stopped, done.stdout.split()) == ("", [b"16777216"])


TAKES = "const all = []; for (let n = 0; n < {}; n++) all.push(Buffer.alloc(2 ** 20, 1));"
WAITS = "setTimeout(() => console.log('done'), 1500)"


def takes(folder: Path, script: str, **limits: int) -> Finished:
    """Run a script of Node.js that takes memory."""
    job = Job(argv=(NODE, "-e", script), folder=WORK, environment=environment())
    return Sandbox(folder, contained=True, limits=Limits(**limits)).run(job)


def test_memory_is_limited(folder: Path) -> None:
    """Whoever takes all that can be had is stopped, and that is said."""
    done = takes(folder, TAKES.format("Infinity"), memory=2**29)
    assert (done.exit_code, done.stopped) == (None, "stopped: it used more than 0.5 GiB of memory")


def test_memory_is_that_of_all_its_processes(folder: Path) -> None:
    """Five of which none has too much; one of them detached."""
    child = json.dumps(TAKES.format(120) + WAITS)
    script = (
        f"for (let n = 0; n < 5; n++) require('child_process').spawn(process.execPath, "
        f"['-e', {child}], {{ detached: n == 0, stdio: 'inherit' }})"
    )
    assert takes(folder, script).stopped == ""
    done = takes(folder, script, memory=2**29)
    assert done.stopped == "stopped: it used more than 0.5 GiB of memory"


def test_memory_that_processes_share_counts_once(folder: Path) -> None:
    """A process that forks has not taken anything yet."""
    script = "import os, time; a = b'x' * 300_000_000; [os.fork() for _ in range(3)]; time.sleep(1)"
    job = Job(argv=("/usr/bin/python3", "-c", script), folder=WORK, environment=environment())
    limits = Limits(memory=2**29)
    assert Sandbox(folder, contained=True, limits=limits).run(job).stopped == ""


def test_all_that_runs_at_a_time_has_one_limit_more_and_the_largest_goes(folder: Path) -> None:
    """Ten that are just within their own would still take a small machine down."""
    limits = Limits(memory=2**30, together=2**29)
    sandbox, ended = Sandbox(folder, contained=True, limits=limits), dict[int, Finished]()

    def run(megabytes: int) -> None:
        script = TAKES.format(megabytes) + WAITS.replace("1500", "5000")
        job = Job(argv=(NODE, "-e", script), folder=WORK, environment=environment())
        ended[megabytes] = sandbox.run(job)

    threads = [threading.Thread(target=run, args=(size,)) for size in (150, 400)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert ended[150].stopped == ""
    assert "and all runs together more than 0.5 GiB" in ended[400].stopped


def test_no_memory_is_taken_that_belongs_to_no_process(folder: Path) -> None:
    """Files in memory, shared segments and queues are refused."""
    script = (
        "import ctypes, os\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "try: print(os.memfd_create('x'))\n"
        "except OSError as error: print(error.strerror)\n"
        "print(libc.shmget(0, 4096, 0o1600), libc.msgget(0, 0o1600))"
    )
    job = Job(argv=("/usr/bin/python3", "-c", script), folder=WORK, environment=environment())
    done = Sandbox(folder, contained=True).run(job)
    assert done.stdout.splitlines() == [b"Function not implemented", b"-1 -1"], done.stderr


def test_if_memory_runs_out_it_goes_first(folder: Path, tmp_path: Path) -> None:
    """Before the scratch server, and before whatever else runs here."""
    mark = "sleep 4723"
    ended = threading.Thread(target=lambda: shell(folder, f"{mark} & {mark} 5", seconds=3))
    ended.start()
    try:
        assert soon(lambda: len(pids(mark)) > 1)
        scores = {Path(f"/proc/{pid}/oom_score_adj").read_text() for pid in pids(mark)}
        assert scores == {"1000\n"}
    finally:
        ended.join()


def pids(mark: str) -> list[str]:
    """The processes of one program with its arguments."""
    found = subprocess.run(["pgrep", "-f", f"^{mark}"], capture_output=True, text=True)
    return found.stdout.split()


def test_the_number_of_processes_is_limited_and_that_is_the_reason(folder: Path) -> None:
    """Not the shell's message that it cannot fork, which comes at four times as many."""
    done = shell(folder, "while :; do sleep 4724 & sleep 0.01; done", processes=40)
    assert (done.exit_code, done.stopped) == (
        None,
        "stopped: it started more than 40 processes and threads",
    )
    assert soon(lambda: not running("sleep 4724"))


def test_processor_time_is_a_reason(folder: Path) -> None:
    """The kernel's signal is translated."""
    done = shell(folder, "kill -XCPU $$", seconds=5)
    assert done.stopped == "stopped: it used more than 10 seconds of processor time"


def test_another_reason_to_stop_is_heard(folder: Path) -> None:
    """Such as what it wrote into its database, which only the caller sees."""
    job = Job(argv=("/bin/sleep", "4725"), folder=WORK, environment=environment())
    done = Sandbox(folder, contained=True).run(job, lambda: "it is enough")
    assert (done.exit_code, done.stopped) == (None, "stopped: it is enough")
    assert not running("sleep 4725")


def test_nothing_is_mounted_through_a_link_of_the_project(folder: Path, tmp_path: Path) -> None:
    """While the jail is built it still sees everything: it would make folders where a link says."""
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "app").symlink_to(tmp_path / "victim")
    (tmp_path / "victim").mkdir()
    job = Job(
        argv=("/bin/true",),
        folder=WORK,
        environment=environment(),
        copies=((tmp_path / "given", "project"),),
        binds=((tmp_path, "project/app/node_modules"),),
    )
    with pytest.raises(SandboxBroken, match="leads through a link"):
        Sandbox(folder, contained=True).run(job)
    assert list((tmp_path / "victim").iterdir()) == []


def test_links_in_what_is_shown_lead_nowhere(folder: Path, tmp_path: Path) -> None:
    """In packages, their `.bin`, and workspaces: from inside there is only what was named."""
    (tmp_path / "secret").write_text("s3cret")
    (tmp_path / "kit" / ".bin").mkdir(parents=True)
    (tmp_path / "kit" / ".bin" / "tool").symlink_to(tmp_path / "secret")
    (tmp_path / "kit" / "up").symlink_to("../secret")
    (tmp_path / "kit" / "out").symlink_to(tmp_path)
    job = Job(
        argv=("/bin/sh", "-c", "cat kit/.bin/tool kit/up kit/out/secret; ls kit/out/"),
        folder=WORK,
        environment=environment(),
        binds=((tmp_path / "kit", "kit"),),
    )
    assert Sandbox(folder, contained=True).run(job).stdout == b""


def test_a_program_that_is_not_there_is_an_error_that_says_so(folder: Path) -> None:
    """It is no result of a program."""
    job = Job(argv=("/no/such/program",), folder=WORK, environment=environment())
    with pytest.raises(SandboxBroken, match="/no/such/program"):
        Sandbox(folder, contained=True).run(job)


def test_uncontained_it_still_has_a_deadline_a_limit_and_an_environment_of_its_own(
    folder: Path,
) -> None:
    """What was accepted is no containment, but the rest holds."""
    done = shell(folder, "env; sleep 4713 & sleep 4713", contained=False, seconds=2)
    assert done.exit_code is None
    names = {line.partition("=")[0] for line in done.stdout.decode().splitlines()}
    assert names <= {*environment(), "PWD", "_", "OLDPWD", "SHLVL"}
    assert soon(lambda: not running("sleep 4713"))


def test_closing_ends_what_runs(folder: Path) -> None:
    """So that Ctrl-C does not wait for a program that hangs."""
    sandbox = Sandbox(folder, contained=True)
    job = Job(argv=("/bin/sleep", "4714"), folder=WORK, environment=environment())
    thread = threading.Thread(target=lambda: sandbox.run(job))
    thread.start()
    assert soon(lambda: bool(running("sleep 4714")))
    sandbox.close()
    thread.join(10)
    assert not thread.is_alive()
    assert not running("sleep 4714")
    with pytest.raises(SandboxBroken, match="closed"):
        sandbox.run(job)


@pytest.mark.parametrize("contained", ["contained", "uncontained"])
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_when_we_are_killed_nothing_keeps_running(ending: signal.Signals, contained: str) -> None:
    """Even SIGKILL, which no handler sees, takes the program and its files along."""
    mark = f"sleep 48{ending.value:02}{len(contained)}"
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, f"{mark} & {mark}", contained],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
    )
    assert child.stdout is not None
    place = Path(child.stdout.readline().strip())
    assert soon(lambda: len(running(mark)) > 1)
    os.kill(child.pid, ending)
    child.wait(30)
    assert soon(lambda: not running(mark))
    assert soon(lambda: not place.exists())


def test_what_is_printed_at_the_very_end_is_read() -> None:
    """Also where it ends while the limits of its processes are looked at, which takes a while."""
    process = subprocess.Popen(
        ["/bin/sh", "-c", "sleep 0.3; echo said"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    slow = (lambda: "" if process.wait() is not None else "",)
    with process:
        assert module._Reader(process, Limits(), slow).finished().stdout == b"said\n"
