"""What the adapter of tally predicts, tally does: on real files and a real PostgreSQL."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from forensics.model import CommandOutcome
from forensics.scratch.postgres import Server
from tests.adapters.tiny import Tally
from tests.adapters.tiny.real import Made
from tests.adapters.tiny.samples import STATES
from tests.support.adapters import add_tools

pytestmark = pytest.mark.slow


@pytest.mark.sample(9)
@pytest.mark.parametrize(
    ("number", "files", "sql"),
    [(number, *state) for number, state in enumerate(STATES.values())],
    ids=STATES,
)
def test_every_prediction_is_what_the_program_does(
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    files: Mapping[str, str | bytes],
    sql: str,
) -> None:
    """Exit code and message of each command, and none is unknown."""
    add_tools(monkeypatch, Tally())
    made = Made(server, tmp_path / "shop", f"state_{number}", files, sql)
    predicted = made.predicted()
    assert CommandOutcome.UNKNOWN not in {it.outcome for it in predicted.values()}, predicted
    for command, rest in {"status": (), "deploy": (), "new": ("more",)}.items():
        told, run = predicted[command], made.run(command, *rest)
        assert (told.exit_code, told.message) == run, command
