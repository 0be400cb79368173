"""Behind a real PgBouncer nothing of ours reaches the next client, whatever it pools."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from forensics.evidence.kinds import EvidenceKind
from forensics.scratch.postgres import Server
from tests.collect.database.conftest import DRIZZLE_TABLE, Collect
from tests.support.pooler import pooled_url, pooling, settings_behind

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["transaction", "session"])
def pooler(server: Server, request: pytest.FixtureRequest) -> Iterator[Path]:
    """One PgBouncer in each mode for all tests of this file."""
    with pooling(server, mode=request.param) as folder:
        yield folder


def test_no_setting_survives_us_on_the_pooled_connection(
    server: Server, database: str, pooler: Path, collect: Collect
) -> None:
    """The next client gets the very server connection that we had, as it was before us."""
    server.execute(DRIZZLE_TABLE.format(schema="drizzle"), database=database)
    before = settings_behind(pooler, database)
    found = collect(pooled_url(pooler, database))
    assert found.problems == []
    assert len(found.table("drizzle.__drizzle_migrations").rows) == 2
    assert settings_behind(pooler, database) == before


def test_nothing_survives_a_failed_look_either(
    server: Server, database: str, pooler: Path, collect: Collect
) -> None:
    """A run that is broken off in the middle rolls back like one that ends well."""
    before = settings_behind(pooler, database)
    with pytest.raises(KeyboardInterrupt):
        collect(pooled_url(pooler, database), on_connect=_interrupt)
    assert settings_behind(pooler, database) == before


def test_options_of_the_environment_and_the_address_are_not_sent(
    database: str, pooler: Path, collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PgBouncer refuses start-up options; another pooler would keep what they set."""
    monkeypatch.setenv("PGOPTIONS", "-c statement_timeout=1234")
    monkeypatch.setenv("PGAPPNAME", "somebody")
    with pytest.raises(psycopg.OperationalError, match="options"):
        psycopg.connect(pooled_url(pooler, database))
    found = collect(pooled_url(pooler, database) + "&options=-c%20lock_timeout%3D7&pgbouncer=true")
    assert found.problems == []
    assert found.database is not None
    note = found.note(EvidenceKind.DATABASE, found.bundle.of_kind(EvidenceKind.DATABASE)[0].locator)
    assert note == "left out of the address: options, pgbouncer"


def test_a_pooler_gives_itself_away_by_its_behaviour(
    database: str, pooler: Path, collect: Collect
) -> None:
    """On an unusual port with a harmless name, the process that answers is not the one that greeted."""
    [identity] = collect(pooled_url(pooler, database)).identities
    assert identity.pooler is not None
    assert "behaviour" in identity.pooler


def test_without_a_pooler_none_is_claimed(database: str, collect: Collect) -> None:
    """A direct connection answers from the process that let us in."""
    [identity] = collect().identities
    assert identity.pooler is None


def test_a_database_that_the_pooler_does_not_find_is_one_line(
    pooler: Path, collect: Collect
) -> None:
    """The pooler accepts the client first and fails later, at the first statement."""
    found = collect(pooled_url(pooler, "no_such_database"))
    assert found.database is None
    [problem] = found.problems
    assert "has no database no_such_database" in problem


def test_where_each_statement_is_pooled_nothing_is_read_and_the_reason_is_said(
    server: Server, database: str, collect: Collect
) -> None:
    """No transaction can be had there, and so no read-only one."""
    server.execute(DRIZZLE_TABLE.format(schema="drizzle"), database=database)
    with pooling(server, mode="statement") as folder:
        found = collect(pooled_url(folder, database))
    [problem] = found.problems
    assert "connect past the pooler" in problem, problem
    assert found.database is None


def _interrupt(identity: object) -> None:
    raise KeyboardInterrupt
