"""No fix.sql records a migration of which an effect is missing, whatever is missing.

Of a database that lost its rows, every kind of object is taken away or put out of force, one after
the other. What is offered then is applied, and PostgreSQL's own description of each object is
compared with what the recorded migrations make.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics.analysis.diagnose import diagnose
from forensics.collect.case import collect
from forensics.collect.request import Request
from forensics.demo.database import DEFAULT
from forensics.demo.migrator import DemoMigration, migrate, read_migrations
from forensics.model import DatabaseStep, Step
from forensics.render.sql import fix_sql
from forensics.scratch.postgres import Server, throw_away_postgres
from tests.lab.build import Home, build_project
from tests.lab.fixing import Object, lacking_effects, made_by

pytestmark = pytest.mark.lab

ROWS = "drizzle.__drizzle_migrations"
GUARDED = (
    'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint\n'
    'CREATE POLICY "own" ON "{table}" USING (true);--> statement-breakpoint\n'
    "CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;"
    "--> statement-breakpoint\n"
    'CREATE TRIGGER "stamp" BEFORE UPDATE ON "{table}" FOR EACH ROW EXECUTE FUNCTION stamp();'
    '--> statement-breakpoint\nCREATE UNIQUE INDEX "by_id" ON "{table}" ("id");'
    '--> statement-breakpoint\nCREATE VIEW "ids" AS SELECT "id" FROM "{table}";'
    '--> statement-breakpoint\nCREATE SEQUENCE "counter" INCREMENT BY 5;'
)
"""A last migration that was written by hand, so that every kind of object is there."""
NEWEST = "0.31.11"
TABLES = {"0.21.4": "patients", NEWEST: "readers"}

HARMS = {
    "column": ('ALTER TABLE {table} DROP COLUMN "{name}" CASCADE',),
    "constraint": (
        'ALTER TABLE {table} DROP CONSTRAINT "{name}" CASCADE',
        "UPDATE pg_constraint SET convalidated = false WHERE conname = '{name}'",
    ),
    "index": (
        'DROP INDEX "{name}"',
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = '\"{name}\"'::regclass",
    ),
    "trigger": (
        'DROP TRIGGER "{name}" ON {table}',
        'ALTER TABLE {table} DISABLE TRIGGER "{name}"',
    ),
    "policy": ('DROP POLICY "{name}" ON {table}',),
    "view": ("DROP VIEW {name}",),
    "sequence": ("DROP SEQUENCE {name}",),
    "row level security": ("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",),
}


class Case:
    """A kit's project with one more migration, and databases that lost their rows."""

    def __init__(self, server: Server, kit: str, folder: Path) -> None:
        self.server, self.folder, self.kit = server, folder, kit
        project = build_project(folder / "project", kit, home=Home.DRIZZLE, git=False)
        self.app = project.app
        self._add_a_migration(TABLES[kit])
        self.migrations: tuple[DemoMigration, ...] = read_migrations(self.app / "drizzle")
        self.template = f"fixed_{kit.replace('.', '_')}"
        server.create_database(self.template)
        migrate(server.url(self.template), self.migrations, DEFAULT)
        server.execute(f"DELETE FROM {ROWS}", database=self.template)
        self.count = 0

    def _add_a_migration(self, table: str) -> None:
        import json

        journal = self.app / "drizzle/meta/_journal.json"
        listed = json.loads(journal.read_text(encoding="utf-8"))
        last = listed["entries"][-1]
        tag = "0006_guard"
        listed["entries"].append({**last, "idx": 6, "when": last["when"] + 1000, "tag": tag})
        journal.write_text(json.dumps(listed, indent=2), encoding="utf-8")
        path = self.app / f"drizzle/{tag}.sql"
        path.write_text(GUARDED.format(table=table), encoding="utf-8")

    def harmed(self, *sql: str) -> str:
        """A database without rows, to which this was done."""
        self.count += 1
        name = f"{self.template}_{self.count}"
        self.server.create_database(name, template=self.template)
        for statement in sql:
            self.server.execute(statement, database=name)
        return name

    def recommended(self, name: str) -> tuple[Step, ...]:
        """The database steps of everything that is recommended."""
        request = Request(project=self.app, database_url=self.server.url(name), history=False)
        bundle = collect(request, self.folder / f"bundle_{name}", lambda _: None)
        (diagnosis,) = diagnose(bundle).diagnoses
        fixes = [it.fix for it in diagnosis.findings if it.fix is not None and it.fix.needed]
        return tuple(it for fix in fixes for it in fix.steps if isinstance(it, DatabaseStep))

    def recorded(self, name: str) -> int:
        """How many rows there are."""
        [(number,)] = self.server.execute(f"SELECT count(*) FROM {ROWS}", database=name)
        assert isinstance(number, int)
        return number


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server for both kits."""
    with throw_away_postgres(settings={"autovacuum": "off"}) as running:
        running.execute("CREATE ROLE app LOGIN")
        yield running


@pytest.fixture(scope="module", params=TABLES)
def case(
    request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Case:
    """One kit's."""
    return Case(server, request.param, tmp_path_factory.mktemp("effects"))


def test_a_whole_database_is_recorded_whole(case: Case) -> None:
    """Else the test below would pass whatever was recorded."""
    name = case.harmed()
    case.server.execute(fix_sql(case.recommended(name)), database=name)
    assert case.recorded(name) == len(case.migrations)
    assert not lacking_effects(case.server, name, case.migrations)


@pytest.mark.sample(2)
def test_no_script_records_a_migration_that_lacks_an_effect(case: Case) -> None:
    """Whatever is gone or out of force: it is left out, or nothing is recommended.

    The comparison sees each harm: with rows for all of it, PostgreSQL's description alone tells it.
    """
    rows = ", ".join(f"('x', {migration.when})" for migration in case.migrations)
    for harm in _harms(case):
        name = case.harmed(harm)
        case.server.execute(f"INSERT INTO {ROWS} (hash, created_at) VALUES {rows}", database=name)
        assert lacking_effects(case.server, name, case.migrations), harm
        case.server.execute(f"DELETE FROM {ROWS}", database=name)
        if script := fix_sql(case.recommended(name)):
            case.server.execute(script, database=name)
        assert not lacking_effects(case.server, name, case.migrations), harm
        case.server.drop_database(name)


def _harms(case: Case) -> list[str]:
    """One of each kind and table, and all of what the last migration made; of the older kit by kind.

    What a harm does to a script depends on the database, not on the kit that wrote the migrations.
    """
    chosen: dict[tuple[object, object], Object] = {}
    every = sorted(made_by(case.server, case.migrations), key=str)
    views = {name for kind, _, name, _ in every if kind == "view"}
    for each in every:
        kind, table, name, _ = each
        if table in views or (kind == "sequence" and str(name).endswith("_seq")):
            continue  # what belongs to another object goes with that
        key = (kind, table) if kind in ("column", "constraint") else (kind, name)
        if case.kit != NEWEST:
            key = (kind, "")
        if kind in HARMS and not (kind == "index" and re.search(r"_(pkey|unique|key)$", str(name))):
            chosen.setdefault(key, each)
    return [
        harm.format(table=table, name=name)
        for kind, table, name, _ in chosen.values()
        for harm in HARMS[str(kind)]
    ]


def test_every_fix_sql_of_the_lab_is_applied_by_what_compares_the_effects() -> None:
    """A script that is run in another way would not be looked at."""
    for path in Path(__file__).parent.glob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        runs = re.findall(r"(?:execute|\.run)\([^()]*\(?[^()]*fix\.sql", text)
        assert path.name == Path(__file__).name or len(runs) <= TWICE.get(path.name, 0), path


TWICE = {"test_investigation.py": 1}
"""Where it is run a second time, to be refused."""
