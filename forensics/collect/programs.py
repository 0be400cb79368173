"""Finds the system's own PostgreSQL programs; never one that the examined project brings."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from forensics.system.programs import on_path

# Where distributions put what is not on PATH, in the order in which we prefer them.
SYSTEM_FOLDERS = (
    "usr/lib/postgresql/*/bin",  # Debian
    "usr/pgsql-*/bin",  # the PostgreSQL project's RPMs
    "opt/homebrew/opt/postgresql*/bin",
    "usr/local/opt/postgresql*/bin",
    "home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
)
_CLIENTS = ("opt/homebrew/opt/libpq/bin", "usr/local/opt/libpq/bin")
_VERSION = re.compile(r"(\d+)((?:\.\d+)*)")
_SECONDS = 10


def find_dump_program(least: int, outside: Path) -> Path | None:
    """The `pg_dump` of the lowest major version from `least` on.

    Nothing in the folder `outside`, and no link there, is run, not even to print its version.
    """
    named = [folder / "pg_dump" for folder in _folders()]
    return _fitting(named, least, outside) or _fitting(on_path("pg_dump"), least, outside)


def _fitting(programs: Iterable[Path], least: int, outside: Path) -> Path | None:
    found = []
    for program in programs:
        safe = program.is_file() and not _is_below(program, outside)
        if safe and (version := version_of(program)):
            found.append((int(version.split(".")[0]), program))
    fitting = [(major, program) for major, program in found if major >= least]
    return min(fitting, key=lambda pair: pair[0])[1] if fitting else None


def version_of(program: Path) -> str | None:
    """What a PostgreSQL program says of its version, `None` where it does not run."""
    try:
        answer = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=_SECONDS, cwd="/"
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _VERSION.search(answer.stdout)
    return found[0] if found and answer.returncode == 0 else None


def _folders(root: Path = Path("/")) -> Iterator[Path]:
    for pattern in SYSTEM_FOLDERS:
        yield from sorted(root.glob(pattern))
    yield from (root / client for client in _CLIENTS)


def _is_below(program: Path, folder: Path) -> bool:
    top = folder.resolve()
    return any(path.is_relative_to(top) for path in (program, program.resolve()))
