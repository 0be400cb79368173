"""What the real tool leaves behind that is not valid, and what its push takes away: told, repaired.

The projects are generated and applied by drizzle-kit 0.31.11, those of `push` by 0.21.4 too. Every
repair is carried out on the database, statement by statement, before the tool has the last word.
"""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from pathlib import Path

import psycopg
import pytest

from forensics.analysis.diagnose import Diagnosis, diagnose
from forensics.collect.case import collect
from forensics.collect.request import Request
from forensics.model import CommandOutcome, Finding, InsertRows, RunSql
from forensics.scratch.postgres import Server, throw_away_postgres
from tests.lab.build import LabProject
from tests.lab.kits import kit_command, kit_modules
from tests.lab.releases.project import tiny_project
from tests.lab.run import KitRun, run_kit
from tests.lab.transcript import Outcome

pytestmark = pytest.mark.lab

INVALID, PARTIAL, DRIFT = (
    "invalid-database-object",
    "partially-applied-migration",
    "schema-drift",
)
OLD, NEW = "0.21.4", "0.31.11"
BREAK = "--> statement-breakpoint\n"
HEAD = """\
import { integer, pgPolicy, pgTable, text, unique, uniqueIndex } from "drizzle-orm/pg-core";
import { sql } from "drizzle-orm";
"""
OLD_HEAD = 'import { integer, pgTable, text } from "drizzle-orm/pg-core";\n'
BOATS = """
export const boats = pgTable("boats", {
  id: integer("id").primaryKey(), yard: text("yard"), hull: text("hull"), of: integer("of"),
});
"""
_numbers = count()


@dataclass(frozen=True, kw_only=True)
class Harbour:
    """A project of one kit, and one database of it."""

    kit: str
    server: Server
    project: LabProject
    folder: Path
    name: str

    @property
    def url(self) -> str:
        """The database, as the superuser."""
        return self.server.url(self.name)

    @property
    def out(self) -> Path:
        """The migration folder."""
        return self.project.app / "drizzle"

    def generated(self, code: str, name: str, *arguments: str) -> Path:
        """The file that the kit generates for this schema code."""
        (self.project.app / "schema.ts").write_text(code, encoding="utf-8")
        modules = self.project.app / "node_modules"
        modules.symlink_to(kit_modules(self.kit))
        command = kit_command("generate", "--name", name, *arguments)
        subprocess.run(command, cwd=self.project.app, check=True, capture_output=True, timeout=60)
        modules.unlink()
        (found,) = self.out.glob(f"*_{name}.sql")
        return found

    def migrated(self) -> KitRun:
        """The real `migrate`."""
        return run_kit(self.project, "migrate", self.url)

    def sql(self, *statements: str) -> list[tuple[object, ...]]:
        """Run statements one by one, each outside a transaction; what the last one returned."""
        rows: list[tuple[object, ...]] = []
        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
                rows = cursor.fetchall() if cursor.description else []
        return rows

    def diagnosis(self) -> Diagnosis:
        """What Forensics says of project and database."""
        request = Request(project=self.project.app, database_url=self.url, history=False)
        bundle = collect(request, self.folder / f"bundle_{next(_numbers)}", lambda _: None)
        (found,) = diagnose(bundle).diagnoses
        return found

    def found(self, rule: str) -> list[Finding]:
        """The findings of a rule."""
        return [finding for finding in self.diagnosis().findings if finding.rule == rule]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server for all."""
    with throw_away_postgres(settings={"autovacuum": "off"}) as running:
        yield running


def harbour(server: Server, folder: Path, kit: str = NEW) -> Harbour:
    """An empty project of a kit, and an empty database."""
    project = tiny_project(folder / "project", kit)
    shutil.rmtree(project.app / "drizzle")
    manifest = {"name": "harbour", "private": True, "devDependencies": {"drizzle-kit": kit}}
    (project.app / "package.json").write_text(json.dumps(manifest), encoding="utf-8")
    name = f"valid_{next(_numbers)}"
    server.create_database(name)
    return Harbour(kit=kit, server=server, project=project, folder=folder, name=name)


Berth = Callable[[Path, str], Harbour]


@pytest.fixture(scope="module")
def berth(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Berth:
    """Copies of a kit's project with one migration, generated and applied by the kit once."""

    @cache
    def built(kit: str) -> Harbour:
        found = harbour(server, tmp_path_factory.mktemp("berth"), kit)
        found.generated((HEAD if kit == NEW else OLD_HEAD) + BOATS, "boats")
        assert found.migrated().outcome is Outcome.PASSES
        return found

    def copied(folder: Path, kit: str) -> Harbour:
        first = built(kit)
        top = shutil.copytree(first.project.folder, folder / "project")
        name = f"valid_{next(_numbers)}"
        server.create_database(name, template=first.name)
        return replace(first, project=replace(first.project, folder=top), folder=folder, name=name)

    return copied


@pytest.fixture
def here(berth: Berth, tmp_path: Path) -> Harbour:
    """A project of the newest kit with one applied migration."""
    return berth(tmp_path, NEW)


def steps(finding: Finding) -> list[str]:
    """The statements of a repair."""
    assert finding.fix is not None
    return [step.text for step in finding.fix.steps if isinstance(step, RunSql)]


def recorded(findings: Sequence[Finding]) -> set[str]:
    """The migrations that any repair of these would record."""
    fixes = [fix for it in findings for fix in (it.fix, *it.alternatives) if fix is not None]
    rows = [step.rows for fix in fixes for step in fix.steps if isinstance(step, InsertRows)]
    return {row.key for each in rows for row in each}


# --- Indexes ------------------------------------------------------------------------------------

INDEXED = BOATS.replace(
    "});", "}, (t) => [uniqueIndex('one_hull').on(t.yard, t.hull).concurrently()]);"
)
ROWS = "INSERT INTO boats (id, yard, hull) VALUES (1, 'a', 'x'), (2, 'a', 'x'), (3, 'b', NULL), (4, 'b', NULL)"


@pytest.mark.night
def test_an_index_on_two_columns_that_failed_after_a_commit(here: Harbour) -> None:
    """Two pending migrations: the first is recorded by the COMMIT in the second."""
    here.sql(ROWS)
    first = here.generated(
        HEAD + BOATS.replace('of: integer("of")', 'of: integer("of"), flag: text("flag")'), "flag"
    )
    assert "ADD COLUMN" in first.read_text(encoding="utf-8")
    both = INDEXED.replace(
        'of: integer("of")', 'of: integer("of"), flag: text("flag"), n: text("n")'
    )
    path = here.generated(HEAD + both, "hulls")
    text = path.read_text(encoding="utf-8")
    assert "CREATE UNIQUE INDEX CONCURRENTLY" in text
    path.write_text(text.replace(BREAK, f"{BREAK}COMMIT;{BREAK}", 1), encoding="utf-8")
    failed = here.migrated()
    assert failed.outcome is Outcome.BLOCKED
    assert here.sql("SELECT count(*) FROM drizzle.__drizzle_migrations") == [(2,)]

    diagnosis = here.diagnosis()
    assert diagnosis.bench.after()["migrate"].outcome is CommandOutcome.BLOCKED
    told = {(it.rule, it.subject) for it in diagnosis.findings}
    assert {(INVALID, "public.one_hull"), (PARTIAL, "0002_hulls")} <= told
    assert not recorded(diagnosis.findings)

    (invalid,) = [it for it in diagnosis.findings if it.rule == INVALID]
    drop, duplicates, build, record = steps(invalid)
    here.sql(record)
    assert here.sql("SELECT count(*) FROM drizzle.__drizzle_migrations") == [(2,)]
    assert here.sql(duplicates) == [("a", "x", 2)]
    with pytest.raises(psycopg.errors.UniqueViolation):
        here.sql(drop, build)
    here.sql("DROP INDEX one_hull", "DELETE FROM boats WHERE id = 2", build, record)
    assert not here.sql(duplicates)
    assert here.migrated().outcome is Outcome.PASSES
    assert not here.found(INVALID) and not here.found(PARTIAL)


def test_an_index_alone_is_built_by_the_tool_once_the_failed_one_is_gone(here: Harbour) -> None:
    """The file ends the transaction first, and has nothing else."""
    here.sql(ROWS)
    path = here.generated(HEAD + INDEXED, "hulls")
    path.write_text(f"COMMIT;{BREAK}{path.read_text(encoding='utf-8')}", encoding="utf-8")
    assert here.migrated().outcome is Outcome.BLOCKED
    again = here.migrated()
    (finding,) = here.found(INVALID)
    assert "Run `migrate` afterwards" in (finding.fix.safety_note if finding.fix else "")
    diagnosis = here.diagnosis()
    assert [it.rule for it in diagnosis.findings] == [INVALID]
    assert diagnosis.causation.blocked_by["migrate"] == (0,)
    predicted = diagnosis.bench.after()["migrate"]
    assert (predicted.outcome, again.outcome) == (CommandOutcome.BLOCKED, Outcome.BLOCKED)
    assert predicted.error is not None
    assert predicted.error.text == 'relation "one_hull" already exists'
    drop, duplicates = steps(finding)
    assert here.sql(duplicates) == [("a", "x", 2)]
    here.sql(drop, "DELETE FROM boats WHERE id = 2")
    assert here.migrated().outcome is Outcome.PASSES
    assert not here.found(INVALID)
    assert here.sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'one_hull'::regclass") == [
        (True,)
    ]


@pytest.mark.night
def test_an_index_that_was_dropped_and_begun_again_by_hand(here: Harbour) -> None:
    """Recorded and once valid: nothing is recorded again, the index is only built anew."""
    here.generated(HEAD + INDEXED.replace(".concurrently()", ""), "hulls")
    assert here.migrated().outcome is Outcome.PASSES
    assert not here.found(INVALID)
    here.sql("DROP INDEX one_hull", ROWS)
    with pytest.raises(psycopg.errors.UniqueViolation):
        here.sql("CREATE UNIQUE INDEX CONCURRENTLY one_hull ON boats (yard, hull)")
    (finding,) = here.found(INVALID)
    drop, _, build = steps(finding)
    here.sql(drop, "DELETE FROM boats WHERE id = 2", build)
    assert not here.found(INVALID)
    assert not here.found(DRIFT)


# --- Constraints, triggers, row level security --------------------------------------------------


@pytest.mark.night
def test_a_foreign_key_that_was_made_again_without_a_look_at_the_rows(here: Harbour) -> None:
    """NOT VALID, after a bulk load: the query counts the orphans."""
    code = BOATS.replace('of: integer("of")', 'of: integer("of").references((): any => boats.id)')
    here.generated(HEAD + code, "fleet")
    assert here.migrated().outcome is Outcome.PASSES
    key = "boats_of_boats_id_fk"
    here.sql(
        f"ALTER TABLE boats DROP CONSTRAINT {key}",
        "INSERT INTO boats (id, of) VALUES (1, 1), (2, 99), (3, NULL)",
        f"ALTER TABLE boats ADD CONSTRAINT {key} FOREIGN KEY (of) REFERENCES boats (id) NOT VALID",
    )
    (finding,) = here.found(INVALID)
    assert finding.subject == f"public.boats.{key}"
    orphans, validate = steps(finding)
    assert here.sql(orphans) == [(1,)]
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        here.sql(validate)
    here.sql("DELETE FROM boats WHERE of = 99", validate)
    assert not here.found(INVALID)


@pytest.mark.night
def test_a_trigger_that_was_disabled_for_a_restore(here: Harbour) -> None:
    """A migration that was written by hand made it, and no snapshot knows it."""
    path = here.generated(HEAD + BOATS, "stamp", "--custom")
    path.write_text(
        "CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.yard := 'stamped'; RETURN NEW; END $$;"
        f"{BREAK}CREATE TRIGGER stamp BEFORE INSERT ON boats FOR EACH ROW EXECUTE FUNCTION stamp();",
        encoding="utf-8",
    )
    assert here.migrated().outcome is Outcome.PASSES
    assert not here.found(INVALID)
    here.sql("ALTER TABLE boats DISABLE TRIGGER ALL")
    (finding,) = here.found(INVALID)
    assert finding.subject == "public.boats.stamp"
    here.sql(*steps(finding), "INSERT INTO boats (id) VALUES (1)")
    assert here.sql("SELECT yard FROM boats") == [("stamped",)]
    assert not here.found(INVALID)


SECURED = BOATS.replace(
    "});",
    "}, (t) => [pgPolicy('mine', { for: 'select', to: 'public', using: sql`${t.yard} = current_user` })])",
).replace("])", "]).enableRLS();")


@pytest.mark.night
def test_security_that_was_switched_off_by_hand(here: Harbour) -> None:
    """The kit made both; the switch and the policy are told, and made again as they were."""
    here.generated(HEAD + SECURED, "secure")
    assert here.migrated().outcome is Outcome.PASSES
    assert not here.found(INVALID) and not here.found(DRIFT)
    before = here.sql(POLICIES)
    here.sql("ALTER TABLE boats DISABLE ROW LEVEL SECURITY", "DROP POLICY mine ON boats")
    findings = here.found(INVALID)
    assert {it.subject for it in findings} == {"public.boats", "public.boats.mine"}
    for finding in findings:
        here.sql(*steps(finding))
    assert here.sql(POLICIES) == before
    assert here.sql(SWITCH) == [(True,)]
    assert not here.found(INVALID)


POLICIES = (
    "SELECT policyname, permissive, roles::text, cmd, qual, with_check FROM pg_policies ORDER BY 1"
)
SWITCH = "SELECT relrowsecurity FROM pg_class WHERE oid = 'boats'::regclass"

# --- What push takes away -----------------------------------------------------------------------

BY_HAND = (
    "ALTER TABLE boats ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY readers ON boats FOR SELECT USING (true)",
    "CREATE POLICY writers ON boats AS RESTRICTIVE FOR UPDATE TO CURRENT_USER USING (of = 1)",
)
LOST = {
    "security and two policies": BY_HAND,
    "security alone": BY_HAND[:1],
    "a policy without security": BY_HAND[1:2],
}


@pytest.mark.sample(4)
@pytest.mark.parametrize(
    ("kit", "what"), [*((NEW, what) for what in LOST), (OLD, "security and two policies")]
)
def test_what_push_takes_away_is_told_before(
    berth: Berth, tmp_path: Path, kit: str, what: str
) -> None:
    """Without a question, and with exit code 0; a kit that knows no policies leaves them alone."""
    here = berth(tmp_path, kit)
    here.sql(*LOST[what])
    before = here.sql(POLICIES), here.sql(SWITCH)
    diagnosis = here.diagnosis()
    predicted = diagnosis.bench.after()["push"]
    told = [it for it in diagnosis.findings if it.rule == DRIFT]

    real = run_kit(here.project, "push", here.url, args=("--force",) if kit == NEW else ())
    lost = (here.sql(POLICIES), here.sql(SWITCH)) != before
    assert lost is (kit == NEW)
    assert real.exit_code == predicted.exit_code == 0
    outcome = CommandOutcome.SILENTLY_WRONG if lost else CommandOutcome.PASSES
    assert predicted.outcome is outcome, predicted
    assert [it.subject for it in told] == (["public.boats"] if lost else [])
    if lost:
        assert (here.sql(POLICIES), here.sql(SWITCH)) == ([], [(False,)])
        assert predicted.message in real.stdout


def test_push_takes_nothing_away_once_the_code_says_what_the_finding_shows(
    here: Harbour,
) -> None:
    """The code of the report, put into the schema code: the real push then finds no difference."""
    here.sql(*BY_HAND[:2])
    (finding,) = here.found(DRIFT)
    policies = finding.shown[0].text.partition("(t) => [")[2].rpartition("]")[0]
    code = HEAD + BOATS.replace("});", f"}}, (t) => [{policies}]);")
    (here.project.app / "schema.ts").write_text(code, encoding="utf-8")
    real = run_kit(here.project, "push", here.url, args=("--force",))
    assert "No changes detected" in real.stdout
    assert here.sql(SWITCH) == [(True,)]


def test_protections_that_migrations_made_by_hand_are_a_note(here: Harbour) -> None:
    """Who only migrates loses nothing; push would take them away all the same."""
    path = here.generated(HEAD + BOATS, "guard", "--custom")
    path.write_text(BREAK.join(f"{it};" for it in BY_HAND[:2]), encoding="utf-8")
    assert here.migrated().outcome is Outcome.PASSES
    diagnosis = here.diagnosis()
    (finding,) = [it for it in diagnosis.findings if it.rule == DRIFT]
    assert finding.severity.value == "note"
    assert diagnosis.bench.after()["push"].outcome is CommandOutcome.UNKNOWN
    run_kit(here.project, "push", here.url, args=("--force",))
    assert here.sql(SWITCH) == [(False,)]
    assert {it.subject for it in here.found(INVALID)} == {"public.boats", "public.boats.readers"}
