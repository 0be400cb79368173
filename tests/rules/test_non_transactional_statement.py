"""Statements that no transaction may hold: found wherever they are pending, and made to fit."""

import pytest

from forensics.facts import Index
from forensics.model import CommandOutcome
from forensics.rules.non_transactional_statement import non_transactional_statement
from tests.build import ask
from tests.support.pending import BREAK, NEXT, by_hand, edit, found, healed, pending, rules_of
from tests.support.standing import users

RULE = non_transactional_statement
INDEX = 'CREATE INDEX CONCURRENTLY "by_id" ON "users" ("id");'


def test_the_index_is_made_without_the_word() -> None:
    """The rest of the file stays as it is."""
    case = pending(f'ALTER TABLE "users" ADD COLUMN "x" text;\n{BREAK}{INDEX}')
    (finding,) = found(case)
    assert (finding.rule, finding.subject) == (RULE.name, NEXT)
    assert "CREATE INDEX CONCURRENTLY in 0001_next" in finding.title
    assert "(line 3)" in finding.title
    step = edit(finding.fix)
    assert step.before is not None
    assert step.after == step.before.replace("CONCURRENTLY ", "")
    assert healed(case).outcome is CommandOutcome.BLOCKED
    assert healed(case, finding).outcome is CommandOutcome.PASSES


def test_for_large_tables_it_is_built_by_hand_first() -> None:
    """The migration then finds it; its own way stays in the file for new databases."""
    for text in (INDEX, INDEX.replace('"by_id"', 'IF NOT EXISTS "by_id"')):
        (finding,) = found(pending(text))
        (other,) = finding.alternatives
        step = by_hand(other)
        assert step.instead == 'CREATE INDEX IF NOT EXISTS "by_id" ON "users" ("id");'
        assert "is valid" in step.why


@pytest.mark.parametrize("text", ["VACUUM users", "ALTER SYSTEM SET work_mem = '8MB'"])
def test_what_cannot_run_there_at_all_is_taken_out(text: str) -> None:
    """It belongs outside of migrations."""
    case = pending(f'ALTER TABLE "users" ADD COLUMN "x" text;\n{BREAK}{text};')
    (finding,) = found(case)
    assert text not in edit(finding.fix).after
    assert healed(case, finding).outcome is CommandOutcome.PASSES


def test_each_of_several_is_named_and_both_repairs_fit_together() -> None:
    """In one file and in two."""
    again = INDEX.replace("by_id", "by_id_too")
    case = pending(f"{INDEX}\n{BREAK}{again}", again.replace("too", "three"))
    findings = found(case)
    assert rules_of(findings) == [(RULE.name, NEXT), (RULE.name, NEXT), (RULE.name, "0002_next")]
    assert healed(case, *findings).outcome is CommandOutcome.PASSES


def test_an_ordinary_index_or_another_failure_is_quiet() -> None:
    """The rule answers for one code alone."""
    for text in (INDEX.replace("CONCURRENTLY ", ""), 'DROP TABLE "gone";'):
        assert not ask(RULE, pending(text).scene.examined())


def test_nothing_passes_over_an_index_that_an_earlier_attempt_left() -> None:
    """IF NOT EXISTS would take it for the index, and record the migration."""
    left = Index(name="by_id", definition="USING btree (id)", valid=False)
    text = INDEX.replace('"by_id"', 'IF NOT EXISTS "by_id"')
    (finding,) = found(pending(text, tables=[users(indexes=[left])]))
    assert finding.fix is None and not finding.alternatives
    assert "exists, but is not valid" in finding.root_cause
    assert finding.counterfactual


def test_an_invalid_index_may_be_dropped() -> None:
    """That is what gets rid of it."""
    left = Index(name="by_id", definition="USING btree (id)", valid=False)
    case = pending('DROP INDEX CONCURRENTLY "by_id";', tables=[users(indexes=[left])])
    (finding,) = found(case)
    assert finding.fix is not None
