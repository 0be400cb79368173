"""Replays of projects that keep their packages, their database's address or their SQL otherwise."""

import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from forensics.collect.case import collect
from forensics.collect.request import Request
from forensics.evidence.bundle import Bundle
from forensics.evidence.tool_runs import Replay
from forensics.model import CommandOutcome
from forensics.replay.rehearsal import rehearsal, unfinished
from forensics.replay.sandbox import Limits
from forensics.scratch.postgres import Server
from tests.lab.build import Home, LabProject, build_project
from tests.lab.databases import build_database
from tests.lab.edits import append_entry
from tests.lab.kits import kit_modules
from tests.lab.replaying import only

pytestmark = pytest.mark.lab

KIT = "0.31.11"


@pytest.fixture
def project(tmp_path: Path) -> LabProject:
    """A healthy project, to be changed before it is examined."""
    return build_project(tmp_path / "project", KIT, git=False, home=Home.DRIZZLE)


def examined(server: Server, project: LabProject, name: str) -> Bundle:
    """What is collected of a project and its database, without experiments."""
    url = build_database(server, name, project)
    request = Request(project=project.app, database_url=url, history=False)
    return collect(request, project.folder.parent / "bundle", lambda line: None)


def run(
    bundle: Bundle,
    project: LabProject,
    commands: tuple[str, ...],
    *,
    own: bool = False,
    limits: Limits | None = None,
) -> tuple[dict[str, Replay], list[str]]:
    """What some commands do as things are, and what was said before."""
    kit = None if own else kit_modules(KIT).parent
    with rehearsal(bundle, project.app, kit=kit, limits=limits) as ready:
        said = list(ready.announcement())
        return {each.command: each for each in only(ready, *commands).run()}, said


# --- Packages -----------------------------------------------------------------------------------


def linked(source: Path, target: Path) -> None:
    """The same files once more, without their bytes where the file system can."""

    def link(one: str, other: str) -> None:
        try:
            os.link(one, other)
        except OSError:
            shutil.copy2(one, other)

    shutil.copytree(source, target, symlinks=True, copy_function=link)


def hoisted(project: LabProject) -> None:
    """As npm leaves them in a workspace: at its top."""
    linked(kit_modules(KIT), project.folder / "node_modules")


def by_pnpm(project: LabProject) -> None:
    """A store at the top, and links that lead there."""
    store = project.folder / "node_modules/.pnpm/all@1.0.0/node_modules"
    linked(kit_modules(KIT), store)
    modules = project.app / "node_modules"
    modules.mkdir()
    for name in ("drizzle-kit", "drizzle-orm", "pg"):
        (modules / name).symlink_to(os.path.relpath(store / name, modules))


@pytest.mark.sample(2)
@pytest.mark.parametrize("install", [hoisted, by_pnpm], ids=lambda install: install.__name__)
def test_the_projects_own_packages_are_found_and_run(
    server: Server, tmp_path: Path, install: Callable[[LabProject], None]
) -> None:
    """Wherever package managers put them; links lead to the same places inside."""
    project = build_project(tmp_path / "project", KIT, home=Home.DRIZZLE)
    install(project)
    bundle = examined(server, project, f"forms_{install.__name__}")
    replays, _ = run(bundle, project, ("check", "push"), own=True)
    assert unfinished(tuple(replays.values())) == ()
    assert {replay.outcome for replay in replays.values()} == {CommandOutcome.PASSES}


# --- Addresses ----------------------------------------------------------------------------------

PARTS = """dbCredentials: { host: process.env.DB_HOST!, port: Number(process.env.DB_PORT),
  user: process.env.DB_USER!, password: process.env.DB_PASSWORD!,
  database: process.env.DB_NAME!, ssl: %s },"""


@pytest.mark.sample(2, start=1)
@pytest.mark.parametrize(
    ("name", "credentials"),
    [
        ("object", PARTS % "{ rejectUnauthorized: false }"),
        ("url", "dbCredentials: { url: `${process.env.DATABASE_URL}&sslmode=require` },"),
    ],
)
def test_a_config_that_asks_for_tls_is_led_to_scratch_too(
    server: Server, project: LabProject, name: str, credentials: str
) -> None:
    """A socket has none: on the copy it is switched off, and that is said."""
    config = project.app / "drizzle.config.ts"
    text = config.read_text()
    config.write_text(re.sub(r"dbCredentials: .*", lambda found: credentials, text))
    assert config.read_text() != text
    bundle = examined(server, project, f"tls_{name}")
    before = config.read_bytes()
    replays, said = run(bundle, project, ("push",))
    assert replays["push"].outcome is CommandOutcome.PASSES, replays["push"].lines
    assert any("TLS" in line for line in said)
    assert config.read_bytes() == before


# --- SQL ----------------------------------------------------------------------------------------


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("name", "sql", "why"),
    [
        ("program", "COPY (SELECT 1) TO PROGRAM 'touch {mark}';", ""),
        ("sleep", "SELECT set_config('statement_timeout', '0', false), pg_sleep(4000);", "within"),
        ("flood", "SELECT repeat('x', 1000000) FROM generate_series(1, 100000);", "within|signal"),
    ],
)
def test_hostile_sql_gets_nowhere_by_the_real_tool(
    server: Server, project: LabProject, tmp_path: Path, name: str, sql: str, why: str
) -> None:
    """It runs as a role that may do nothing else, and is ended with its run."""
    mark = tmp_path / "escaped"
    tmp_path.chmod(0o777)
    append_entry("0099_hostile", sql.format(mark=mark), later=1000)(project)
    bundle = examined(server, project, f"hostile_{name}")
    started = time.monotonic()
    replays, _ = run(bundle, project, ("migrate",), limits=Limits(seconds=4))
    assert time.monotonic() - started < 40
    assert not mark.exists()
    if why:
        assert replays["migrate"].outcome is CommandOutcome.UNKNOWN
        assert re.search(why, replays["migrate"].message)
    else:
        assert replays["migrate"].outcome is CommandOutcome.BLOCKED
