"""The pinned drizzle-kits of the lab, installed from their lock files when they are not there yet."""

import fcntl
import hashlib
import shutil
import subprocess
from functools import cache
from pathlib import Path

LAB = Path(__file__).resolve().parent
KITS = ("0.21.4", "0.31.11")


class MissingToolError(RuntimeError):
    """A program that the lab needs is not installed."""


@cache
def node() -> str:
    """Path of Node.js."""
    found = shutil.which("node")
    if found is None:
        raise MissingToolError("node is missing: apt-get install nodejs npm, or brew install node")
    return found


@cache
def node_version() -> str:
    """Version of Node.js, such as v20.20.2: the wording of JSON errors depends on it."""
    return subprocess.run(
        [node(), "--version"], capture_output=True, text=True, check=True
    ).stdout.strip()


@cache
def kit_modules(kit: str) -> Path:
    """The node_modules of one kit; runs `npm ci` when the lock file was not installed yet."""
    folder = LAB / "kits" / kit
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


def _install(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise MissingToolError("npm is missing: apt-get install npm, or brew install node")
    command = [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise MissingToolError(f"npm ci failed in {folder.name}: {done.stderr.strip()}")
