"""Databases at every state of a list: the right verdict each, and fix.sql leaves migrate the rest."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import msgspec
import psycopg
import pytest

from forensics.analysis.diagnose import diagnose
from forensics.collect.case import collect
from forensics.collect.request import Request
from forensics.demo.database import DEFAULT
from forensics.demo.migrator import DemoMigration, migrate, read_migrations
from forensics.facts import LiveSchema
from forensics.model import Finding, RunSql
from forensics.scratch.postgres import Server, throw_away_postgres
from tests.dialects.postgres.effects.live import live_schema
from tests.lab.build import Home, LabProject, build_project
from tests.lab.fixing import apply_fix
from tests.lab.kits import BY_DAY
from tests.lab.run import run_kit
from tests.lab.situations import look
from tests.lab.transcript import Outcome

pytestmark = pytest.mark.lab

ROWS = "drizzle.__drizzle_migrations"
MISSING, PUSHED = "tracking-rows-missing", "pushed-before-migrating"
PARTIAL, DRIFT = "partially-applied-migration", "schema-drift"
MINE = {MISSING, PUSHED, PARTIAL, DRIFT}
_numbers = count()


@dataclass(frozen=True, kw_only=True)
class Lab:
    """One kit's project without faults, and a server for its databases."""

    server: Server
    project: LabProject
    folder: Path
    migrations: tuple[DemoMigration, ...]

    def database(self, migrated: int, *sql: str) -> str:
        """A database after so many migrations, and what was done to it by hand."""
        name = f"standing_{next(_numbers)}"
        self.server.create_database(name, owner="app")
        if migrated:
            migrate(self.server.url(name, "app"), self.migrations[:migrated], DEFAULT)
        for text in sql:
            self.run(name, text)
        return name

    def run(self, name: str, sql: str) -> None:
        """Run SQL as the application's role does."""
        self.server.execute(sql, database=name, user="app")

    def fixed(self, name: str, folder: Path) -> None:
        """Apply the fix.sql of a folder, as the application's role."""
        script = (folder / "fix.sql").read_text(encoding="utf-8")
        apply_fix(self.server, name, script, self.project.app, user="app")

    def findings(self, name: str, project: Path | None = None) -> list[Finding]:
        """What the rules of this matter find."""
        request = Request(
            project=project or self.project.app,
            database_url=self.server.url(name, "app"),
            history=False,
        )
        bundle = collect(request, self.folder / f"bundle_{next(_numbers)}", lambda _: None)
        (diagnosis,) = diagnose(bundle).diagnoses
        return [finding for finding in diagnosis.findings if finding.rule in MINE]

    def told(self, name: str) -> list[tuple[str, str]]:
        """Rule and subject of each finding."""
        return [(finding.rule, finding.subject) for finding in self.findings(name)]

    def rows(self, name: str) -> list[tuple[object, ...]]:
        """Hash and stamp of what is recorded, in the order of the list."""
        return self.server.execute(
            f"SELECT hash, created_at FROM {ROWS} ORDER BY created_at", database=name
        )

    def schema(self, name: str) -> LiveSchema:
        """The catalogue, but for the sequences' and the tracking table's own schema."""
        with psycopg.connect(self.server.url(name)) as connection:
            found = live_schema(connection)
        mine = tuple(table for table in found.tables if table.name.schema != "drizzle")
        return msgspec.structs.replace(found, tables=mine, sequences=())

    @property
    def tags(self) -> tuple[str, ...]:
        """All migrations of the list."""
        return self.project.told.tags


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server for both kits."""
    with throw_away_postgres(settings={"autovacuum": "off"}) as running:
        running.execute("CREATE ROLE app LOGIN")
        yield running


@pytest.fixture(scope="module", params=BY_DAY)
def lab(
    request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Lab:
    """The healthy project of a kit, its rows where the kit looks by default."""
    folder = tmp_path_factory.mktemp("standing")
    project = build_project(folder / "project", request.param, home=Home.DRIZZLE, git=False)
    migrations = read_migrations(project.app / "drizzle")
    return Lab(server=server, project=project, folder=folder, migrations=migrations)


# --- The right verdict --------------------------------------------------------------------------


def test_a_database_at_any_state_of_the_list_is_healthy(lab: Lab) -> None:
    """With its rows: fresh, one behind, five behind, up to date."""
    for migrated in range(len(lab.migrations) + 1):
        assert not lab.findings(lab.database(migrated)), migrated


@pytest.mark.night
def test_without_rows_the_state_is_found_and_just_that_is_recorded(lab: Lab) -> None:
    """At each migration: the fix records all up to it, and none after."""
    for migrated in range(1, len(lab.migrations) + 1):
        name = lab.database(migrated, f"DELETE FROM {ROWS}")
        (finding,) = lab.findings(name)
        assert (finding.rule, finding.subject) == (MISSING, ROWS)
        assert finding.fix is not None
        (step,) = finding.fix.steps
        assert [row.key for row in step.rows] == list(lab.tags[:migrated])  # type: ignore[union-attr]


def test_a_later_state_than_the_files_is_no_drift(lab: Lab, tmp_path: Path) -> None:
    """A row of a migration that is not listed explains what is more."""
    older = shutil.copytree(lab.project.app, tmp_path / "older", symlinks=True)
    journal = older / "drizzle/meta/_journal.json"
    listed = json.loads(journal.read_text(encoding="utf-8"))
    listed["entries"].pop()
    journal.write_text(json.dumps(listed), encoding="utf-8")
    (older / f"drizzle/{lab.tags[-1]}.sql").unlink()
    (older / "drizzle/meta/0005_snapshot.json").unlink()
    assert not lab.findings(lab.database(6), older)


def test_half_a_migration_is_told_statement_by_statement(lab: Lab) -> None:
    """The first statement of the last migration was run by hand."""
    name = lab.database(5, lab.migrations[5].statements[0])
    (finding,) = lab.findings(name)
    assert (finding.rule, finding.subject) == (PARTIAL, lab.tags[5])
    assert finding.fix is None


DRIFTS = {
    "0.21.4": {
        "ALTER TABLE visits ADD COLUMN by_hand text": "public.visits.by_hand",
        "ALTER TABLE patients DROP COLUMN password_hash": "public.patients.password_hash",
        "ALTER TABLE patients ALTER COLUMN password_hash TYPE varchar(9)": (
            "public.patients.password_hash"
        ),
        "DROP TABLE prescriptions CASCADE": "public.prescriptions",
    },
    "0.31.11": {
        "ALTER TABLE loans ADD COLUMN by_hand text": "public.loans.by_hand",
        "ALTER TABLE readers DROP COLUMN blocked_until": "public.readers.blocked_until",
        "ALTER TABLE readers ALTER COLUMN blocked_until TYPE date": "public.readers.blocked_until",
        "DROP TABLE fines CASCADE": "public.fines",
        "ALTER TABLE copies DROP COLUMN shelf; ALTER TABLE readers DROP COLUMN joined_at": (
            "public.copies.shelf"
        ),
    },
}
OF_A_TABLE_THAT_IS_THERE = {"public.copies.shelf"}
"""What makes it makes more than that, so no statement of its migration can run again."""


def test_drift_by_hand_is_found_and_nothing_else(lab: Lab) -> None:
    """A column more, one less, another type, a table gone; with tables of others beside them.

    What one migration made is one issue. The statements that it shows leave nothing behind.
    """
    for sql, subject in DRIFTS[lab.project.kit].items():
        others = "CREATE TABLE theirs (id int); CREATE INDEX ours ON theirs (id)"
        name = lab.database(6, others, sql)
        (finding,) = lab.findings(name)
        assert (finding.rule, finding.subject) == (DRIFT, subject), sql
        made_again = [step for it in finding.alternatives for step in it.steps]
        assert bool(made_again) == ("DROP" in sql and subject not in OF_A_TABLE_THAT_IS_THERE)
        for step in made_again:
            assert isinstance(step, RunSql)
            lab.run(name, step.text)
        assert not made_again or not lab.findings(name), sql


def test_drift_is_found_on_a_database_without_rows_too(lab: Lab) -> None:
    """Both are told: what is not recorded, and what is not as it should be."""
    sql, subject = next(iter(DRIFTS[lab.project.kit].items()))
    name = lab.database(6, f"DELETE FROM {ROWS}", sql)
    assert lab.told(name) == [(MISSING, ROWS), (DRIFT, subject)]


def test_of_two_projects_the_database_is_that_of_which_the_tables_are(
    lab: Lab, tmp_path: Path
) -> None:
    """No row says so any more, but the catalogue does."""
    other = next(kit for kit in DRIFTS if kit != lab.project.kit)
    another = build_project(tmp_path / "another", other, home=Home.DRIZZLE, git=False)
    for name, project in (("one", lab.project), ("two", another)):
        shutil.copytree(project.app, tmp_path / "both/apps" / name, symlinks=True)
    database = lab.database(4, f"DELETE FROM {ROWS}")
    url = lab.server.url(database, "app")
    request = Request(project=tmp_path / "both", database_url=url, history=False)
    found = diagnose(collect(request, tmp_path / "bundle", lambda _: None)).diagnoses
    told = {each.scene.tool.folder: [it.rule for it in each.findings] for each in found}
    assert told == {"apps/one/drizzle": [MISSING], "apps/two/drizzle": []}


# --- The real migrate after fix.sql ---------------------------------------------------------------


def test_after_fix_sql_the_real_migrate_does_just_the_rest(lab: Lab, tmp_path: Path) -> None:
    """Four of six are there without a row, in a table that is empty or gone."""
    whole = lab.database(6)
    for number, loss in enumerate((f"DELETE FROM {ROWS}", "DROP SCHEMA drizzle CASCADE")):
        name = lab.database(4, loss)
        before = lab.schema(name)
        found = look(lab.project.app, tmp_path / str(number), url=lab.server.url(name, "app"))
        assert found.command("migrate")["outcome"] == "blocked"
        assert found.command("migrate")["blocked_by"] == [1]
        lab.fixed(name, found.folder)
        assert lab.rows(name) == lab.rows(whole)[:4]
        lab.run(name, (found.folder / "rollback.sql").read_text())
        assert lab.schema(name) == before
        lab.fixed(name, found.folder)
        done = run_kit(lab.project, "migrate", lab.server.url(name, "app"))
        assert done.outcome is Outcome.PASSES, done
        assert lab.rows(name) == lab.rows(whole)
        assert lab.schema(name).tables == lab.schema(whole).tables


@pytest.mark.night
def test_after_fix_sql_a_pushed_database_migrates(lab: Lab, tmp_path: Path) -> None:
    """The real push makes it, the real migrate stops, and after fix.sql has nothing to do."""
    project = _with_schema_code(lab, tmp_path)
    name = lab.database(0)
    url = lab.server.url(name, "app")
    assert run_kit(project, "push", url).outcome is Outcome.PASSES
    assert run_kit(lab.project, "migrate", url).outcome is Outcome.BLOCKED
    before = lab.schema(name)
    found = look(lab.project.app, tmp_path / "out", url=url)
    assert set(found.issues()) == {PUSHED}
    lab.fixed(name, found.folder)
    assert run_kit(lab.project, "migrate", url).outcome is Outcome.PASSES
    assert len(lab.rows(name)) == 6
    assert lab.schema(name) == before


def _with_schema_code(lab: Lab, folder: Path) -> LabProject:
    """The project with the schema code of its last migration, which `push` reads."""
    copy = shutil.copytree(lab.project.folder, folder / "pushed", symlinks=True)
    return replace(lab.project, folder=copy)
