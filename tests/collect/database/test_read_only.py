"""Looking leaves no trace: no row, no transaction id, no setting, and nobody's code is run."""

import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import psycopg
import pytest

from forensics.collect.database.address import parse_address
from forensics.collect.database.receipt import read_receipt
from forensics.collect.database.session import Session, read_only_session
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.receipt import TransactionReceipt
from forensics.model import Outcome
from forensics.scratch.postgres import Server
from tests.collect.database.conftest import DRIZZLE_TABLE, Collect

pytestmark = pytest.mark.slow

Run = Callable[[str], list[tuple[object, ...]]]
ALLOWED = re.compile(
    r"(?:SELECT |SAVEPOINT attempt$|RELEASE SAVEPOINT attempt$|ROLLBACK TO SAVEPOINT attempt$"
    r"|BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY$|ROLLBACK$|(?:SET LOCAL [^;]*;?\s*)+$)"
)
WRITER = """
CREATE TABLE public.trace (word text);
CREATE FUNCTION public.leave_trace(word text) RETURNS {returns} LANGUAGE plpgsql {kind} AS
  $$ BEGIN INSERT INTO public.trace VALUES (word); RETURN {value}; END $$;
"""


def test_the_server_sees_selects_and_nothing_else(
    server: Server, database: str, run: Run, collect: Collect
) -> None:
    """The server's own log has every statement that reached it."""
    for schema in ("drizzle", "public"):
        run(DRIZZLE_TABLE.format(schema=schema))
    before = server.log_path.stat().st_size
    collect()
    statements = _logged(server, database, before)
    assert len(statements) > 15
    assert [statement for statement in statements if not ALLOWED.match(statement)] == []
    assert statements[0] == "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    assert statements[-1] == "ROLLBACK"


def test_no_row_no_sequence_and_no_transaction_id_is_touched(run: Run, collect: Collect) -> None:
    """Counters of the server, before and after; the id that the next transaction gets shows us too."""
    run(DRIZZLE_TABLE.format(schema="drizzle"))
    fingerprint = (
        "SELECT pg_stat_force_next_flush(), txid_snapshot_xmax(txid_current_snapshot()),"
        " (SELECT array_agg(row(n_tup_ins, n_tup_upd, n_tup_del, n_live_tup)::text)"
        "   FROM pg_stat_user_tables),"
        " (SELECT row(last_value, is_called, log_cnt)::text"
        "   FROM drizzle.__drizzle_migrations_id_seq),"
        " (SELECT array_agg(row(t.*, t.xmin, t.ctid)::text)"
        "   FROM drizzle.__drizzle_migrations t)"
    )
    _wait_until_alone(run)
    before = run(fingerprint)
    found = collect()
    assert len(found.table("drizzle.__drizzle_migrations").rows) == 2
    _wait_until_alone(run)
    assert run(fingerprint) == before


def test_the_bundle_has_the_servers_word_for_it(run: Run, collect: Collect) -> None:
    """Of our own transaction: it read, under a lock that stops neither readers nor writers."""
    run(DRIZZLE_TABLE.format(schema="drizzle"))
    bundle = collect().bundle
    (item,) = bundle.of_kind(EvidenceKind.RECEIPT)
    found = bundle.value(item, TransactionReceipt)
    assert (found.read_only, found.has_id, found.rows_written) == (True, False, 0)
    assert found.locks == ("AccessShareLock",) and found.clean


def test_the_receipt_would_tell_a_write(server: Server, database: str, run: Run) -> None:
    """Of a transaction that is not read-only, and writes one row."""
    run("CREATE TABLE t (id int)")
    with psycopg.connect(server.url(database), autocommit=True) as connection:
        connection.execute("BEGIN")
        connection.execute("INSERT INTO t VALUES (1)")
        found = read_receipt(Session(connection, ()))
    assert (found.read_only, found.has_id, found.rows_written) == (False, True, 1)
    assert "RowExclusiveLock" in (found.locks or ()) and not found.clean


def test_inside_the_session_everything_is_restricted(server: Server, database: str) -> None:
    """A write is refused, no id is assigned, and every limit is set."""
    with _session(server, database) as session:
        assert session.rows("SELECT pg_current_xact_id_if_assigned()") == [(None,)]
        settings = session.rows(
            "SELECT name, setting FROM pg_settings WHERE name = ANY (%(names)s)",
            {
                "names": [
                    *("lock_timeout", "statement_timeout", "search_path", "row_security"),
                    *("transaction_read_only", "transaction_isolation"),
                    *("idle_in_transaction_session_timeout", "restrict_nonsystem_relation_kind"),
                ]
            },
        )
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            session.rows("CREATE TABLE t (a int)")
    assert {str(name): value for name, value in settings} == {
        "idle_in_transaction_session_timeout": "30000",
        "lock_timeout": "50",
        "restrict_nonsystem_relation_kind": "view, foreign-table",
        "row_security": "off",
        "search_path": '""',
        "statement_timeout": "5000",
        "transaction_isolation": "repeatable read",
        "transaction_read_only": "on",
    }


def test_a_planted_view_is_reported_and_never_read(
    server: Server, database: str, run: Run, collect: Collect
) -> None:
    """The table's own name is the lure: a view runs its owner's functions as whoever selects."""
    run(WRITER.format(returns="bigint", kind="", value="1"))
    run("CREATE SCHEMA drizzle")
    run(
        "CREATE VIEW drizzle.__drizzle_migrations AS"
        " SELECT 1 AS id, 'aa' AS hash, public.leave_trace('view') AS created_at"
    )
    before = server.log_path.stat().st_size
    found = collect()
    table = found.table("drizzle.__drizzle_migrations")
    assert (table.outcome, table.rows) == (Outcome.SKIPPED, ())
    assert "is a view, which may run code" in found.note(
        EvidenceKind.TRACKING_TABLE, "drizzle.__drizzle_migrations"
    )
    named = [line for line in _logged(server, database, before) if '"__drizzle_migrations"' in line]
    assert named == []
    assert run("SELECT * FROM trace") == []


def test_a_foreign_table_is_never_read(run: Run, collect: Collect) -> None:
    """Reading it would log in to another server as somebody."""
    run("CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER far FOREIGN DATA WRAPPER nothing")
    run(
        "CREATE FOREIGN TABLE __drizzle_migrations (id int, hash text, created_at bigint) SERVER far"
    )
    found = collect()
    assert found.table("public.__drizzle_migrations").outcome is Outcome.SKIPPED
    assert "a foreign table" in found.note(
        EvidenceKind.TRACKING_TABLE, "public.__drizzle_migrations"
    )


def test_a_foreign_partition_is_never_read(run: Run, collect: Collect) -> None:
    """A partitioned table is read through its partitions, wherever they lie."""
    run("CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER far FOREIGN DATA WRAPPER nothing")
    run(
        "CREATE TABLE __drizzle_migrations (id int, hash text, created_at bigint)"
        " PARTITION BY RANGE (id);"
        "CREATE FOREIGN TABLE part PARTITION OF __drizzle_migrations DEFAULT SERVER far"
    )
    table = collect().table("public.__drizzle_migrations")
    assert table.outcome is Outcome.SKIPPED


def test_a_column_whose_type_has_a_cast_of_its_own_is_not_read(run: Run, collect: Collect) -> None:
    """A cast to text is a function, and anybody may write one for a type of his own."""
    run(WRITER.format(returns="text", kind="", value="word"))
    run(
        "CREATE TYPE lure AS (word text);"
        "CREATE FUNCTION spring(lure) RETURNS text LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_catalog.set_config('forensics.sprung', 'yes', false);"
        " RETURN public.leave_trace('cast'); END $$;"
        "CREATE CAST (lure AS text) WITH FUNCTION spring(lure);"
        "CREATE TABLE __drizzle_migrations (id int, hash text, created_at bigint, bait lure);"
        "INSERT INTO __drizzle_migrations VALUES (1, 'aa', 5, row('x'))"
    )
    found = collect()
    table = found.table("public.__drizzle_migrations")
    assert (table.outcome, table.columns) == (Outcome.COLLECTED, ("id", "hash", "created_at"))
    assert found.note(EvidenceKind.TRACKING_TABLE, "public.__drizzle_migrations") == (
        "not read, since their types are not the system's: bait"
    )


def test_functions_that_shadow_the_systems_are_not_called(run: Run, collect: Collect) -> None:
    """Every name of ours is qualified, whatever search path the role brings along."""
    run(DRIZZLE_TABLE.format(schema="drizzle"))
    run(
        "CREATE FUNCTION public.current_schemas(boolean) RETURNS text[] LANGUAGE sql AS"
        " $$ SELECT ARRAY['shadow'] $$;"
        "CREATE FUNCTION public.format_type(oid, integer) RETURNS text LANGUAGE sql AS"
        " $$ SELECT 'shadow' $$;"
        "CREATE FUNCTION public.left(text, integer) RETURNS text LANGUAGE sql AS"
        " $$ SELECT 'shadow' $$;"
    )
    run("ALTER ROLE ALL SET search_path = public, pg_catalog")
    try:
        found = collect()
    finally:
        run("ALTER ROLE ALL RESET search_path")
    assert found.table("drizzle.__drizzle_migrations").rows[0].checksum == "aa11"
    assert found.database is not None and found.database.schema is not None
    assert found.database.schema.search_path == ("public", "pg_catalog")
    assert "shadow" not in repr(found.database)


def test_a_superuser_is_named_as_one(
    server: Server, database: str, reader: str, collect: Collect
) -> None:
    """The command line warns of it: no read-only transaction holds a superuser's views back."""
    [superuser] = collect().identities
    [ordinary] = collect(server.url(database, reader)).identities
    assert (superuser.superuser, superuser.role, superuser.database) == (True, "postgres", database)
    assert (ordinary.superuser, ordinary.role, ordinary.replica) == (False, reader, False)


def test_the_identity_is_told_before_any_table_is_looked_for(
    server: Server, database: str, collect: Collect
) -> None:
    """Whoever sees the wrong host can still press Ctrl-C."""
    before = server.log_path.stat().st_size
    seen: list[list[str]] = []
    collect(on_connect=lambda identity: seen.append(_logged(server, database, before)))
    assert not [statement for statement in seen[0] if "pg_class" in statement]


def test_the_password_is_nowhere_in_the_evidence(
    server: Server, database: str, reader: str, collect: Collect
) -> None:
    """Neither in the bundle's files nor in what is returned or said."""
    secret = f"sesame-{database}"
    found = collect(f"postgresql://{reader}:{secret}@127.0.0.1:{server.port}/{database}")
    assert found.database is not None
    assert found.database.identity.server == f"127.0.0.1:{server.port}"
    written = [path.read_text("utf-8") for path in found.bundle.folder.rglob("*") if path.is_file()]
    assert len(written) > 2
    assert secret not in "".join(written)
    assert secret not in repr(found)


def _wait_until_alone(run: Run) -> None:
    """A session reports its counters when it ends, which is after its client has gone."""
    others = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    deadline = time.monotonic() + 60
    while run(others) != [(0,)]:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _session(server: Server, database: str) -> AbstractContextManager[Session]:
    address = parse_address(server.url(database))
    assert address is not None
    return read_only_session(address, time.monotonic() + 30)


def _logged(server: Server, database: str, offset: int) -> list[str]:
    """The statements that one database logged since a place in the log, each on one line."""
    with server.log_path.open("rb") as log:
        log.seek(offset)
        text = log.read().decode()
    entries = re.findall(
        rf"^\[{database}\] LOG:  (?:statement|execute [^:]*): (.*(?:\n\t.*)*)", text, re.M
    )
    return [" ".join(entry.split()) for entry in entries]
