"""Finds the project's own drizzle-kit and Node.js, or installs the kit when asked to."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from forensics.errors import ForensicsError
from forensics.evidence.tree import split
from forensics.facts import ToolUse
from forensics.replay.project_copy import MODULES, stays_inside

_KIT, _ORM = "drizzle-kit", "drizzle-orm"
_ALSO = ("pg", "dotenv")
"""The driver that the kit asks for, and what configs usually import."""
_INSTALL_SECONDS = 300
_LONGEST = 2**20
"""Bytes of a package.json."""


class NoKit(ForensicsError):
    """There is no drizzle-kit to run, or not the one of the project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """A drizzle-kit: the folder of packages that holds it, and versions."""

    modules: Path
    version: str
    orm_version: str | None
    node: str
    node_version: str
    place: str | None
    """Where the folder lies in the project, relative to its top; `None` for one from elsewhere."""


def find_kit(tool: ToolUse, top: Path, given: Path | None) -> Kit:
    """The kit in the given folder, else the one that the project has; raises `NoKit`."""
    if given is not None:
        modules = given if given.name == MODULES else given / MODULES
        if not (modules / _KIT).is_dir():
            raise NoKit(
                f"{given} has no {MODULES}/{_KIT}: install it there, or give another --kit."
            )
        _require_inside(given, modules)
        return _kit(tool, modules.resolve(), None)
    start = tool.working_folder or split(tool.config or "")[0]
    for folder in _ancestors(start):
        if (top / folder / MODULES / _KIT).is_dir():
            _require_inside(top, top / folder / MODULES)
            return _kit(tool, top / folder / MODULES, f"{folder}/{MODULES}".lstrip("/"))
    raise NoKit(
        f"{_KIT} is not installed in {top / start}: install the project's packages, name a folder "
        f"that has it with --kit FOLDER, or let --install-kit fetch {_KIT} {tool.version or ''}."
    )


def find_node() -> tuple[str, str]:
    """The Node.js that runs the kit, and its version, such as v20.20.2; raises `NoKit`."""
    node = shutil.which("node")
    if node is None:
        raise NoKit("node is missing: apt-get install nodejs, or brew install node.")
    said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20)
    return node, said.stdout.strip()


def install_kit(tool: ToolUse, folder: Path) -> Path:
    """Install the versions that the project runs into a folder; no script of theirs is run.

    The only use of the network. Raises `NoKit`.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise NoKit("npm is missing: apt-get install npm, or brew install node.")
    wanted = [_pinned(_KIT, tool.version), _pinned(_ORM, tool.orm_version), *_ALSO]
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
        )
    except subprocess.TimeoutExpired as error:
        raise NoKit(f"npm did not install {wanted[0]} in {_INSTALL_SECONDS} seconds.") from error
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise NoKit(f"npm could not install {wanted[0]}: {said}. Give --kit FOLDER instead.")
    return folder


def _require_inside(top: Path, modules: Path) -> None:
    """Refuse packages that lie elsewhere than they seem to; raises `NoKit`."""
    for place in (modules, modules / _KIT, modules / _KIT / "package.json", modules / _ORM):
        if not stays_inside(top, os.path.relpath(place, top)):
            raise NoKit(
                f"{place} is, or is reached by, a link that leads out of {top}, to "
                f"{place.resolve()}: it is not shown to the project's code. Install the packages "
                "there, or give --kit the folder that has them."
            )


def _pinned(name: str, version: str | None) -> str:
    return f"{name}@{version}" if version else name


def _kit(tool: ToolUse, modules: Path, place: str | None) -> Kit:
    version = _version(modules / _KIT)
    if version is None:
        raise NoKit(f"{modules / _KIT} holds no readable package.json: install it again.")
    if tool.version is not None and version != tool.version:
        raise NoKit(
            f"{modules} holds {_KIT} {version}, but the project runs {tool.version} "
            f"({tool.version_source or 'as collected'}): give --kit a folder with that one, "
            "or --install-kit."
        )
    node, node_version = find_node()
    return Kit(
        modules=modules,
        version=version,
        orm_version=_version(modules / _ORM),
        node=node,
        node_version=node_version,
        place=place,
    )


def _version(package: Path) -> str | None:
    try:
        # What is no plain file could keep us waiting, or never end.
        descriptor = os.open(package / "package.json", os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
        with open(descriptor, "rb") as file:
            plain = stat.S_ISREG(os.fstat(descriptor).st_mode)
            found = json.loads(file.read(_LONGEST))["version"] if plain else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if isinstance(found, str) else None


def _ancestors(folder: str) -> list[str]:
    """The folder and those above it, up to the top."""
    parts = [part for part in folder.split("/") if part]
    return ["/".join(parts[:count]) for count in range(len(parts), -1, -1)]
