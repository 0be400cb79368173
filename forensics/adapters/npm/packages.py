"""Reads package.json files: what they depend on, and which commands their scripts run where."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from forensics.evidence.tree import Tree, join, split
from forensics.facts import Unread
from forensics.model import Outcome, Record

_SEPARATOR = re.compile(r"&&|\|\||[;|&]")
_CHANGE_FOLDER = re.compile(r"^\s*cd\s+[\"']?([^\s\"']+)")
_DEPENDENCIES = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")


class Package(Record, frozen=True, kw_only=True):
    """One package.json; `folder` is where its scripts run."""

    path: str
    folder: str
    evidence: str
    name: str = ""
    scripts: tuple[tuple[str, str], ...] = ()
    dependencies: tuple[tuple[str, str], ...] = ()

    def range_of(self, name: str) -> str | None:
        """The declared range of a dependency, of whatever kind."""
        return next((text for dependency, text in self.dependencies if dependency == name), None)


class ScriptStep(Record, frozen=True, kw_only=True):
    """One command of a script, and the folder in which it runs."""

    text: str
    folder: str
    script: str
    package: str
    evidence: str

    @property
    def source(self) -> str:
        """`apps/api/package.json: build`."""
        return f"{self.package}: {self.script}"


def read_package(tree: Tree, path: str) -> Package | None:
    """Read one package.json; `None` where it is absent or not understood."""
    read = tree.read(path)
    if read.outcome is not Outcome.COLLECTED or read.text is None:
        return None
    try:
        content = json.loads(read.text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    name = content.get("name")
    return Package(
        path=path,
        folder=split(path)[0],
        evidence=read.evidence,
        name=name if isinstance(name, str) else "",
        scripts=_texts(content.get("scripts")),
        dependencies=tuple(pair for kind in _DEPENDENCIES for pair in _texts(content.get(kind))),
    )


def unreadable(tree: Tree, folder: str) -> Unread | None:
    """Why the nearest package.json of a folder, which may say anything, tells nothing."""
    for ancestor in ancestors(folder):
        path = join(ancestor, "package.json")
        read = tree.read(path)
        if read.outcome is Outcome.ABSENT or read.outcome is Outcome.SKIPPED:
            continue
        if read_package(tree, path) is not None:
            return None
        why = "is not valid JSON" if read.text is not None else read.note or str(read.outcome)
        return Unread(
            what=f"what {path} says ({why})",
            how_to_get_it="put a file there that can be read: it has versions and scripts",
            whole=True,
        )
    return None


def steps(package: Package) -> Iterator[ScriptStep]:
    """The commands of all scripts in order, each with the folder that a `cd` before it leads to."""
    for script, command in package.scripts:
        folder = package.folder
        for text in _SEPARATOR.split(command):
            if found := _CHANGE_FOLDER.match(text):
                folder = join(folder, found[1])
                continue
            yield ScriptStep(
                text=text.strip(),
                folder=folder,
                script=script,
                package=package.path,
                evidence=package.evidence,
            )


def ancestors(folder: str) -> Iterator[str]:
    """A folder, the one that holds it, and so on up to the top, which is empty."""
    while folder:
        yield folder
        folder = split(folder)[0]
    yield ""


def _texts(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        return ()
    return tuple((name, text) for name, text in value.items() if isinstance(text, str))
