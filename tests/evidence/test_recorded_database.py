"""What analysis reads from the bundle is what the collector saw."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forensics.collect.database.collect import collect_database
from forensics.evidence.bundle import Bundle, BundleError
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.recorded_database import TrackingSearch, recorded_database, table_locator
from forensics.facts import DatabaseIdentity, TrackingTable, TrackingTables
from forensics.model import Outcome, Project, TableName
from forensics.scratch.postgres import throw_away_postgres

pytestmark = pytest.mark.slow

CASE = """
CREATE ROLE reader LOGIN;
CREATE SCHEMA drizzle;
CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text, created_at bigint);
CREATE TABLE public.__drizzle_migrations (id serial PRIMARY KEY, hash text, created_at bigint);
INSERT INTO public.__drizzle_migrations (hash, created_at) VALUES ('aa', 1), ('bb', NULL);
CREATE TABLE knex_migrations (id int, name text, batch int, migration_time timestamptz);
INSERT INTO knex_migrations VALUES (1, '1.js', 1, '2024-05-28 12:00+00'), (2, NULL, 1, NULL);
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE people (id int PRIMARY KEY, mood mood DEFAULT 'good');
GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
"""
IDENTITY = DatabaseIdentity(database="app", server="h:5432", server_version="15", role="amy")


def test_the_recorded_database_equals_the_one_that_was_seen(tmp_path: Path) -> None:
    """Rows, raw rows, denied tables, grants, catalogue and the evidence ids of all of them."""
    with throw_away_postgres() as server:
        server.execute(CASE)
        writer = BundleWriter(tmp_path)
        url = server.url(user="reader")
        seen = collect_database(url, writer, deadline=time.monotonic() + 30)
    assert seen is not None and seen.tracking is not None and seen.schema is not None
    bundle = _seal(writer)
    assert recorded_database(bundle) == seen
    outcomes = {str(table.name): table.outcome for table in seen.tracking.tables}
    assert outcomes["drizzle.__drizzle_migrations"] is Outcome.DENIED
    assert len(seen.blocked) == 2, "a table and a sequence"
    known = {item.id for item in bundle.manifest.items}
    named = [seen.identity.evidence, seen.tracking.evidence, seen.schema.evidence]
    named += [table.evidence for table in seen.tracking.tables]
    named += [blocked.evidence for blocked in seen.blocked]
    assert set(named) <= known


def test_a_bundle_without_a_database_has_none(tmp_path: Path) -> None:
    """Files alone can be examined too."""
    assert recorded_database(_seal(BundleWriter(tmp_path))) is None


def test_a_database_that_could_not_be_entered_is_none(tmp_path: Path) -> None:
    """Its item says why; there is nothing to reason on."""
    writer = BundleWriter(tmp_path)
    writer.add(EvidenceKind.DATABASE, "h:5432/app", Outcome.DENIED, note="wrong password")
    assert recorded_database(_seal(writer)) is None


def test_what_could_not_be_read_is_not_taken_for_absent(tmp_path: Path) -> None:
    """No search, no catalogue: `None`, not empty."""
    writer = BundleWriter(tmp_path)
    writer.add_value(EvidenceKind.DATABASE, "h/app/amy", IDENTITY)
    writer.add(EvidenceKind.TRACKING_SEARCH, "all schemas", Outcome.FAILED)
    writer.add(EvidenceKind.CATALOGUE, "h/app/amy", Outcome.TIMED_OUT)
    database = recorded_database(_seal(writer))
    assert database is not None
    assert (database.tracking, database.schema, database.blocked) == (None, None, ())


def test_names_with_dots_do_not_fall_together(tmp_path: Path) -> None:
    """`a.b`.`c` and `a`.`b.c` are two tables."""
    writer = BundleWriter(tmp_path)
    names = (TableName(schema="a.b", table="c"), TableName(schema="a", table="b.c"))
    writer.add_value(EvidenceKind.DATABASE, "h/app/amy", IDENTITY)
    writer.add_value(EvidenceKind.TRACKING_SEARCH, "all", TrackingSearch(names=(), found=names))
    for name in names:
        table = TrackingTable(name=name, tool="drizzle-kit", evidence="")
        writer.add_value(EvidenceKind.TRACKING_TABLE, table_locator(name), table)
    database = recorded_database(_seal(writer))
    assert database is not None and isinstance(database.tracking, TrackingTables)
    assert tuple(table.name for table in database.tracking.tables) == names


def test_an_item_of_another_shape_is_an_error_of_the_bundle(tmp_path: Path) -> None:
    """A bundle may come from anybody."""
    writer = BundleWriter(tmp_path)
    writer.add_value(EvidenceKind.DATABASE, "h/app/amy", ["not", "an", "identity"])
    with pytest.raises(BundleError, match="item e1"):
        recorded_database(_seal(writer))


def _seal(writer: BundleWriter) -> Bundle:
    return writer.seal(Project(root=".", head=None, branch=None), datetime.now(UTC))


def test_a_bundle_of_before_attachments_says_that_nobody_looked(tmp_path: Path) -> None:
    """It still reads; what is attached to a table is then unknown, and not nothing."""
    writer = BundleWriter(tmp_path)
    writer.add_value(EvidenceKind.DATABASE, "h:5432/app", IDENTITY)
    found = recorded_database(_seal(writer))
    assert found is not None and found.attachments is None
