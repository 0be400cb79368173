"""One throw-away server for all tests of the database collector, and a fresh database for each."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from forensics.collect.database.collect import collect_database
from forensics.collect.database.masking import Mask, unmasked
from forensics.evidence.bundle import Bundle
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.kinds import EvidenceKind
from forensics.facts import Database, DatabaseIdentity, TrackingTable
from forensics.model import Project, TableName
from forensics.scratch.postgres import Server, throw_away_postgres

DRIZZLE_TABLE = """
CREATE SCHEMA IF NOT EXISTS {schema};
CREATE TABLE {schema}.__drizzle_migrations
  (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);
INSERT INTO {schema}.__drizzle_migrations (hash, created_at) VALUES
  ('aa11', 1716890000000), ('bb22', 1716890000001);
"""
"""What drizzle-orm makes, with two rows."""


@dataclass
class Collected:
    """What one collection returned, recorded and said."""

    database: Database | None
    bundle: Bundle
    problems: list[str] = field(default_factory=list)
    identities: list[DatabaseIdentity] = field(default_factory=list)

    def table(self, name: str) -> TrackingTable:
        """The tracking table of a name such as `drizzle.__drizzle_migrations`."""
        assert self.database is not None and self.database.tracking is not None, self.problems
        schema, _, table = name.partition(".")
        found = self.database.tracking.get(TableName(schema=schema, table=table))
        assert found is not None, f"{name} was not found"
        return found

    def note(self, kind: EvidenceKind, locator: str) -> str:
        """What was noted of an item."""
        item = self.bundle.find(kind, locator)
        assert item is not None, f"no {kind} {locator} in the bundle"
        return item.note


Collect = Callable[..., Collected]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Start a server that does nothing by itself and logs every statement with its database."""
    settings = {"log_statement": "all", "log_line_prefix": "[%d] ", "autovacuum": "off"}
    with throw_away_postgres(settings=settings, tcp=True) as running:
        yield running


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    """Create an empty database; its name is also fit for a role."""
    name = f"case_{uuid4().hex[:8]}"
    server.create_database(name)
    yield name
    server.drop_database(name)


@pytest.fixture
def run(server: Server, database: str) -> Callable[[str], list[tuple[object, ...]]]:
    """Run SQL in the test's database as the superuser."""
    return lambda sql: server.execute(sql, database=database)


@pytest.fixture
def reader(server: Server, database: str) -> Iterator[str]:
    """Create a role that may connect and nothing else."""
    name = f"reader_{database}"
    server.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'sesame-{database}'")
    yield name
    server.execute(f"DROP OWNED BY {name}", database=database)
    server.execute(f"DROP ROLE {name}")


@pytest.fixture
def collect(server: Server, database: str, tmp_path: Path) -> Collect:
    """Collect from an address, by default the test's database as the superuser."""

    def collect_from(
        url: str | None = "",
        *,
        seconds: float = 30,
        extra_tables: tuple[TableName, ...] = (),
        mask: Mask = unmasked,
        on_connect: Callable[[DatabaseIdentity], None] = lambda identity: None,
    ) -> Collected:
        writer = BundleWriter(tmp_path / uuid4().hex)
        problems: list[str] = []
        identities: list[DatabaseIdentity] = []

        def connected(identity: DatabaseIdentity) -> None:
            identities.append(identity)
            on_connect(identity)

        seen = collect_database(
            server.url(database) if url == "" else url,
            writer,
            deadline=time.monotonic() + seconds,
            extra_tables=extra_tables,
            mask=mask,
            on_connect=connected,
            on_problem=problems.append,
        )
        bundle = writer.seal(Project(root=".", head=None, branch=None), datetime.now(UTC))
        return Collected(seen, bundle, problems, identities)

    return collect_from
