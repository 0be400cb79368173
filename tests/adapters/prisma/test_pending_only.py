"""`migrate status` ends with 1 where something is pending: that alone is no failure."""

from __future__ import annotations

from forensics.facts import RowState
from forensics.model import CommandOutcome
from forensics.report import build
from tests.adapters.prisma.cases import PrismaCase, case
from tests.adapters.prisma.samples import ONE, PHONE, THREE, TWO, USER, row

STATUS = "migrate status"


def told(given: PrismaCase) -> tuple[CommandOutcome, int | None]:
    """How the report tells what it does."""
    diagnosis = given.diagnose()
    now = next(it for it in diagnosis.causation.before if it.command == STATUS)
    shown = build._as_told(now, diagnosis)
    return shown.outcome, shown.exit_code


def test_what_is_only_pending_passes_with_its_exit_code() -> None:
    """A migration that nobody applied yet, and nothing that explains more."""
    assert told(case(ONE, USER)) == (CommandOutcome.PASSES, 1)


def test_what_an_issue_leads_to_stays_a_failure() -> None:
    """A row that was lost, a run that failed, and a row without a file."""
    for given in (
        case(TWO, THREE, USER, PHONE),
        case(ONE, USER, row(PHONE, RowState.FAILED)),
        case(ONE, USER, row("20250101000000_gone", checksum="x")),
    ):
        assert told(given) == (CommandOutcome.BLOCKED, 1), given
