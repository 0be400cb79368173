"""Says what holds while foreign code runs here: tried from inside before anything else is run."""

from __future__ import annotations

import json
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from forensics.replay.sandbox import (
    WORK,
    Job,
    Limits,
    Sandbox,
    SandboxBroken,
    environment,
    program_inside,
)

PROMISES = (
    "no network: a namespace of its own, without any address",
    "of the file system it sees the copy, the packages and the system's programs, read-only but "
    "for the copy; no home folder, no settings, no other process",
    "it runs without privileges and without a terminal, and ends with all that it started",
)
GAPS = (
    "the network is open to it: it could reach any server that this machine reaches",
    "it can read and write whatever you can",
    "a process that it detaches can outlive it",
)
SHARED_KERNEL = "the kernel is shared: a bug in it could let a program out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Containment:
    """What holds here while foreign code runs, in sentences; measured before anything is run."""

    contained: bool
    promises: tuple[str, ...]
    gaps: tuple[str, ...]


_PROBE = """
const fs = require('fs'), net = require('net')
const [port, secret, folder, ...ours] = process.argv.slice(1)
const tried = (act) => { try { act(); return true } catch { return false } }
const names = (path) => { try { return fs.readdirSync(path) } catch { return [] } }
const foreign = (path) => {
  if (ours.includes(path)) return false
  if (!fs.lstatSync(path).isDirectory()) return true
  return names(path).some((name) => foreign(path + '/' + name))
}
const seen = {
  read: tried(() => fs.readFileSync(secret)),
  written: tried(() => fs.writeFileSync(folder + '/written', 'x')),
  home: ['/home', '/root'].some((path) => fs.existsSync(path) && foreign(path)),
  processes: tried(() => fs.readdirSync('/proc/1')),
  root: process.getuid() === 0,
}
const end = (connected) => { console.log(JSON.stringify({ ...seen, connected })); process.exit(0) }
net.connect(Number(port), '127.0.0.1').on('connect', () => end(true)).on('error', () => end(false))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What the probe could do from inside: everything has to be false."""

    read: bool = True
    written: bool = True
    home: bool = True
    processes: bool = True
    root: bool = True
    connected: bool = True


def containment(node: str, folder: Path) -> Containment:
    """Try from inside to read, to write and to connect; whatever succeeds is not contained."""
    try:
        seen = _probe(node, folder)
    except (SandboxBroken, OSError, ValueError, TypeError) as error:
        return Containment(contained=False, promises=(), gaps=(*GAPS, f"why: {error}"))
    leaks = [name for name, value in asdict(seen).items() if value]
    if leaks:
        why = f"why: a probe inside a namespace reached {', '.join(leaks)}"
        return Containment(contained=False, promises=(), gaps=(*GAPS, why))
    return Containment(contained=True, promises=PROMISES, gaps=(SHARED_KERNEL,))


def _probe(node: str, folder: Path) -> _Seen:
    secret = folder / "probe"
    secret.write_text("seen", encoding="ascii")
    ours = [inside for _, inside in program_inside(node)[1]]  # a store may lie below /home
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        job = Job(
            argv=(node, "-e", _PROBE, port, str(secret), str(folder), *ours),
            folder=f"{WORK}/home",
            environment=environment(),
        )
        done = Sandbox(folder, contained=True, limits=Limits(seconds=20)).run(job)
    if done.exit_code != 0:
        raise SandboxBroken(
            f"Node.js does not run there: {done.stopped or done.stderr.decode(errors='replace')}"
        )
    return _Seen(**json.loads(done.stdout))
