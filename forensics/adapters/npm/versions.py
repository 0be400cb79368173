"""Finds the version of a package that most likely runs: installed, else locked, else declared."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import msgspec

from forensics.adapters.npm.packages import Package, ancestors
from forensics.evidence.tree import Tree, join
from forensics.facts import Unread
from forensics.model import Outcome, Record

_VERSION = re.compile(r"\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?")
_RANGE = re.compile(r"(\d+)(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(-[0-9A-Za-z.-]+)?")


class Version(Record, frozen=True, kw_only=True):
    """A version with where it was found; `None` where nothing says it."""

    version: str | None = None
    source: str = ""
    evidence: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()


def find_version(tree: Tree, name: str, folder: str, packages: dict[str, Package]) -> Version:
    """The version of a package as seen from a folder; `packages` are those known, by folder."""
    if found := _installed(tree, name, folder):
        return found
    nearest = [packages[it] for it in ancestors(folder) if it in packages]
    declaring = next((package for package in nearest if package.range_of(name)), None)
    locked = _locked(tree, name, declaring, declaring.folder if declaring else folder)
    if locked.version or declaring is None:
        return locked
    text = declaring.range_of(name) or ""
    return Version(
        version=lower_bound(text),
        source=f"declared in {declaring.path}: {text}",
        evidence=(declaring.evidence,),
        unread=locked.unread,
    )


def lower_bound(text: str) -> str | None:
    """The lowest version of a range: `^0.31.1` gives 0.31.1; `latest` and `*` give nothing."""
    found = _RANGE.search(text.removeprefix("npm:").rpartition("@")[2])
    if found is None or text.startswith(
        ("link:", "file:", "workspace:", "http", "git", "catalog:")
    ):
        return None
    parts = (part if part and part.isdigit() else "0" for part in found.group(1, 2, 3))
    return ".".join(parts) + (found[4] or "")


def _installed(tree: Tree, name: str, folder: str) -> Version | None:
    for ancestor in ancestors(folder):
        path = join(ancestor, f"node_modules/{name}/package.json")
        read = tree.read(path)
        if read.outcome is not Outcome.COLLECTED or read.text is None:
            continue
        try:
            content = json.loads(read.text)
        except (ValueError, RecursionError):
            continue
        version = content.get("version") if isinstance(content, dict) else None
        if isinstance(version, str):
            return Version(version=version, source=f"installed: {path}", evidence=(read.evidence,))
    return None


def _locked(tree: Tree, name: str, package: Package | None, folder: str) -> Version:
    unread: tuple[Unread, ...] = ()
    for ancestor in ancestors(folder):
        names = tree.folder(ancestor).names()
        for lock in (lock for lock in _LOCKS if lock in names):
            path = join(ancestor, lock)
            read = tree.read(path)
            wanted = Wanted(name=name, folder=folder, lock_folder=ancestor, package=package)
            version = _LOCKS[lock](read.text or "", wanted)
            if version is not None:
                return Version(
                    version=version, source=f"locked in {path}", evidence=(read.evidence,)
                )
        if "bun.lockb" in names and not unread:
            unread = (_binary_lock(join(ancestor, "bun.lockb"), name),)
    return Version(unread=unread)


def _binary_lock(path: str, name: str) -> Unread:
    return Unread(
        what=f"the locked version of {name} ({path} is binary)",
        how_to_get_it="run `bun install --save-text-lockfile`, or install the packages",
    )


# --- Lock files ---------------------------------------------------------------------------------


class Wanted(Record, frozen=True, kw_only=True):
    """Which package's version is looked up, and for which of the workspaces."""

    name: str
    folder: str
    lock_folder: str
    package: Package | None

    @property
    def importer(self) -> str:
        """The workspace as lock files name it: its path from the lock file's folder."""
        return self.folder.removeprefix(self.lock_folder).strip("/")


def _pnpm(text: str, wanted: Wanted) -> str | None:
    """Versions 5 to 9: `importers`, else the top level, else the only one in `packages`."""
    text = text.replace("\r\n", "\n")
    head, _, packages = text.partition("\npackages:\n")
    importer = re.escape(wanted.importer or ".")
    block = re.search(rf"^  ['\"]?{importer}['\"]?:\n((?:    .*\n|\n)*)", head + "\n", re.MULTILINE)
    own = block[1] if block else "" if "\nimporters:" in head else head
    name = re.escape(wanted.name)
    entries = re.findall(
        rf"^ +['\"]?{name}['\"]?:(?: (\S+)| *\n +specifier: .*\n +version: (\S+))$",
        own,
        re.MULTILINE,
    )
    if entries:
        return _plain("".join(entries[-1]))
    found = re.findall(rf"^  ['\"]?/?{name}[@/]([^:(_'\"/\s]+)", packages, re.MULTILINE)
    return _only(found)


class _NpmPackage(msgspec.Struct, frozen=True):
    version: str | None = None


class _NpmLock(msgspec.Struct, frozen=True):
    packages: dict[str, msgspec.Raw] = {}
    dependencies: dict[str, msgspec.Raw] = {}


def _npm(text: str, wanted: Wanted) -> str | None:
    """Versions 2 and 3: `packages`, the nearest node_modules first; 1: `dependencies`."""
    try:
        lock = msgspec.json.decode(text, type=_NpmLock)
        for ancestor in ancestors(wanted.importer):
            if raw := lock.packages.get(join(ancestor, f"node_modules/{wanted.name}")):
                return msgspec.json.decode(raw, type=_NpmPackage).version
        if raw := lock.dependencies.get(wanted.name):
            return msgspec.json.decode(raw, type=_NpmPackage).version
    except (msgspec.DecodeError, RecursionError):
        return None
    return None


def _yarn(text: str, wanted: Wanted) -> str | None:
    """Classic and berry: the entry of the declared range, else the only one."""
    name = re.escape(wanted.name)
    entries = re.findall(
        rf"^(\"?{name}@.*):\n +version:? \"?([^\s\"]+)", text.replace("\r\n", "\n"), re.MULTILINE
    )
    declared = wanted.package.range_of(wanted.name) if wanted.package else None
    for keys, version in entries:
        ranges = {key.strip(' "').removeprefix(f"{wanted.name}@") for key in keys.split(",")}
        if declared in ranges or f"npm:{declared}" in ranges:
            return _plain(version)
    return _only([version for _, version in entries])


def _bun(text: str, wanted: Wanted) -> str | None:
    """bun.lock: the entry of the workspace's own package, else the shared one."""
    name = re.escape(wanted.name)
    entries = dict(re.findall(rf'^ +"((?:[^"]+/)?{name})": \["{name}@([^"]+)"', text, re.MULTILINE))
    workspace = wanted.package.name if wanted.package else ""
    version = entries.get(f"{workspace}/{wanted.name}") or entries.get(wanted.name)
    return _plain(version) if version else None


def _plain(text: str) -> str | None:
    """`0.30.10(pg@8.11.5)` and `0.29.0_abc` without their suffixes."""
    found = _VERSION.match(text.strip("'\""))
    return found[0] if found else None


def _only(found: list[str]) -> str | None:
    versions = {version for text in found if (version := _plain(text))}
    return versions.pop() if len(versions) == 1 else None


_LOCKS: dict[str, Callable[[str, Wanted], str | None]] = {
    "pnpm-lock.yaml": _pnpm,
    "yarn.lock": _yarn,
    "bun.lock": _bun,
    "npm-shrinkwrap.json": _npm,
    "package-lock.json": _npm,
}
