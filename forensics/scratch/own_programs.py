"""A server that looks for extensions in a folder of ours, whoever its programs belong to."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_OPEN = 0o755
_EXTENSIONS = "extension"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPrograms:
    """Where `postgres` is started, and the folder in which it finds extensions."""

    postgres: Path
    extensions: Path | None
    """`None` where the installation does not say where it looks."""


def own_programs(
    programs: Path, folder: Path, environment: Mapping[str, str], account: Mapping[str, Any]
) -> OwnPrograms:
    """Programs with a folder of extensions below `folder`, where one may be written to.

    PostgreSQL finds its files by where it lies itself. So a copy of `postgres` in a tree like the
    installation's sees links to all files of that, and next to them what we add.
    """
    share = _share(programs, folder, environment, account)
    if share is None or not (share / _EXTENSIONS).is_dir():
        return OwnPrograms(postgres=programs / "postgres", extensions=None)
    if share.is_relative_to(folder):
        return OwnPrograms(postgres=programs / "postgres", extensions=share / _EXTENSIONS)
    return _tree(programs.resolve(), share, folder / "tree")


def _share(
    programs: Path, folder: Path, environment: Mapping[str, str], account: Mapping[str, Any]
) -> Path | None:
    command: list[str | Path] = [programs / "initdb", "--show", "--pgdata", folder / "none"]
    answer = subprocess.run(
        command, capture_output=True, text=True, cwd="/", env=dict(environment), **account
    )
    for line in (answer.stdout + answer.stderr).splitlines():
        name, _, value = line.partition("=")
        if name == "share_path":
            return Path(value)
    return None


def _tree(programs: Path, share: Path, top: Path) -> OwnPrograms:
    own, own_share = _below(top, programs), _below(top, share)
    _make(own, top)
    _make(own_share / _EXTENSIONS, top)
    shutil.copy(programs / "postgres", own / "postgres")
    (own / "postgres").chmod(_OPEN)
    _link(programs.parent, own.parent)
    _link(share, own_share)
    _link(share / _EXTENSIONS, own_share / _EXTENSIONS)
    return OwnPrograms(postgres=own / "postgres", extensions=own_share / _EXTENSIONS)


def _below(top: Path, place: Path) -> Path:
    return top / place.relative_to(place.anchor)


def _make(folder: Path, top: Path) -> None:
    """The server's account has to get through, whatever our umask is."""
    folder.mkdir(parents=True, exist_ok=True)
    for each in (folder, *folder.parents):
        each.chmod(_OPEN)
        if each == top:
            return


def _link(source: Path, to: Path) -> None:
    """Links to all that is not there yet."""
    for entry in source.iterdir():
        if not (to / entry.name).exists():
            (to / entry.name).symlink_to(entry)
