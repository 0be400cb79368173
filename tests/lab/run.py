"""Runs a real drizzle-kit command on a copy of a lab project and says what it did."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from forensics.demo.project import APP
from tests.lab.build import LabProject
from tests.lab.kits import kit_command, kit_modules
from tests.lab.terminal import run_in_terminal
from tests.lab.transcript import Outcome, first_error, outcome, plain


class KitRun(msgspec.Struct, frozen=True, kw_only=True):
    """What a command printed and did; without an exit code when it was still waiting for a key."""

    exit_code: int | None
    stdout: str
    stderr: str
    first_error: str
    outcome: Outcome
    changed: tuple[str, ...] = ()


def run_kit(
    project: LabProject,
    command: str,
    database_url: str,
    *,
    args: tuple[str, ...] = (),
    timeout: float = 60,
) -> KitRun:
    """Run a command with pipes in place of a terminal, as a deployment does."""
    with _copy(project) as copy:

        def with_pipes() -> tuple[int | None, bytes, bytes]:
            done = subprocess.run(
                _command(command, args),
                cwd=copy / APP,
                env=_environment(copy, database_url),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=timeout,
                check=False,
            )
            return done.returncode, done.stdout, done.stderr

        return _observed(project, copy, database_url, with_pipes)


def run_kit_in_terminal(
    project: LabProject,
    command: str,
    database_url: str,
    *,
    args: tuple[str, ...] = (),
    patience: float = 4,
    keys: tuple[bytes, ...] = (),
) -> KitRun:
    """Run a command in a terminal; end it when it stays quiet that long and all keys are pressed."""
    with _copy(project) as copy:

        def in_terminal() -> tuple[int | None, bytes, bytes]:
            environment = {**_environment(copy, database_url), "TERM": "xterm"}
            code, output = run_in_terminal(
                _command(command, args),
                cwd=copy / APP,
                environment=environment,
                patience=patience,
                keys=keys,
            )
            return code, output, b""

        return _observed(project, copy, database_url, in_terminal)


def _observed(
    project: LabProject,
    copy: Path,
    database_url: str,
    run: Callable[[], tuple[int | None, bytes, bytes]],
) -> KitRun:
    before = _files(copy / APP)
    code, out, err = run()
    names = _names(project, copy, database_url)
    stdout, stderr = plain(out, names), plain(err, names)
    return KitRun(
        exit_code=code,
        stdout=stdout,
        stderr=stderr,
        first_error=first_error(stdout, stderr, code),
        outcome=outcome(stdout, stderr, code),
        changed=_changed(before, _files(copy / APP)),
    )


def _command(command: str, args: tuple[str, ...]) -> list[str]:
    return kit_command(command, *args)


@contextmanager
def _copy(project: LabProject) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="lab-run-") as scratch:
        copy = Path(scratch).resolve() / "project"
        ignored = shutil.ignore_patterns(".git", "node_modules")
        shutil.copytree(project.folder, copy, symlinks=True, ignore=ignored)
        (copy / APP / "node_modules").symlink_to(kit_modules(project.kit))
        (copy.parent / "home").mkdir()
        yield copy


def _environment(copy: Path, database_url: str) -> dict[str, str]:
    return clean_environment(copy.parent / "home", database_url)


def clean_environment(folder: Path, database_url: str) -> dict[str, str]:
    """What a run sees of this machine: a home of its own, and the database."""
    home = str(folder)
    fixed = {"HOME": home, "TMPDIR": home, "LANG": "C.UTF-8", "TZ": "UTC", "CI": "true"}
    return {"PATH": os.environ.get("PATH", os.defpath), **fixed, "DATABASE_URL": database_url}


def _names(project: LabProject, copy: Path, database_url: str) -> list[tuple[str, str]]:
    kit = kit_modules(project.kit).resolve()
    return [
        (str(copy), "<project>"),
        (str(kit), "<kit>"),
        (str(kit.parent), "<kit>"),
        (str(copy.parent), "<scratch>"),
        (database_url, "<database>"),
    ]


def _files(folder: Path) -> dict[str, bytes]:
    """All files below a folder; the link to node_modules is not followed."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "node_modules" not in path.parts
    }


def _changed(before: dict[str, bytes], after: dict[str, bytes]) -> tuple[str, ...]:
    """The files that were written (+), rewritten (~) or deleted (-)."""
    signs = {
        name: "-" if name not in after else "+" if name not in before else "~"
        for name in before.keys() | after.keys()
        if before.get(name) != after.get(name)
    }
    return tuple(f"{signs[name]}{name}" for name in sorted(signs))
