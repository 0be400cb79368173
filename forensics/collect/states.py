"""Which files of a folder git tracks, which it ignores by which rule, and which it merely sees."""

from __future__ import annotations

import os
from pathlib import Path

from forensics.collect.git import Git
from forensics.collect.names import candidates, stored
from forensics.collect.quarantine import Quarantine
from forensics.collect.tree import WorkingTree
from forensics.evidence.tree import split
from forensics.facts import PathState
from forensics.model import Outcome

FILES = 20_000
"""Files whose state is told."""


def path_states(place: Quarantine, paths: tuple[str, ...]) -> tuple[PathState, ...]:
    """The state of every file at or below the paths, on disk or in the index; sorted by path."""
    tracked = _tracked(place.git, paths)
    present = _present(place.repository.top, paths)
    loose = [path for path in present if path not in tracked]
    rules = _rules(place, loose)
    states = [PathState(path=path, state="tracked") for path in tracked]
    for path in loose:
        state = "ignored" if path in rules else "untracked"
        states.append(PathState(path=path, state=state, rule=rules.get(path)))
    return tuple(sorted(states, key=lambda state: state.path)[:FILES])


def commit_states(git: Git, commit: str, paths: tuple[str, ...]) -> tuple[PathState, ...]:
    """The state of every file at or below the paths in a commit: it holds no others."""
    listing = ("--literal-pathspecs", "ls-tree", "-r", "-z", "--name-only", "--full-tree", commit)
    out = git.ask(*listing, "--", *(path for path in paths if path)).out
    held = (stored(path) for path in out.split(b"\0")[:-1])
    return tuple(PathState(path=path, state="tracked") for path in sorted(held))[:FILES]


def _tracked(git: Git, paths: tuple[str, ...]) -> frozenset[str]:
    specs = (path or "." for path in paths)
    out = git.ask("--literal-pathspecs", "ls-files", "-z", "--stage", "--", *specs).out
    records = (record.partition(b"\t")[2] for record in out.split(b"\0"))
    return frozenset(stored(path) for path in records if path)


def _present(top: Path, paths: tuple[str, ...]) -> list[str]:
    tree = WorkingTree(top, entries=FILES)
    found: dict[str, None] = {}
    for path in paths:
        if tree.folder(path).outcome is Outcome.COLLECTED:
            found.update(dict.fromkeys(tree.search(path, ("*",)).paths))
        else:
            folder, name = split(path)
            if name in tree.folder(folder).names():
                found[path] = None
    return list(found)


def _rules(place: Quarantine, paths: list[str]) -> dict[str, str]:
    """Path -> the rule that ignores it; reads .gitignore files, runs nothing of the project."""
    if not paths:
        return {}
    top = place.repository.top
    asked = b"".join(_raw(top, path) + b"\0" for path in paths)
    command = ("check-ignore", "-z", "-v", "--no-index", "--stdin")
    answer = place.git.ask(*_excludes(place.git), *command, stdin=asked, work_tree=top)
    fields = answer.out.split(b"\0")
    found: dict[str, str] = {}
    for source, line, pattern, path in zip(*(fields[n::4] for n in range(4)), strict=False):
        if not pattern.startswith(b"!"):
            rule = f"{_source(place.git, source)}:{line.decode('ascii')}: {stored(pattern)}"
            found[stored(path)] = rule
    return found


def _raw(top: Path, path: str) -> bytes:
    names = candidates(path)
    return next((raw for raw in names if os.path.lexists(os.fsencode(top) + b"/" + raw)), names[0])


def _excludes(git: Git) -> tuple[str, ...]:
    """The user's own list of ignored files; git must be told, it reads no settings here."""
    for config in reversed(_own_settings()):
        listing = ("config", "--file", str(config), "--includes", "--type=path", "--get")
        answer = git.ask(*listing, "core.excludesFile")
        if answer.whole:
            file = os.fsdecode(answer.out.removesuffix(b"\n"))
            return ("-c", f"core.excludesFile={file}")
    return ()


def _own_settings() -> list[Path]:
    """In the order in which git reads them: the later wins."""
    xdg = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    both = (xdg / "git/config", Path("~/.gitconfig").expanduser())
    return [path for path in both if path.is_file()]


def _source(git: Git, source: bytes) -> str:
    """Where a rule stands, without telling the names of folders outside the project."""
    path = os.fsdecode(source)
    if path == str(git.git_dir / "info/exclude"):
        return ".git/info/exclude"
    home = str(Path("~").expanduser()).rstrip("/") + "/"
    if path.startswith(home):
        return stored("~/" + path.removeprefix(home))
    return stored(path)
