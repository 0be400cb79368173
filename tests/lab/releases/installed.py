"""All releases, each with a drizzle-orm of its time; installed only where somebody measures."""

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path

from tests.lab.kits import LAB, MissingToolError

RELEASES = {
    "0.21.0": "0.30.10",
    "0.21.1": "0.30.10",
    "0.21.2": "0.30.10",
    "0.21.3": "0.30.10",
    "0.21.4": "0.30.10",
    "0.22.0": "0.31.0",
    "0.22.1": "0.31.0",
    "0.22.2": "0.31.1",
    "0.22.3": "0.31.1",
    "0.22.4": "0.31.1",
    "0.22.5": "0.31.1",
    "0.22.6": "0.31.2",
    "0.22.7": "0.31.2",
    "0.22.8": "0.31.3",
    "0.23.0": "0.32.0",
    "0.23.1": "0.32.1",
    "0.23.2": "0.32.1",
    "0.24.0": "0.33.0",
    "0.24.1": "0.33.0",
    "0.24.2": "0.33.0",
    "0.25.0": "0.34.1",
    "0.26.0": "0.35.0",
    "0.26.1": "0.35.0",
    "0.26.2": "0.35.3",
    "0.27.0": "0.36.0",
    "0.27.1": "0.36.1",
    "0.27.2": "0.36.1",
    "0.28.0": "0.36.3",
    "0.28.1": "0.36.4",
    "0.29.0": "0.37.0",
    "0.29.1": "0.38.0",
    "0.30.0": "0.38.1",
    "0.30.1": "0.38.2",
    "0.30.2": "0.38.4",
    "0.30.3": "0.39.0",
    "0.30.4": "0.39.2",
    "0.30.5": "0.40.0",
    "0.30.6": "0.42.0",
    "0.31.0": "0.43.1",
    "0.31.1": "0.44.0",
    "0.31.2": "0.44.2",
    "0.31.3": "0.44.2",
    "0.31.4": "0.44.2",
    "0.31.5": "0.44.5",
    "0.31.6": "0.44.7",
    "0.31.7": "0.44.7",
    "0.31.8": "0.45.0",
    "0.31.9": "0.45.1",
    "0.31.10": "0.45.2",
    "0.31.11": "0.45.4",
}
"""drizzle-kit -> drizzle-orm, in the order of releases; each kit takes no other compatibility
version than its own (`requiredApiVersion`: 6, from 0.22.0 7, 0.25.0 8, 0.26.2 9, 0.27.0 10)."""

FOLDER = LAB.parents[1] / ".pytest_cache" / "d" / "lab" / "releases"
_DRIVER = "pg@8.23.1"
_QUIET = ("--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund", "--loglevel=error")


@cache
def release_modules(kit: str) -> Path:
    """The node_modules of a release; npm installs it when it is not there yet."""
    folder = FOLDER / kit
    modules = folder / "node_modules"
    if not (modules / ".package-lock.json").exists():
        _install(folder, kit)
    return modules


def _install(folder: Path, kit: str) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise MissingToolError("npm is missing: `make test` runs with one of its own")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text(json.dumps({"private": True}), encoding="utf-8")
    wanted = (f"drizzle-kit@{kit}", f"drizzle-orm@{RELEASES[kit]}", _DRIVER)
    subprocess.run([npm, "install", *_QUIET, *wanted], cwd=folder, check=True, timeout=300)
