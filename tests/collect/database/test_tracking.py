"""Tracking tables are found wherever they lie, read whole, or the reason why not is exact."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from forensics.collect.database import rows
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.recorded_database import TrackingSearch
from forensics.facts import BlockedRead, SequenceState, TrackingRow
from forensics.model import Outcome, TableName
from forensics.scratch.postgres import Server
from tests.collect.database.conftest import DRIZZLE_TABLE, Collect

pytestmark = pytest.mark.slow

Run = Callable[[str], list[tuple[object, ...]]]
NAME = "drizzle.__drizzle_migrations"


@pytest.fixture
def lock(server: Server, database: str) -> Iterator[Callable[[str], None]]:
    """Hold a table as a migration in progress does."""
    with psycopg.connect(server.url(database), application_name="migrator") as holder:

        def take(table: str) -> None:
            holder.execute(f"LOCK TABLE {table}".encode())

        yield take


def test_a_drizzle_table_is_read_with_rows_sequence_owner_and_key(
    run: Run, collect: Collect
) -> None:
    """Everything that a move of the table has to keep."""
    run(DRIZZLE_TABLE.format(schema="drizzle"))
    run(f"SELECT nextval('{NAME}_id_seq')")
    [(xmin,)] = run(f"SELECT DISTINCT xmin::text FROM {NAME}")
    table = collect().table(NAME)
    assert (table.tool, table.outcome, table.owner) == (
        "drizzle-kit",
        Outcome.COLLECTED,
        "postgres",
    )
    assert table.columns == ("id", "hash", "created_at")
    assert table.rows == (
        TrackingRow(id=1, checksum="aa11", at=1716890000000, transaction=str(xmin)),
        TrackingRow(id=2, checksum="bb22", at=1716890000001, transaction=str(xmin)),
    )
    assert table.sequence == SequenceState(
        name=TableName(schema="drizzle", table="__drizzle_migrations_id_seq"),
        last_value=3,
        is_called=True,
    )
    assert table.primary_key == "__drizzle_migrations_pkey"


def test_an_empty_table_has_a_sequence_that_was_never_called(run: Run, collect: Collect) -> None:
    """What drizzle makes before it fails at the first statement."""
    run(DRIZZLE_TABLE.format(schema="drizzle"))
    run(f"TRUNCATE {NAME} RESTART IDENTITY")
    table = collect().table(NAME)
    assert table.rows == ()
    assert table.sequence is not None
    assert (table.sequence.last_value, table.sequence.is_called) == (1, False)


def test_tables_of_one_name_are_found_in_every_schema(run: Run, collect: Collect) -> None:
    """Also in schemas that no search path names, and with names that need quoting."""
    for schema in ("drizzle", "public", '"Odd ""one"""'):
        run(DRIZZLE_TABLE.format(schema=schema))
    found = collect().database
    assert found is not None and found.tracking is not None
    assert [(str(table.name), len(table.rows)) for table in found.tracking.tables] == [
        ('Odd "one".__drizzle_migrations', 2),
        (NAME, 2),
        ("public.__drizzle_migrations", 2),
    ]


def test_a_drizzle_table_under_another_name_is_known_by_its_shape(
    run: Run, collect: Collect
) -> None:
    """The config may name the table as it likes; 1.0 adds two columns."""
    run(
        "CREATE TABLE applied (id serial, hash text, created_at bigint, name text, applied_at timestamptz)"
    )
    run("INSERT INTO applied (hash, created_at, name) VALUES ('aa', 5, '0000_a')")
    [row] = collect().table("public.applied").rows
    assert (row.checksum, row.at, row.key) == ("aa", 5, "0000_a")


def test_an_application_table_with_hash_and_created_at_is_not_touched(
    run: Run, collect: Collect
) -> None:
    """Uploads have an id, a hash and a time too; their rows are nobody's business."""
    run("CREATE TABLE uploads (id uuid, hash text, created_at timestamptz)")
    run("CREATE TABLE blobs (id bigint, hash text, created_at bigint, owner text)")
    run("CREATE TABLE migrations (id int, bird text)")
    found = collect()
    assert found.database is not None and found.database.tracking is not None
    assert found.database.tracking.tables == ()
    [item] = found.bundle.of_kind(EvidenceKind.TRACKING_SEARCH)
    passed = found.bundle.value(item, TrackingSearch).passed_over
    assert [(str(other.name), other.why) for other in passed] == [
        ("public.migrations", "no tool's columns: id integer, bird text"),
        (
            "public.uploads",
            "no tool's columns: id uuid, hash text, created_at timestamp with time zone",
        ),
    ]


def test_a_table_that_the_user_names_is_read(run: Run, collect: Collect) -> None:
    """`--tracking-table` is for what cannot be recognised."""
    run("CREATE TABLE ledger (hash text, created_at bigint, note text)")
    run("INSERT INTO ledger VALUES ('aa', 7, 'x')")
    asked = TableName(schema="public", table="ledger")
    [row] = collect(extra_tables=(asked,)).table("public.ledger").rows
    assert (row.id, row.checksum, row.at) == (None, "aa", 7)


@pytest.mark.parametrize(
    ("table", "tool"),
    [
        ("_prisma_migrations (id text, checksum text, finished_at timestamptz, migration_name text, started_at timestamptz)", "prisma"),
        ("alembic_version (version_num varchar(32))", "alembic"),
        ("django_migrations (id int, app text, name text, applied timestamptz)", "django"),
        ("flyway_schema_history (installed_rank int, version text, description text, script text, checksum int)", "flyway"),
        ("databasechangelog (id text, author text, filename text, orderexecuted int, md5sum text)", "liquibase"),
        ("knex_migrations (id int, name text, batch int, migration_time timestamptz)", "knex"),
        ("migrations (id int, timestamp bigint, name text)", "typeorm"),
        ('"SequelizeMeta" (name text)', "sequelize"),
        ("schema_migrations (version bigint, dirty boolean)", "golang-migrate"),
        ("schema_migrations (version text, statements text[], name text)", "supabase"),
        ("schema_migrations (version text)", "rails or dbmate"),
        ("_sqlx_migrations (version bigint, description text, success boolean, checksum bytea)", "sqlx"),
        ("atlas_schema_revisions (version text, description text, applied int, hash text)", "atlas"),
    ],
)  # fmt: skip
def test_tables_of_other_tools_are_told_apart(
    run: Run, collect: Collect, table: str, tool: str
) -> None:
    """Three tools call their table `schema_migrations`: the columns decide."""
    run(f"CREATE TABLE {table}")
    found = collect().database
    assert found is not None and found.tracking is not None
    [seen] = found.tracking.tables
    assert (seen.tool, seen.outcome, seen.raw_rows) == (tool, Outcome.COLLECTED, ())


def test_rows_of_other_tools_are_kept_in_the_order_of_their_columns(
    run: Run, collect: Collect
) -> None:
    """Numbers and booleans as such, everything else as PostgreSQL prints it."""
    run(
        "CREATE TABLE _sqlx_migrations (version bigint, description text, success boolean, checksum bytea, installed_on timestamptz)"
    )
    run(
        "INSERT INTO _sqlx_migrations VALUES (2, 'b', false, '\\x00ff', NULL), (1, 'a', true, NULL, '2024-05-28 12:00+02')"
    )
    assert collect().table("public._sqlx_migrations").raw_rows == (
        (1, "a", True, None, "2024-05-28 10:00:00+00"),
        (2, "b", False, "\\x00ff", None),
    )


def test_stamps_that_are_no_integers_are_not_invented(run: Run, collect: Collect) -> None:
    """Rows written by hand hold anything; NULL is not zero."""
    run("CREATE TABLE __drizzle_migrations (id int, hash text, created_at numeric)")
    run(
        "INSERT INTO __drizzle_migrations VALUES (1, NULL, NULL), (2, 'a', 1e30), (3, 'b', 1.5), (NULL, 'c', 9)"
    )
    seen = collect().table("public.__drizzle_migrations").rows
    assert [(row.id, row.checksum, row.at) for row in seen] == [
        (1, "", None),
        (2, "a", None),
        (3, "b", None),
        (None, "c", 9),
    ]


def test_without_usage_on_the_schema_the_exact_grant_is_named(
    server: Server, database: str, run: Run, reader: str, collect: Collect
) -> None:
    """The commonest block of all: a schema `drizzle` that only its owner may use."""
    run(DRIZZLE_TABLE.format(schema="drizzle"))
    found = collect(server.url(database, reader))
    table = found.table(NAME)
    grant = (
        f'GRANT USAGE ON SCHEMA "drizzle" TO "{reader}"; '
        f'GRANT SELECT ON "drizzle"."__drizzle_migrations" TO "{reader}";'
    )
    assert (table.outcome, table.grant, table.rows) == (Outcome.DENIED, grant, ())
    assert found.database is not None
    assert found.database.blocked == (BlockedRead(what=NAME, grant=grant, evidence=table.evidence),)
    assert found.problems == [f"{NAME}: role {reader} may not read it; ask for: {grant}"]
    assert found.database.schema is not None, "the rest is read all the same"


def test_the_named_grants_are_enough(
    server: Server, database: str, run: Run, reader: str, collect: Collect
) -> None:
    """Doing what was asked for, twice at most, opens the table and then its sequence."""
    run(DRIZZLE_TABLE.format(schema='"Odd ""one"""'))
    name = 'Odd "one".__drizzle_migrations'
    first = collect(server.url(database, reader)).table(name)
    run(first.grant or "")
    second = collect(server.url(database, reader)).table(name)
    assert (second.outcome, len(second.rows)) == (Outcome.COLLECTED, 2)
    assert second.sequence is not None and second.sequence.last_value is None
    assert second.grant is not None
    run(second.grant)
    third = collect(server.url(database, reader)).table(name)
    assert third.sequence is not None and third.sequence.last_value == 2
    assert third.grant is None


def test_a_blocked_sequence_costs_the_position_only(
    server: Server, database: str, run: Run, reader: str, collect: Collect
) -> None:
    """The rows are there, and the report can say what is missing."""
    run(DRIZZLE_TABLE.format(schema="drizzle"))
    run(f"GRANT USAGE ON SCHEMA drizzle TO {reader}; GRANT SELECT ON {NAME} TO {reader}")
    found = collect(server.url(database, reader))
    assert len(found.table(NAME).rows) == 2
    assert found.database is not None
    [blocked] = found.database.blocked
    assert blocked.what == f"the sequence of {NAME}"
    assert (
        blocked.grant
        == f'GRANT SELECT ON SEQUENCE "drizzle"."__drizzle_migrations_id_seq" TO "{reader}";'
    )


def test_row_level_security_denies_instead_of_hiding_rows(
    server: Server, database: str, run: Run, reader: str, collect: Collect
) -> None:
    """A policy that lets through nothing would look like an empty table."""
    run(DRIZZLE_TABLE.format(schema="drizzle"))
    run(f"GRANT USAGE ON SCHEMA drizzle TO {reader}; GRANT SELECT ON {NAME} TO {reader}")
    run(f"ALTER TABLE {NAME} ENABLE ROW LEVEL SECURITY")
    found = collect(server.url(database, reader))
    table = found.table(NAME)
    assert (table.outcome, table.rows) == (Outcome.DENIED, ())
    assert table.grant == f'ALTER ROLE "{reader}" BYPASSRLS;'
    assert "row-level security would hide rows" in found.note(EvidenceKind.TRACKING_TABLE, NAME)


def test_a_locked_table_names_who_holds_it_and_the_rest_is_read(
    run: Run, collect: Collect, lock: Callable[[str], None]
) -> None:
    """A migration that hangs in another session is the answer to many questions."""
    run(DRIZZLE_TABLE.format(schema="drizzle"))
    run(DRIZZLE_TABLE.format(schema="other"))
    lock(NAME)
    found = collect()
    assert found.table(NAME).outcome is Outcome.TIMED_OUT
    assert found.table("other.__drizzle_migrations").outcome is Outcome.COLLECTED
    note = found.note(EvidenceKind.TRACKING_TABLE, NAME)
    assert "role postgres, application migrator, idle in transaction, last statement began" in note
    assert "LOCK TABLE" not in note, "the statement may hold anything"
    assert found.database is not None and found.database.schema is not None
    [table] = [table for table in found.database.schema.tables if str(table.name) == NAME]
    assert [column.name for column in table.columns] == ["id", "hash", "created_at"]


def test_the_newest_rows_are_kept_and_the_cut_is_said(
    run: Run, collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `migrate` looks at is the newest; a cut in silence would be a lie."""
    monkeypatch.setattr(rows, "ROW_LIMIT", 3)
    monkeypatch.setattr(rows, "CELL_LIMIT", 10)
    run(DRIZZLE_TABLE.format(schema="drizzle"))
    run(
        f"INSERT INTO {NAME} (hash, created_at) SELECT repeat('x', 20), n FROM generate_series(1, 5) n"
    )
    found = collect()
    assert [(row.id, row.checksum) for row in found.table(NAME).rows] == [
        (5, "xxxxxxxxxx"),
        (6, "xxxxxxxxxx"),
        (7, "xxxxxxxxxx"),
    ]
    assert found.note(EvidenceKind.TRACKING_TABLE, NAME) == (
        "of 7 rows the newest 3 were kept; long values were cut after 10 characters"
    )


def test_bytes_that_are_no_utf8_cost_their_table_only(
    server: Server, database: str, collect: Collect
) -> None:
    """A database without an encoding (SQL_ASCII) stores whatever it was given."""
    server.execute(f"DROP DATABASE {database}")
    server.execute(
        f"CREATE DATABASE {database} ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    )
    server.execute(
        "CREATE TABLE __drizzle_migrations (id int, hash text, created_at bigint);"
        "INSERT INTO __drizzle_migrations VALUES (1, E'a\\xFFb', 1)",
        database=database,
    )
    found = collect()
    assert found.table("public.__drizzle_migrations").outcome is Outcome.FAILED
    assert 'could not be read: invalid byte sequence for encoding "UTF8"' in found.problems[0]
    assert found.database is not None and found.database.schema is not None


def test_secrets_in_recorded_statements_are_masked(run: Run, collect: Collect) -> None:
    """Supabase keeps the SQL of its migrations, Prisma its logs; defaults have literals too."""
    run("CREATE TABLE schema_migrations (version text, statements text[])")
    run("INSERT INTO schema_migrations VALUES ('1', ARRAY['CREATE ROLE a PASSWORD ''s3cr3t'''])")
    run("CREATE TABLE t (a text DEFAULT 's3cr3t' CHECK (a <> 's3cr3t'))")
    found = collect(mask=lambda content, path: (content.replace(b"s3cr3t", b"***"), 1))
    (row,) = found.table("public.schema_migrations").rows
    assert "***" in row.text
    assert "s3cr3t" not in repr(found.database)
    assert [item.masked for item in found.bundle.of_kind(EvidenceKind.CATALOGUE)] == [2]
    written = [path.read_text("utf-8") for path in found.bundle.folder.rglob("*") if path.is_file()]
    assert "s3cr3t" not in "".join(written)
