"""What the summary says of the data, as far as catalogue and rows can say it."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pytest

from forensics.analysis.diagnose import Analysis, _diagnose
from forensics.dialects.postgres.effects import run
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.tool_runs import Replays
from forensics.facts import LiveTable
from forensics.model import (
    Certainty,
    CommandOutcome,
    CommandState,
    DeleteFile,
    Project,
    Severity,
)
from forensics.report.narrative import _counts, data_sentence, title
from tests.build import DEFAULT, Case, fix, issue, rows, table
from tests.report.test_timeline import THEN
from tests.support.standing import TAGS, grown, having, state


def said(folder: Path, applied: int, tables: Sequence[LiveTable] | None = None) -> str:
    """Of a database that has the rows of the first migrations, and their tables or these."""
    held = table(DEFAULT, *rows(*TAGS[:applied]))
    live = state(applied) if tables is None else tables
    gaps = defaultdict[type, tuple[str, str]](lambda: ("", ""))
    case = Case(grown(*TAGS), having(live, held))
    diagnosis = _diagnose(case.scene, gaps, (), run, Replays())
    bundle = BundleWriter(folder).seal(Project(root="", head=None, branch=None), THEN)
    return data_sentence(
        Analysis(
            bundle=bundle,
            diagnoses=(diagnosis,),
            unanswered=(),
            database=diagnosis.scene.database,
            commits=None,
            symptoms=(),
        )
    )


def test_what_the_fix_of_another_resolves_is_counted_apart() -> None:
    """It is neither with a fix of its own nor without one."""
    issues = issue(1, fix(DeleteFile(path="x"))), issue(2, goes_with=(1,)), issue(3)
    (told,) = _counts((), issues, unexplained=False)
    assert told == (
        "3 issues found: 1 with a fix, 1 resolved by the fix of another and 1 without a fix."
    )


@pytest.mark.parametrize(
    ("severities", "told"),
    [
        ((Severity.LOW, Severity.HIGH), "drizzle-kit: Fault 2, and 1 more issue"),
        ((Severity.HIGH,), "drizzle-kit: Fault 1"),
        ((Severity.MEDIUM,), "drizzle-kit: issues that block no command yet"),
    ],
)
def test_a_grave_issue_that_stops_no_command_is_the_title(
    severities: Sequence[Severity], told: str
) -> None:
    """Else the first line would say nothing of it."""
    passing = CommandState(
        tool="drizzle-kit",
        folder="drizzle",
        command="migrate",
        outcome=CommandOutcome.PASSES,
        destructive=False,
        exit_code=0,
        message="",
        error=None,
        blocked_by=(),
        certainty=Certainty.PREDICTED,
    )
    issues = [issue(number, severity=it) for number, it in enumerate(severities, 1)]
    assert title((passing,), issues) == told


def test_what_is_applied_whole_is_no_loss(tmp_path: Path) -> None:
    """And nothing waits."""
    assert said(tmp_path, len(TAGS)).endswith("(rows of user tables were not read).")


def test_what_waits_to_be_applied_is_named(tmp_path: Path) -> None:
    """Else what it will make would look as if it were lost."""
    told = said(tmp_path, 4)
    assert "lacks only what pending migrations make: public.orders.note (rows" in told
    assert told.endswith("Not recorded as applied yet: 0004_note.")


def test_an_empty_database_lacks_no_table_yet(tmp_path: Path) -> None:
    """Nothing says that it ever had one."""
    told = "The database has no tables and no recorded migration: it is new, or the wrong one."
    assert said(tmp_path, 0) == told


def test_harm_that_an_issue_tells_of_is_told_first(tmp_path: Path) -> None:
    """Else "no sign of lost data" would stand beside an issue about lost data."""
    missing = [it for it in state(len(TAGS)) if it.name.table != "orders"]
    told = said(tmp_path, 3, missing)
    assert told.startswith("0002_orders is recorded, and the database lacks table public.orders.")
    assert "No sign of lost data" not in told
