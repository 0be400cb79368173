"""A git directory of our own that borrows the objects of a hostile one, and nothing else."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from forensics import limits
from forensics.collect.git import Git
from forensics.collect.repository import Repository, read_regular
from forensics.system.programs import distrust
from forensics.system.temporary import temporary_folder

SECONDS = limits.GIT_SECONDS

_MIB = 2**20
_SMALL = 4096
_REFS = limits.GIT_REFS
_REF = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?\n?|ref: refs/[^\0\n]+\n?")
_PACKED = re.compile(rb"#.*|\^?[0-9a-f]{40}(?:[0-9a-f]{24})?(?: refs/[^\0]+)?")
_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """Git on the copy, with what the original's settings say about its own completeness."""

    git: Git
    repository: Repository
    gaps: tuple[str, ...]
    """Why the history may not be whole, as far as settings and files say."""
    shallow: bool
    partial: bool
    tips: tuple[tuple[str, str], ...]
    """Object ids that no ref may lead to, each with where it stands: `reflog`, `MERGE_HEAD` ..."""


@contextmanager
def quarantine(repository: Repository, seconds: float = SECONDS) -> Iterator[Quarantine]:
    """Build the directory in a private folder, remove it in every case; `seconds` for all commands.

    Configuration, hooks and attributes stay behind, since they make git run a repository's code
    (20 of 27 reading commands did). Objects are borrowed through `info/alternates`, so a
    missing one costs that one, and whoever owns the repository does not matter. From now on, no
    program in its working tree is started.
    """
    distrust(repository.top)
    with temporary_folder("git") as folder:
        settings = _settings(repository, folder, seconds)
        _build(repository, folder, settings)
        yield Quarantine(
            git=Git(folder, seconds),
            repository=repository,
            gaps=_gaps(repository, settings),
            shallow=_is_shallow(repository),
            partial=_is_partial(settings),
            tips=_tips(repository),
        )


def _settings(repository: Repository, folder: Path, seconds: float) -> dict[str, str]:
    """The original's settings, parsed by git itself as a file that it does not act upon."""
    text = read_regular(repository.common_dir / "config", _MIB) or b""
    copy = folder / "their-config"
    copy.write_bytes(text)
    listing = ("config", "--file", str(copy), "--no-includes", "--null", "--list")
    answer = Git(folder, seconds).ask(*listing)
    copy.unlink()
    pairs = (entry.partition("\n") for entry in answer.out.decode("utf-8", "replace").split("\0"))
    return {key: value for key, _, value in pairs if key}


def _build(repository: Repository, folder: Path, settings: dict[str, str]) -> None:
    for part in ("objects/info", "objects/pack", "refs/heads", "info"):
        (folder / part).mkdir(parents=True)
    (folder / "config").write_text(_config(settings))
    objects = os.fsencode(repository.common_dir / "objects")
    (folder / "objects/info/alternates").write_bytes(_quoted(objects) + b"\n")
    head = read_regular(repository.git_dir / "HEAD", _SMALL) or b""
    (folder / "HEAD").write_bytes(head if _REF.fullmatch(head) else b"ref: refs/heads/unknown\n")
    _copy_refs(repository.common_dir, folder)
    if repository.git_dir != repository.common_dir:
        _copy_refs(repository.git_dir, folder)
    _copy_packed_refs(repository.common_dir, folder)
    for base, name, limit in (
        (repository.common_dir, "shallow", 64 * _MIB),
        (repository.common_dir, "info/exclude", _MIB),
        (repository.git_dir, "index", 256 * _MIB),
    ):
        _copy(base / name, folder / name, limit)
    for shared in sorted(repository.git_dir.glob("sharedindex.*")):
        _copy(shared, folder / shared.name, 256 * _MIB)


def _config(settings: dict[str, str]) -> str:
    sha256 = settings.get("extensions.objectformat", "").lower() == "sha256"
    lines = ["[core]", f"repositoryformatversion = {int(sha256)}", "bare = true"]
    # The two of theirs that say how their file system compares names; neither names a program.
    for key in ("ignorecase", "precomposeunicode"):
        if settings.get(f"core.{key}", "").lower() in ("true", "1", "yes", "on"):
            lines.append(f"{key} = true")
    lines += ["[protocol]", "allow = never", "[gc]", "auto = 0", "[maintenance]", "auto = false"]
    if sha256:
        lines += ["[extensions]", "objectformat = sha256"]
    return "\n".join(lines) + "\n"


def _quoted(path: bytes) -> bytes:
    # As gitrepository-layout(5) has it: otherwise a line break in the path would begin a new line.
    plain = (
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03o}" for byte in path
    )
    return b'"' + "".join(plain).encode("ascii") + b'"'


def _copy(source: Path, target: Path, limit: int) -> None:
    if (data := read_regular(source, limit)) is not None:
        target.write_bytes(data)


def _copy_refs(source: Path, folder: Path) -> None:
    for number, path in enumerate(_files(source / "refs")):
        name = path.relative_to(source)
        if number >= _REFS:
            return
        if name.parts[:2] == ("refs", "replace"):
            continue
        data = read_regular(path, _SMALL)
        if data is not None and _REF.fullmatch(data):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)


def _copy_packed_refs(source: Path, folder: Path) -> None:
    data = read_regular(source / "packed-refs", 64 * _MIB) or b""
    lines = [line for line in data.split(b"\n") if _PACKED.fullmatch(line)]
    kept = b"".join(line + b"\n" for line in lines if b" refs/replace/" not in line)
    (folder / "packed-refs").write_bytes(kept)


def _files(folder: Path) -> Iterator[Path]:
    """Regular files below a folder; links are neither followed nor given."""
    for parent, folders, names in os.walk(folder, followlinks=False):
        folders.sort()
        yield from (Path(parent, name) for name in sorted(names))


def _is_shallow(repository: Repository) -> bool:
    return bool(read_regular(repository.common_dir / "shallow", 64 * _MIB))


def _is_partial(settings: dict[str, str]) -> bool:
    return "extensions.partialclone" in settings or any(
        key.startswith("remote.") and key.endswith((".promisor", ".partialclonefilter"))
        for key in settings
    )


def _gaps(repository: Repository, settings: dict[str, str]) -> tuple[str, ...]:
    common = repository.common_dir
    replaced = any(_files(common / "refs/replace")) or b" refs/replace/" in (
        read_regular(common / "packed-refs", 64 * _MIB) or b""
    )
    head = read_regular(repository.git_dir / "HEAD", _SMALL) or b""
    reasons = (
        (_is_shallow(repository), "the clone is shallow: older commits are not here"),
        (_is_partial(settings), "the clone is partial: some objects are on the server only"),
        (
            read_regular(common / "info/grafts", _MIB),
            "grafts rewrite the history; they were ignored",
        ),
        (replaced, "replacement objects rewrite the history; they were ignored"),
        (
            settings.get("extensions.refstorage", "files").lower() != "files",
            "its refs are stored in a form that was not read (reftable)",
        ),
        (not _REF.fullmatch(head), "its HEAD is not readable"),
    )
    return tuple(text for holds, text in reasons if holds)


def _tips(repository: Repository) -> tuple[tuple[str, str], ...]:
    """The first name that an id has counts; a log's newest line is its last."""
    found: dict[str, str] = {}
    for base in dict.fromkeys((repository.git_dir, repository.common_dir)):
        for name in ("MERGE_HEAD", "ORIG_HEAD", "REBASE_HEAD", "CHERRY_PICK_HEAD"):
            for object_id in _ids((read_regular(base / name, _SMALL) or b"").splitlines()):
                found.setdefault(object_id, name)
    for log in _logs(repository):
        where = "stash" if log.parts[-2:] == ("refs", "stash") else "reflog"
        lines = (read_regular(log, 16 * _MIB) or b"").splitlines()
        for object_id in _ids(reversed(lines[-_REFS:])):
            found.setdefault(object_id, where)
        if len(found) > _REFS:
            break
    return tuple(found.items())[:_REFS]


def _ids(lines: Iterable[bytes]) -> Iterator[str]:
    words = (word.decode("latin-1") for line in lines for word in line.split(b" ", 2)[:2])
    return (word for word in words if _ID.fullmatch(word) and word.strip("0"))


def _logs(repository: Repository) -> Iterator[Path]:
    yield from _files(repository.common_dir / "logs/refs")
    yield from (repository.git_dir / "logs/HEAD", repository.common_dir / "logs/HEAD")
    yield from sorted(repository.common_dir.glob("worktrees/*/logs/HEAD"))
    yield from sorted(repository.common_dir.glob("worktrees/*/HEAD"))
