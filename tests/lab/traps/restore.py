"""Puts a kept trap on disk and into a server again, without running the real tool."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from forensics.scratch.postgres import Server
from tests.lab.traps.observe import HISTORIES, State
from tests.lab.traps.workshop import git


def open_store(folder: Path) -> Path:
    """The repository of all traps."""
    folder.mkdir()
    git(folder, "init", "-q", "--bare")
    with HISTORIES.open("rb") as stream:
        subprocess.run(
            ["git", "fast-import", "--quiet"], cwd=folder, stdin=stream, check=True, timeout=60
        )
    return folder


def restore_project(state: State, store: Path, folder: Path) -> Path:
    """The project with its history; what nobody committed is not committed."""
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    git(folder, "fetch", "-q", str(store), f"refs/heads/{state.ref}/tree")
    git(folder, "reset", "-q", "--hard", "FETCH_HEAD")
    git(folder, "reset", "-q", "HEAD~1")
    return folder


@contextmanager
def restored_database(state: State, server: Server) -> Iterator[str]:
    """Its database; yields the name."""
    name = f"trap_{uuid4().hex[:12]}"
    server.create_database(name, template="template0")
    server.execute(state.sql, database=name)
    try:
        yield name
    finally:
        server.drop_database(name)
