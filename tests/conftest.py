"""What all tests share: what forensics keeps for a user, it keeps apart for the tests."""

import gc
import os
from collections.abc import Iterator

import pytest

from forensics.scratch import postgres
from forensics.scratch.mariadb import MariaDb, throw_away_mariadb
from forensics.scratch.postgres import Server, throw_away_postgres
from tests.support.clusters import INITDB, initdb_once
from tests.support.sampling import everything, split


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """For slow tests, one more than processors: some test always waits for what it started."""
    asked = "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ
    quick = "not slow" in config.getoption("markexpr")
    return None if asked or quick else (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long comes first: at the end, no worker waits for another's last long test."""
    items.sort(key=lambda item: not item.get_closest_marker("lab"))
    if not everything(config):
        items[:], night = split(items)
        config.hook.pytest_deselected(items=night)


def pytest_collection_finish() -> None:
    """What was imported and collected stays: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def state_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nobody's key is used, and none is left behind; children get it in their environment."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="session", autouse=True)
def one_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Servers that tests start themselves begin as copies, in all workers; else see `real_initdb`."""
    base = tmp_path_factory.getbasetemp()
    kept = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "clusters"
    kept.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postgres, "_initdb", initdb_once(kept))
        yield


@pytest.fixture(scope="module")
def real_initdb(one_cluster: None) -> Iterator[None]:
    """For tests of the server itself: each has a cluster and passwords of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postgres, "_initdb", INITDB)
        yield


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One PostgreSQL for the tests of a file, where that has none of its own."""
    with throw_away_postgres() as started:
        yield started


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDb]:
    """One MariaDB for each worker, which starts within a second; a test makes its own database."""
    with throw_away_mariadb() as server:
        yield server
