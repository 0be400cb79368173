"""What a copy lacks of the real database: rows, extensions, roles. The real tool ran there."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import PropertyMock, patch

import pytest

from forensics.analysis.diagnose import diagnose
from forensics.evidence.bundle import Bundle
from forensics.evidence.recorded import recorded_experiments
from forensics.model import Certainty, CommandOutcome, CommandState, Report
from forensics.replay.plans import Plan, RunState
from forensics.replay.rehearsal import rehearsal
from forensics.report.build import build
from forensics.scratch.binaries import carried_binaries
from forensics.scratch.postgres import Server, throw_away_postgres
from forensics.scratch.stand_ins import StandIns
from tests.lab.kits import kit_modules
from tests.lab.small import Small

pytestmark = pytest.mark.lab

KIT = "0.31.11"
BREAK = "--> statement-breakpoint\n"
APPLIED = 'CREATE TABLE "notes" ("id" serial PRIMARY KEY, "owner" uuid);'


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """The real server, which has pgvector."""
    with throw_away_postgres(binaries=carried_binaries()) as running:
        running.execute("CREATE ROLE authenticated NOLOGIN")
        yield running


@dataclass(frozen=True)
class Told:
    """What was said before the real tool ran on a copy, and after it."""

    before: Report
    after: Report

    @property
    def migrate(self) -> tuple[CommandState, CommandState]:
        """The applying command."""
        return self._of(self.before), self._of(self.after)

    def _of(self, report: Report) -> CommandState:
        return next(it for it in report.commands if it.command == "migrate")


def told(place: Path, server: Server, name: str, pending: str, *, rows: str = "") -> Told:
    """One migration is applied by the real kit, rows come, another one waits."""
    small = Small(place / "app", KIT, server, name)
    small.write(APPLIED)
    assert small.migrate().outcome is CommandOutcome.PASSES
    if rows:
        small.sql(rows)
    small.write(APPLIED, pending)
    before = small.investigate(scratch=False)
    bundle = Bundle.open(small.output / "bundle")
    with rehearsal(bundle, small.folder, kit=kit_modules(KIT).parent) as ready:
        replace(ready, plans=tuple(map(_only_migrate, ready.plans))).run()
    return Told(before, build(diagnose(Bundle.open(small.output / "bundle"))))


def _only_migrate(plan: Plan) -> Plan:
    state = RunState(fixed=(), steps=(), commands=("migrate",))
    return replace(plan, states=(state,))


@pytest.mark.night
def test_success_on_a_copy_without_rows_is_no_success(tmp_path: Path, server: Server) -> None:
    """The real database has a row that breaks it."""
    pending = 'ALTER TABLE "notes" ALTER COLUMN "owner" SET NOT NULL;'
    found = told(tmp_path, server, "rows", pending, rows="INSERT INTO notes DEFAULT VALUES")
    before, after = found.migrate
    assert (before.outcome, after.outcome) == (CommandOutcome.UNKNOWN, CommandOutcome.UNKNOWN)
    layer = recorded_experiments(Bundle.open(tmp_path / "app-report" / "bundle"))
    assert layer is not None
    (run,) = [it for it in layer.replays if it.command == "migrate" and not it.fixed]
    assert run.outcome is CommandOutcome.PASSES
    assert run.lacks == "what it does with the rows of public.notes: the copy has none"


@pytest.mark.night
def test_an_error_that_only_comes_without_rows_accuses_nobody(
    tmp_path: Path, server: Server
) -> None:
    """The row that the foreign key asks for is there on the real database."""
    pending = (
        'CREATE TABLE "parts" ("note" integer REFERENCES "notes" ("id"));\n'
        f'{BREAK}INSERT INTO "parts" VALUES (1);'
    )
    found = told(tmp_path, server, "orphans", pending, rows="INSERT INTO notes DEFAULT VALUES")
    assert found.migrate[1].outcome is CommandOutcome.UNKNOWN
    report = found.after
    assert not [issue for issue in report.issues if "parts" in issue.title]


def test_the_real_tool_runs_with_stand_ins_and_the_report_says_so(
    tmp_path: Path, server: Server
) -> None:
    """A scratch server without pgvector, and without the role that a policy names."""
    pending = (
        f"CREATE EXTENSION vector;\n{BREAK}"
        f'ALTER TABLE "notes" ADD COLUMN "embedding" vector(3);\n{BREAK}'
        'CREATE POLICY "own" ON "notes" TO "authenticated" USING (true);'
    )
    bare = PropertyMock(return_value=frozenset({"plpgsql"}))
    with patch.object(StandIns, "available", bare):
        found = told(tmp_path, server, "vectors", pending)
    _, after = found.migrate
    assert (after.outcome, after.certainty) == (CommandOutcome.PASSES, Certainty.REPLAYED)
    assert after.stand_ins == ("extension vector", "type vector", "role authenticated")
    assert any("stand-ins of the same name" in it for it in found.after.limitations)
    real = Small(tmp_path / "other", KIT, server, "vectors_real")
    real.write(APPLIED, pending)
    assert real.migrate().outcome is CommandOutcome.PASSES
