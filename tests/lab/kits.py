"""The pinned drizzle-kits of the lab, installed from their lock files when they are not there yet."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from tests.support.sampling import FULL

LAB = Path(__file__).resolve().parent
CACHE = LAB.parents[1] / ".pytest_cache" / "d" / "lab"
"""What was measured or made with the kits, by content."""
KITS = ("0.21.4", "0.31.11")
BY_DAY = KITS if os.environ.get(FULL) else KITS[-1:]
"""Where one test is for each kit: by day, the newest alone."""

_ATTEMPTS = 3
_WRITTEN_LAST = ".package-lock.json"
"""npm's own record of what it installed, by which it knows that a tree is whole."""

_HOW_TO_GET_IT = "`make test` runs with one of its own, in .venv/bin"


class MissingToolError(RuntimeError):
    """A program that the lab needs is not installed."""


@cache
def node() -> str:
    """Path of Node.js 20: the wording of V8's errors, which the model quotes, differs in others."""
    found = shutil.which("node")
    if found is None or not _version(found).startswith("v20."):
        raise MissingToolError(f"the lab needs Node.js 20, and found {found}: {_HOW_TO_GET_IT}")
    return found


@cache
def node_version() -> str:
    """Version of Node.js, such as v20.20.2."""
    return _version(node())


def kit_command(*arguments: str, script: str = "node_modules/drizzle-kit/bin.cjs") -> list[str]:
    """How a real kit is run where its node_modules are."""
    return [node(), script, *arguments]


@cache
def kit_modules(kit: str) -> Path:
    """The node_modules of one kit; runs `npm ci` when the lock file was not installed yet.

    Of a release without a lock file here: installed for `tests.lab.releases`, in no test.
    """
    folder = LAB / "kits" / kit
    if not folder.is_dir():
        from tests.lab.releases.installed import release_modules

        return release_modules(kit)
    modules = folder / "node_modules"
    wanted = lock_hash(kit)
    with (folder / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = modules / ".lab-lock-hash"
        if not stamp.exists() or stamp.read_text() != wanted:
            _install(folder)
            stamp.write_text(wanted)
    return modules


def lock_hash(kit: str) -> str:
    """Hash of a kit's lock file: what is installed."""
    return hashlib.sha256((LAB / "kits" / kit / "package-lock.json").read_bytes()).hexdigest()


def _version(program: str) -> str:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _install(folder: Path) -> None:
    """Run `npm ci` until it is done: interrupted downloads have left half a tree and exit code 0."""
    npm = shutil.which("npm")
    if npm is None:
        raise MissingToolError(f"npm is missing: {_HOW_TO_GET_IT}")
    command = [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    for _ in range(_ATTEMPTS):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
        if done.returncode == 0 and (folder / "node_modules" / _WRITTEN_LAST).is_file():
            return
    said = done.stderr.strip() or "it ended without an error, and without having installed all"
    raise MissingToolError(f"npm ci failed in {folder.name}: {said}")
