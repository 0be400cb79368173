"""Processes that migrated at once: what they did, and what keeps them apart."""

import pytest

from forensics.facts import Facts
from forensics.model import ByHand, Severity
from forensics.rules.concurrent_migrators import concurrent_migrators
from forensics.rules.duplicate_tracking_row import duplicate_tracking_row
from tests.build import (
    DEFAULT,
    Case,
    ask,
    open_questions,
    project,
    tool,
)
from tests.rules.repeated_rows import CODE, TWICE, case
from tests.support.standing import examined


def test_nothing_keeps_them_from_doing_it_again() -> None:
    """How a lock is taken is shown in the project's own code; the data is for a person."""
    given = examined(case(*TWICE, files={"src/migrate.ts": CODE}))
    (found,) = ask(concurrent_migrators, given)
    assert (found.subject, found.severity) == ("drizzle", Severity.HIGH)
    assert "(710 and 711)" in found.root_cause
    assert "INSERT INTO users" in found.root_cause
    assert found.fix is not None
    (step,) = found.fix.steps
    assert isinstance(step, ByHand)
    assert (step.path, step.line) == ("src/migrate.ts", 4)
    assert step.now == 'migrate(db, { migrationsFolder: "drizzle" })'
    assert f"pg_advisory_lock(hashtext('{DEFAULT}'))" in step.instead
    assert f"await {step.now};" in step.instead


def test_code_that_takes_a_lock_keeps_them_apart() -> None:
    """The rows are still told."""
    locked = f"await db.execute('SELECT pg_advisory_lock(1)');\n{CODE}"
    given = examined(case(*TWICE, files={"src/migrate.ts": locked}))
    assert not ask(concurrent_migrators, given)
    assert ask(duplicate_tracking_row, given)


@pytest.mark.parametrize(
    ("package", "said"), [("pg", "new pg.Client"), ("postgres", "postgres(process.env"), ("x", "")]
)
def test_the_command_is_replaced_by_a_script_for_the_driver(package: str, said: str) -> None:
    """Of a driver that is not known, nothing is made up."""
    manifest = (
        f'{{"scripts": {{"m": "drizzle-kit migrate"}}, "dependencies": {{"{package}": "1"}}}}'
    )
    given = examined(case(*TWICE, files={"package.json": manifest}))
    (found,) = ask(concurrent_migrators, given)
    steps = found.fix.steps if found.fix else ()
    assert bool(steps) == bool(said)
    for step in steps:
        assert isinstance(step, ByHand) and said in step.instead
        assert 'migrationsTable: "__drizzle_migrations"' in step.instead


def test_it_says_what_it_lacked() -> None:
    """Without rows nobody knows how often anything ran."""
    assert [it.lacks for it in open_questions(concurrent_migrators, Facts(tool=tool()))] == [
        "History"
    ]
    given = Case(project("0000_a")).facts
    assert [it.lacks for it in open_questions(concurrent_migrators, given)] == ["TrackingTables"]
