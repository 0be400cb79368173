"""Where `push` is said to change nothing, the real one says so: healthy and altered databases."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from forensics.analysis.diagnose import diagnose
from forensics.collect.case import collect
from forensics.collect.request import Request
from forensics.demo.database import DEFAULT
from forensics.demo.migrator import migrate, read_migrations
from forensics.evidence.bundle import Bundle
from forensics.model import CommandOutcome
from forensics.render.json import report_json
from forensics.render.markdown import report_markdown
from forensics.replay.rehearsal import rehearsal
from forensics.report.build import build
from forensics.scratch.postgres import Server, throw_away_postgres
from tests.lab.build import LabProject
from tests.lab.kits import BY_DAY, kit_command, kit_modules
from tests.lab.releases.project import tiny_project
from tests.lab.replaying import only
from tests.lab.run import run_kit
from tests.lab.transcript import Outcome

pytestmark = pytest.mark.lab

NOTHING = "[i] No changes detected"
HEAD = """\
import { index, integer, jsonb, pgTable, primaryKey, text, varchar } from "drizzle-orm/pg-core";
import { sql } from "drizzle-orm";
"""
HEALTHY = """
export const shops = pgTable("shops", {
  id: integer("id").primaryKey(),
  name: varchar("name", { length: 200 }).notNull(),
  open: integer("open").default(1),
  held: jsonb("held").default(sql`'{}'::jsonb`),
}, (t) => ({ byName: index("shops_by_name").on(t.name) }));
export const links = pgTable("links", {
  one: integer("one").notNull(), two: integer("two").notNull(),
}, (t) => ({ key: primaryKey({ columns: [t.one, t.two] }) }));
"""
LOOSE_KEY = """
export const links = pgTable("links", { one: integer("one"), two: integer("two") },
  (t) => ({ key: primaryKey({ columns: [t.one, t.two] }) }));
"""
ARRAY = """
export const lists = pgTable("lists", { tags: text("tags").array().default(sql`'{}'::text[]`) });
"""
JSON = """
export const bags = pgTable("bags", { held: jsonb("held").default(sql`'{}'`) });
"""

CASES = {
    "healthy, with a composite key and jsonb with its cast": (HEALTHY, "", True),
    "retyped by hand": (HEALTHY, "ALTER TABLE shops ALTER name TYPE varchar(100)", False),
    "an index dropped by hand": (HEALTHY, "DROP INDEX shops_by_name", False),
    "an array default": (ARRAY, "", False),
    "a jsonb default": (JSON, "", False),
    "a composite key of columns that may be null": (LOOSE_KEY, "", False),
}
"""What it is -> schema code, what was done to the database by hand, whether push finds nothing."""


@dataclass(frozen=True, kw_only=True)
class Shop:
    """A kit, a server, and the projects that the kit generated, by their schema code."""

    kit: str
    server: Server
    folder: Path
    projects: dict[str, LabProject] = field(default_factory=dict)

    def project(self, code: str) -> LabProject:
        """A project with one migration of the kit's own."""
        if code not in self.projects:
            self.projects[code] = self._generated(code)
        return self.projects[code]

    def _generated(self, code: str) -> LabProject:
        project = tiny_project(self.folder / f"project_{len(self.projects)}", self.kit)
        (project.app / "schema.ts").write_text(HEAD + code, encoding="utf-8")
        manifest = {"name": "shop", "private": True, "devDependencies": {"drizzle-kit": self.kit}}
        (project.app / "package.json").write_text(json.dumps(manifest), encoding="utf-8")
        for path in sorted((project.app / "drizzle").rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        modules = project.app / "node_modules"
        modules.symlink_to(kit_modules(self.kit))
        command = kit_command("generate")
        subprocess.run(command, cwd=project.app, check=True, capture_output=True, timeout=60)
        modules.unlink()
        return project


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server for both kits."""
    with throw_away_postgres(settings={"autovacuum": "off"}) as running:
        yield running


@pytest.fixture(scope="module", params=BY_DAY)
def shop(
    request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Shop:
    """A kit and its projects."""
    return Shop(kit=request.param, server=server, folder=tmp_path_factory.mktemp("push"))


@pytest.mark.sample(3)
@pytest.mark.parametrize("case", CASES)
def test_push_is_said_to_change_nothing_just_where_it_does(shop: Shop, case: str) -> None:
    """Else it is not predicted."""
    code, by_hand, quiet = CASES[case]
    project = shop.project(code)
    name = f"push_{shop.kit}_{list(CASES).index(case)}".replace(".", "_")
    shop.server.create_database(name)
    url = shop.server.url(name)
    migrate(url, read_migrations(project.app / "drizzle"), DEFAULT)
    if by_hand:
        shop.server.execute(by_hand, database=name)
    request = Request(project=project.app, database_url=url, history=False)
    bundle = collect(request, shop.folder / f"bundle_{name}", lambda _: None)
    (diagnosis,) = diagnose(bundle).diagnoses
    predicted = diagnosis.bench.after()["push"]
    outcome = CommandOutcome.PASSES if quiet else CommandOutcome.UNKNOWN
    assert predicted.outcome is outcome
    real = run_kit(project, "push", url)
    assert (NOTHING in real.stdout) is quiet, real


SECURED = (
    "ALTER TABLE shops ENABLE ROW LEVEL SECURITY; "
    "CREATE POLICY own ON shops USING (id = 1); ALTER TABLE shops ADD COLUMN secret text"
)


@pytest.mark.night
def test_what_the_real_push_changed_on_a_copy_is_listed(server: Server, tmp_path: Path) -> None:
    """What was made in the host's console is gone without a question, as on the real database."""
    kit = "0.31.11"
    shop = Shop(kit=kit, server=server, folder=tmp_path)
    project = shop.project(HEALTHY)
    server.create_database("pushed")
    url = server.url("pushed")
    migrate(url, read_migrations(project.app / "drizzle"), DEFAULT)
    server.execute(SECURED, database="pushed")
    bundle = collect(
        Request(project=project.app, database_url=url, history=False), tmp_path / "bundle", print
    )
    with rehearsal(bundle, project.app, kit=kit_modules(kit).parent) as ready:
        only(ready, "push").run()
    report = build(diagnose(Bundle.open(tmp_path / "bundle")))
    (told,) = [it for it in report.commands if it.command == "push"]
    changed = [(it.loses, it.text) for it in told.changed]
    assert changed == [
        (True, "switches row level security of public.shops off"),
        (True, "drops the column public.shops.secret"),
        (True, "drops the policy public.shops.own"),
    ]
    assert "drops the policy public.shops.own" in report_markdown(report)
    assert b'"text": "drops the policy public.shops.own"' in report_json(report)
    before = server.execute(_SEEN, database="pushed")
    assert run_kit(project, "push", url).outcome is Outcome.PASSES
    assert server.execute(_SEEN, database="pushed") != before
    assert server.execute(_SEEN, database="pushed") == [(False, 0, 4)]


_SEEN = """\
SELECT c.relrowsecurity, (SELECT count(*) FROM pg_policies),
  (SELECT count(*) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped)
FROM pg_class c WHERE c.relname = 'shops'"""
