"""What stays open: why the outcome of a command is unknown, told once and always in one way."""

import pytest

from forensics.model import Topic, Unanswered
from tests.build import DEFAULT, Case, database, project, rows, table
from tests.support.left_open import left_open
from tests.support.pending import pending

ASKED = Unanswered(topic=Topic.RULE, name="stale-snapshot", lacks="a file", how_to_get_it="look")
FUNCTION = "SELECT some_function();"
FILLED = 'ALTER TABLE "users" ADD COLUMN "x" text NOT NULL;'


@pytest.mark.parametrize("asked", [(), (ASKED,)], ids=["nothing asked", "a rule asks"])
@pytest.mark.parametrize(
    ("text", "why"),
    [
        (FUNCTION, "statements of the kind SELECT are not modelled"),
        (FILLED, "it depends on whether public.users has rows"),
    ],
)
def test_why_an_outcome_is_unknown_is_told_whatever_rules_ask(
    text: str, why: str, asked: tuple[Unanswered, ...]
) -> None:
    """Once for each command: as an open question, with what settles it."""
    diagnosis = pending(text).diagnose()
    unknown = {it.command for it in diagnosis.causation.before if it.reason}
    assert {"migrate", "push"} <= unknown
    told = left_open(diagnosis, *asked)
    (migrate,) = (it for it in told if "`migrate`" in it.lacks)
    assert migrate.lacks.startswith(f"what `migrate` would do in drizzle: {why}")
    assert ("--probe-rows" in migrate.how_to_get_it) is (text == FILLED)
    (push,) = (it for it in told if "`push`" in it.lacks)
    assert push.topic is Topic.SCHEMA_CODE and "the newest snapshot lacks" in push.lacks


def test_commands_with_one_reason_are_one_question() -> None:
    """Also with the one that compares the schema code."""
    held = database(table(DEFAULT, *rows("0000_a")))
    (told,) = left_open(Case(project("0000_a"), held, version="0.20.14").diagnose())
    assert "`check`, `generate`, `migrate` and `push`" in told.lacks
    assert "drizzle-kit 0.20.14 is not known" in told.lacks


def test_without_a_database_what_connects_is_not_asked_for_again() -> None:
    """Every rule that needs one says so."""
    assert not left_open(Case(project("0000_a")).diagnose())
