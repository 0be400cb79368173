"""Finds programs on PATH, but none that an examined project brings.

PATH begins with the project's own `node_modules/.bin` where a package manager started us, and with
other folders of it where a tool of the shell adds them.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PACKAGES = "node_modules"
_MOST = 10_000
_distrusted: OrderedDict[Path, None] = OrderedDict()


def distrust(folder: Path) -> None:
    """From now on, start no program that lies below a folder.

    A folder with the user's home in it is not a project, but everything that the user has.
    """
    place = Path(os.path.realpath(folder))
    with suppress(RuntimeError):  # no home
        if Path.home().is_relative_to(place):
            return
    _distrusted[place] = None
    if len(_distrusted) > _MOST:
        _distrusted.popitem(last=False)


def is_trusted(place: Path) -> bool:
    """Whether neither a program or folder, nor what it links to, lies in an examined project."""
    around = {it for own in _places(place) for it in (own, *own.parents)}
    return around.isdisjoint(_distrusted)


def search_path() -> str:
    """PATH without what projects bring: for our own search, and for the programs that we start."""
    entries = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(filter(_is_ours, entries)) or os.defpath


def on_path(name: str) -> Iterator[Path]:
    """The programs of a name, in the order of PATH; a project may link into its own folders."""
    for entry in search_path().split(os.pathsep):
        found = Path(entry, name)
        if found.is_file() and os.access(found, os.X_OK) and is_trusted(found):
            yield found


def find_program(name: str) -> str | None:
    """The program that PATH leads to; `None` where only projects bring one, or nobody does."""
    return next(map(str, on_path(name)), None)


def program(name: str) -> str:
    """The same to start at once: where there is none, the system says that it is not found."""
    return find_program(name) or f"/nonexistent/{name}"


def _is_ours(entry: str) -> bool:
    """A relative entry leads into the folder that we were started in."""
    if not os.path.isabs(entry):
        return False
    packages = any(_PACKAGES in it.parts for it in _places(Path(entry)))
    return not packages and is_trusted(Path(entry))


def _places(given: Path) -> tuple[Path, Path]:
    return Path(os.path.abspath(given)), Path(os.path.realpath(given))
