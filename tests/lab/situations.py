"""What the situations are made from: two projects, two databases, and roles that may not read all."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from forensics.demo.database import DEFAULT, build_database
from forensics.demo.migrator import migrate, read_migrations
from forensics.demo.project import DRIZZLE
from forensics.scratch.postgres import Server
from tests.lab.build import ALL_FAULTS, Home, build_project
from tests.lab.investigation import Investigation
from tests.support.forked import run_forensics

KIT = "0.21.4"
APP = "apps/api"
JOURNAL = f"{APP}/drizzle/meta/_journal.json"
GONE = f"{APP}/drizzle/0005_login_columns.sql"
READER = "support_readonly"
STRANGER, HALF_STRANGER = "stranger", "half_stranger"
"""Roles without a grant; the other may use schema drizzle, but read none of its tables."""

FILES = {"stray-file-in-meta", "missing-migration-file"}
"""What the files alone show of the incident."""
INCIDENT = {*FILES, "tracking-table-in-two-schemas"}
QUICK = ("--format", "json", "--no-scratch", "--no-input")
"""What is asked here needs no other format, and no scratch server beside the one of the tests."""

_MAY_READ = f"""
GRANT USAGE ON SCHEMA drizzle TO {READER};
GRANT SELECT ON ALL TABLES IN SCHEMA public, drizzle TO {READER};
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public, drizzle TO {READER};
"""


@dataclass(frozen=True, kw_only=True)
class World:
    """The incident and a healthy twin, as git repositories and as databases; all are only read."""

    server: Server
    broken: Path
    healthy: Path

    def url(self, database: str = "clinic", role: str = READER) -> str:
        """The address of `clinic`, the incident's database, or of `healthy`."""
        return self.server.url(database, role)


def make_world(server: Server, folder: Path) -> World:
    """Build everything once; a situation changes copies."""
    broken = build_project(folder / "broken", KIT, ALL_FAULTS)
    healthy = build_project(folder / "healthy", KIT, home=Home.DRIZZLE)
    build_database(server, broken.told)
    server.create_database("healthy", owner="app")
    migrations = read_migrations(broken.told.tree / DRIZZLE)
    migrate(server.url("healthy", "app"), migrations, DEFAULT)
    server.execute(_MAY_READ, database="healthy", user="app")
    server.execute(f"CREATE ROLE {STRANGER} LOGIN; CREATE ROLE {HALF_STRANGER} LOGIN")
    for database in ("clinic", "healthy"):
        grant = f"GRANT USAGE ON SCHEMA drizzle TO {HALF_STRANGER}"
        server.execute(grant, database=database, user="app")
    return World(server=server, broken=broken.folder, healthy=healthy.folder)


def copied(project: Path, to: Path, *, git: bool = True) -> Path:
    """A copy to change, without `.git` where a container would have none."""
    ignored = None if git else shutil.ignore_patterns(".git")
    return shutil.copytree(project, to, symlinks=True, ignore=ignored)


def run(
    *arguments: str | Path,
    output: Path,
    url: str | None = None,
    cwd: Path | None = None,
    wrapper: tuple[str, ...] = (),
) -> Investigation:
    """Run `forensics` as a user types it, in a process of its own, with nobody's settings."""
    if wrapper:
        done = subprocess.run(
            [*wrapper, *command(*arguments)],
            env=environment(url),
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    else:
        given = tuple(map(str, arguments))
        done = run_forensics(given, environment=environment(url), cwd=cwd, timeout=60)
    assert "Traceback" not in done.stderr + done.stdout, done.stderr
    assert "defect of forensics" not in done.stderr, done.stderr
    return Investigation(
        exit_code=done.returncode, stdout=done.stdout, stderr=done.stderr, folder=output
    )


def look(
    project: Path | str, output: Path, *arguments: str, url: str | None = None
) -> Investigation:
    """`forensics investigate` of a project, in the one format that is read here."""
    return run(
        "investigate", project, "--output", output, *QUICK, *arguments, output=output, url=url
    )


def command(*arguments: str | Path) -> list[str]:
    """The command line."""
    return [sys.executable, "-m", "forensics", *map(str, arguments)]


def environment(url: str | None = None) -> dict[str, str]:
    """Nobody's settings, and the address of a database."""
    kept = {name: os.environ[name] for name in ("PATH", "XDG_STATE_HOME")}
    mine = {**kept, "HOME": os.devnull, "LANG": "C.UTF-8"}
    root = Path(__file__).parents[2]
    mine["PYTHONPATH"] = str(root)  # wherever it is run, it is this program
    return mine if url is None else {**mine, "FORENSICS_DATABASE_URL": url}


def screen(found: Investigation) -> str:
    """All that the user sees, in one line: the answer is wrapped at the width of a terminal."""
    return " ".join(f"{found.stderr} {found.stdout}".split())


def told(found: Investigation) -> list[str]:
    """The lines of progress, without the seconds before them."""
    return [re.sub(r"^ *\d+\.\d+s  ", "", line) for line in found.stderr.splitlines()]


def faults(found: Investigation) -> set[str]:
    """The rules of all issues above `note`."""
    return {i["rule"] for i in found.report["issues"] if i["severity"] != "note"}


def lacking(found: Investigation, rule: str) -> str:
    """What the report says that a rule lacks, and how to get it."""
    questions = [q for q in found.report["unanswered"] if q["rule"] == rule]
    assert questions, found.report["unanswered"]
    return " | ".join(f"{q['lacks']}: {q['how_to_get_it']}" for q in questions)


def texts(folder: Path) -> str:
    """Everything that was written, to look for what must not be there."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in files)
