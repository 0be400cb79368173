"""Another Python than ours, with the same libraries, to hold results against."""

import fcntl
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".pytest_cache" / "d" / "pythons"
OLDEST = (3, 11)
_DISTRIBUTION = "migration-forensics"
_VERSION = "import sys; print(*sys.version_info[:2])"


def other_python() -> Path | None:
    """A Python of another minor version on this machine, the newest; `None` where there is none."""
    found: dict[tuple[int, int], Path] = {}
    for program in _candidates():
        told = _version_of(program)
        if told is not None and told >= OLDEST and told != sys.version_info[:2]:
            found.setdefault(told, program)
    return found[max(found)] if found else None


def with_our_libraries(python: Path) -> Path:
    """A Python in a virtual environment of its own, with the versions of libraries that we run."""
    pins = sorted({f"{name}=={version(name)}" for name in _needed(_DISTRIBUTION)})
    told = hashlib.sha256("\n".join((str(python), *pins)).encode()).hexdigest()[:16]
    place = CACHE / told
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{told}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "whole").exists():
            _run([str(python), "-m", "venv", "--clear", str(place)])
            pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps"]
            _run([*pip, *pins])
            (place / "whole").touch()
    return place / "bin" / "python"


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _candidates() -> Iterator[Path]:
    folders = [Path(each) for each in os.environ["PATH"].split(os.pathsep) if each]
    folders += sorted(Path.home().glob(".pyenv/versions/3.*/bin"))
    folders += sorted(Path("/opt/hostedtoolcache/Python").glob("3.*/x64/bin"))
    for folder in folders:
        for program in sorted(folder.glob("python3.*")):
            if re.fullmatch(r"python3\.\d+", program.name):
                yield program


def _version_of(program: Path) -> tuple[int, int] | None:
    try:
        line = [str(program), "-I", "-c", _VERSION]
        told = subprocess.run(line, capture_output=True, text=True, timeout=20, check=False)
        major, minor = told.stdout.split()
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return int(major), int(minor)


def _needed(name: str, extras: Iterable[str] = ()) -> Iterator[str]:
    """What a distribution needs to run, with what that needs, as far as it is installed here."""
    for each in map(Requirement, requires(name) or ()):
        marker = each.marker
        wanted = marker is None or any(marker.evaluate({"extra": it}) for it in ("", *extras))
        if wanted and _is_installed(each.name):
            yield each.name
            yield from _needed(each.name, each.extras)


def _is_installed(name: str) -> bool:
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False
