"""tally itself, run on a project and a database of the tests' own server."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from forensics.adapters.base import Hints, shown
from forensics.collect.case import collect
from forensics.collect.request import Request
from forensics.evidence.bundle import Bundle
from forensics.evidence.bundle_tree import BundleTree
from forensics.evidence.recorded import recorded_commits
from forensics.evidence.recorded_database import recorded_database
from forensics.facts import Facts
from forensics.model import Prediction
from forensics.scratch.postgres import Server
from forensics.system.temporary import temporary_folder
from tests.adapters.tiny import Tally

PROGRAM = Path(__file__).with_name("tally.py")


class Run(NamedTuple):
    """How a command ended."""

    exit_code: int
    error: str


class Made:
    """A project on disk with its database."""

    def __init__(
        self, server: Server, top: Path, name: str, files: Mapping[str, str | bytes], sql: str
    ) -> None:
        self.server, self.top, self.name = server, top, name
        for path, text in files.items():
            (top / path).parent.mkdir(parents=True, exist_ok=True)
            (top / path).write_bytes(text if isinstance(text, bytes) else text.encode())
        server.create_database(name)
        server.execute(sql or "SELECT", database=name)

    @property
    def url(self) -> str:
        """The address of the database."""
        return self.server.url(self.name)

    def run_on_a_copy(self, command: str) -> Run:
        """Run the real program on a copy of the database."""
        self.server.create_database(f"{self.name}_copy", template=self.name)
        return self.run(command, url=self.server.url(f"{self.name}_copy"))

    def run(self, command: str, *rest: str, url: str | None = None) -> Run:
        """Run the real program."""
        done = subprocess.run(
            [sys.executable, PROGRAM, command, *rest],
            cwd=self.top,
            env={"DATABASE_URL": url or self.url},
            capture_output=True,
            text=True,
            check=False,
        )
        return Run(done.returncode, done.stderr.strip())

    def collected(self, folder: Path) -> Bundle:
        """The evidence, as `forensics collect` gathers it."""
        return collect(Request(project=self.top, database_url=self.url), folder, lambda line: None)

    def predicted(self) -> dict[str, Prediction]:
        """What the adapter says that every command does."""
        with temporary_folder("tally") as folder:
            facts = read_back(self.collected(folder / "bundle"))
        return {it.name: Tally().predict(facts, it.name) for it in shown(Tally())}


def read_back(bundle: Bundle) -> Facts:
    """The facts of the one use of tally in a bundle."""
    tree = BundleTree(bundle)
    (tool,) = Tally().detect(tree, "", Hints())
    return Tally().facts(tree, tool, recorded_database(bundle), recorded_commits(bundle))
