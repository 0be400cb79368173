"""A time limit that ended a pending statement is a fault; one that may is a note."""

import pytest
from msgspec.structs import replace

from forensics.facts import Circumstances
from forensics.model import ByHand, Certainty, CommandOutcome, Severity
from forensics.rules.statement_timeout import statement_timeout
from tests.analysis.test_captured import judged
from tests.build import Case
from tests.support.pending import BREAK, NEXT, found, pending, predictions, rules_of
from tests.support.standing import EMAIL, users

RULE = statement_timeout
INDEX = 'CREATE INDEX "by_email" ON "users" ("email");'
ENDED = """$ drizzle-kit migrate
DrizzleQueryError: Failed query: CREATE INDEX "by_email" ON "users" ("email");
params:
  cause: error: canceling statement due to statement timeout
    code: '57014',
(exit 1)
"""


def limited(text: str, limit: str) -> Case:
    """A session of the role begins with this limit."""
    case = pending(text, tables=(users(EMAIL),))
    seen = Circumstances(evidence="settings", role="app", settings=(("statement_timeout", limit),))
    database = case.scene.database
    assert database is not None
    held = replace(database, circumstances=seen)
    case.scene = replace(case.scene, database=held)
    return case


def test_a_limit_that_may_end_an_index_is_a_note() -> None:
    """The command passes for all we know."""
    case = limited(f'ALTER TABLE "users" ADD COLUMN "note" text;\n{BREAK}{INDEX}', "2000")
    (finding,) = found(case)
    assert (finding.rule, finding.subject, finding.severity) == (RULE.name, NEXT, Severity.NOTE)
    assert finding.title == "A time limit of 2000 ms may end statement 2 of 0001_next (line 3)"
    (fix,) = finding.alternatives
    (step,) = fix.steps
    assert isinstance(step, ByHand)
    assert step.instead.startswith("SET LOCAL statement_timeout = 0;")
    assert predictions(case)["migrate"].outcome is CommandOutcome.PASSES


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        (INDEX, "0"),
        (INDEX, ""),
        ('ALTER TABLE "users" ADD COLUMN "note" text;', "2000"),
        ('CREATE TABLE "a" ("id" integer); CREATE INDEX "i" ON "a" ("id");', "2000"),
        ('ALTER TABLE "users" ADD CONSTRAINT "c" CHECK ("id" > 0) NOT VALID;', "2000"),
        ("CREATE TABLE 'garbage", "2000"),
    ],
)
def test_without_a_limit_or_a_table_to_read_it_is_quiet(text: str, limit: str) -> None:
    """A new table has no rows, and what is not validated reads none."""
    assert (RULE.name, NEXT) not in rules_of(found(limited(text, limit)))


def test_an_end_that_somebody_captured_is_observed() -> None:
    """It names the statement, whatever is predicted, and no other finding is about it."""
    diagnosis = judged(pending(INDEX, tables=(users(EMAIL),)), ENDED)
    (finding,) = (it for it in diagnosis.findings if it.subject == NEXT)
    assert finding.rule == RULE.name
    assert (finding.severity, finding.certainty) == (Severity.HIGH, Certainty.OBSERVED)
    assert "statement 1 of 0001_next (line 1)" in finding.title


def test_a_statement_that_a_person_canceled_is_not_a_time_limit() -> None:
    """It has the same code."""
    text = ENDED.replace("statement timeout", "user request")
    diagnosis = judged(pending(INDEX, tables=(users(EMAIL),)), text)
    assert RULE.name not in {it.rule for it in diagnosis.findings}


NAMELESS = """$ drizzle-kit migrate
error: canceling statement due to statement timeout
  code: '57014',
(exit 1)
"""


@pytest.mark.parametrize(
    ("more", "told"), [("", True), (f'\n{BREAK}UPDATE "users" SET "email" = \'\';', False)]
)
def test_an_output_that_names_no_statement_means_the_only_one_that_can_take_long(
    more: str, told: bool
) -> None:
    """Of two, nobody knows which."""
    text = f'ALTER TABLE "users" ADD COLUMN "note" text;\n{BREAK}{INDEX}{more}'
    diagnosis = judged(pending(text, tables=(users(EMAIL),)), NAMELESS)
    found_ = [it for it in diagnosis.findings if it.rule == RULE.name]
    assert [it.certainty for it in found_] == [Certainty.INFERRED] * told
    assert all("It names no statement" in it.root_cause for it in found_)
