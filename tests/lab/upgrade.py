"""Builds a lab project whose migration folder a newer kit has converted with `drizzle-kit up`."""

import dataclasses
import subprocess
from pathlib import Path

from tests.lab.build import Fault, Home, LabProject, break_working_tree, build_project
from tests.lab.kits import kit_modules, node


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
    modules = healthy.app / "node_modules"
    modules.symlink_to(kit_modules(kit))
    command = [node(), "node_modules/drizzle-kit/bin.cjs", "up"]
    subprocess.run(command, cwd=healthy.app, capture_output=True, check=True, timeout=60)
    modules.unlink()
    broken = dataclasses.replace(healthy, faults=faults)
    break_working_tree(broken)
    return broken
