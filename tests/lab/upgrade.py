"""Builds a lab project whose migration folder a newer kit has converted with `drizzle-kit up`."""

import dataclasses
import hashlib
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from tests.lab.build import Fault, Home, LabProject, break_working_tree, build_project
from tests.lab.kits import CACHE, kit_command, kit_modules, lock_hash, node_version


def upgrade(
    folder: Path,
    kit: str,
    faults: frozenset[Fault],
    *,
    project: str,
    home: Home = Home.PUBLIC,
) -> LabProject:
    """Convert the healthy project with the real kit, then break it; without a git history."""
    healthy = build_project(folder, kit, project=project, home=home, git=False)
    _convert(healthy)
    broken = dataclasses.replace(healthy, faults=faults)
    break_working_tree(broken)
    return broken


def _convert(project: LabProject) -> None:
    """By the kit, or as it did with the same files before."""
    kept = CACHE / "upgraded" / _key(project)
    if not kept.exists():
        _run(project)
        with tempfile.TemporaryDirectory(dir=_made(kept.parent)) as private:
            unfinished = shutil.copytree(project.app, Path(private) / "app")
            with suppress(OSError):  # another process was faster
                unfinished.rename(kept)
        return
    shutil.rmtree(project.app)
    shutil.copytree(kept, project.app)


def _run(project: LabProject) -> None:
    modules = project.app / "node_modules"
    modules.symlink_to(kit_modules(project.kit))
    subprocess.run(kit_command("up"), cwd=project.app, capture_output=True, check=True, timeout=60)
    modules.unlink()


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _key(project: LabProject) -> str:
    digest = hashlib.sha256(f"{lock_hash(project.kit)} {node_version()}".encode())
    for path in sorted(it for it in project.app.rglob("*") if it.is_file()):
        digest.update(f"{path.relative_to(project.app)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]
