"""Finds the project's own drizzle-kit, or installs it when asked to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from forensics.adapters.real_tool import Kit, NoKit
from forensics.evidence.tree import split
from forensics.facts import ToolUse
from forensics.system.links import stays_inside
from forensics.system.node import (
    MODULES,
    NodeUnavailable,
    find_node,
    install_packages,
    package_version,
)

_KIT, _ORM = "drizzle-kit", "drizzle-orm"
_ALSO = ("pg", "dotenv")
"""The driver that the tool asks for, and what configs usually import."""


def find_kit(tool: ToolUse, top: Path, given: Path | None) -> Kit:
    """The tool in the given folder, else the one that the project has; raises `NoKit`."""
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


def install_kit(tool: ToolUse, folder: Path) -> Path:
    """Install the versions that the project runs into a folder; raises `NoKit`.

    The only use of the network.
    """
    wanted = [_pinned(_KIT, tool.version), _pinned(_ORM, tool.orm_version), *_ALSO]
    try:
        install_packages(wanted, folder)
    except NodeUnavailable as error:
        raise NoKit(str(error)) from error
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
    version = package_version(modules / _KIT)
    if version is None:
        raise NoKit(f"{modules / _KIT} holds no readable package.json: install it again.")
    if tool.version is not None and version != tool.version:
        raise NoKit(
            f"{modules} holds {_KIT} {version}, but the project runs {tool.version} "
            f"({tool.version_source or 'as collected'}): give --kit a folder with that one, "
            "or --install-kit."
        )
    try:
        node, node_version = find_node()
    except NodeUnavailable as error:
        raise NoKit(str(error)) from error
    return Kit(
        modules=modules,
        version=version,
        runtime=node,
        runtime_version=node_version,
        place=place,
        remarks=tuple(_remarks(tool, package_version(modules / _ORM))),
    )


def _remarks(tool: ToolUse, orm_version: str | None) -> Iterator[str]:
    wanted = tool.orm_version
    if wanted and orm_version and wanted != orm_version:
        yield f"It runs with {_ORM} {orm_version}; the project has {wanted}"


def _ancestors(folder: str) -> list[str]:
    """The folder and those above it, up to the top."""
    parts = [part for part in folder.split("/") if part]
    return ["/".join(parts[:count]) for count in range(len(parts), -1, -1)]
