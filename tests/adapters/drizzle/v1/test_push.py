"""What `push` of 1.0 is said to do with tables that record migrations, beside the configured one."""

import pytest
from msgspec.structs import replace

from forensics.adapters.drizzle.v1.push import doomed_by_push
from forensics.facts import Facts, TrackingTable
from forensics.model import CommandOutcome, Outcome, Prediction
from tests.build import CONFIG, DEFAULT, PUBLIC, Case, database, table
from tests.folders import NAMES, folders, row

RETIRED = "drizzle.__drizzle_migrations_retired"
OURS = table(DEFAULT, row(1, NAMES[0]))


def told(*others: TrackingTable, settings: str = "") -> tuple[Prediction, Facts]:
    """Beside the table that the config names, these; `settings` are further ones of the config."""
    config = CONFIG.replace(" }", f", {settings} }}")
    case = Case(folders(*NAMES, changes={"drizzle.config.ts": config}), database(OURS, *others))
    return case.scene.adapter.predict(case.facts, "push"), case.facts


@pytest.mark.parametrize("where", [PUBLIC, RETIRED])
def test_rows_elsewhere_are_asked_about_in_every_schema(where: str) -> None:
    """It compares all schemas where the config names none; without a terminal it exits with 2."""
    found, facts = told(table(where, row(1, NAMES[0])))
    assert (found.outcome, found.exit_code, found.destructive) == (CommandOutcome.ASKS, 2, True)
    assert found.message == f"Confirm data loss  \u2014  table  {where}"
    assert [str(it.name) for it in doomed_by_push(facts)] == [where]


def test_a_schema_that_the_config_leaves_out_is_safe() -> None:
    """Then nothing is said of the rest, which is not modelled."""
    found, facts = told(table(RETIRED, row(1, NAMES[0])), settings="schemaFilter: ['public']")
    assert found.outcome is CommandOutcome.UNKNOWN and not doomed_by_push(facts)


def test_a_table_without_rows_goes_without_a_question() -> None:
    """So no question is foretold, and what would go is named."""
    found, _ = told(table(PUBLIC))
    assert found.outcome is CommandOutcome.UNKNOWN
    assert f"would drop {PUBLIC}, without rows, and ask nothing" in found.why


def test_rows_that_were_not_read_decide() -> None:
    """Nobody knows whether it asks."""
    found, _ = told(replace(table(PUBLIC), outcome=Outcome.DENIED))
    assert found.outcome is CommandOutcome.UNKNOWN and PUBLIC in found.why


def test_patterns_are_not_guessed_at() -> None:
    """`!audit` means something else than in 0.x."""
    found, _ = told(table(PUBLIC, row(1, NAMES[0])), settings="schemaFilter: ['!audit']")
    assert found.outcome is CommandOutcome.UNKNOWN and "patterns" in found.why
