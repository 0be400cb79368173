"""A read-only replica: the real `migrate` fails there, and on the primary it does not."""

import time
from collections.abc import Iterator
from copy import copy
from pathlib import Path

import pytest

from forensics.model import CommandOutcome, Severity
from forensics.scratch.postgres import Server, throw_away_postgres
from tests.lab.small import Small
from tests.lab.transcript import Outcome
from tests.support.standby import FEEDS, standby_of

pytestmark = pytest.mark.lab

KIT = "0.29.1"
"""It prints the error; what it means is the same for every release."""
ORDERS = 'CREATE TABLE "orders" ("id" serial PRIMARY KEY NOT NULL);'
NOTE = 'ALTER TABLE "orders" ADD COLUMN "note" text;'
INSTANCES = {
    "something is pending": (ORDERS, NOTE),
    "nothing is pending": (ORDERS,),
    "it is new": (),
}


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Server, Server]]:
    """A primary, and what streams from it."""
    with throw_away_postgres(settings=FEEDS) as primary, standby_of(primary) as replica:
        yield primary, replica


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", INSTANCES)
def test_a_replica_is_named_where_an_output_says_that_it_cannot_write(
    name: str, pair: tuple[Server, Server], tmp_path: Path
) -> None:
    """Without that output somebody only looked at it, and nothing is blocked."""
    primary, replica = pair
    small = Small(tmp_path / "project", KIT, primary, f"replica_{[*INSTANCES].index(name)}")
    texts = INSTANCES[name]
    if texts:
        small.write(ORDERS)
        small.apply()
    small.write(*(texts or (ORDERS,)))
    follow(primary, replica)
    there = copy(small)
    there.server = replica
    failed = there.migrate()
    assert failed.outcome is Outcome.BLOCKED and "read-only transaction" in failed.printed, failed
    report = there.investigate(scratch=False, symptoms=[("output", failed.printed)])
    (issue,) = (it for it in report.issues if it.severity is not Severity.NOTE)
    assert (issue.rule, issue.subject) == ("missing-privilege", small.database)
    assert "replica" in issue.root_cause
    (migrate,) = (it for it in report.commands if it.command == "migrate")
    assert migrate.outcome is CommandOutcome.BLOCKED and migrate.blocked_by == (issue.number,)
    assert not any("its primary" in it for it in report.limitations)
    looked = there.investigate(scratch=False)
    assert all(it.severity is Severity.NOTE for it in looked.issues)
    assert any("predicted as on its primary" in it for it in looked.limitations)
    assert small.migrate().outcome is Outcome.PASSES


def test_a_run_that_failed_there_without_a_word_is_explained_by_it(
    pair: tuple[Server, Server], tmp_path: Path
) -> None:
    """As later releases end."""
    primary, replica = pair
    small = Small(tmp_path / "project", "0.31.11", primary, "replica_silent")
    small.write(ORDERS)
    follow(primary, replica)
    small.server = replica
    failed = small.migrate()
    assert failed.outcome is Outcome.BLOCKED and "read-only" not in failed.printed
    report = small.investigate(scratch=False, symptoms=[("output", failed.printed)])
    (issue,) = (it for it in report.issues if it.severity is not Severity.NOTE)
    assert (issue.rule, issue.subject) == ("missing-privilege", small.database)
    assert "without a word" in issue.root_cause


def follow(primary: Server, replica: Server) -> None:
    """Wait until the replica has what the primary wrote."""
    ((reached,),) = primary.execute("SELECT pg_current_wal_flush_lsn()")
    deadline = time.monotonic() + 10
    query = f"SELECT pg_last_wal_replay_lsn() >= '{reached}'"
    while replica.execute(query) != [(True,)]:
        assert time.monotonic() < deadline, "the replica does not follow"
        time.sleep(0.05)
