"""The projects and databases of all situations, built once for those who ask."""

from collections.abc import Iterator

import pytest

from forensics.scratch.postgres import throw_away_postgres
from tests.lab.situations import World, make_world


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server with passwords over TCP, both databases, both projects."""
    with throw_away_postgres(settings={"autovacuum": "off"}, tcp=True) as server:
        yield make_world(server, tmp_path_factory.mktemp("world"))
