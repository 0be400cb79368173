"""A small shop's project on which the real tool works for effect, with its git history and database."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from forensics.demo.project import APP
from forensics.scratch.postgres import Server
from tests.lab.build import Home, LabProject
from tests.lab.edits import write_json
from tests.lab.kits import LAB, kit_command, kit_modules
from tests.lab.story import PROJECTS, story
from tests.lab.terminal import run_in_terminal
from tests.lab.transcript import Outcome, outcome, plain

DAY = 24 * 3600 * 1000
START = 1781078400000
"""2026-06-10, when the first migration was generated."""
DOWN, ENTER = b"\x1b[B", b"\r"
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"
ROWS = "drizzle.__drizzle_migrations"

Columns = tuple[str, ...]
_MANIFEST = {
    "name": "shop",
    "private": True,
    "scripts": {"db:generate": "drizzle-kit generate", "db:migrate": "drizzle-kit migrate"},
}
_IDENTITY = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_NAME": "dev" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "dev@shop.example" for who in ("AUTHOR", "COMMITTER")},
}


class NotAsToldError(RuntimeError):
    """The real tool did not do what the story says."""


@dataclass
class Workshop:
    """One project, one clock, one database; each method is something that somebody does."""

    folder: Path
    kit: str
    server: Server
    database: str
    now: int = START
    settings: dict[str, str] = field(default_factory=dict)
    """Lines of drizzle.config.ts beside the usual ones."""

    @property
    def app(self) -> Path:
        """Where drizzle-kit is run."""
        return self.folder / APP

    @property
    def project(self) -> LabProject:
        """As the rest of the lab knows a project."""
        told = story(PROJECTS.get(self.kit, "clinic"))
        return LabProject(
            folder=self.folder, kit=self.kit, faults=frozenset(), home=Home.DRIZZLE, told=told
        )

    # --- The project ------------------------------------------------------------------------------

    def begin(self) -> None:
        """An empty project, committed."""
        (self.app / "src").mkdir(parents=True)
        modules = self.folder.parent / "node_modules"
        if not modules.exists():
            modules.symlink_to(kit_modules(self.kit))
        self.manifest(self.kit)
        self.configure()
        self.schema()
        self.git("init", "-q", "-b", "main")
        self.commit("Begin")

    def manifest(self, kit: str) -> None:
        """Pin a release of drizzle-kit, and the drizzle-orm that the lab has beside it."""
        orm = json.loads((kit_modules(kit) / "drizzle-orm/package.json").read_bytes())["version"]
        pinned = {"dependencies": {"drizzle-orm": orm}, "devDependencies": {"drizzle-kit": kit}}
        write_json(self.app / "package.json", {**_MANIFEST, **pinned})

    def configure(self, **settings: str) -> None:
        """Write the config, with more settings than the usual ones."""
        self.settings |= settings
        lines = "".join(f"  {name}: {value},\n" for name, value in self.settings.items())
        (self.app / "drizzle.config.ts").write_text(
            "import { defineConfig } from 'drizzle-kit';\n\nexport default defineConfig({\n"
            "  schema: './src/schema.ts',\n  out: './drizzle',\n  dialect: 'postgresql',\n"
            f"  dbCredentials: {{ url: process.env.DATABASE_URL! }},\n{lines}}});\n",
            encoding="utf-8",
        )

    def schema(self, *columns: str, tables: Columns = ("customers",), extra: str = "") -> None:
        """Write the schema code: tables with a name, and these columns as well."""
        used = "index, pgTable, serial, text" if extra else "pgTable, serial, text"
        own = "".join(f"  {name}: text('{name}'),\n" for name in columns)
        text = f"import {{ {used} }} from 'drizzle-orm/pg-core';\n"
        for table in tables:
            text += (
                f"\nexport const {table} = pgTable('{table}', {{\n  id: serial('id').primaryKey(),\n"
                f"  name: text('name').notNull(),\n{own}}}{extra});\n"
            )
        (self.app / "src/schema.ts").write_text(text, encoding="utf-8")

    # --- The real tool ----------------------------------------------------------------------------

    def generate(self, name: str, *columns: str, commit: bool = True, **options: object) -> None:
        """Generate a migration of the schema code, a day later, and commit it."""
        self.now += DAY
        if columns or options:
            self.schema(*columns, **options)  # type: ignore[arg-type]
        self.run("generate", "--name", name)
        if commit:
            self.commit(f"Add {name}")

    def run(self, command: str, *args: str, fails: bool = False) -> str:
        """Run a command in the project itself; returns what it printed."""
        done = subprocess.run(
            self._command(command, *args),
            cwd=self.app,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
        out, err = plain(done.stdout), plain(done.stderr)
        if (outcome(out, err, done.returncode) is Outcome.BLOCKED) is not fails:
            raise NotAsToldError(f"{self.kit} {command}: {done.returncode} {out}\n{err}")
        return f"{out}\n{err}"

    def migrate(self, *, fails: bool = False) -> None:
        """Deploy: apply what is pending."""
        self.run("migrate", fails=fails)

    def press(self, command: str, *keys: bytes) -> str:
        """Run a command in a terminal and press keys at its questions."""
        code, output = run_in_terminal(
            self._command(command),
            cwd=self.app,
            environment={**self._environment(), "TERM": "xterm"},
            patience=1.5,
            keys=keys,
        )
        if code != 0:
            raise NotAsToldError(f"{self.kit} {command}: {code} {plain(output)}")
        return plain(output)

    def _command(self, command: str, *args: str) -> list[str]:
        script = str(kit_modules(self.kit) / "drizzle-kit/bin.cjs")
        return kit_command(command, *args, script=script)

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.folder.parent),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "LAB_CLOCK": str(self.now),
            "NODE_OPTIONS": f"--require={LAB / 'clock.cjs'}",
            "DATABASE_URL": self.server.url(self.database),
        }

    # --- Hands ------------------------------------------------------------------------------------

    def sql(self, text: str) -> list[tuple[object, ...]]:
        """Do something to the database by hand."""
        return self.server.execute(text, database=self.database)

    def path(self, name: str) -> Path:
        """A file of the migration folder."""
        return self.app / "drizzle" / name

    def edit(self, name: str, change: Callable[[bytes], bytes]) -> None:
        """Change a file of the migration folder."""
        self.path(name).write_bytes(change(self.path(name).read_bytes()))

    def journal(self) -> list[dict[str, object]]:
        """The entries of the journal."""
        loaded: list[dict[str, object]] = json.loads(self._journal.read_bytes())["entries"]
        return loaded

    def relist(self, entries: list[dict[str, object]]) -> None:
        """Write other entries into the journal, in the kit's style."""
        write_json(self._journal, {**json.loads(self._journal.read_bytes()), "entries": entries})

    @property
    def _journal(self) -> Path:
        return self.path("meta/_journal.json")

    # --- Git --------------------------------------------------------------------------------------

    def git(self, *arguments: str, check: bool = True) -> str:
        """Run git in the project, at the story's time."""
        date = f"{self.now // 1000} +0000"
        dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        return git(self.folder, *arguments, check=check, more=dates)

    def commit(self, subject: str) -> None:
        """Commit everything, an hour later."""
        self.now += DAY // 24
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", subject)

    def branch(self, name: str, start: str = "main") -> None:
        """Go on on a new branch."""
        self.git("switch", "-q", "-c", name, start)

    def merge(self, branch: str, *columns: str, keep: str = "ours") -> None:
        """Merge a branch as people do: both entries, one snapshot, the columns of both.

        Two snapshots of one name clash: git keeps `ours` or `theirs`.
        """
        theirs = json.loads(self.git("show", f"{branch}:{APP}/drizzle/meta/_journal.json"))
        before = json.loads(self._journal.read_bytes())
        ours = before["entries"]
        self.now += DAY
        self.git("merge", "-q", "--no-commit", "--no-ff", branch, check=False)
        for name in self.git("diff", "--name-only", "--diff-filter=U").split():
            self.git("checkout", f"--{keep}", "--", name)
        both = [*ours, *(entry for entry in theirs["entries"] if entry not in ours)]
        write_json(self._journal, {**before, "entries": both})
        self.schema(*columns)
        self.commit(f"Merge {branch}")


def git(
    folder: Path, *arguments: str, check: bool = True, more: Mapping[str, str] | None = None
) -> str:
    """Run git with nobody's settings; returns what it printed."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **_IDENTITY, **(more or {})},
        capture_output=True,
        check=False,
    )
    if check and done.returncode:
        raise NotAsToldError(f"git {arguments}: {done.stderr.decode()}")
    return done.stdout.decode("utf-8", errors="replace")


def without_ids(text: str) -> str:
    """Snapshot ids are random."""
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<id>", text)
