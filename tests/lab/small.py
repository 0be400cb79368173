"""Small projects for one fault each: applied by the real kit, then investigated and repaired."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from forensics import pipeline
from forensics.demo.database import DEFAULT
from forensics.demo.migrator import migrate, read_migrations
from forensics.model import Report
from forensics.scratch.postgres import Server
from tests.build import project as files_of
from tests.lab.fixing import repair
from tests.lab.kits import kit_command, kit_modules
from tests.lab.transcript import Outcome, first_error, outcome, plain

CONFIG = """import {{ defineConfig }} from "drizzle-kit";
export default defineConfig({{
  dialect: "postgresql", schema: "./schema.ts", out: "./drizzle",
  dbCredentials: {{ url: process.env.DATABASE_URL! }},{more}
}});
"""
_GIT = ("-c", "user.name=dev", "-c", "user.email=dev@example.org", "-c", "init.defaultBranch=main")


@dataclass(frozen=True)
class Ran:
    """What the real kit did."""

    outcome: Outcome
    said: str
    printed: str = ""
    """All of it, as a terminal or a log of CI shows it."""


@dataclass
class Small:
    """A project whose migrations were written by hand, so that each holds one thing alone."""

    folder: Path
    kit: str
    server: Server
    database: str
    more: str = ""
    """Further lines of the config."""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self.server.create_database(self.database)

    @property
    def url(self) -> str:
        """The address of its database."""
        return self.server.url(self.database)

    def write(self, *texts: str) -> None:
        """The migrations `0000_step`, `0001_step` and so on, and all that belongs to them."""
        tags = [f"{number:04}_step" for number in range(len(texts))]
        files = files_of(*tags)
        files |= {f"drizzle/{tag}.sql": text for tag, text in zip(tags, texts, strict=True)}
        for path, content in files.items():
            if path.startswith("drizzle/"):
                self._put(path, content)
        self._put("drizzle.config.ts", CONFIG.format(more=self.more))
        self._put("schema.ts", "export {};\n")
        self._put("package.json", json.dumps({"devDependencies": {"drizzle-kit": self.kit}}))
        self._put(".gitignore", "node_modules\n")
        modules = self.folder / "node_modules"
        if not modules.is_symlink():
            modules.symlink_to(kit_modules(self.kit))

    def _put(self, path: str, content: str | bytes) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)

    def sql(self, text: str) -> None:
        """What somebody runs by hand."""
        self.server.execute(text, database=self.database)

    def commit(self, subject: str) -> None:
        """Everything, in a repository of its own."""
        if not (self.folder / ".git").is_dir():
            self._git("init", "-q")
        self._git("add", "-A")
        self._git("commit", "-q", "-m", subject)

    def _git(self, *arguments: str) -> None:
        command = ["git", *_GIT, *arguments]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)

    def apply(self) -> None:
        """Apply what is pending as the kit does, without Node: where the kit itself is not asked."""
        migrate(self.url, read_migrations(self.folder / "drizzle"), DEFAULT)

    def migrate(self, *, url: str | None = None) -> Ran:
        """Let the real kit apply what is pending."""
        return self.run("migrate", url=url)

    def run(self, command: str, *arguments: str, url: str | None = None) -> Ran:
        """Run a command of the real kit, with pipes for a terminal."""
        done = subprocess.run(
            kit_command(command, *arguments),
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "DATABASE_URL": url or self.url, "CI": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
        out, err = plain(done.stdout, []), plain(done.stderr, [])
        said = first_error(out, err, done.returncode)
        shown = f"$ drizzle-kit {command}\n{done.stdout.decode()}{done.stderr.decode()}"
        printed = f"{shown}\n(exit {done.returncode})\n"
        return Ran(outcome(out, err, done.returncode), said, printed)

    def investigate(self, *, symptoms: Sequence[tuple[str, str]] = (), **options: object) -> Report:
        """The product, on project and database; the output lies beside the project."""
        found = pipeline.investigate(
            self.folder,
            output=self.output,
            formats=("json",),
            database_url=self.url,
            symptoms=symptoms,
            **options,  # type: ignore[arg-type]
        )
        return found.report

    @property
    def output(self) -> Path:
        """Where report and repairs are written."""
        return self.folder.parent / f"{self.folder.name}-report"

    def repair(self) -> None:
        """What the report says to run: patch first, then the script."""
        repair(self.server, self.database, self.folder, self.output, self.folder)

    def gone(self) -> None:
        """Drop the database, and forget the folders."""
        self.server.drop_database(self.database)
        shutil.rmtree(self.folder, ignore_errors=True)
