"""What all tests share: what forensics keeps for a user, it keeps apart for the tests."""

import os

import pytest


@pytest.fixture(scope="session", autouse=True)
def state_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nobody's key is used, and none is left behind; children get it in their environment."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))
