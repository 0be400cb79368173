"""A server whose catalogue is held against lists of statements."""

from collections.abc import Iterator

import psycopg
import pytest

from forensics.collect.database.session import Row
from forensics.scratch.postgres import throw_away_postgres


@pytest.fixture(scope="package")
def connection() -> Iterator[psycopg.Connection[Row]]:
    """A connection to a server of its own; every test rolls back."""
    with throw_away_postgres() as server:
        server.execute("CREATE ROLE reader; CREATE EXTENSION citext; CREATE EXTENSION pg_trgm")
        with psycopg.connect(server.url()) as found:
            yield found
