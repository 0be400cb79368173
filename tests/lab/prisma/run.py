"""Runs the real CLI of Prisma on a project, with its engine beside it."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import msgspec

from tests.lab.kits import kit_modules, node

ENGINE = Path(__file__).with_name("engine.mjs")
_WITHOUT_SERVER = f"--require={Path(__file__).with_name('without_server.cjs')}"
_LONGEST = 500
_BEGINS = ("Prisma schema loaded", "Loaded Prisma config", 'Datasource "', "Environment variables")


class PrismaRun(msgspec.Struct, frozen=True, kw_only=True):
    """How a command ended."""

    exit_code: int
    text: str
    """What it printed, without the lines that say what was loaded, and without blank lines."""


def write(top: Path, files: Mapping[str, str | bytes]) -> None:
    """Put a project on disk."""
    for path, text in files.items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_bytes(text if isinstance(text, bytes) else text.encode())


def run_prisma(kit: str, project: Path, url: str, *words: str) -> PrismaRun:
    """Run a command with pipes in place of a terminal, as a deployment does."""
    modules = kit_modules(f"prisma-{kit}")
    environment = {
        "PATH": f"{Path(node()).parent}:{os.environ['PATH']}",
        "HOME": str(project),
        "DATABASE_URL": url,
        "PRISMA_SCHEMA_ENGINE_BINARY": str(ENGINE),
        "PRISMA_QUERY_ENGINE_LIBRARY": str(ENGINE),  # 6 wants the file, and never opens it
        "LAB_PRISMA_KIT": str(modules.parent),
        "PRISMA_HIDE_UPDATE_MESSAGE": "1",
        "CHECKPOINT_DISABLE": "1",
        "NO_COLOR": "1",
    }
    link = project / "node_modules"
    if not link.is_symlink():
        link.symlink_to(modules)
    done = subprocess.run(
        [
            node(),
            _WITHOUT_SERVER,
            "node_modules/prisma/build/index.js",
            *words,
            *_quiet(kit, words),
        ],
        cwd=project,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    lines = (line.rstrip()[:_LONGEST] for line in f"{done.stdout}\n{done.stderr}".splitlines())
    kept = (line for line in lines if line and not line.startswith(_BEGINS))
    return PrismaRun(exit_code=done.returncode, text="\n".join(kept))


def _quiet(kit: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """`dev` of 6 would install the client."""
    return ("--skip-generate",) if kit.startswith("6") and words[:2] == ("migrate", "dev") else ()
