"""A copy of the project to run its code on: without secrets, and the one that was collected."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from forensics.adapters.real_tool import RealTool
from forensics.collect.own_output import is_output
from forensics.collect.tree import SKIPPED_FOLDERS, WorkingTree
from forensics.errors import ForensicsError
from forensics.evidence.bundle import Bundle
from forensics.evidence.bundle_tree import BundleTree
from forensics.evidence.items import Item
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.tree import Read, join
from forensics.facts import ToolUse
from forensics.model import DeleteFile, Outcome, Step, WriteFile
from forensics.model.edits import combined
from forensics.redaction.redactor import mask, without_digits
from forensics.system.links import stays_inside
from forensics.system.node import MODULES
from forensics.system.ownership import keyed

MOST_BYTES = 512 * 2**20
MOST_FILES = 100_000
_SECRET = (
    *(".env*", "*.env", ".npmrc", ".yarnrc*", ".netrc", ".pgpass", ".pg_service.conf"),
    *(".git-credentials", ".htpasswd", ".vault*", "credentials", "credentials.json"),
    *("service-account*.json", "*.tfstate*", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks"),
    *("*.kdbx", "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*"),
)
_LEFT_OUT = SKIPPED_FOLDERS | {
    *(".aws", ".ssh", ".gnupg", ".docker", ".kube", ".azure", ".gcloud", ".terraform", ".vercel"),
    *(".next", ".nuxt", ".turbo", ".cache", ".svelte-kit", "coverage"),
}


class ProjectDiffers(ForensicsError):
    """The project is not the one that was collected; `path` is the first file that differs."""

    def __init__(self, message: str, path: str) -> None:
        super().__init__(message)
        self.path = path


class TooLarge(ForensicsError):
    """The project is too large to be copied once for every state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectCopy:
    """The copy, and where the packages lie that it needs."""

    folder: Path
    modules: tuple[tuple[Path, str], ...]
    """The project's folders of packages, and where they belong, relative to the top."""
    left_out: tuple[str, ...]
    """Files that look like secrets."""
    refused: tuple[str, ...]
    """Links that lead out of the project, with where they lead."""


def top_of(bundle: Bundle, project: Path) -> Path:
    """The folder that the bundle's paths are relative to; `project` is that, or PROJECT below it.

    Raises `ProjectDiffers` where it is neither.
    """
    given, root = project.resolve(), join(bundle.manifest.project.root, "")
    parts = tuple(filter(None, root.split("/")))
    if parts and given.parts[-len(parts) :] == parts:
        return given.parents[len(parts) - 1]
    if not (given / root).is_dir():
        raise ProjectDiffers(
            f"{project} is not the project of this bundle: it has no folder {root}. "
            "Give with --project the folder that was examined.",
            root,
        )
    return given


def copy_project(top: Path, folder: Path) -> ProjectCopy:
    """Copy what lies below `top`, into a folder that is not there yet.

    Links that lead out of it are left out, and so are secrets, packages and build products.
    Raises `TooLarge`.
    """
    copy = _Copy(top, folder)
    copy.walk("")
    return ProjectCopy(
        folder=folder,
        modules=tuple(copy.modules),
        left_out=tuple(sorted(copy.left_out)),
        refused=tuple(copy.refused),
    )


def require_as_collected(bundle: Bundle, tool: ToolUse, copy: Path) -> None:
    """Compare the tool's files with the bundle; raises `ProjectDiffers` for the first other one."""
    tree, recorded = WorkingTree(copy), BundleTree(bundle)
    for item in _files_of(bundle, tool):
        read = tree.read(item.locator)
        if read.outcome is not item.outcome or not _is_collected(read, item, recorded):
            raise _differs(item.locator)
    for item in bundle.of_kind(EvidenceKind.FOLDER):
        if item.outcome is Outcome.COLLECTED and _is_below(item.locator, tool.folder):
            names = recorded.folder(item.locator).names() ^ tree.folder(item.locator).names()
            if names:
                raise _differs(f"{item.locator}/{min(names)}")


def apply(copy: Path, steps: Iterable[Step]) -> None:
    """Do the file steps of some fixes in a copy; others do not count."""
    written: dict[str, list[WriteFile]] = {}
    for step in steps:
        if isinstance(step, WriteFile):
            written.setdefault(step.path, []).append(step)
        elif isinstance(step, DeleteFile):
            written.pop(step.path, None)
            _inside(copy, step.path).unlink(missing_ok=True)
    for path, edits in written.items():
        target = _inside(copy, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(combined(edits).encode())


def prepare(copy: Path, real_tool: RealTool, tool: ToolUse) -> tuple[str, ...]:
    """Change on a copy what keeps the tool from running there; returns what, in sentences.

    Raises `ProjectDiffers` for a config that is reached by a link.
    """
    if tool.config:
        _inside(copy, tool.config)
    changed = real_tool.prepare(WorkingTree(copy), tool)
    for one in changed:
        _inside(copy, one.path).write_bytes(one.content)
    return tuple(one.why for one in changed)


class _Copy:
    """Walks a hostile tree: no link is followed, nothing but files and folders is opened."""

    def __init__(self, top: Path, folder: Path) -> None:
        self._top = top
        self._folder = folder
        self._bytes = self._files = 0
        self.modules: list[tuple[Path, str]] = []
        self.left_out: list[str] = []
        self.refused: list[str] = []

    def walk(self, path: str) -> None:
        if path and is_output(self._top / path):
            return
        target = self._folder / path
        target.mkdir(parents=True)
        with os.scandir(self._top / path) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
        for entry in listed:
            self._take(entry, f"{path}/{entry.name}".lstrip("/"))

    def _take(self, entry: os.DirEntry[str], path: str) -> None:
        if entry.is_symlink():
            self._link(Path(entry.path), path)
        elif entry.name == MODULES and entry.is_dir():
            self.modules.append((Path(entry.path), path))
        elif entry.is_dir():
            if entry.name not in _LEFT_OUT:
                self.walk(path)
        elif _is_secret(entry.name):
            self.left_out.append(path)
        elif entry.is_file():
            self._count(entry.stat().st_size)
            shutil.copy2(entry.path, self._folder / path, follow_symlinks=False)

    def _link(self, link: Path, path: str) -> None:
        if not stays_inside(self._top, path):
            self.refused.append(f"{path} -> {link.readlink()}")
        elif link.name == MODULES and link.is_dir():
            self.modules.append((link.resolve(), path))
        else:
            (self._folder / path).symlink_to(link.readlink())

    def _count(self, size: int) -> None:
        self._files += 1
        self._bytes += size
        if self._bytes > MOST_BYTES or self._files > MOST_FILES:
            raise TooLarge(
                f"{self._top} holds more than {MOST_BYTES >> 20} MiB or {MOST_FILES} files without "
                "its packages: give --project a checkout without build products and data."
            )


def _is_secret(name: str) -> bool:
    return any(fnmatchcase(name.lower(), pattern) for pattern in _SECRET)


def _files_of(bundle: Bundle, tool: ToolUse) -> Iterator[Item]:
    for item in bundle.of_kind(EvidenceKind.FILE):
        if item.locator == tool.config or _is_below(item.locator, tool.folder):
            yield item


def _is_collected(read: Read, item: Item, recorded: BundleTree) -> bool:
    """Of what was masked the hash is kept under a key; another user can only compare the rest."""
    if item.original is None or read.sha256 is None or read.data is None:
        return read.sha256 == (item.original or item.sha256)
    if item.original in (read.sha256, keyed(read.sha256)):
        return True
    then = recorded.read(item.locator).data
    return then is not None and without_digits(mask(read.data, read.path)[0]) == without_digits(
        then
    )


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _inside(copy: Path, path: str) -> Path:
    target = copy / path
    if not target.parent.resolve().is_relative_to(copy.resolve()) or target.is_symlink():
        raise ProjectDiffers(f"{path} leads through a link: it is not changed on the copy.", path)
    return target


def _differs(path: str) -> ProjectDiffers:
    return ProjectDiffers(
        f"The project has changed since the evidence was collected: {path} differs. "
        "Collect it again, or give --project a checkout of what was examined.",
        path,
    )
