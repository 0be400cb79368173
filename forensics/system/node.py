"""Node.js and its packages: found, read and installed without running any code of theirs."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

from forensics.errors import ForensicsError
from forensics.system.programs import find_program, search_path

MODULES = "node_modules"
"""The name of every folder of packages."""
_INSTALL_SECONDS = 300
_LONGEST = 2**20
"""Bytes of a package.json."""


class NodeUnavailable(ForensicsError):
    """Node.js or npm is missing, or npm could not install what was requested."""


def find_node() -> tuple[str, str]:
    """The program, and its version such as v20.20.2; raises `NodeUnavailable`."""
    node = find_program("node")
    if node is None:
        raise NodeUnavailable("node is missing: apt-get install nodejs, or brew install node.")
    said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20)
    return node, said.stdout.strip()


def node_version() -> str | None:
    """The version of the Node.js that is found here; `None` where there is none."""
    try:
        return find_node()[1]
    except NodeUnavailable:
        return None


def package_version(package: Path) -> str | None:
    """The version in the package.json of a folder; `None` where that cannot be read."""
    try:
        # What is not a plain file could keep us waiting, or never end.
        descriptor = os.open(package / "package.json", os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
        with open(descriptor, "rb") as file:
            plain = stat.S_ISREG(os.fstat(descriptor).st_mode)
            found = json.loads(file.read(_LONGEST))["version"] if plain else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if isinstance(found, str) else None


def install_packages(wanted: list[str], folder: Path) -> None:
    """Install packages, `name` or `name@version`, into a new folder; no script of theirs is run.

    Uses the network. Raises `NodeUnavailable`, which names the first of them.
    """
    npm = find_program("npm")
    if npm is None:
        raise NodeUnavailable("npm is missing: apt-get install npm, or brew install node.")
    folder.mkdir(parents=True)
    (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    command = [npm, "install", *quiet, "--", *wanted]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_INSTALL_SECONDS,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PATH": search_path()},  # `npm` is a script that looks for `node`
        )
    except subprocess.TimeoutExpired as error:
        raise NodeUnavailable(
            f"npm did not install {wanted[0]} in {_INSTALL_SECONDS} seconds."
        ) from error
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise NodeUnavailable(
            f"npm could not install {wanted[0]}: {said}. Give --kit FOLDER instead."
        )
