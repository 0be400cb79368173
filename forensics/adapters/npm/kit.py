"""Finds a tool that is a package of npm in a project, or installs it when asked to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

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


class Packages(msgspec.Struct, frozen=True, kw_only=True):
    """The packages that a tool consists of."""

    tool: str
    library: str
    """What the program of the project uses, in a version of its own."""
    also: tuple[str, ...] = ()
    """What the tool asks for, and what configs usually import."""


def find_kit(packages: Packages, tool: ToolUse, top: Path, given: Path | None) -> Kit:
    """The tool in the given folder, else the one that the project has; raises `NoKit`."""
    if given is not None:
        modules = given if given.name == MODULES else given / MODULES
        if not (modules / packages.tool).is_dir():
            raise NoKit(
                f"{given} has no {MODULES}/{packages.tool}: install it there, or give another "
                "--kit."
            )
        _require_inside(packages, given, modules)
        return _kit(packages, tool, modules.resolve(), None)
    start = tool.working_folder or split(tool.config or "")[0]
    for folder in _ancestors(start):
        if (top / folder / MODULES / packages.tool).is_dir():
            _require_inside(packages, top, top / folder / MODULES)
            return _kit(packages, tool, top / folder / MODULES, f"{folder}/{MODULES}".lstrip("/"))
    raise NoKit(
        f"{packages.tool} is not installed in {top / start}: install the project's packages, name "
        "a folder that has it with --kit FOLDER, or let --install-kit fetch "
        f"{packages.tool} {tool.version or ''}."
    )


def install_kit(packages: Packages, tool: ToolUse, folder: Path) -> Path:
    """Install the versions that the project runs into a folder; raises `NoKit`.

    The only use of the network.
    """
    wanted = [
        _pinned(packages.tool, tool.version),
        _pinned(packages.library, tool.orm_version),
        *packages.also,
    ]
    try:
        install_packages(wanted, folder)
    except NodeUnavailable as error:
        raise NoKit(str(error)) from error
    return folder


def _require_inside(packages: Packages, top: Path, modules: Path) -> None:
    """Refuse packages that lie elsewhere than they seem to; raises `NoKit`."""
    for place in (
        modules,
        modules / packages.tool,
        modules / packages.tool / "package.json",
        modules / packages.library,
    ):
        if not stays_inside(top, os.path.relpath(place, top)):
            raise NoKit(
                f"{place} is, or is reached by, a link that leads out of {top}, to "
                f"{place.resolve()}: it is not shown to the project's code. Install the packages "
                "there, or give --kit the folder that has them."
            )


def _pinned(name: str, version: str | None) -> str:
    return f"{name}@{version}" if version else name


def _kit(packages: Packages, tool: ToolUse, modules: Path, place: str | None) -> Kit:
    version = package_version(modules / packages.tool)
    if version is None:
        raise NoKit(f"{modules / packages.tool} holds no readable package.json: install it again.")
    if tool.version is not None and version != tool.version:
        raise NoKit(
            f"{modules} holds {packages.tool} {version}, but the project runs {tool.version} "
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
        remarks=tuple(_remarks(packages.library, tool, modules)),
    )


def _remarks(library: str, tool: ToolUse, modules: Path) -> Iterator[str]:
    wanted, found = tool.orm_version, package_version(modules / library)
    if wanted and found and wanted != found:
        yield f"It runs with {library} {found}; the project has {wanted}"


def _ancestors(folder: str) -> list[str]:
    """The folder and those above it, up to the top."""
    parts = [part for part in folder.split("/") if part]
    return ["/".join(parts[:count]) for count in range(len(parts), -1, -1)]
