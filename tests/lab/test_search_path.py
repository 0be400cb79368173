"""Tables that a real migration puts into another schema, found by whoever looks, and moved back.

Holds for drizzle-kit 0.21.4, 0.29.1 and 0.31.11.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from forensics.analysis.diagnose import Diagnosis
from forensics.model import CommandOutcome, Finding, RunSql, Severity
from forensics.scratch.postgres import Server, throw_away_postgres
from tests.lab.roles import Small, bare

pytestmark = pytest.mark.lab

RULE = "search-path-mismatch"
FIRST = (
    'CREATE TABLE "users" ("id" serial PRIMARY KEY, "name" text);\n--> statement-breakpoint\n'
    'CREATE INDEX "by_name" ON "users" ("name");'
)
NEXT = 'ALTER TABLE "users" ADD COLUMN "age" integer;'
_numbers = count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """Who migrates, what was set before, and where the tables land."""

    role: str
    before: str
    place: str
    kit: str
    why: str


INSTANCES = {
    "a role called like the schema of the tool": Instance(
        role="drizzle",
        before="SELECT",
        place="drizzle",
        kit="0.29.1",
        why="for drizzle that is drizzle",
    ),
    "a schema called like the role": Instance(
        role="shop",
        before="CREATE SCHEMA shop AUTHORIZATION shop",
        place="shop",
        kit="0.31.11",
        why="for shop that is shop",
    ),
    "a search path that is fixed for the role": Instance(
        role="ships",
        before="CREATE SCHEMA store AUTHORIZATION ships; "
        "ALTER ROLE ships IN DATABASE {database} SET search_path = store, public",
        place="store",
        kit="0.21.4",
        why="The search path of role ships is fixed as store, public",
    ),
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server with the roles of all instances."""
    with throw_away_postgres() as running:
        for role in ("drizzle", "shop", "ships"):
            running.create_role(role)
        yield running


def migrated(server: Server, top: Path, instance: Instance) -> Small:
    """A database that the real kit migrated, and a second migration that waits."""
    name = f"path_{next(_numbers)}"
    small = bare(server, top, name, instance.kit, FIRST, role=instance.role)
    small.run(
        f"ALTER ROLE {instance.role} RESET search_path", instance.before.format(database=name)
    )
    assert small.migrate().exit_code == 0
    small.add(NEXT)
    return small


def one(found: Diagnosis) -> Finding:
    """The only finding of all rules."""
    (finding,) = found.findings
    assert finding.rule == RULE
    return finding


@pytest.mark.sample(3)
@pytest.mark.parametrize("named", INSTANCES)
def test_it_is_found_moved_and_migrated_further(server: Server, tmp_path: Path, named: str) -> None:
    """The superuser looks, as whoever has the usual search path; nothing is called lost."""
    instance = INSTANCES[named]
    small = migrated(server, tmp_path / "project", instance)
    found = small.diagnose(tmp_path / "bundle", role="postgres")
    finding = one(found)
    assert finding.subject == f"{instance.place}.users"
    assert instance.why in finding.root_cause
    assert found.bench.after()["migrate"].outcome is CommandOutcome.BLOCKED
    assert found.bench.after(frozenset({0}))["migrate"].outcome is CommandOutcome.PASSES

    assert finding.fix is not None
    small.run(*(step.text for step in finding.fix.steps if isinstance(step, RunSql)))
    after = small.diagnose(tmp_path / "after", role="postgres")
    assert after.findings == ()
    small.run(f"ALTER ROLE {instance.role} IN DATABASE {small.database} RESET search_path")
    assert small.migrate().exit_code == 0
    columns = small.server.execute(
        "SELECT column_name::text FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name = 'users' ORDER BY 1",
        database=small.database,
    )
    assert columns == [("age",), ("id",), ("name",)]


@pytest.mark.night
def test_the_other_way_lets_everybody_look_there(server: Server, tmp_path: Path) -> None:
    """The tables stay where they are, and the next migration finds them."""
    instance = INSTANCES["a schema called like the role"]
    small = migrated(server, tmp_path / "project", instance)
    (other,) = one(small.diagnose(tmp_path / "bundle", role="postgres")).alternatives
    small.run(*(step.text for step in other.steps if isinstance(step, RunSql)))
    assert small.diagnose(tmp_path / "after", role="postgres").findings == ()
    assert small.migrate("postgres").exit_code == 0


def test_the_role_itself_hears_that_its_tables_lie_among_those_of_the_tool(
    server: Server, tmp_path: Path
) -> None:
    """It finds them, so nothing is blocked; others do not."""
    instance = INSTANCES["a role called like the schema of the tool"]
    small = migrated(server, tmp_path / "project", instance)
    found = small.diagnose(tmp_path / "bundle")
    finding = one(found)
    assert (finding.subject, finding.severity) == ("drizzle.users", Severity.MEDIUM)
    assert found.bench.after()["migrate"].outcome is CommandOutcome.PASSES
    assert small.migrate().exit_code == 0


def test_the_role_itself_with_a_schema_of_its_own_is_quiet(server: Server, tmp_path: Path) -> None:
    """A schema for each role is a usual way to work."""
    instance = INSTANCES["a schema called like the role"]
    small = migrated(server, tmp_path / "project", instance)
    assert small.diagnose(tmp_path / "bundle").findings == ()
