"""A lock of another session that a pending statement waits for is a note, with who holds it."""

import pytest
from msgspec.structs import replace

from forensics.facts import Circumstances, HeldLock
from forensics.model import CommandOutcome, RunSql, Severity
from forensics.rules.held_lock import held_lock
from tests.analysis.test_captured import judged
from tests.build import Case, name
from tests.support.pending import found, pending, predictions, rules_of

RULE = held_lock
COLUMN = 'ALTER TABLE "users" ADD COLUMN "age" integer;'
READS, WRITES = "AccessShareLock", "RowExclusiveLock"


def locked(text: str, *modes: str, timeout: str = "0", table: str = "public.users") -> Case:
    """Another session holds these locks."""
    case = pending(text)
    locks = tuple(
        HeldLock(
            table=name(table), mode=mode, process=71, role="report", state="idle in transaction"
        )
        for mode in modes
    )
    seen = Circumstances(
        evidence="settings", role="app", settings=(("lock_timeout", timeout),), locks=locks
    )
    database = case.scene.database
    assert database is not None
    held = replace(database, circumstances=seen)
    case.scene = replace(case.scene, database=held)
    return case


def test_the_holder_and_the_statement_are_named() -> None:
    """It blocks nothing by itself, so the command still passes."""
    case = locked(COLUMN, READS)
    (finding,) = found(case)
    assert (finding.rule, finding.subject) == (RULE.name, "public.users")
    assert finding.severity is Severity.NOTE
    assert "process 71 (role report, idle in transaction, AccessShareLock)" in finding.root_cause
    assert "everybody else waits behind it" in finding.root_cause
    assert finding.fix is not None and not finding.fix.needed
    (step,) = finding.fix.steps
    assert isinstance(step, RunSql) and "pg_terminate_backend(71)" in step.text
    assert predictions(case)["migrate"].outcome is CommandOutcome.PASSES


def test_a_lock_timeout_makes_it_fail() -> None:
    """After that time."""
    (finding,) = found(locked(COLUMN, READS, timeout="5000"))
    assert "a `lock_timeout` of 5000 ms" in finding.root_cause


@pytest.mark.parametrize(
    ("text", "mode", "waits"),
    [
        ('CREATE INDEX "i" ON "users" ("id");', READS, False),
        ('CREATE INDEX "i" ON "users" ("id");', WRITES, True),
        ('CREATE TABLE "a" ("u" integer REFERENCES "users"("id"));', READS, False),
        ('CREATE TABLE "a" ("u" integer REFERENCES "users"("id"));', WRITES, True),
        ('DROP TABLE "users";', READS, True),
        ('ALTER TABLE "users" RENAME TO "people";', READS, True),
        ('CREATE TABLE "a" ("id" integer);', "AccessExclusiveLock", False),
    ],
)
def test_only_locks_that_conflict_count(text: str, mode: str, waits: bool) -> None:
    """Whoever reads does not keep an index from being made."""
    assert ((RULE.name, "public.users") in rules_of(found(locked(text, mode)))) is waits


GAVE_UP = """$ drizzle-kit migrate
error: canceling statement due to lock timeout
  code: '55P03',
(exit 1)
"""


def test_a_run_that_gave_up_waiting_is_explained_while_the_lock_is_held() -> None:
    """Not by whoever reads, where only who writes is in the way."""
    for mode, told in ((WRITES, True), (READS, False)):
        case = locked('CREATE INDEX "i" ON "users" ("id");', mode, timeout="5000")
        diagnosis = judged(case, GAVE_UP)
        held = [it for it in diagnosis.findings if it.rule == RULE.name]
        assert [it.severity for it in held] == [Severity.HIGH] * told
        after = {it.command: it for it in diagnosis.causation.before}["migrate"]
        assert (after.outcome is CommandOutcome.BLOCKED) is told
        assert bool(diagnosis.causation.blocked_by["migrate"]) is told


def test_another_table_is_no_matter() -> None:
    """Nothing that is pending needs it."""
    assert found(locked(COLUMN, READS, table="public.orders")) == ()


def test_where_locks_were_not_looked_at_nothing_is_said() -> None:
    """As in bundles of earlier versions."""
    assert found(pending(COLUMN)) == ()
