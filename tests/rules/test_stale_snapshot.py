"""A newest snapshot that lacks what a merged branch made."""

import pytest

from forensics.facts import Facts
from forensics.model import Severity, WriteFile
from forensics.rules.snapshot_collision import snapshot_collision
from forensics.rules.stale_snapshot import stale_snapshot
from tests.build import Case, ask, open_questions, tool
from tests.rules.branches import branches, columns_of, made, meta


def test_a_new_parent_alone_leaves_a_snapshot_that_lacks_something() -> None:
    """The repair that people make by hand: the next migration repeats the other branch's."""
    case = Case(branches({meta(2): made(2, "age")}))
    assert not case.ask(snapshot_collision)
    finding = case.only(stale_snapshot)
    assert (finding.subject, finding.severity) == (meta(2), Severity.MEDIUM)
    assert "column users.mail" in finding.root_cause
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, WriteFile)
    assert columns_of(step.after) == ["id", "mail", "age"]
    assert not ask(stale_snapshot, case.healed_by(finding))


@pytest.mark.parametrize(
    "sql",
    [
        'ALTER TABLE "users" DROP COLUMN "mail";',
        'ALTER TABLE "users" RENAME COLUMN "mail" TO "age";',
        'DROP TABLE "mail"; DROP TABLE "users";',
    ],
)
def test_what_a_migration_takes_away_is_not_lacking(sql: str) -> None:
    """The nearest innocent case."""
    assert not Case(branches({meta(2): made(2, "age"), "drizzle/0002_age.sql": sql})).ask(
        stale_snapshot
    )


def test_what_was_lost_and_made_again_is_not_lacking() -> None:
    """Somebody has generated it already."""
    files = branches({meta(2): made(2, "age")}, count=4)
    files |= {meta(3): made(3, "age", "mail"), "drizzle/0003_note.sql": "SELECT 1;"}
    assert not Case(files).ask(stale_snapshot)


def test_it_says_what_it_lacked() -> None:
    """Without the folder nothing can be told of it."""
    assert [it.lacks for it in open_questions(stale_snapshot, Facts(tool=tool()))] == ["History"]
