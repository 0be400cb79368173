"""Rights, settings and locks are collected read-only, and come back from the bundle as they were."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import psycopg
import pytest

from forensics.collect.database.collect import collect_database
from forensics.collect.database.dump import SchemaDump
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.recorded_database import recorded_database
from forensics.facts import HeldLock, Right
from forensics.model import SecuredKind, TableName
from forensics.scratch.postgres import Server
from tests.build import name
from tests.collect.database.conftest import DRIZZLE_TABLE, Collect

pytestmark = pytest.mark.slow

Run = Callable[[str], list[tuple[object, ...]]]
ROWS = name("drizzle.__drizzle_migrations")


def test_a_role_that_only_looks_has_no_right_to_write(
    server: Server, database: str, reader: str, run: Run, collect: Collect
) -> None:
    """What it may do, and who owns what it may not change."""
    run(DRIZZLE_TABLE.format(schema="drizzle"))
    run(f"GRANT USAGE ON SCHEMA drizzle TO {reader}")
    run(f"GRANT SELECT, UPDATE (hash) ON {ROWS} TO {reader}")
    seen = collect(server.url(database, reader)).database
    assert seen is not None and seen.privileges is not None
    rights = seen.privileges
    assert (rights.role, rights.database, rights.superuser) == (reader, database, False)
    assert "postgres" in rights.superusers
    table = rights.get(SecuredKind.RELATION, ROWS)
    assert table is not None
    assert (table.owner, table.noun, table.rights) == ("postgres", "table", ("SELECT", "UPDATE"))
    assert rights.may(Right.USAGE, SecuredKind.SCHEMA, TableName(schema="drizzle", table=""))
    assert not rights.may(Right.CREATE, SecuredKind.SCHEMA, TableName(schema="public", table=""))
    own = TableName(schema="", table=database)
    assert not rights.may(Right.CREATE, SecuredKind.DATABASE, own)


def test_a_superuser_is_one_and_no_more_is_asked(run: Run, collect: Collect) -> None:
    """It may do everything."""
    run(DRIZZLE_TABLE.format(schema="drizzle"))
    seen = collect().database
    assert seen is not None and seen.privileges is not None
    assert seen.privileges.superuser
    assert seen.privileges.objects == ()


def test_the_bundle_gives_back_what_was_seen(run: Run, collect: Collect) -> None:
    """With its evidence."""
    run(DRIZZLE_TABLE.format(schema="drizzle"))
    collected = collect()
    assert collected.database is not None
    again = recorded_database(collected.bundle)
    assert again is not None
    assert again.privileges == collected.database.privileges
    assert again.circumstances == collected.database.circumstances
    assert again.privileges is not None and again.privileges.evidence


def test_settings_are_those_before_we_set_our_own(
    server: Server, database: str, reader: str, collect: Collect
) -> None:
    """And those that are fixed; a setting of another name may hold a secret, and stays there."""
    for fixed in (
        f"ROLE {reader} SET search_path = shop, public",
        f"ROLE {reader} SET app.key = 'sesame'",
        f"DATABASE {database} SET lock_timeout = '7s'",
    ):
        server.execute(f"ALTER {fixed}")
    collected = collect(server.url(database, reader))
    seen = collected.database
    assert seen is not None and seen.circumstances is not None
    found = seen.circumstances
    assert (found.get("search_path"), found.get("lock_timeout")) == ("shop, public", "7000")
    assert found.get("default_transaction_read_only") == "off"
    path, timeout = (found.fixed_by(it, reader) for it in ("search_path", "lock_timeout"))
    assert path is not None and (path.role, path.of_database) == (reader, False)
    assert timeout is not None and (timeout.role, timeout.of_database) == ("", True)
    kept = b"".join(it.read_bytes() for it in collected.bundle.folder.rglob("*") if it.is_file())
    assert b"sesame" not in kept


def test_a_lock_of_an_idle_transaction_is_seen(
    server: Server, database: str, run: Run, collect: Collect
) -> None:
    """By table, mode and process; those that only last a moment are not."""
    run("CREATE TABLE hats (id int)")
    assert collect().database is not None
    with psycopg.connect(server.url(database), application_name="report") as other:
        other.execute("SELECT * FROM hats")
        seen = collect().database
        assert seen is not None and seen.circumstances is not None
        assert seen.circumstances.locks == (
            HeldLock(
                table=name("public.hats"),
                mode="AccessShareLock",
                process=other.info.backend_pid,
                role="postgres",
                application="report",
                state="idle in transaction",
            ),
        )
    again = collect().database
    assert again is not None and again.circumstances is not None
    assert again.circumstances.locks == ()


class LockingDump:
    """Locks a table when it starts, as a dump does."""

    def __init__(self, address: str) -> None:
        self._other = psycopg.connect(address)

    def start(self, session: object, identity: object) -> None:
        """In a transaction that stays open."""
        self._other.execute("SELECT * FROM hats")

    def end(self) -> None:
        """Let go."""
        self._other.close()


def test_our_own_dump_is_no_session_that_anybody_waits_for(
    server: Server, database: str, run: Run, tmp_path: Path
) -> None:
    """Locks are looked at before it starts."""
    run("CREATE TABLE hats (id int)")
    dump = LockingDump(server.url(database))
    seen = collect_database(
        server.url(database),
        BundleWriter(tmp_path / "bundle"),
        deadline=time.monotonic() + 30,
        dump=cast(SchemaDump, dump),
    )
    dump.end()
    assert seen is not None and seen.circumstances is not None
    assert seen.circumstances.locks == ()
