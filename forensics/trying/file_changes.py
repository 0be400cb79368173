"""What `rm`, `mv`, `cp` and `git apply` do to files, from the evidence alone."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path

from forensics.errors import ForensicsError
from forensics.evidence.tree import join, split
from forensics.facts import Commits
from forensics.system.programs import program, search_path
from forensics.system.temporary import temporary_folder
from forensics.trying.actions import Deletion, Move, Patch
from forensics.trying.changed_tree import ChangedTree

_GIT_SECONDS = 30
_GLOB = frozenset("*?[")


class CannotTry(ForensicsError):
    """What was requested cannot be tried on this bundle."""


class ActionFailed(Exception):
    """The action itself would stop with this message."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Where an action takes place: the files, and the folders in which people may stand."""

    tree: ChangedTree
    bases: tuple[str, ...]
    """The project, the tool's working folder, the git top level: relative paths start at one."""
    commits: Commits | None = None


def delete(ground: Ground, action: Deletion) -> ChangedTree:
    """The files after `rm`; raises `ActionFailed` and `CannotTry`."""
    tree = ground.tree
    for given in action.paths:
        for path in _meant(ground, given, missing_is_fine=action.force and not action.by_git):
            if tree.is_folder(path) and not action.folders:
                raise ActionFailed(f"rm: {path!r} is a folder, and -r is missing")
            tree = _without_tracked(ground, tree, path) if action.by_git else tree.without(path)
    return tree


def move(ground: Ground, action: Move) -> ChangedTree:
    """The files after `mv` or `cp`; raises `ActionFailed` and `CannotTry`."""
    tree = ground.tree
    sources = [path for given in action.sources for path in _meant(ground, given)]
    _check_relative(action.target)
    target = join(_base_of(ground, action.sources[0]), action.target)
    into = tree.is_folder(target)
    if len(sources) > 1 and not into:
        raise ActionFailed(f"{target!r} is not a folder")
    for source in sources:
        if tree.is_folder(source) and not action.folders:
            raise ActionFailed(f"cp: {source!r} is a folder, and -r is missing")
        if action.by_git and not _is_tracked(ground, source):
            raise ActionFailed(f"fatal: {source!r} is not under version control")
        end = join(target, split(source)[1]) if into else target
        copies = {end + path.removeprefix(source): tree.read(path) for path in tree.files(source)}
        tree = tree if action.keeps else tree.without(source)
        for path, read in copies.items():
            tree = tree.with_file(path, read)
    return tree


def patch(ground: Ground, action: Patch) -> ChangedTree:
    """The files after `git apply`, which git itself says; raises `ActionFailed`, `CannotTry`."""
    names = _named(action.diff)
    base = _where_it_fits(ground, names)
    tree = ground.tree
    with temporary_folder("patch") as folder:
        top = folder / "tree"
        top.mkdir()
        laid = _lay_out(tree, base, names, top)
        try:
            _git(action.diff, top, "apply", "-")
        except ActionFailed as error:
            _check_unmasked(tree, [join(base, name) for name in names], error)
            raise
        for name in sorted({*laid, *_found(top)}):
            file, path = top / name, join(base, name)
            if file.is_symlink():
                raise CannotTry(f"The patch makes a link of {path}: that is not tried.")
            if not file.is_file():
                tree = tree.without(path)
            elif (data := file.read_bytes()) != laid.get(name):
                tree = tree.with_file(path, data)
    return tree


# --- Paths --------------------------------------------------------------------------------------


def _meant(ground: Ground, given: str, *, missing_is_fine: bool = False) -> list[str]:
    """The paths that a word of the shell stands for, from the first base where there are any."""
    _check_relative(given)
    for base in ground.bases:
        if found := list(_matching(ground.tree, base, given)):
            return found
    if all(ground.tree.exists(join(base, given)) is None for base in ground.bases):
        raise CannotTry(f"{given!r} is not among the evidence, so nothing is known of it.")
    if missing_is_fine:
        return []
    raise ActionFailed(f"there is no {given!r}")


def _check_relative(given: str) -> None:
    if given.startswith(("/", "~")):
        raise CannotTry(f"{given!r} is not a path within the project: give one relative to it.")


def _matching(tree: ChangedTree, base: str, given: str) -> Iterator[str]:
    if not _GLOB & set(given):
        path = join(base, given)
        if path and tree.exists(path):
            yield path
        return
    above, pattern = split(given)
    if _GLOB & set(above):
        raise CannotTry(f"{given!r}: only the last part of a path may have wildcards.")
    folder = join(base, above)
    for name in sorted(tree.folder(folder).names()):
        hidden = name.startswith(".") and not pattern.startswith(".")
        if fnmatchcase(name, pattern) and not hidden:
            yield join(folder, name)


def _base_of(ground: Ground, given: str) -> str:
    """The base from which a given path was understood."""
    bases = (base for base in ground.bases if list(_matching(ground.tree, base, given)))
    return next(bases, "")


def _is_tracked(ground: Ground, path: str) -> bool:
    """Whether git knows a file; of what was not asked, it is taken for granted."""
    state = ground.commits.state(path) if ground.commits else None
    return state is None or state.state == "tracked"


def _without_tracked(ground: Ground, tree: ChangedTree, path: str) -> ChangedTree:
    """What `git rm` leaves: files that git does not track stay."""
    files = list(tree.files(path))
    tracked = [file for file in files if _is_tracked(ground, file)]
    if not tracked:
        raise ActionFailed(f"fatal: pathspec {path!r} did not match any files that git tracks")
    if tracked == files:
        return tree.without(path)
    for file in tracked:
        tree = tree.without(file)
    return tree


# --- Patches ------------------------------------------------------------------------------------


def _named(diff: str) -> tuple[str, ...]:
    """The files that git sees in a patch, by the names that they have afterwards."""
    with temporary_folder("patch") as folder:
        told = _git(diff, folder, "apply", "--numstat", "-z", "-")
    return tuple(record.split("\t")[2] for record in told.split("\0") if record)


def _where_it_fits(ground: Ground, names: Iterable[str]) -> str:
    """The base below which the named files, or else their folders, are known."""
    names = tuple(names)

    def known(base: str) -> tuple[int, int]:
        there = (ground.tree.exists(join(base, name)) for name in names)
        beside = (ground.tree.is_folder(split(join(base, name))[0]) for name in names)
        return sum(map(bool, there)), sum(beside)

    best = max(ground.bases, key=known)
    for name in names:
        path = join(best, name)
        there = ground.tree.exists(path)
        if there is None or (there and ground.tree.read(path).data is None):
            raise CannotTry(
                f"The patch touches {name!r}, whose content is not among the evidence: what a "
                "change of it does is not known here."
            )
    return best


def _lay_out(tree: ChangedTree, base: str, names: Iterable[str], top: Path) -> dict[str, bytes]:
    """Write what git has to see: the named files, and their neighbours, which may be renamed."""
    prefix = f"{base}/" if base else ""
    folders = {split(join(base, name))[0] for name in names}
    paths = (join(f, entry.name) for f in sorted(folders) for entry in tree.folder(f).entries)
    laid: dict[str, bytes] = {}
    for path in paths:
        data = tree.read(path).data
        if data is not None and path.startswith(prefix):
            name = path.removeprefix(prefix)
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            (top / name).write_bytes(data)
            laid[name] = data
    return laid


def _check_unmasked(tree: ChangedTree, paths: Iterable[str], error: ActionFailed) -> None:
    """A patch of a file whose secrets were masked may fail for that reason alone."""
    for path in paths:
        read = tree.read(path)
        if read.data is not None and sha256(read.data).hexdigest() != read.sha256:
            raise CannotTry(
                f"Secrets in {path} are masked in the bundle, and the patch does not fit: {error}."
            )


def _found(top: Path) -> Iterator[str]:
    for parent, _, files in os.walk(top):
        yield from (Path(parent, name).relative_to(top).as_posix() for name in files)


def _git(diff: str, folder: Path, *arguments: str) -> str:
    """Run git outside of every repository and without anybody's settings."""
    environment = {
        "PATH": search_path(),
        "GIT_CEILING_DIRECTORIES": str(folder.parent),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "LC_ALL": "C",
    }
    try:
        done = subprocess.run(
            [program("git"), *arguments],
            cwd=folder,
            env=environment,
            input=diff.encode(),
            capture_output=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise CannotTry("git is not installed, and a patch cannot be tried without.") from error
    except subprocess.TimeoutExpired as error:
        raise CannotTry("git took too long over the patch.") from error
    if done.returncode:
        raise ActionFailed(done.stderr.decode("utf-8", "replace").strip())
    return done.stdout.decode("utf-8", "surrogateescape")
