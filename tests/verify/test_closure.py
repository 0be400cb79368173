"""A repair is closed when the bundle from after it says so, claim by claim."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from forensics import pipeline
from forensics.demo import CLINIC, EXPECTED
from forensics.demo.database import build_database
from forensics.demo.history import commit_story
from forensics.demo.project import copy_project, last_migration, leave_stray_file
from forensics.demo.story import read_story
from forensics.evidence.bundle import Bundle
from forensics.model import Severity
from forensics.scratch.postgres import Server, throw_away_postgres
from forensics.verify.closure import Closure, SqlVerdict
from forensics.verify.told import told_closure

pytestmark = pytest.mark.slow


class Repair:
    """The demo's incident, with bundles from before its repair and after each step."""

    def __init__(self, server: Server, folder: Path) -> None:
        told = read_story(CLINIC)
        self.server = server
        self.name = told.project
        self.address = build_database(server, told)
        self.project = project = folder / told.project
        copy_project(told, project)
        commit_story(told, project, forgets_schema=True, deletes=last_migration(told))
        leave_stray_file(told, project)
        self._folder = folder
        address = self.address
        self.report = folder / "report"
        done = pipeline.investigate(
            project, output=self.report, formats=("json",), scratch=False, database_url=address
        )
        self.before = done.bundle

    def collected(self, name: str, address: str | None = None) -> Bundle:
        """The evidence as it is now."""
        return pipeline.collect(
            self.project, output=self._folder / name, database_url=address or self.address
        )

    def run(self, sql: str) -> None:
        """Run SQL on the case's database, as its owner does."""
        ((owner,),) = self.server.execute(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()",
            database=self.name,
        )
        self.server.execute(sql, database=self.name, user=str(owner))


@pytest.fixture(scope="module")
def repair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repair]:
    """The incident; the tests below repair it, in their order."""
    with throw_away_postgres() as server:
        yield Repair(server, tmp_path_factory.mktemp("repair"))


@pytest.fixture(scope="module")
def closures(repair: Repair) -> dict[str, Closure]:
    """Compared with before: untouched, with other SQL, without a database, and repaired."""
    found = {"untouched": pipeline.compare(repair.before, repair.collected("untouched"))}
    fix = (repair.report / "fix.sql").read_text(encoding="utf-8")
    tables = "drizzle.__drizzle_migrations"
    repair.run(f"INSERT INTO {tables} (hash, created_at) VALUES ('{'0' * 64}', 5)")
    found["otherwise"] = pipeline.compare(repair.before, repair.collected("otherwise"))
    repair.run(f"DELETE FROM {tables} WHERE created_at = 5")
    repair.run(fix)
    subprocess.run(
        ["git", "apply", str(repair.report / "fix.patch")], cwd=repair.project, check=True
    )
    for stray in repair.project.rglob("meta/tmp-*"):  # ignored by git, so a step for the shell
        stray.unlink()
    done = repair.collected("repaired")
    found["repaired"] = pipeline.compare(repair.before, done)
    found["back"] = pipeline.compare(done, repair.before)
    blind = pipeline.collect(repair.project, output=repair.report.parent / "blind")
    found["blind"] = pipeline.compare(repair.before, blind)
    return found


def rules(closure: Closure, name: str) -> set[str]:
    """The rules of some claims."""
    return {claim.rule for claim in getattr(closure, name) if claim.severity is not Severity.NOTE}


def test_what_nobody_repaired_stays(closures: dict[str, Closure]) -> None:
    """Every claim, and fix.sql was not run."""
    closure = closures["untouched"]
    assert not closure.closed
    assert rules(closure, "stays") == set(EXPECTED)
    assert (closure.gone, closure.new, closure.unknown) == ((), (), ())
    assert closure.sql is SqlVerdict.NOT_DONE


def test_other_sql_than_ours_is_told(closures: dict[str, Closure]) -> None:
    """A row by hand, that fix.sql does not leave, while those that it leaves are missing."""
    closure = closures["otherwise"]
    assert closure.sql is SqlVerdict.OTHERWISE
    assert any("which fix.sql leaves" in line for line in closure.sql_lines)
    assert not closure.closed


def test_a_repair_with_our_files_is_closed(closures: dict[str, Closure]) -> None:
    """Nothing stays, nothing is new, no command fails; and a table does not say who wrote it."""
    closure = closures["repaired"]
    assert closure.closed, told_closure(closure, "text")
    assert rules(closure, "gone") == set(EXPECTED)
    assert closure.sql is SqlVerdict.AS_OURS
    assert "the same by hand looks alike" in closure.sql_lines[-1]
    assert {it.command for it in closure.commands if it.before == "blocked"}


def test_what_is_new_is_told(closures: dict[str, Closure]) -> None:
    """The two the wrong way round: what the repair removed appears, and a remark says why."""
    closure = closures["back"]
    assert not closure.closed
    assert rules(closure, "new") == set(EXPECTED)
    assert "was collected before the other" in closure.remarks[0]


def test_without_a_database_nothing_of_it_is_called_gone(closures: dict[str, Closure]) -> None:
    """Of what rows alone tell, it cannot be said; the SQL was not seen either."""
    closure = closures["blind"]
    assert not closure.closed
    assert "tracking-table-in-two-schemas" in rules(closure, "unknown")
    assert not set(closure.gone) & set(closure.unknown)
    assert closure.sql is SqlVerdict.UNKNOWN
    assert "a database was examined before the fix, but none after it" in closure.remarks[0]


def test_the_command_line_tells_it(repair: Repair, closures: dict[str, Closure]) -> None:
    """Exit code 0 for closed, 1 for not closed; text, and JSON with the same."""
    base = [sys.executable, "-m", "forensics", "verify", "--before", str(repair.before.folder)]
    folder = repair.report.parent
    for name, code, first in (("repaired", 0, "closed"), ("untouched", 1, "not closed")):
        line = [*base, "--after", str(folder / name)]
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout.splitlines()[0]) == (code, first), done.stderr
    line = [*base, "--after", str(folder / "repaired"), "--format", "json"]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    answer = msgspec.json.decode(done.stdout)
    assert (answer["closed"], answer["sql"]) == (True, "as-ours")
    alone = subprocess.run(base, capture_output=True, text=True, check=False)
    assert alone.returncode == 2
    shutil.rmtree(folder / "untouched")
